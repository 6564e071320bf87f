package fleet

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Generate returns a fleet of size instances with a plausible history up to now, and one account in each cloud. Every
// third instance is Huawei's. The same arguments give the same fleet. No instance has Live: the history stands still.
func Generate(seed uint64, now time.Time, size int) Fleet {
	rng := rand.New(rand.NewPCG(seed, 1))
	now = now.UTC().Truncate(time.Second)
	ali := Account{Cloud: Alibaba, AccessKeyID: "AKSIMALIBABA00000000", AccessKeySecret: "sim-alibaba-key-secret"}
	hw := Account{
		Cloud: Huawei, AccessKeyID: "AKSIMHUAWEI000000000", AccessKeySecret: "sim-huawei-key-secret",
		AuthToken: "sim-huawei-user-token", ProjectIDs: map[string]string{"cn-north-4": "0123456789abcdef0123456789abcdef"},
	}
	for n := range size {
		g := generator{rng: rng, now: now, number: n}
		if n%3 == 2 {
			hw.Instances = append(hw.Instances, g.huawei())
		} else {
			ali.Instances = append(ali.Instances, g.alibaba())
		}
	}
	return Fleet{Accounts: []Account{ali, hw}}
}

// generator makes one instance.
type generator struct {
	rng    *rand.Rand
	now    time.Time
	number int
}

func (g generator) alibaba() Instance {
	in := g.instance()
	in.ID = fmt.Sprintf("dds-bp1%012x", g.rng.Uint64()>>16)
	in.Region = pick(g.rng, "cn-hangzhou", "cn-hangzhou", "cn-beijing")
	in.Storage, in.Version = pick(g.rng, "cloud_essd1", "cloud_essd1", "cloud_auto"), pick(g.rng, "4.4", "5.0", "6.0")
	switch g.rng.IntN(10) {
	case 0:
		in.Topology = Standalone
	case 1, 2:
		in.Topology = ShardedCluster
		in.ClusterBackup = g.rng.IntN(2) == 0
		for range 2 + g.rng.IntN(3) {
			in.Shards = append(in.Shards, fmt.Sprintf("d-bp1%013x", g.rng.Uint64()>>12))
		}
	case 3:
		in.Storage, in.Version = "local_ssd", "4.2"
	}
	if in.OnCloudDisk() && in.Topology == ReplicaSet && g.rng.IntN(4) == 0 {
		in.Policy.Interval = 4 * time.Hour
	}
	return g.withHistory(in, in.Shards)
}

func (g generator) huawei() Instance {
	in := g.instance()
	in.ID = fmt.Sprintf("%016x%016xin02", g.rng.Uint64(), g.rng.Uint64())
	in.Region, in.Storage, in.Version = "cn-north-4", "ULTRAHIGH", pick(g.rng, "4.2", "4.4")
	if g.rng.IntN(4) == 0 {
		in.Topology = ShardedCluster
		for range 2 {
			in.Shards = append(in.Shards, fmt.Sprintf("%016x%016xgr02", g.rng.Uint64(), g.rng.Uint64()))
		}
	}
	return g.withHistory(in, nil)
}

// instance makes the part of an instance that is the same in both clouds.
func (g generator) instance() Instance {
	env := pick(g.rng, "prod", "prod", "staging")
	in := Instance{
		Name:      fmt.Sprintf("%s-%s-%d", pick(g.rng, "orders", "billing", "users", "events", "search"), env, g.number),
		Topology:  ReplicaSet,
		Tags:      map[string]string{"env": env, "team": pick(g.rng, "core", "growth", "data")},
		CreatedAt: g.now.Add(-time.Duration(20+g.rng.IntN(400)) * day),
		Policy: Policy{
			Weekdays: everyDay(), StartsAt: time.Duration(g.rng.IntN(24)) * time.Hour, Window: time.Hour,
			RetentionDays: pick(g.rng, 7, 7, 14, 30), LogBackup: g.rng.IntN(2) == 0,
		},
	}
	switch g.rng.IntN(6) {
	case 0:
		in.Policy.Weekdays = []time.Weekday{time.Monday, time.Wednesday, time.Friday}
	case 1:
		in.Policy.Weekdays = []time.Weekday{time.Weekday(g.rng.IntN(7))}
		in.Policy.RetentionDays = 30
	}
	return in
}

// withHistory gives the instance the backups that its policy made and that have not expired, a few manual ones among
// them. About one in forty failed. The given shards are backed up one by one.
func (g generator) withHistory(in Instance, shards []string) Instance {
	size := (1 + g.rng.Int64N(200)) * gibibyte
	since := later(in.CreatedAt, g.now.AddDate(0, 0, -in.Policy.RetentionDays))
	live := Schedule{
		Since: since, Shards: shards, SizeBytes: size, GrowthPerDay: size / int64(100+g.rng.IntN(400)),
		Length: time.Duration(3+g.rng.IntN(40))*time.Minute + time.Duration(g.rng.IntN(60))*time.Second,
	}
	in.Backups = live.between(&in, since, g.now)
	for range g.rng.IntN(3) {
		g.addManual(&in, &live)
	}
	for i := range in.Backups {
		if g.rng.IntN(40) == 0 && in.Backups[i].Status == StatusSuccess {
			in.Backups[i].fail("the node was not reachable")
		}
	}
	SortNewestFirst(in.Backups)
	if in.Policy.LogBackup && in.Topology == ReplicaSet && len(in.Backups) > 0 {
		oldest := in.Backups[len(in.Backups)-1]
		in.Recovery = []Window{{Start: oldest.Start.Add(oldest.Length), End: g.now.Add(-logLag).Truncate(time.Minute)}}
	}
	return in
}

// addManual adds a manual backup at a random moment, unless another one runs then.
func (g generator) addManual(in *Instance, sc *Schedule) {
	at := sc.Since.Add(time.Duration(g.rng.Int64N(int64(g.now.Sub(sc.Since))))).Truncate(time.Second)
	for _, b := range sc.records(in, Backup{Start: at, Length: sc.Length, Manual: true}) {
		if !overlaps(in.Backups, b) {
			in.Backups = append(in.Backups, b.at(g.now))
		}
	}
}

// fail turns a success into a failure after a third of the time.
func (b *Backup) fail(reason string) {
	b.Status, b.Reason = StatusFailed, reason
	b.End = b.Start.Add(b.End.Sub(b.Start) / 3).Truncate(time.Second)
	b.SizeBytes, b.ExpiresAt = 0, time.Time{}
}

// overlaps reports whether one of the list is of the same shard as b and runs at the same time.
func overlaps(list []Backup, b Backup) bool {
	return slices.ContainsFunc(list, func(other Backup) bool {
		return other.Node == b.Node && b.Start.Before(other.Start.Add(other.Length)) &&
			other.Start.Before(b.Start.Add(b.Length))
	})
}

func everyDay() []time.Weekday {
	return []time.Weekday{
		time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday,
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func pick[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }
