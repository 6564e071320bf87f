package manual

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Starter starts backups. A [Source] that is no Starter belongs to a cloud that cannot start any.
type Starter interface {
	// StartBackup asks the cloud once for a full backup of the instance. It refuses an order that has options which the
	// cloud does not have, without a call; the error names the flags. Every other error is a [*backup.Error].
	StartBackup(ctx context.Context, in backup.Instance, order backup.ManualOrder) (backup.Started, error)
}

// Backup is a backup that is to be started, or was started.
type Backup struct {
	source    Source
	instance  backup.Instance
	now       func() time.Time
	since     time.Time    // sets are listed from here on
	before    map[key]bool // the sets that are none of its own
	automatic bool         // the schedule started it
}

// key identifies a backup set of an instance.
type key struct{ node, id string }

// lookback is how far back sets are listed: far enough for clocks that differ.
const lookback = time.Hour

// New returns a backup of an instance, which nobody has ordered yet.
func New(source Source, in backup.Instance, now func() time.Time) *Backup {
	return &Backup{source: source, instance: in, now: now, since: now().Add(-lookback), before: map[key]bool{}}
}

// Prepare lists the backup sets of the instance, so that a new one is recognized later. Call it before Start where Follow is to
// be called after it.
func (b *Backup) Prepare(ctx context.Context) error {
	return b.skip(ctx, func(backup.Backup) bool { return true })
}

// skip lists the sets of the instance and remembers which of them are not this backup.
func (b *Backup) skip(ctx context.Context, another func(backup.Backup) bool) error {
	for _, t := range b.instance.Targets() {
		list, err := b.source.Backups(ctx, b.instance, t.NodeID, b.since)
		if err != nil {
			return err
		}
		for _, set := range list.Backups {
			if another(set) {
				b.before[key{t.NodeID, set.ID}] = true
			}
		}
	}
	return nil
}

// An order that the cloud throttles was not taken. It is given again after a pause, as long as all pauses together are not
// longer than patience.
const (
	patience   = time.Minute
	firstPause = time.Second // doubles with each order
)

// Possible returns an error that says why no backup of an instance can be started, as far as its listing tells; nil: one may be.
func Possible(in backup.Instance) error {
	if in.NoBackup == "" {
		return nil
	}
	return fmt.Errorf("no backup can be started: %s; dump its data with a tool of MongoDB, such as mongodump", in.NoBackup)
}

// Start asks the cloud for the backup, as [Starter] does. An order that was throttled is given again after the pause that the
// cloud asks for; waiting is told of each pause before it begins. An order whose answer was lost is not given again.
func (b *Backup) Start(ctx context.Context, order backup.ManualOrder, waiting func(pause time.Duration, throttled error)) (backup.Started, error) {
	starter, ok := b.source.(Starter)
	if !ok {
		return backup.Started{}, fmt.Errorf("%s cannot start backups", b.instance.Cloud)
	}
	left, usual := patience, firstPause
	for {
		started, err := starter.StartBackup(ctx, b.instance, order)
		failure, isCall := errors.AsType[*backup.Error](err)
		if !isCall || failure.Class != backup.ClassThrottled {
			return started, err
		}
		pause := max(failure.RetryAfter, usual)
		if pause > left {
			return started, err
		}
		waiting(pause, err)
		if !wait(ctx, pause) {
			return started, err
		}
		left, usual = left-pause, 2*usual
	}
}

// wait waits, and reports whether it waited to the end.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
