package alibaba

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// One shard has a part in the set that succeeded, the other has no part.
func TestSetAsBackupOfAShard(t *testing.T) {
	type verdict struct {
		State       backup.State
		Unavailable bool
		None        bool // it is not known what the set is for the shard
	}
	usable, useless := verdict{State: backup.StateSuccess}, verdict{State: backup.StateSuccess, Unavailable: true}
	unknown, none, failed := verdict{State: backup.StateUnknown}, verdict{None: true}, verdict{State: backup.StateFailed}
	tests := []struct {
		name    string
		set     string // fields
		part    string // fields
		want    verdict
		missing verdict
	}{
		{"good", `"ClusterBackupStatus":"OK","IsAvail":1`, ``, usable, none},
		{"good, and the part too", `"ClusterBackupStatus":"OK","IsAvail":1`, `,"IsAvail":1`, usable, none},
		{"good, but not the part", `"ClusterBackupStatus":"OK","IsAvail":1`, `,"IsAvail":0`, useless, none},
		{"availability set for the part only", `"ClusterBackupStatus":"OK"`, `,"IsAvail":false`, useless, none},
		{"of an unknown status, but available", `"ClusterBackupStatus":"Odd","IsAvail":1`, ``, usable, none},
		{"incomplete, although the part is good", `"ClusterBackupStatus":"OK","IsAvail":0`, `,"IsAvail":1`, useless, failed},
		{"good, availability not set", `"ClusterBackupStatus":"OK"`, ``, usable, none},
		{"incomplete", `"ClusterBackupStatus":"OK","IsAvail":0`, ``, useless, failed},
		{"failed and incomplete", `"ClusterBackupStatus":"Failed","IsAvail":0`, ``, useless, failed},
		{"failed, availability not set", `"ClusterBackupStatus":"Failed"`, ``, useless, failed},
		{"failed, and yet available", `"ClusterBackupStatus":"Failed","IsAvail":1`, ``, usable, none},
		{"of a status that is not known", `"ClusterBackupStatus":"Odd"`, ``, unknown, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const times = `"ClusterBackupStartTime":"2026-01-15T02:00:00Z","ClusterBackupEndTime":"2026-01-15T02:10:00Z"`
			const part = `{"InstanceName":"d-1","BackupId":"1","BackupStatus":"Success","BackupStartTime":"2026-01-15T02:00:00Z","BackupEndTime":"2026-01-15T02:10:00Z"`
			var rec clusterRecord
			if err := json.Unmarshal([]byte(`{"ClusterBackupId":"cb-1",`+times+`,`+tt.set+`,"Backups":[`+part+tt.part+`}]}`), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			set, ok := convertSet(&rec, &r)
			if !ok {
				t.Fatal("the set was not read")
			}
			of := func(node string) verdict {
				b, ok := set.forShard(node)
				if !ok {
					return verdict{None: true}
				}
				return verdict{State: b.State, Unavailable: b.Unavailable}
			}
			if diff := cmp.Diff([]verdict{tt.want, tt.missing}, []verdict{of("d-1"), of("d-2")}); diff != "" {
				t.Errorf("the shard with a part, the one without (-want +got):\n%s", diff)
			}
		})
	}
}
