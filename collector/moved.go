package collector

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// same reports whether two states of an instance show the same at the same time. A snapshot never changes what an earlier one
// refers to, so that most of what did not move is found at the same address.
//
// It may be false for states that show the same, but never true for others: a test changes every field.
func same(a, b *backup.InstanceState) bool {
	return sameInstance(&a.Instance, &b.Instance) && a.Objectives == b.Objectives &&
		sameReading(&a.Jobs, &b.Jobs, func(a, b *[]backup.Job) bool { return sameAll(*a, *b) }) &&
		sameReading(&a.Policy, &b.Policy, samePolicy) &&
		sameReading(&a.Recovery, &b.Recovery, equal) &&
		sameReading(&a.LastRestore, &b.LastRestore, equal) &&
		slices.EqualFunc(a.PolicyChanges, b.PolicyChanges, sameChange) &&
		a.PolicyBy.Equal(b.PolicyBy) && a.WindowBy.Equal(b.WindowBy) && sameTime(a.ListedUntil, b.ListedUntil) &&
		a.RecoveryEvery == b.RecoveryEvery && sameAll(a.JobsUnmoved, b.JobsUnmoved) &&
		len(a.Nodes) == len(b.Nodes) && sameNodes(a.Nodes, b.Nodes)
}

// sameInstance leaves out what no metric and no verdict knows: tags, the engine, and why there are no backups.
func sameInstance(a, b *backup.Instance) bool {
	return a.Target == b.Target && a.Name == b.Name && a.Version == b.Version && a.Topology == b.Topology && a.Storage == b.Storage &&
		a.Status == b.Status && a.Lifecycle == b.Lifecycle && a.Owner == b.Owner && a.CreatedAt.Equal(b.CreatedAt)
}

func sameNodes(a, b []backup.NodeState) bool {
	for i := range a {
		m, n := &a[i], &b[i]
		if m.NodeID != n.NodeID || !sameReading(&m.Backups, &n.Backups, sameList) ||
			!sameReading(&m.Copies, &n.Copies, sameCopies) || !sameReading(&m.RestoreChecks, &n.RestoreChecks, sameChecks) ||
			!m.Removals.Last.Equal(n.Removals.Last) || !sameAll(m.Removals.Sets, n.Removals.Sets) {
			return false
		}
	}
	return true
}

// sameReading compares what is known of the newest attempt, too: that it failed, and as what.
func sameReading[T any](a, b *backup.Reading[T], sameValue func(a, b *T) bool) bool {
	return a.At.Equal(b.At) && a.TriedAt.Equal(b.TriedAt) && sameTime(a.GoodUntil, b.GoodUntil) && a.CloudAt.Equal(b.CloudAt) &&
		a.NotOffered == b.NotOffered && sameFailure(a.Err, b.Err) && sameValue(&a.Value, &b.Value)
}

// sameTime compares both clocks.
func sameTime(a, b time.Time) bool { return a.Equal(b) && a.Round(0).Equal(b.Round(0)) }

func sameFailure(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return backup.ClassOf(a) == backup.ClassOf(b)
}

func sameList(a, b *backup.List) bool {
	return a.Op == b.Op && a.Unread == b.Unread && sameAll(a.Asked, b.Asked) && sameAll(a.Backups, b.Backups) &&
		sameOlder(a.Older, b.Older) && sameAll(a.Jobs, b.Jobs)
}

func sameOlder(a, b *backup.Older) bool {
	if a == nil || b == nil || a == b {
		return a == b
	}
	return a.At.Equal(b.At) && a.By.Equal(b.By) && sameFailure(a.Err, b.Err) && sameAll(a.Backups, b.Backups)
}

func sameCopies(a, b *backup.Copies) bool {
	return a.Region == b.Region && sameAll(a.Backups, b.Backups)
}

func sameChecks(a, b *backup.RestoreChecks) bool { return sameAll(*a, *b) }

func sameChange(a, b backup.PolicyChange) bool {
	return a.At.Equal(b.At) && a.LastAt.Equal(b.LastAt) && samePolicy(&a.Former, &b.Former)
}

func samePolicy(a, b *backup.Policy) bool {
	return equal(a.Automatic, b.Automatic) && slices.EqualFunc(a.Schedules, b.Schedules, sameSchedule) && equal(a.LogBackup, b.LogBackup) &&
		a.NextAt.Equal(b.NextAt) && a.CopyRegion == b.CopyRegion && equal(a.KeptAfterDeletion, b.KeptAfterDeletion) &&
		a.MayBeUnlisted == b.MayBeUnlisted
}

func sameSchedule(a, b backup.Schedule) bool {
	return sameAll(a.Weekdays, b.Weekdays) && a.StartsAt == b.StartsAt && a.Window == b.Window && a.Interval == b.Interval && a.Retention == b.Retention
}

// equal compares what two pointers point to.
func equal[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// sameAll compares two slices. Nothing that a snapshot refers to changes, so that the same address is the same content.
func sameAll[T comparable](a, b []T) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}
