package fleet

import (
	"slices"
	"strings"
	"time"
)

func alibabaScenes() []scene {
	return []scene{
		{"dds-bp1ordersprod", "orders-prod", true, copied},
		{"dds-bp1paymentsprod", "payments-prod", true, everyFourHours},
		{"dds-bp1eventsprod", "events-prod", true, sharded},
		{"dds-bp1ledgerprod", "ledger-prod", true, clusterMode},
		{"dds-bp1clicksprod", "clicks-prod", false, oneShardStopped},
		{"dds-bp1billingprod", "billing-prod", false, stopped},
		{"dds-bp1usersprod", "users-prod", false, failingByHand},
		{"dds-bp1stockprod", "stock-prod", false, missed},
		{"dds-bp1searchprod", "search-prod", true, runningManual},
		{"dds-bp1auditprod", "audit-prod", false, never},
		{"dds-bp1newprod", "newcomer-prod", false, newcomer},
		{"dds-bp1catalogprod", "catalog-prod", false, sizeDropped},
		{"dds-bp1archiveprod", "archive-prod", false, switchedOff},
		{"dds-bp1mediaprod", "media-prod", false, expiring},
		{"dds-bp1metricsprod", "metrics-prod", false, logsNotAttached},
		{"dds-bp1shopdemo", "shop-demo", false, locked},
		{"dds-bp1blogold", "blog-old", false, released},
		{"dds-bp1jobsdev", "jobs-dev", false, serverless},
		{"dds-bp1warehouseprod", "warehouse-prod", false, tookTooLong},
		{"dds-bp1parcelsprod", "parcels-prod", false, runningTooLong},
		{"dds-bp1bookingsprod", "bookings-prod", false, jobNeverBegan},
		{"dds-bp1betaprod", "beta-prod", false, creating},
		{DemoWatched, "reports-prod", true, localDisk},
		{DemoUnwatched, "scratch-dev", false, daily},
	}
}

func huaweiScenes() []scene {
	id := func(name string) string { return HuaweiID("in02", name) }
	return []scene{
		{id("crm"), "crm-prod", true, pointInTime},
		{id("iot"), "iot-prod", true, huaweiCluster},
		{id("mail"), "mail-prod", false, stopped},
		{id("chat"), "chat-prod", false, failing},
		{id("games"), "games-prod", true, runningManual},
		{id("wiki"), "wiki-prod", false, never},
		{id("ads"), "ads-prod", false, logStalled},
		{id("loyalty"), "loyalty-prod", false, frozen},
	}
}

// daily is the healthy instance, unchanged.
func daily(*Instance, time.Time) {}

// copied has copies of its backups in another region, all of which outlive it, and was restored two days ago.
func copied(in *Instance, now time.Time) {
	in.Policy.CopyTo, in.Policy.KeptOnDeletion = "cn-shanghai", 2
	for _, b := range in.Live.between(in, now.AddDate(0, 0, -5), now) {
		if b.Status == StatusSuccess {
			b.ID, b.CopiedTo = "copy-"+b.ID, in.Policy.CopyTo
			in.Backups = append(in.Backups, b)
		}
	}
	in.Restores = []Restore{{InstanceID: "dds-bp1restoretest", At: now.AddDate(0, 0, -2), Deleted: true}}
}

// failingByHand is failing, and somebody made the last attempt by hand.
func failingByHand(in *Instance, now time.Time) {
	failing(in, now)
	last := &in.Backups[len(in.Backups)-1]
	last.Manual, last.Reason = true, "check_instance_status"
}

func localDisk(in *Instance, _ time.Time) {
	in.Storage, in.Version = "local_ssd", "4.2"
}

func pointInTime(in *Instance, _ time.Time) { in.Policy.LogBackup = true }

// logStalled stops incremental backup five hours ago, after the last full backup: somebody renamed a collection. It goes on
// with the next one. Today has two short gaps, too.
func logStalled(in *Instance, now time.Time) {
	in.Policy.LogBackup = true
	in.Policy.StartsAt = fullHour(now.Add(-8 * time.Hour))
	ended := now.Add(-5 * time.Hour).Truncate(time.Minute)
	in.LogGaps = []Window{
		{Start: ended.Add(-90 * time.Minute), End: ended.Add(-83 * time.Minute)},
		{Start: ended.Add(-40 * time.Minute), End: ended.Add(-24 * time.Minute)},
		{Start: ended},
	}
}

// frozen is an instance whose owner has not paid: its backups stopped three days ago.
func frozen(in *Instance, now time.Time) {
	stopped(in, now)
	in.Status = "frozen"
}

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
	in.Shards = []string{HuaweiID("gr02", in.Name, "shard1"), HuaweiID("gr02", in.Name, "shard2")}
}

// oneShardStopped stops the backups of the third shard four days ago.
func oneShardStopped(in *Instance, now time.Time) {
	sharded(in, now)
	last := in.Shards[2]
	for _, b := range in.Live.between(in, in.Live.Since, now.AddDate(0, 0, -4)) {
		if b.Node == last {
			in.Backups = append(in.Backups, b)
		}
	}
	in.Live.Shards = in.Shards[:2]
}

// stopped stops the backups three days ago: the instance is late.
func stopped(in *Instance, now time.Time) {
	in.Backups = in.Live.between(in, in.Live.Since, now.AddDate(0, 0, -3))
	in.Live = nil
}

// failing makes the last two attempts fail. Only three days of the week have a backup, and the last two of these are
// the failures. So the objective allows the last success to be days old, and the verdict is failed rather than late.
func failing(in *Instance, now time.Time) {
	onThreeDays(in, now.Add(-2*time.Hour))
	in.Backups = in.Live.between(in, in.Live.Since, now)
	for i := range in.Backups[len(in.Backups)-2:] {
		in.Backups[len(in.Backups)-1-i].fail("The backup failed because the node is abnormal.")
	}
	in.Live = nil
}

// missed makes the cloud skip the last window, which opened four to five hours ago. As with failing, three days of the week
// have a backup, so that the objective allows the last success to be days old.
func missed(in *Instance, now time.Time) {
	last := now.Add(-4 * time.Hour)
	onThreeDays(in, last)
	in.Backups = in.Live.between(in, in.Live.Since, last.Add(-in.Policy.Window-time.Hour))
	in.Live = nil
}

// onThreeDays lets backups be made on three days of the week only, of which the day of last is the last one. The windows
// open at its full hour.
func onThreeDays(in *Instance, last time.Time) {
	in.Policy.StartsAt = fullHour(last)
	in.Policy.Weekdays = nil
	for n := range 3 {
		in.Policy.Weekdays = append(in.Policy.Weekdays, last.AddDate(0, 0, -n).Weekday())
	}
}

// runningManual lets a manual backup run, and the next one start soon after its end.
func runningManual(in *Instance, now time.Time) {
	in.Policy.RetentionDays = 8
	in.Live.Since = now.Add(-9*day - 40*time.Minute)
	in.Live.ManualEvery, in.Live.ManualLength = 2*time.Hour, 108*time.Minute
}

// never leaves an old instance with a schedule and without a backup.
func never(in *Instance, _ time.Time) { in.Live = nil }

// newcomer makes an instance of 40 minutes whose first window is hours away.
func newcomer(in *Instance, now time.Time) {
	in.CreatedAt = now.Add(-40 * time.Minute)
	first := now.Add(20 * time.Hour)
	in.Policy.StartsAt = fullHour(first)
	in.Live.Since = in.CreatedAt
}

// sizeDropped leaves only a fifth of the data from the last success on.
func sizeDropped(in *Instance, now time.Time) {
	in.Backups = in.Live.between(in, in.Live.Since, now)
	last := &in.Backups[len(in.Backups)-1]
	if last.Status == StatusRunning {
		last = &in.Backups[len(in.Backups)-2]
	}
	last.SizeBytes /= 5
	in.Live.Since = now
	in.Live.SizeBytes /= 5
}

// switchedOff disables automatic backup five days ago.
func switchedOff(in *Instance, now time.Time) {
	in.Backups = in.Live.between(in, in.Live.Since, now.AddDate(0, 0, -5))
	in.Policy.Disabled = true
	in.Live = nil
}

// expiring keeps weekly backups for a week: the last one expires in hours, when the next is due.
func expiring(in *Instance, now time.Time) {
	next := now.Add(18 * time.Hour)
	in.Policy.StartsAt = fullHour(next)
	in.Policy.Weekdays, in.Policy.RetentionDays = []time.Weekday{next.Weekday()}, 7
}

// logsNotAttached makes the last two sets useless: the logs were not attached that bring the shards to one moment.
func logsNotAttached(in *Instance, now time.Time) {
	clusterMode(in, now)
	in.Backups = in.Live.between(in, in.Live.Since, now)
	in.Live = nil
	var sets []string // of the ended ones, the newest last
	for _, b := range in.Backups {
		if b.Status == StatusSuccess && !slices.Contains(sets, b.Set) {
			sets = append(sets, b.Set)
		}
	}
	for i := range in.Backups {
		if b := &in.Backups[i]; b.Status == StatusRunning || slices.Contains(sets[len(sets)-2:], b.Set) {
			b.AttachLogs = "Failed"
		}
	}
}

// locked stops the backups four days ago, when the instance was locked because it was not paid for.
func locked(in *Instance, now time.Time) {
	in.Backups = in.Live.between(in, in.Live.Since, now.AddDate(0, 0, -4))
	in.LockMode, in.Live = "LockByExpiration", nil
}

// released deletes the instance two days ago. It is in the recycle bin, with its backups.
func released(in *Instance, now time.Time) {
	in.ReleasedAt = now.AddDate(0, 0, -2)
	in.Backups = in.Live.between(in, in.Live.Since, in.ReleasedAt)
	in.LockMode, in.Policy.KeptOnDeletion, in.Live = Released, 2, nil
}

// tookTooLong has backups of nine hours, the last of which ended hours ago. On local disks no job shows that.
func tookTooLong(in *Instance, now time.Time) {
	localDisk(in, now)
	in.Policy.StartsAt = fullHour(now.Add(-20 * time.Hour))
	in.Live.Length = 9 * time.Hour
}

// runningTooLong lets a manual backup run since seven hours ago, for three more.
func runningTooLong(in *Instance, now time.Time) {
	in.Policy.StartsAt = fullHour(now.Add(-12 * time.Hour))
	start := now.Add(-7 * time.Hour)
	in.Backups = []Backup{{
		ID: tenDigits(in.ID, "", start), Manual: true, Status: StatusRunning, Start: start, Length: 10 * time.Hour, SizeBytes: 40 * gibibyte,
	}}
}

// jobNeverBegan has a job that was to begin 44 hours ago and waits since.
func jobNeverBegan(in *Instance, now time.Time) {
	start := now.Add(-44 * time.Hour)
	in.Jobs = []Job{{ID: tenDigits(in.ID, "", start), Status: "Scheduled", Manual: true, Start: start}}
}

// creating is an instance whose creation was begun two days ago and has not ended.
func creating(in *Instance, now time.Time) {
	in.Status, in.CreatedAt, in.Live = "Creating", now.AddDate(0, 0, -2), nil
}

func serverless(in *Instance, _ time.Time) {
	in.Serverless, in.Live = true, nil
	in.Policy = Policy{}
}

// fullHour returns the time of day of t, rounded down to the hour.
func fullHour(t time.Time) time.Duration { return t.Sub(t.Truncate(day)).Truncate(time.Hour) }
