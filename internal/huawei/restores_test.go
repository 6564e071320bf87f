package huawei_test

import (
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	simhuawei "mongodb_backup_exporter/internal/cloudsim/huawei"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestLastRestore(t *testing.T) {
	ago := func(d time.Duration) time.Time { return sourcetest.Now.Add(-d).Truncate(time.Second) }
	tests := []struct {
		name     string
		variant  simhuawei.Variants
		restores []fleet.Restore
		created  time.Time // of the watched instance; zero: not known
		want     time.Time
		class    backup.Class
	}{
		{"none", simhuawei.Variants{}, nil, ago(1000 * time.Hour), time.Time{}, ""},
		{"the newest of two", simhuawei.Variants{}, []fleet.Restore{{InstanceID: "r1in02", At: ago(time.Hour)}, {InstanceID: "r2in02", At: ago(2 * time.Hour)}}, ago(1000 * time.Hour), ago(time.Hour), ""},
		{"29 days ago", simhuawei.Variants{}, []fleet.Restore{{InstanceID: "r1in02", At: ago(29 * 24 * time.Hour)}}, ago(1000 * time.Hour), ago(29 * 24 * time.Hour), ""},
		{"longer ago than the cloud tells", simhuawei.Variants{}, []fleet.Restore{{InstanceID: "r1in02", At: ago(31 * 24 * time.Hour)}}, ago(1000 * time.Hour), time.Time{}, ""},
		{"the task names the new instance, which is not watched", simhuawei.Variants{NewInstance: true}, []fleet.Restore{{InstanceID: "r1in02", At: ago(time.Hour)}}, ago(1000 * time.Hour), time.Time{}, ""},
		{"it was made by the restore", simhuawei.Variants{}, []fleet.Restore{{InstanceID: "r1in02", At: ago(time.Hour)}}, ago(time.Hour), time.Time{}, ""},
		{"nobody knows how old it is", simhuawei.Variants{}, []fleet.Restore{{InstanceID: "r1in02", At: ago(time.Hour)}}, time.Time{}, time.Time{}, ""},
		{"no list of tasks", simhuawei.Variants{NoTaskList: true}, nil, ago(1000 * time.Hour), time.Time{}, backup.ClassUnsupported},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet(watched, 1)
			in.Restores, in.CreatedAt = tt.restores, tt.created
			sim, source := simulateVariant(t, account(in, replicaSet("i2in02", 1)), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, tt.variant)
			listing, err := source.Instances(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, listed := range listing.Instances {
				got, err := source.LastRestore(t.Context(), listed)
				want := tt.want
				if listed.InstanceID != watched {
					want = time.Time{}
				}
				if !got.Equal(want) || backup.ClassOf(err) != tt.class {
					t.Errorf("%s: last restore %v, error %v; want %v and class %q", listed.InstanceID, got, err, want, tt.class)
				}
			}
			if n := sim.Count("ListTasks"); tt.class == "" && n != 8 {
				t.Errorf("%d calls for two instances, want 8: one for each kind of restore", n)
			}
		})
	}
}
