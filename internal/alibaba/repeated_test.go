package alibaba

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// Nobody knows which of two values counts.
func TestConvertRepeatedFields(t *testing.T) {
	const rest = `"BackupId":"1","BackupType":"FullBackup","BackupEndTime":"2026-01-14T03:01:30Z"`
	unknown := &backup.Backup{ID: "1", Kind: backup.KindFull, EndedAt: at("2026-01-14T03:01:30Z")}
	tests := []struct {
		name, body string
		want       *backup.Backup // nil: the record is dropped
		bad        []string
	}{
		{"id", `{` + rest + `,"BackupId":"2"}`, nil, []string{"BackupId: given more than once"}},
		{"end", `{` + rest + `,"BackupStatus":"Success","BackupEndTime":"2026-01-15T03:01:30Z"}`, nil, []string{"BackupEndTime: given more than once"}},
		{"status", `{` + rest + `,"BackupStatus":"Failed","BackupStatus":"Success"}`, nil, []string{"BackupStatus: given more than once"}},
		{"status in another case", `{` + rest + `,"BackupStatus":"Failed","backupstatus":"Success"}`, nil, []string{"BackupStatus: given more than once"}},
		{"what is not read", `{` + rest + `,"BackupStatus":"Odd","X":1,"X":2}`, unknown, []string{`BackupStatus: "Odd" is not known`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec backupRecord
			if err := wire.Unmarshal([]byte(tt.body), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertBackup(&rec, &r)
			if ok != (tt.want != nil) {
				t.Fatalf("kept = %v, want %v", ok, tt.want != nil)
			}
			if ok {
				if diff := cmp.Diff(*tt.want, got); diff != "" {
					t.Errorf("backup (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

// Tokens are longer than any text that is shown.
func TestTokensAreKeptWhole(t *testing.T) {
	token := strings.Repeat("x", 4_000)
	a, err := wire.Decode[assumeRoleAnswer](opAssumeRole, []byte(`{"Credentials":{"AccessKeyId":"a","AccessKeySecret":"b","SecurityToken":"`+token+`"}}`))
	if err != nil || a.Credentials.Value.keys().SecurityToken != token {
		t.Errorf("the token was changed, or %v", err)
	}
}
