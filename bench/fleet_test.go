package bench

import (
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// crowd is a fleet of one kind, all of it in one account and one region.
type crowd struct {
	Cloud   string // fleet.Alibaba or fleet.Huawei
	Targets int
	Shards  int           // of each instance, each backed up on its own; 0: replica sets
	Logs    bool          // logs are backed up: on Huawei Cloud, incremental backups
	Every   time.Duration // between backups of a high-frequency schedule; 0: one a day, in a window of an hour
	WindowH int           // hour at which all daily windows open; -1: spread over the day
	Failing int           // of so many instances, the newest attempt of one failed, so that news about it are expected; 0: of none
}

const (
	day       = 24 * time.Hour
	accessKey = "AKBENCH0000000000000"
	secretKey = "bench-secret"
	project   = "0123456789abcdef0123456789abcdef"
)

func (c crowd) region() string {
	if c.Cloud == fleet.Huawei {
		return "cn-north-4"
	}
	return "cn-hangzhou"
}

func (c crowd) instances() int { return c.Targets / max(1, c.Shards) }

// fleet returns the crowd with a history of a week. It goes on making backups.
func (c crowd) fleet(now time.Time) fleet.Fleet {
	a := fleet.Account{Cloud: c.Cloud, AccessKeyID: accessKey, AccessKeySecret: secretKey}
	if c.Cloud == fleet.Huawei {
		a.ProjectIDs = map[string]string{c.region(): project}
	}
	for n := range c.instances() {
		a.Instances = append(a.Instances, c.instance(n, now))
	}
	return fleet.Fleet{Accounts: []fleet.Account{a}}
}

func (c crowd) instance(n int, now time.Time) fleet.Instance {
	hour := c.WindowH
	if hour < 0 {
		hour = n % 24
	}
	in := fleet.Instance{
		ID: c.id(n), Name: fmt.Sprintf("bench-%05d", n), Region: c.region(), Topology: fleet.ReplicaSet, Storage: "cloud_essd1",
		Version: "6.0", CreatedAt: now.Add(-100 * day), Policy: fleet.Policy{
			Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: time.Duration(hour) * time.Hour, Window: time.Hour,
			RetentionDays: 7, LogBackup: c.Logs, Interval: c.Every,
		},
		Live: &fleet.Schedule{
			Since: now.Add(-7 * day), Length: 5*time.Minute + time.Duration(n%600)*time.Second, SizeBytes: 40 << 30, GrowthPerDay: 200 << 20,
		},
	}
	if c.Every > 0 {
		in.Policy.IntervalRetentionDays, in.Policy.RetentionDays = 2, 2
		in.Policy.Window = 2 * time.Minute // in which the simulated cloud begins at any moment: such backups come at regular times
		in.Live.Since, in.Live.Length = now.Add(-2*day), min(in.Live.Length, c.Every/3)
	}
	if c.Failing > 0 && n%c.Failing == 0 {
		in.Backups = []fleet.Backup{{
			ID: fmt.Sprintf("7%09d", n), Method: "Snapshot", Status: fleet.StatusFailed, Start: now.Add(-2 * time.Hour), End: now.Add(-time.Hour),
		}}
	}
	if c.Cloud == fleet.Huawei {
		in.Storage, in.Version = "ULTRAHIGH", "4.4"
	}
	if c.Shards > 0 {
		in.Topology = fleet.ShardedCluster
		for shard := range c.Shards {
			in.Shards = append(in.Shards, fmt.Sprintf("d-bp1%05d%03d", n, shard))
		}
		if c.Cloud == fleet.Alibaba {
			in.Live.Shards = in.Shards
		}
	}
	return in
}

func (c crowd) id(n int) string {
	if c.Cloud == fleet.Huawei {
		return fleet.HuaweiID("in02", fmt.Sprint(n))
	}
	return fmt.Sprintf("dds-bp1%08d", n)
}

// configuration returns a file that watches all of the crowd, with the defaults but for what poll says.
func (c crowd) configuration(endpoint, poll string) string {
	text := poll + fmt.Sprintf(`
accounts:
  - name: bench
    cloud: %s
    credentials: {access_key_id: %s, access_key_secret: %s}
    regions:
      - id: %s
        endpoint: %s
        discovery: {enabled: true}
`, c.Cloud, accessKey, secretKey, c.region(), endpoint)
	if c.Cloud == fleet.Huawei {
		text += fmt.Sprintf("        project_id: %s\n        iam_endpoint: %s\n", project, endpoint)
	}
	return text
}

func (c crowd) String() string {
	text := fmt.Sprintf("%s, %d replica sets", c.Cloud, c.Targets)
	if c.Shards > 0 {
		text = fmt.Sprintf("%s, %d clusters × %d shards", c.Cloud, c.instances(), c.Shards)
	}
	switch {
	case c.Every > 0:
		text += fmt.Sprintf(", every %d min", int(c.Every.Minutes()))
	case c.WindowH < 0:
		text += ", daily"
	default:
		text += ", daily, one window"
	}
	if c.Logs && c.Cloud == fleet.Huawei {
		text += ", incremental"
	}
	return text
}
