package catalog

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// Policies of windows and high-frequency backups are written as versions wrote them that knew no others, and these read them.
// Any others are a list.
func TestPolicyRecord(t *testing.T) {
	const hour = time.Hour
	daily := backup.Schedule{Weekdays: []time.Weekday{1, 3}, StartsAt: 2 * hour, Window: hour, Retention: 7 * day}
	for name, c := range map[string]struct {
		schedules []backup.Schedule
		bytes     string
	}{
		"windows": {
			[]backup.Schedule{daily},
			`{"automatic":true,"retention_s":604800,"weekdays":[1,3],"starts_at_s":7200,"window_s":3600,"log_backup":false}`,
		},
		"kept for ever, the days not said": {
			[]backup.Schedule{{Retention: backup.Forever}},
			`{"automatic":true,"retention_s":-1,"log_backup":false}`,
		},
		"high-frequency backups too": {
			[]backup.Schedule{daily, {Interval: 4 * hour, Retention: day}},
			`{"automatic":true,"retention_s":604800,"weekdays":[1,3],"starts_at_s":7200,"window_s":3600,"interval_s":14400,"log_backup":false,"interval_retention_s":86400}`,
		},
		"high-frequency backups, of the others nothing is said": {
			[]backup.Schedule{{}, {Interval: 4 * hour}},
			`{"automatic":true,"interval_s":14400,"log_backup":false}`,
		},
		"none": {nil, `{"automatic":true,"log_backup":false}`},
		"hourly, daily, monthly": {
			[]backup.Schedule{{Interval: hour, Retention: 2 * day}, daily, {Interval: 31 * day, Retention: 365 * day}},
			`{"automatic":true,"log_backup":false,"schedules":[{"interval_s":3600,"retention_s":172800},{"weekdays":[1,3],"starts_at_s":7200,"window_s":3600,"retention_s":604800},{"interval_s":2678400,"retention_s":31536000}]}`,
		},
		"an interval alone": {
			[]backup.Schedule{{Interval: hour, Retention: 2 * day}},
			`{"automatic":true,"log_backup":false,"schedules":[{"interval_s":3600,"retention_s":172800}]}`,
		},
		"two of windows": {
			[]backup.Schedule{daily, {Weekdays: []time.Weekday{6}, Retention: 28 * day}},
			`{"automatic":true,"log_backup":false,"schedules":[{"weekdays":[1,3],"starts_at_s":7200,"window_s":3600,"retention_s":604800},{"weekdays":[6],"retention_s":2419200}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			policy := backup.Policy{Automatic: new(true), LogBackup: new(false), Schedules: c.schedules}
			if diff := cmp.Diff(c.bytes, marshal(recordOfPolicy(&policy))); diff != "" {
				t.Errorf("in the file (-want +got):\n%s", diff)
			}
			var r policyRecord
			if err := decode(c.bytes, &r); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(policy, r.policy()); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
}
