package cloudcall

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// The cloud may make the backup although no answer arrives.
func TestOnceHintsThatABackupMayHaveStarted(t *testing.T) {
	dial := &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	tests := []struct {
		name string
		err  error
		hint string
	}{
		{"timeout", context.DeadlineExceeded, maybeStarted},
		{"canceled", context.Canceled, maybeStarted},
		{"connection broke", &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset")}, maybeStarted},
		{"protocol", errors.New("no JSON"), maybeStarted},
		{"proxy", &AnswerError{Status: 504, ContentType: "text/html"}, maybeStarted},
		{"with a hint of its own", &backup.Error{Class: backup.ClassServer, Hint: "wait"}, "wait; " + maybeStarted},
		{"never connected", dial, ""},
		{"refused", failure(backup.ClassAuth), ""},
		{"not allowed", failure(backup.ClassPermission), ""},
		{"busy", failure(backup.ClassBusy), ""},
		{"throttled", failure(backup.ClassThrottled), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := newCaller(Options{})
			attempt := func(context.Context) (int, error) { return 0, tt.err }
			_, err := Once(t.Context(), c, "CreateBackup", attempt)
			if got, ok := errors.AsType[*backup.Error](err); !ok || got.Hint != tt.hint {
				t.Errorf("error = %v, want the hint %q", err, tt.hint)
			}
			if _, err := Do(t.Context(), New(Options{Observer: c.opts.Observer, Now: time.Now, Classify: unknown, MaxAttempts: 1}), "Describe", attempt); strings.Contains(err.Error(), maybeStarted) {
				t.Errorf("reading starts nothing: %v", err)
			}
		})
	}
}

func TestOnceThatWasNotSentStartsNothing(t *testing.T) {
	c, _ := newCaller(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Once(ctx, c, "CreateBackup", func(context.Context) (int, error) { return 0, errors.New("sent") })
	if want := "CreateBackup: canceled: context canceled"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
