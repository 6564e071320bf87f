package manual

import (
	"context"
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
	source   Source
	instance backup.Instance
	now      func() time.Time
	since    time.Time    // sets are listed from here on
	before   map[key]bool // the sets that existed before the start
}

// key identifies a backup set of an instance.
type key struct{ node, id string }

// lookback is how far back sets are listed: far enough for clocks that differ.
const lookback = time.Hour

// Prepare lists the backup sets of an instance, so that a new one is recognized later. Call it before Start.
func Prepare(ctx context.Context, source Source, in backup.Instance, now func() time.Time) (*Backup, error) {
	b := &Backup{source: source, instance: in, now: now, since: now().Add(-lookback), before: map[key]bool{}}
	for _, t := range in.Targets() {
		list, err := source.Backups(ctx, in, t.NodeID, b.since)
		if err != nil {
			return nil, err
		}
		for _, set := range list.Backups {
			b.before[key{t.NodeID, set.ID}] = true
		}
	}
	return b, nil
}

// Start asks the cloud for the backup, as [Starter] does.
func (b *Backup) Start(ctx context.Context, order backup.ManualOrder) (backup.Started, error) {
	starter, ok := b.source.(Starter)
	if !ok {
		return backup.Started{}, fmt.Errorf("%s cannot start backups", b.instance.Cloud)
	}
	return starter.StartBackup(ctx, b.instance, order)
}
