package cloudcall

import (
	"context"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// SDKs panic when an answer has a field missing.
func TestPanicOfAnSDKIsAFailedCall(t *testing.T) {
	for name, do := range map[string]func(context.Context, *Caller, string, func(context.Context) (int, error)) (int, error){
		"Do": Do[int], "Once": Once[int],
	} {
		t.Run(name, func(t *testing.T) {
			c, seen := newCaller(Options{Gate: NewGate(time.Now, nil)})
			var answer *struct{ secret int }
			value, err := do(t.Context(), c, "Op", func(context.Context) (int, error) { return 7 + answer.secret, nil })
			want := "Op: protocol: the cloud's SDK panicked"
			if name == "Once" {
				want += "; " + maybeStarted
			}
			if value != 0 || err == nil || err.Error() != want {
				t.Errorf("got %d, %v; want %s", value, err, want)
			}
			if len(seen.results) != 1 || seen.results[0] != "Op protocol" {
				t.Errorf("counted %q, want one failure of class protocol", seen.results)
			}
			if _, err := do(t.Context(), c, "Op", func(context.Context) (int, error) { return 1, nil }); err != nil {
				t.Errorf("the next call: %v", err)
			}
		})
	}
}

func TestGuardHidesThePanic(t *testing.T) {
	_, err := Guard(func() (string, error) { panic("token=SECRET") })
	if want := "the cloud's SDK panicked"; err == nil || err.Error() != want || backup.ClassOf(err) != backup.ClassProtocol {
		t.Errorf("error = %v, want %s", err, want)
	}
}
