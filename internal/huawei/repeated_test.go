package huawei

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// Nobody knows which of two values counts.
func TestConvertRepeatedFields(t *testing.T) {
	const rest = `"id":"b1","instance_id":"i1","type":"Auto","begin_time":"2026-01-14 03:00:00","end_time":"2026-01-14 03:01:30"`
	tests := []struct {
		name, body string
		kept       bool
		bad        []string
	}{
		{"id", `{` + rest + `,"status":"FAILED","id":"b1"}`, false, []string{"id: given more than once"}},
		{"end", `{` + rest + `,"status":"COMPLETED","end_time":"2026-01-14 03:01:30"}`, false, []string{"end_time: given more than once"}},
		{"status", `{` + rest + `,"status":"FAILED","status":"COMPLETED"}`, false, []string{"status: given more than once"}},
		{"what is not read", `{` + rest + `,"status":"ODD","x":1,"x":2}`, true, []string{`status: "ODD" is not known`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Reader
			_, got, ok := convertBackup(into[backupRecord](t, []byte(tt.body)), &r)
			if ok != tt.kept || got.State != backup.StateUnknown && ok {
				t.Errorf("kept = %v with state %v, want %v and unknown", ok, got.State, tt.kept)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

// An error code beside an answer makes it an error, also one that cannot be read.
func TestErrorCodeInAnAnswer(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"a code", `"error_code":"DBS.280443"`, "Op: throttled DBS.280443 (HTTP 200): no; lower requests_per_second, or poll less often"},
		{"none", `"error_code":""`, ""},
		{"null", `"error_code":null`, ""},
		{"a number", `"error_code":0`, ""},
		{"two codes", `"error_code":"DBS.280443","error_code":"DBS.280443"`, "Op: protocol (HTTP 200): the answer names no error code"},
		{"a long code", `"error_code":"` + strings.Repeat("x", 300) + `"`, "Op: protocol " + strings.Repeat("x", 128) + "… (HTTP 200): no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := wire.Decode[backupsAnswer]("Op", []byte(`{"backups":[],"total_count":0,"error_msg":"no",`+tt.code+`}`))
			got := ""
			if err != nil {
				got = Classify("Op", err).Error()
			}
			if got != tt.want {
				t.Errorf("error %q, want %q", got, tt.want)
			}
		})
	}
}

// Tokens are longer than any text that is shown.
func TestTokensAreKeptWhole(t *testing.T) {
	token := strings.Repeat("x", 4_000)
	a, err := wire.Decode[assumeAgencyAnswer](opAssumeAgency, []byte(`{"credential":{"access":"a","secret":"b","securitytoken":"`+token+`"}}`))
	if err != nil || a.Credential.Value.keys().SecurityToken != token {
		t.Errorf("the token was changed, or %v", err)
	}
}
