package alibaba

import (
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/wire"
)

func TestDecode(t *testing.T) {
	backups := func(body []byte) (int, error) {
		a, err := wire.Decode[backupsAnswer](opDescribeBackups, body)
		if err != nil {
			return 0, err
		}
		return len(a.Backups.Value.Backup.Items), nil
	}
	tasks := func(body []byte) (int, error) {
		a, err := wire.Decode[tasksAnswer](opDescribeBackupTasks, body)
		if err != nil {
			return 0, err
		}
		return len(a.BackupJobs.Items), nil
	}
	sets := func(body []byte) (int, error) {
		a, err := wire.Decode[clusterBackupsAnswer](opDescribeClusterBackups, body)
		if err != nil {
			return 0, err
		}
		return len(a.ClusterBackups.Items), nil
	}
	policy := func(body []byte) (int, error) {
		_, err := wire.Decode[policyAnswer](opDescribeBackupPolicy, body)
		return 0, err
	}
	windows := func(body []byte) (int, error) {
		a, err := wire.Decode[recoverTimeAnswer](opDescribeInstanceRecoverTime, body)
		if err != nil {
			return 0, err
		}
		return len(a.RestoreRanges.Items), nil
	}
	create := func(body []byte) (int, error) {
		_, err := wire.Decode[createAnswer](opCreateBackup, body)
		return 0, err
	}
	tests := []struct {
		name   string
		decode func([]byte) (int, error)
		body   string
		want   int
		err    string
	}{
		{"no list", backups, `{"RequestId":"R"}`, 0, "DescribeBackups: protocol: the answer has no proper Backups [request id R]"},
		{"empty object", backups, `{}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"null", backups, `null`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"null list", backups, `{"Backups":null}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"none", backups, `{"Backups":{}}`, 0, ""},
		{"none, as null", backups, `{"Backups":{"Backup":null}}`, 0, ""},
		{"none, as a list", backups, `{"Backups":{"Backup":[]}}`, 0, ""},
		{"flat list", backups, `{"Backups":[{"BackupId":"1"}]}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"text for a list", backups, `{"Backups":""}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"object for a list", backups, `{"Backups":{"Backup":{"BackupId":"1"}}}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"null and text among the records", backups, `{"Backups":{"Backup":[null,{"BackupId":"1"},"x"]}}`, 3, ""},
		{"total of the wrong type", backups, `{"TotalCount":{"a":1},"PageSize":[],"Backups":{"Backup":[{"BackupId":"1"}]}}`, 1, ""},
		{"total larger than any integer", backups, `{"TotalCount":1e99,"Backups":{"Backup":[]}}`, 0, ""},
		{"list given twice", backups, `{"Backups":{"Backup":[]},"Backups":{"Backup":[{"BackupId":"1"}]}}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"list given twice, inside", backups, `{"Backups":{"Backup":[],"backup":[{"BackupId":"1"}]}}`, 0, "DescribeBackups: protocol: the answer has no proper Backups"},
		{"a record too many", backups, `{"Backups":{"Backup":[` + strings.Repeat("{},", 10_000) + `{}]}}`, 0, "DescribeBackups: protocol: more than 10000 records in one answer"},
		{"NUL", backups, "{\"Backups\":{\"Backup\":[\"\x00\"]}}", 0, `DescribeBackups: protocol: the answer cannot be read: invalid character '\x00' in string literal`},
		{"truncated", backups, `{"Backups":{"Ba}`, 0, "DescribeBackups: protocol: the answer cannot be read: unexpected end of JSON input"},
		{"garbage behind", backups, `{"Backups":{}} x`, 0, "DescribeBackups: protocol: the answer cannot be read: invalid character 'x' after top-level value"},
		{"error in 200", backups, `{"Code":"Throttling.User","Message":"slow down","RequestId":"R"}`, 0, "DescribeBackups: throttled Throttling.User (HTTP 200): slow down [request id R]; lower requests_per_second, or poll less often"},
		{"unknown error in 200", backups, `{"Code":"Mystery","RequestId":"R"}`, 0, "DescribeBackups: protocol Mystery (HTTP 200) [request id R]"},
		{"code beside a list", backups, `{"Code":"200","Backups":{"Backup":[]}}`, 0, ""},

		{"no jobs", tasks, `{"BackupJobs":[]}`, 0, ""},
		{"jobs are null", tasks, `{"RequestId":"R","BackupJobs":null}`, 0, ""},
		{"jobs are missing", tasks, `{"RequestId":"R"}`, 0, ""},
		{"jobs are missing, and everything else", tasks, `{}`, 0, "DescribeBackupTasks: protocol: the answer has no proper BackupJobs"},
		{"an error in place of the jobs", tasks, `{"RequestId":"R","Code":"ServiceUnavailable"}`, 0, "DescribeBackupTasks: server ServiceUnavailable (HTTP 200) [request id R]"},
		{"jobs are wrapped", tasks, `{"BackupJobs":{"BackupJob":[]}}`, 0, "DescribeBackupTasks: protocol: the answer has no proper BackupJobs"},
		{"text among the jobs", tasks, `{"BackupJobs":["x",{"BackupjobId":"1"}]}`, 2, ""},

		{"no sets", sets, `{"ClusterBackups":[]}`, 0, ""},
		{"sets are given twice", sets, `{"ClusterBackups":[],"ClusterBackups":[]}`, 0, "DescribeClusterBackups: protocol: the answer has no proper ClusterBackups"},
		{"sets are null", sets, `{"ClusterBackups":null}`, 0, "DescribeClusterBackups: protocol: the answer has no proper ClusterBackups"},

		{"no windows", windows, `{"RestoreRanges":[]}`, 0, ""},
		{"windows are null", windows, `{"RequestId":"R","RestoreRanges":null}`, 0, ""},
		{"windows are missing", windows, `{"RequestId":"R"}`, 0, ""},
		{"windows are text", windows, `{"RequestId":"R","RestoreRanges":""}`, 0, "DescribeInstanceRecoverTime: protocol: the answer has no proper RestoreRanges [request id R]"},

		{"no policy", policy, `{"RequestId":"R"}`, 0, "DescribeBackupPolicy: protocol: the answer has no proper PreferredBackupPeriod [request id R]"},
		{"policy given twice", policy, `{"PreferredBackupPeriod":"Monday","PreferredBackupPeriod":""}`, 0, "DescribeBackupPolicy: protocol: the answer has no proper PreferredBackupPeriod"},
		{"empty policy", policy, `{"RequestId":"R","PreferredBackupPeriod":"","BackupInterval":null}`, 0, "DescribeBackupPolicy: protocol: the answer has no proper PreferredBackupPeriod [request id R]"},
		{"policy without days", policy, `{"RequestId":"R","BackupRetentionPeriod":"7"}`, 0, ""},

		{"created", create, string(example(t, "create_backup")), 0, ""},
		{"created without a job", create, `{"RequestId":"R","BackupId":"","BackupJobId":null}`, 0, "CreateBackup: protocol: the answer has no proper BackupJobId [request id R]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.decode([]byte(tt.body))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if n != tt.want || got != tt.err {
				t.Errorf("%d records and %q, want %d and %q", n, got, tt.want, tt.err)
			}
		})
	}
}
