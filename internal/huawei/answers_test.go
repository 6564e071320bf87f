package huawei

import (
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/wire"
)

func TestDecode(t *testing.T) {
	backups := func(body []byte) (int, error) {
		a, err := wire.Decode[backupsAnswer](opListBackups, body)
		if err != nil {
			return 0, err
		}
		return len(a.Backups.Items), nil
	}
	policy := func(body []byte) (int, error) {
		_, err := wire.Decode[policyAnswer](opShowBackupPolicy, body)
		return 0, err
	}
	ranges := func(body []byte) (int, error) {
		a, err := wire.Decode[restoreTimesAnswer](opListRestoreTimes, body)
		if err != nil {
			return 0, err
		}
		return len(a.Ranges.Items), nil
	}
	tasks := func(body []byte) (int, error) {
		a, err := wire.Decode[tasksAnswer](opListTasks, body)
		if err != nil {
			return 0, err
		}
		return len(a.Jobs.Items), nil
	}
	create := func(body []byte) (int, error) {
		_, err := wire.Decode[createAnswer](opCreateManualBackup, body)
		return 0, err
	}
	tests := []struct {
		name   string
		decode func([]byte) (int, error)
		body   string
		want   int
		err    string
	}{
		{"none", backups, `{"backups":[],"total_count":0}`, 0, ""},
		{"empty object", backups, `{}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"null", backups, `null`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"null list", backups, `{"backups":null,"total_count":0}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"list given twice", backups, `{"backups":[],"backups":[{"id":"1"}],"total_count":1}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"total given twice", backups, `{"backups":[],"total_count":1,"total_count":0}`, 0, "ListBackups: protocol: the answer has no proper total_count"},
		{"a record too many", backups, `{"total_count":1,"backups":[` + strings.Repeat("{},", 10_000) + `{}]}`, 0, "ListBackups: protocol: more than 10000 records in one answer"},
		{"NUL", backups, "{\"backups\":[\"\x00\"]}", 0, `ListBackups: protocol: the answer cannot be read: invalid character '\x00' in string literal`},
		{"null after a list", backups, `{"backups":[{}],"total_count":1,"backups":null}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"object for a list", backups, `{"backups":{},"total_count":0}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"text for a list", backups, `{"backups":"","total_count":0}`, 0, "ListBackups: protocol: the answer has no proper backups"},
		{"null and text among the records", backups, `{"backups":[null,{"id":"1"},"x"],"total_count":3}`, 3, ""},
		{"no total", backups, `{"backups":[]}`, 0, "ListBackups: protocol: the answer has no proper total_count"},
		{"total null", backups, `{"backups":[],"total_count":null}`, 0, "ListBackups: protocol: the answer has no proper total_count"},
		{"total of the wrong type", backups, `{"backups":[{}],"total_count":{"a":1}}`, 1, ""},
		{"an error code of another type is none", backups, `{"backups":[],"total_count":0,"error_code":0}`, 0, ""},
		{"an empty error code is none", backups, `{"backups":[],"total_count":0,"error_code":""}`, 0, ""},
		{"truncated", backups, `{"backups":[`, 0, "ListBackups: protocol: the answer cannot be read: unexpected end of JSON input"},

		{"tasks without a total, as the live API sends them", tasks, `{"jobs":[{}]}`, 1, ""},
		{"no tasks", tasks, `{"jobs":[]}`, 0, ""},
		{"tasks are missing", tasks, `{}`, 0, "ListTasks: protocol: the answer has no proper jobs"},
		{"tasks are null", tasks, `{"jobs":null}`, 0, "ListTasks: protocol: the answer has no proper jobs"},
		{"tasks are an object", tasks, `{"jobs":{}}`, 0, "ListTasks: protocol: the answer has no proper jobs"},

		{"policy", policy, `{"backup_policy":{}}`, 0, ""},
		{"no policy", policy, `{}`, 0, "ShowBackupPolicy: protocol: the answer has no proper backup_policy"},
		{"policy given twice", policy, `{"backup_policy":{"keep_days":7},"backup_policy":{}}`, 0, "ShowBackupPolicy: protocol: the answer has no proper backup_policy"},
		{"policy is null", policy, `{"backup_policy":null}`, 0, "ShowBackupPolicy: protocol: the answer has no proper backup_policy"},
		{"policy is a list", policy, `{"backup_policy":[]}`, 0, "ShowBackupPolicy: protocol: the answer has no proper backup_policy"},

		{"no ranges", ranges, `{"restore_time":[]}`, 0, ""},
		{"ranges are missing", ranges, `{}`, 0, "ListRestoreTimes: protocol: the answer has no proper restore_time"},
		{"ranges are null", ranges, `{"restore_time":null}`, 0, "ListRestoreTimes: protocol: the answer has no proper restore_time"},
		{"text among the ranges", ranges, `{"restore_time":["x",{}]}`, 2, ""},

		{"created", create, `{"job_id":"j1"}`, 0, ""},
		{"created without a job", create, `{"job_id":{},"backup_id":""}`, 0, "CreateManualBackup: protocol: the answer has no proper job_id"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.decode([]byte(tt.body))
			if n != tt.want || errorText(err) != tt.err {
				t.Errorf("%d records and %q, want %d and %q", n, errorText(err), tt.want, tt.err)
			}
		})
	}
}
