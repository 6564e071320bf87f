package report

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// What the cloud does not offer is no error, unless it was offered before and that is not believed yet.
func TestLastErrorOfWhatIsNotOffered(t *testing.T) {
	now := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	err := &backup.Error{Op: "DescribeBackupTasks", Class: backup.ClassUnsupported, Code: "SingleNodeNotSupport"}
	for name, test := range map[string]struct {
		notOffered bool
		want       string
	}{
		"believed":         {true, ""},
		"not believed yet": {false, "DescribeBackupTasks: unsupported SingleNodeNotSupport"},
	} {
		t.Run(name, func(t *testing.T) {
			in := backup.InstanceState{
				Jobs:  backup.Reading[[]backup.Job]{At: now, GoodUntil: now.Add(time.Hour), Err: err, NotOffered: test.notOffered},
				Nodes: []backup.NodeState{{}},
			}
			got := New(&backup.Snapshot{At: now, Instances: []backup.InstanceState{in}}, now).Targets[0].LastError
			if got != test.want {
				t.Errorf("last error %q, want %q", got, test.want)
			}
		})
	}
}
