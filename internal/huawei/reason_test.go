package huawei

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-kit/log"
)

func TestFailReason(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"as it is", "Failed to upgrade the DB Agent.", "Failed to upgrade the DB Agent"},
		{"none", " ", ""},
		{"lines", "disk full\n\tnode 2", "disk full node 2"},
		{"URL", "cannot write https://obs.example.com/b?Signature=SIGNED now", "cannot write (URL) now"},
		{"secret after an equals sign", "login failed password=hunter2 user=rwuser", "login failed password=(hidden) user=rwuser"},
		{"secret after a colon and a space", "SecretKey: hunter2 is wrong", "SecretKey: (hidden) is wrong"},
		{"key id", "Get secretKey failed,ak:AKIA not exist", "Get secretKey failed,ak:(hidden) not exist"},
		{"key id as a word", "failed ak:AKIA", "failed ak:(hidden)"},
		{"nothing after the name", "bad token:", "bad token:"},
		{"long", strings.Repeat("x", longestReason+1), strings.Repeat("x", longestReason) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := failReason(tt.text); got != tt.want {
				t.Errorf("failReason = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFailedTasksAreLoggedOnce(t *testing.T) {
	const record = `{"id":%q,"instance_id":%q,"status":%q,"created_at":"2026-08-06T03:00:00+0000","fail_reason":%q}`
	var listed []string
	f := newFake(t, map[string]http.HandlerFunc{"/jobs": func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("name") == taskPhysical {
			paged("jobs", listed...)(w, r)
			return
		}
		paged("jobs")(w, r)
	}})
	var logged strings.Builder
	s, _ := open(t, f.URL, func(o *Options) { o.Logger = log.NewLogfmtLogger(&logged) })
	line := func(reason string) string {
		return fmt.Sprintf("level=warn msg=\"a backup task failed; logged once\" target=huawei/hw/cn-north-4/%s began=\"2026-08-06 03:00Z\" reason=%q\n", testInstance, reason)
	}
	failed := fmt.Sprintf(record, "j1", testInstance, "Failed", "disk full")
	steps := []struct {
		name   string
		listed []string
		want   string
	}{
		{"one failed", []string{failed, fmt.Sprintf(record, "j2", testInstance, "Completed", "")}, line("disk full")},
		{"the same", []string{failed}, ""},
		{"another, without a reason", []string{failed, fmt.Sprintf(record, "j3", testInstance, "Failed", "")}, line("the cloud does not say why")},
	}
	for _, step := range steps {
		logged.Reset()
		listed = step.listed
		if _, err := s.Jobs(t.Context(), instanceNamed(testInstance)); err != nil {
			t.Fatal(err)
		}
		if got := logged.String(); got != step.want {
			t.Errorf("%s: logged %q, want %q", step.name, got, step.want)
		}
	}
}
