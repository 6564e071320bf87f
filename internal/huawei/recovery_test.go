package huawei

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// A window that ended days ago is still a window. Without it nobody would see that incremental backup has stopped.
func TestRecoveryOfAStalledLog(t *testing.T) {
	ended := now.AddDate(0, 0, -3)
	spans := fmt.Sprintf(`{"restore_time":[{"start_time":%d,"end_time":%d}]}`, ended.Add(-time.Hour).UnixMilli(), ended.UnixMilli())
	window := backup.Window{Start: ended.Add(-time.Hour), End: ended}
	days := func(from, to int) []string {
		var list []string
		for n := from; n <= to; n++ {
			list = append(list, now.AddDate(0, 0, -n).Format(time.DateOnly))
		}
		return list
	}
	tests := []struct {
		name    string
		policy  string // "": not read
		created time.Time
		want    backup.Window
		asked   []string // the first time
	}{
		{"incremental backup is on", policyWith, time.Time{}, window, days(0, 3)},
		{"it is off", policyWithout, time.Time{}, backup.Window{}, nil},
		{"the policy does not say", policySilent, time.Time{}, backup.Window{}, days(0, 1)},
		{"the policy was not read", "", time.Time{}, backup.Window{}, days(0, 1)},
		{"created on that day", policyWith, ended.Add(-2 * time.Hour), window, days(0, 3)},
		{"created since", policyWith, ended.AddDate(0, 0, 1), backup.Window{}, days(0, 2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newProject(t)
			var asked []string
			p.answers["/instances/"+testInstance+"/restore-time"] = func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.FormValue("date"))
				if r.FormValue("date") == ended.Format(time.DateOnly) {
					send(200, spans)(w, r)
					return
				}
				send(200, `{"restore_time":[]}`)(w, r)
			}
			s, _ := open(t, p.URL, nil)
			in := instanceNamed(testInstance)
			in.CreatedAt = tt.created
			if tt.policy != "" {
				p.policy = send(200, tt.policy)
				if _, err := s.Policy(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			}
			if got, err := s.Recovery(t.Context(), in); got != tt.want || err != nil {
				t.Errorf("Recovery = %v, %v; want %v", got, err, tt.want)
			}
			if diff := cmp.Diff(tt.asked, asked); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
			asked = nil
			if got, err := s.Recovery(t.Context(), in); got != tt.want || err != nil {
				t.Errorf("again: Recovery = %v, %v; want %v", got, err, tt.want)
			}
			if tt.policy == policyWith && !slices.Equal(asked, days(0, 1)) {
				t.Errorf("asked again for %v, want today and yesterday: the past does not change", asked)
			}
		})
	}
}
