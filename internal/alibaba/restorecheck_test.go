package alibaba_test

import (
	"net/http"
	"os"
	"testing"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestRestoreCheck(t *testing.T) {
	const no = "cannot be restored by the cloud's own check"
	tests := []struct {
		name     string
		instance string
		id       string
		change   func(*fleet.Instance)
		refused  string
		class    backup.Class
		calls    int
	}{
		{"it could be restored", sourcetest.ReplicaSetID, "b-3", nil, "", "", 1},
		{"it could not", sourcetest.ReplicaSetID, "b-3", func(in *fleet.Instance) { in.Backups[2].RestoreCode = "false" }, no, "", 1},
		{
			"its state does not allow it", sourcetest.ReplicaSetID, "b-3",
			func(in *fleet.Instance) { in.Backups[2].RestoreCode = "IncorrectBackupSetState" },
			no + ": Current backup set state does not support operations.", "", 1,
		},
		{"the log is not in order", sourcetest.ReplicaSetID, "b-3", func(in *fleet.Instance) { in.Backups[2].RestoreCode = "InvalidBackupLogStatus" }, "", backup.ClassBadRequest, 1},
		{"unknown backup", sourcetest.ReplicaSetID, "b-9", nil, "", backup.ClassBadRequest, 1},
		{"unsupported version", sourcetest.ReplicaSetID, "b-3", func(in *fleet.Instance) { in.Backups[2].RestoreCode = "IncorrectEngineVersion" }, "", backup.ClassUnsupported, 1},
		{"sharded cluster", sourcetest.ShardedID, "s-0", nil, "", backup.ClassUnsupported, 0},
		{"released instance", sourcetest.ReplicaSetID, "b-3", func(in *fleet.Instance) { in.LockMode = fleet.Released }, "", "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, func(f *fleet.Fleet) {
				if tt.change != nil {
					tt.change(f.Instance(tt.instance))
				}
			})
			got, err := b.CheckRestore(t.Context(), b.instances(t)[tt.instance], tt.id)
			if backup.ClassOf(err) != tt.class || got.Refused != tt.refused {
				t.Errorf("refused %q, error %v; want %q and class %q", got.Refused, err, tt.refused, tt.class)
			}
			if err == nil && (got.BackupID != tt.id || !got.At.Equal(sourcetest.Now)) {
				t.Errorf("check %+v, want one of %s now", got, tt.id)
			}
			if n := sim.Count("CheckRecoveryCondition"); n != tt.calls {
				t.Errorf("%d calls, want %d", n, tt.calls)
			}
		})
	}
}

func TestAnswersOfRestoreCheck(t *testing.T) {
	documented, err := os.ReadFile("testdata/check_recovery_condition.json")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, body string
		refused    bool
		class      backup.Class
	}{
		{"documented example", string(documented), false, ""},
		{"a number", `{"IsValid":0,"RequestId":"R"}`, true, ""},
		{"a string", `{"IsValid":"true","RequestId":"R"}`, false, ""},
		{"another word", `{"IsValid":"perhaps","RequestId":"R"}`, false, backup.ClassProtocol},
		{"nothing", `{"RequestId":"R"}`, false, backup.ClassProtocol},
		{"null", `{"IsValid":null,"RequestId":"R"}`, false, backup.ClassProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("SourceDBInstance") != "dds-1" || r.FormValue("BackupId") != "5664" {
					t.Errorf("asked %s", r.URL.RawQuery)
				}
				_, _ = w.Write([]byte(tt.body))
			}))
			in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet}
			got, err := b.CheckRestore(t.Context(), in, "5664")
			if (got.Refused != "") != tt.refused || backup.ClassOf(err) != tt.class {
				t.Errorf("refused %q, error %v; want refused %v and class %q", got.Refused, err, tt.refused, tt.class)
			}
		})
	}
}
