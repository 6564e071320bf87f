// Package manual follows a backup that was started by hand from its start to its end.
package manual

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Source is what following needs of a cloud.
type Source interface {
	Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error)
	Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error)
}

// Progress is how far a backup has come.
type Progress struct {
	Percent *float64 // of the running job; nil: the cloud does not say
	Done    int      // targets whose backup has ended well
	Targets int      // targets of the instance: its shards, or itself
	Elapsed time.Duration
	Err     error // why the newest look failed; following goes on
}

// Backup is a backup that is about to be started, or was.
type Backup struct {
	source   Source
	instance backup.Instance
	now      func() time.Time
	since    time.Time
	before   map[key]bool // backup sets that were there before
}

type key struct{ node, id string }

// lookback is how far back sets are listed: far enough for clocks that differ.
const lookback = time.Hour

// Prepare notes which backup sets an instance has, so that a new one is recognized. Call it before starting the backup.
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

// Started is what the cloud said when the backup was started.
type Started struct {
	JobID    string // id of the job, as in Jobs; "": not known
	BackupID string // id of the backup set, as in Backups; "": not known
}

// Follow looks every interval until each target has a new set that has ended, and reports every look. It returns nil when all ended well, an error that says which failed when one
// did, and the context's error when that ends first: the backup itself then goes on.
func (b *Backup) Follow(ctx context.Context, started Started, interval time.Duration, report func(Progress)) error {
	start := b.now()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		p, err := b.look(ctx, started)
		p.Elapsed = b.now().Sub(start)
		report(p)
		if err != nil || p.Done == p.Targets {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// look asks once how far the backup is. The error is a backup that failed; a look that failed is in the progress.
func (b *Backup) look(ctx context.Context, started Started) (Progress, error) {
	targets := b.instance.Targets()
	p := Progress{Targets: len(targets)}
	job, found, err := b.job(ctx, started.JobID)
	p.Err = err
	if found {
		p.Percent = job.Progress
		if job.State == backup.JobFailed {
			return p, fmt.Errorf("the backup job %s failed: %s", job.ID, orUnsaid(job.Reason))
		}
	}
	for _, t := range targets {
		list, err := b.source.Backups(ctx, b.instance, t.NodeID, b.since)
		p.Err = cmp.Or(p.Err, err)
		switch set := b.find(t.NodeID, started.BackupID, list); {
		case set == nil:
		case set.State == backup.StateFailed:
			return p, fmt.Errorf("backup set %s of %s failed", set.ID, t)
		case set.State == backup.StateSuccess:
			p.Done++
		}
	}
	return p, nil
}

// find returns the set that was started: by its id, or else the newest full one that was not there before and that no
// schedule made; nil: it is not there yet.
func (b *Backup) find(node, id string, list backup.List) *backup.Backup {
	for _, set := range list.Backups {
		ours := set.ID == id
		if id == "" {
			ours = !b.before[key{node, set.ID}] && set.Trigger != backup.TriggerAutomatic && set.Kind != backup.KindIncremental
		}
		if ours {
			return &set
		}
	}
	return nil
}

// job finds the job by its id, or else the one that runs.
func (b *Backup) job(ctx context.Context, id string) (backup.Job, bool, error) {
	jobs, err := b.source.Jobs(ctx, b.instance)
	if err != nil {
		if backup.ClassOf(err) == backup.ClassUnsupported {
			err = nil
		}
		return backup.Job{}, false, err
	}
	for _, job := range jobs {
		if id != "" && job.ID == id {
			return job, true, nil
		}
	}
	for _, job := range jobs {
		if job.State == backup.JobRunning && job.Trigger != backup.TriggerAutomatic {
			return job, true, nil
		}
	}
	return backup.Job{}, false, nil
}

func orUnsaid(reason string) string {
	if reason == "" {
		return "the cloud does not say why"
	}
	return reason
}
