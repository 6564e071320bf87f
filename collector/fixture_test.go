package collector

import (
	"errors"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const day = 24 * time.Hour

// noon is the time of every golden exposition, a Sunday.
func noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

func ago(d time.Duration) time.Time { return noon().Add(-d) }

// fresh is a reading that succeeded half a minute ago.
func fresh[T any](value T) backup.Reading[T] {
	at := ago(30 * time.Second)
	return backup.Reading[T]{Value: value, At: at, TriedAt: at, GoodUntil: noon().Add(time.Hour)}
}

// failing is a reading whose newest attempt failed after earlier ones succeeded.
func failing[T any](class backup.Class, value T) backup.Reading[T] {
	return backup.Reading[T]{
		Value: value, At: ago(20 * time.Minute), TriedAt: ago(5 * time.Second), GoodUntil: noon().Add(41 * time.Minute),
		Err: failure(class),
	}
}

// withdrawn is a reading that last succeeded too long ago to be shown.
func withdrawn[T any](value T) backup.Reading[T] {
	return backup.Reading[T]{
		Value: value, At: ago(3 * time.Hour), TriedAt: ago(5 * time.Second), GoodUntil: ago(119 * time.Minute),
		Err: failure(backup.ClassServer),
	}
}

// neverWorked is a reading that was tried and failed each time.
func neverWorked[T any](class backup.Class) backup.Reading[T] {
	return backup.Reading[T]{TriedAt: ago(5 * time.Second), Err: failure(class)}
}

// unsupported is a reading of what the cloud does not offer for the instance.
func unsupported[T any]() backup.Reading[T] {
	var none T
	r := fresh(none)
	r.NotOffered, r.Err = true, failure(backup.ClassUnsupported)
	return r
}

func failure(class backup.Class) error {
	return &backup.Error{Op: "Simulated", Class: class, Err: errors.New("simulated")}
}

// objectives are the defaults of the configuration.
func objectives() backup.Objectives {
	return backup.Objectives{
		RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MinRetention: 7 * day, MaxDuration: 6 * time.Hour, MinSizeRatio: 0.5,
	}
}

// daily is a policy with a backup every day between 02:00 and 03:00 UTC.
func daily() backup.Policy {
	return backup.Policy{Automatic: new(true), LogBackup: new(false), NextAt: noon().Add(14*time.Hour + 20*time.Minute), KeptAfterDeletion: new(true), Schedules: []backup.Schedule{{Retention: 7 * day, StartsAt: 2 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}}}
}

// set is a full automatic backup that took a quarter of an hour. started is how long ago it started.
func set(started time.Duration, state backup.State, size int64) backup.Backup {
	b := backup.Backup{
		ID: ago(started).Format(time.RFC3339), Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Snapshot",
		State: state, StartedAt: ago(started), EndedAt: ago(started - 15*time.Minute),
	}
	if state == backup.StateSuccess {
		b.SizeBytes, b.ExpiresAt = new(size), ago(started-7*day)
	}
	return b
}

// nightly lists n daily backups, whose sizes grow by a mebibyte a day. newest is how long ago the newest one started.
// Both types were asked for, because Alibaba Cloud lists them together.
func nightly(newest time.Duration, n int) backup.List {
	list := backup.List{Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}}
	for i := range n {
		list.Backups = append(list.Backups, set(newest+time.Duration(i)*day, backup.StateSuccess, int64(100-i)<<20))
	}
	return list
}

// after puts b before the backups of list.
func after(b backup.Backup, list backup.List) backup.List {
	list.Backups = append([]backup.Backup{b}, list.Backups...)
	return list
}

// replicaSet is a healthy replica set on Alibaba Cloud.
func replicaSet(account, id string) backup.InstanceState {
	return backup.InstanceState{
		Instance: backup.Instance{
			Target: backup.Target{Cloud: backup.Alibaba, Account: account, Region: "cn-hangzhou", InstanceID: id},
			Name:   "orders", Engine: "MongoDB", Version: "4.2", Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1",
			Status: "Running", Owner: "payments", CreatedAt: ago(100 * day),
		},
		Objectives: objectives(),
		Jobs:       fresh([]backup.Job{}),
		Policy:     fresh(daily()),
		Recovery:   unsupported[backup.Window](),
		Nodes:      []backup.NodeState{{Backups: fresh(nightly(9*time.Hour+40*time.Minute, 7))}},
	}
}

// shards turns in into a sharded cluster with one shard for each list.
func shards(in backup.InstanceState, lists ...backup.Reading[backup.List]) backup.InstanceState {
	in.Instance.Topology = backup.TopologyShardedCluster
	in.Nodes = nil
	for i, list := range lists {
		id := in.Instance.InstanceID + "-shard" + string(rune('a'+i))
		in.Instance.Nodes = append(in.Instance.Nodes, id)
		in.Nodes = append(in.Nodes, backup.NodeState{NodeID: id, Backups: list})
	}
	return in
}

// regionOf is the account and region of in, with everything in order.
func regionOf(in backup.InstanceState) backup.Region {
	t := in.Instance.Target
	return backup.Region{
		Cloud: t.Cloud, Account: t.Account, Region: t.Region, Asked: true, Up: true,
		Unmonitored: fresh(0), Listed: fresh(1), Round: 1500 * time.Millisecond, Skew: new(-2 * time.Second),
	}
}

// snapshotOf holds the instances and the region of the first one, with everything in order.
func snapshotOf(instances ...backup.InstanceState) *backup.Snapshot {
	return &backup.Snapshot{At: noon(), Regions: []backup.Region{regionOf(instances[0])}, Instances: instances}
}
