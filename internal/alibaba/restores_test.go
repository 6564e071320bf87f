package alibaba_test

import (
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestLastRestore(t *testing.T) {
	ago := func(d time.Duration) time.Time { return sourcetest.Now.Add(-d).Truncate(time.Second) }
	many := make([]fleet.Restore, 120)
	for i := range many {
		many[i] = fleet.Restore{InstanceID: fmt.Sprintf("dds-%03d", i), At: ago(150*time.Hour - time.Duration(i)*time.Hour)}
	}
	tests := []struct {
		name     string
		restores []fleet.Restore
		released bool
		want     time.Time
		class    backup.Class
	}{
		{"none", nil, false, time.Time{}, ""},
		{"the newest of two, which was deleted", []fleet.Restore{{InstanceID: "dds-a", At: ago(time.Hour), Deleted: true}, {InstanceID: "dds-b", At: ago(2 * time.Hour)}}, false, ago(time.Hour), ""},
		{"almost seven days ago", []fleet.Restore{{InstanceID: "dds-a", At: ago(167 * time.Hour)}}, false, ago(167 * time.Hour), ""},
		{"before that", []fleet.Restore{{InstanceID: "dds-a", At: ago(169 * time.Hour)}}, false, time.Time{}, ""},
		{"on a later page", many, false, ago(31 * time.Hour), ""},
		{"a released instance", []fleet.Restore{{InstanceID: "dds-a", At: ago(time.Hour)}}, true, time.Time{}, backup.ClassUnsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, b := simulate(t, cloudsim.Variants{}, func(f *fleet.Fleet) {
				in := f.Instance(sourcetest.ReplicaSetID)
				in.Restores = tt.restores
				if tt.released {
					in.LockMode = fleet.Released
				}
			})
			got, err := b.LastRestore(t.Context(), b.instances(t)[sourcetest.ReplicaSetID])
			if !got.Equal(tt.want) || backup.ClassOf(err) != tt.class {
				t.Errorf("last restore %v, error %v; want %v and class %q", got, err, tt.want, tt.class)
			}
		})
	}
}

func TestAnswersAboutRestores(t *testing.T) {
	documented, err := os.ReadFile("testdata/describe_restore_db_instance_list.json")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, body string
		want       time.Time
		class      backup.Class
	}{
		{"the documentation's values", string(documented), time.Date(2022, time.January, 2, 7, 43, 59, 0, time.UTC), ""},
		{"a time that cannot be read", `{"DBInstances":{"DBInstance":[{"DBInstanceId":"a","CreationTime":"soon"}]}}`, time.Time{}, ""},
		{"a time in the future", `{"DBInstances":{"DBInstance":[{"DBInstanceId":"a","CreationTime":"2030-01-02T07:43:59Z"}]}}`, time.Time{}, ""},
		{"no list", `{"RequestId":"R"}`, time.Time{}, backup.ClassProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if after := r.FormValue("CreationTimeAfter"); after != "2026-01-08T11:00:00Z" { // seven days before 10:30
					t.Errorf("asked for restores after %s", after)
				}
				_, _ = w.Write([]byte(tt.body))
			}))
			got, err := b.LastRestore(t.Context(), replicaSet)
			if !got.Equal(tt.want) || backup.ClassOf(err) != tt.class {
				t.Errorf("last restore %v, error %v; want %v and class %q", got, err, tt.want, tt.class)
			}
		})
	}
}
