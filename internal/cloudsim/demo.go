package cloudsim

import (
	"strings"
	"time"
)

// Regions and the project of the demo fleet.
const (
	DemoAlibabaRegion = "cn-hangzhou" // nearly all of Alibaba's instances
	DemoSecondRegion  = "cn-beijing"  // DemoWatched and DemoUnwatched
	DemoHuaweiRegion  = "cn-north-4"
	DemoProjectID     = "5f0c1b2a3d4e4f60718293a4b5c6d7e8"
)

// Instances of DemoSecondRegion: for a configuration that names instances by id, one that it names and one that it
// forgets.
const (
	DemoWatched   = "dds-2zereportsprod"
	DemoUnwatched = "dds-2zescratchdev"
)

// Demo returns a fleet with one instance per situation that a person should see, at now. It lives: schedules are kept
// as time passes, and what has stopped stays stopped.
func Demo(now time.Time) Fleet {
	return demoFleet(now, func(scene) bool { return true })
}

// Healthy returns the part of the demo fleet of which every verdict is ok, now and later.
func Healthy(now time.Time) Fleet {
	return demoFleet(now, func(sc scene) bool { return sc.healthy })
}

// scene is one instance of the demo, made at now.
type scene struct {
	id, name string
	healthy  bool
	play     func(in *Instance, now time.Time)
}

func demoFleet(now time.Time, wanted func(scene) bool) Fleet {
	now = now.UTC().Truncate(time.Second)
	cast := func(scenes []scene) []Instance {
		var list []Instance
		for _, sc := range scenes {
			if wanted(sc) {
				list = append(list, sc.instance(now))
			}
		}
		return list
	}
	return Fleet{Accounts: []Account{
		{
			Cloud: Alibaba, AccessKeyID: "AKDEMOALIBABA0000000", AccessKeySecret: "demo-alibaba-key-secret",
			Instances: cast(alibabaScenes()),
		},
		{
			Cloud: Huawei, AccessKeyID: "AKDEMOHUAWEI00000000", AccessKeySecret: "demo-huawei-key-secret",
			AuthToken: "demo-huawei-user-token", ProjectIDs: map[string]string{DemoHuaweiRegion: DemoProjectID},
			Instances: cast(huaweiScenes()),
		},
	}}
}

// instance makes a healthy instance with daily backups, and lets the scene change it.
func (sc scene) instance(now time.Time) Instance {
	team, _, _ := strings.Cut(sc.name, "-")
	in := Instance{
		ID: sc.id, Name: sc.name, Region: DemoAlibabaRegion, Topology: ReplicaSet, Storage: "cloud_essd1", Version: "6.0",
		Tags: map[string]string{"env": "prod", "team": team}, CreatedAt: now.AddDate(0, 0, -90),
		Policy: Policy{
			Weekdays: everyDay(), StartsAt: time.Duration(hashOf(sc.id)%24) * time.Hour, Window: time.Hour, RetentionDays: 14,
		},
		Live: &Schedule{Length: 9 * time.Minute, SizeBytes: 40 * gibibyte, GrowthPerDay: 200 * mebibyte},
	}
	if in.huawei() {
		in.Region, in.Storage, in.Version = DemoHuaweiRegion, "ULTRAHIGH", "4.4"
	}
	if strings.HasPrefix(sc.id, "dds-2ze") {
		in.Region = DemoSecondRegion
	}
	in.Live.Since = later(in.CreatedAt, now.AddDate(0, 0, -in.Policy.RetentionDays))
	sc.play(&in, now)
	return in
}

func alibabaScenes() []scene {
	return []scene{
		{"dds-bp1ordersprod", "orders-prod", true, daily},
		{"dds-bp1paymentsprod", "payments-prod", true, everyFourHours},
		{"dds-bp1eventsprod", "events-prod", true, sharded},
		{"dds-bp1ledgerprod", "ledger-prod", true, clusterMode},
		{"dds-bp1clicksprod", "clicks-prod", false, oneShardStopped},
		{"dds-bp1billingprod", "billing-prod", false, stopped},
		{"dds-bp1usersprod", "users-prod", false, failing},
		{"dds-bp1searchprod", "search-prod", true, runningManual},
		{"dds-bp1auditprod", "audit-prod", false, never},
		{"dds-bp1newprod", "newcomer-prod", false, newcomer},
		{"dds-bp1catalogprod", "catalog-prod", false, sizeDropped},
		{"dds-bp1archiveprod", "archive-prod", false, switchedOff},
		{"dds-bp1mediaprod", "media-prod", false, expiring},
		{DemoWatched, "reports-prod", true, localDisk},
		{DemoUnwatched, "scratch-dev", false, daily},
	}
}

func huaweiScenes() []scene {
	id := func(name string) string { return huaweiID("in02", name) }
	return []scene{
		{id("crm"), "crm-prod", true, pointInTime},
		{id("iot"), "iot-prod", true, huaweiCluster},
		{id("mail"), "mail-prod", false, stopped},
		{id("chat"), "chat-prod", false, failing},
		{id("games"), "games-prod", true, runningManual},
		{id("wiki"), "wiki-prod", false, never},
	}
}

func daily(*Instance, time.Time) {}

func localDisk(in *Instance, _ time.Time) {
	in.Storage, in.Version = "local_ssd", "4.2"
}

func pointInTime(in *Instance, _ time.Time) { in.Policy.LogBackup = true }

func everyFourHours(in *Instance, now time.Time) {
	in.Policy.Interval, in.Policy.RetentionDays, in.Policy.LogBackup = 4*time.Hour, 7, true
	in.Live.Since = now.AddDate(0, 0, -in.Policy.RetentionDays)
}

func sharded(in *Instance, _ time.Time) {
	in.Topology = ShardedCluster
	name, _, _ := strings.Cut(in.Name, "-")
	in.Shards = []string{"d-bp1" + name + "a", "d-bp1" + name + "b", "d-bp1" + name + "c"}
	in.Live.Shards = in.Shards
}

func clusterMode(in *Instance, now time.Time) {
	sharded(in, now)
	in.ClusterBackup, in.Policy.LogBackup = true, true
}

func huaweiCluster(in *Instance, _ time.Time) {
	in.Topology = ShardedCluster
	in.Shards = []string{huaweiID("gr02", in.Name, "shard1"), huaweiID("gr02", in.Name, "shard2")}
}

// oneShardStopped: the third shard's backups ended four days ago.
func oneShardStopped(in *Instance, now time.Time) {
	sharded(in, now)
	last := in.Shards[2]
	for _, b := range in.Live.made(in, in.Live.Since, now.AddDate(0, 0, -4)) {
		if b.Node == last {
			in.Backups = append(in.Backups, b)
		}
	}
	in.Live.Shards = in.Shards[:2]
}

// stopped: late, the last backup is three days old.
func stopped(in *Instance, now time.Time) {
	in.Backups = in.Live.made(in, in.Live.Since, now.AddDate(0, 0, -3))
	in.Live = nil
}

// failing: the last two attempts failed. Three days a week have a backup, these two among them and the rest of the week
// not, so that the last success stays within the objective for days.
func failing(in *Instance, now time.Time) {
	last := now.Add(-2 * time.Hour)
	in.Policy.StartsAt = last.Sub(last.Truncate(day)).Truncate(time.Hour)
	in.Policy.Weekdays = nil
	for n := range 3 {
		in.Policy.Weekdays = append(in.Policy.Weekdays, last.AddDate(0, 0, -n).Weekday())
	}
	in.Backups = in.Live.made(in, in.Live.Since, now)
	for i := range in.Backups[len(in.Backups)-2:] {
		in.Backups[len(in.Backups)-1-i].fail("The backup failed because the node is abnormal.")
	}
	in.Live = nil
}

// runningManual: a manual backup runs, and soon after its end the next.
func runningManual(in *Instance, now time.Time) {
	in.Policy.RetentionDays = 8
	in.Live.Since = now.Add(-9*day - 40*time.Minute)
	in.Live.ManualEvery, in.Live.ManualLength = 2*time.Hour, 108*time.Minute
}

// never: old, with a schedule, without a backup.
func never(in *Instance, _ time.Time) { in.Live = nil }

// newcomer: made 40 minutes ago; its first window is hours away.
func newcomer(in *Instance, now time.Time) {
	in.CreatedAt = now.Add(-40 * time.Minute)
	first := now.Add(20 * time.Hour)
	in.Policy.StartsAt = first.Sub(first.Truncate(day)).Truncate(time.Hour)
	in.Live.Since = in.CreatedAt
}

// sizeDropped: since the last backup there is but a fifth of the data.
func sizeDropped(in *Instance, now time.Time) {
	in.Backups = in.Live.made(in, in.Live.Since, now)
	last := &in.Backups[len(in.Backups)-1]
	if last.Status == statusRunning {
		last = &in.Backups[len(in.Backups)-2]
	}
	last.SizeBytes /= 5
	in.Live.Since = now
	in.Live.SizeBytes /= 5
}

// switchedOff: somebody turned automatic backup off five days ago.
func switchedOff(in *Instance, now time.Time) {
	in.Backups = in.Live.made(in, in.Live.Since, now.AddDate(0, 0, -5))
	in.Policy.Disabled = true
	in.Live = nil
}

// expiring: weekly backups that are kept for a week; the last one ends in hours, when the next is due.
func expiring(in *Instance, now time.Time) {
	next := now.Add(18 * time.Hour)
	in.Policy.StartsAt = next.Sub(next.Truncate(day)).Truncate(time.Hour)
	in.Policy.Weekdays, in.Policy.RetentionDays = []time.Weekday{next.Weekday()}, 7
}
