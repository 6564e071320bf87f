package manual

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Source is what this package reads from a cloud. poll.Source has the contracts of both methods.
type Source interface {
	Backups(ctx context.Context, in backup.Instance, node string, since time.Time) (backup.List, error)
	Jobs(ctx context.Context, in backup.Instance) ([]backup.Job, error)
}

// Progress is how far a backup is.
type Progress struct {
	Percent *float64      // of the running job, 0 to 100; nil: not known
	Done    int           // targets whose backup succeeded
	Targets int           // targets of the instance: its shards, or the instance itself
	Elapsed time.Duration // since Follow was called
	Err     error         // why the newest look failed; following goes on; nil: it did not fail
}

// Follow looks every interval until each target has a new set that has ended, and reports every look. It returns nil
// when all sets succeeded. It returns an error when a job or a set failed, and the error of ctx when ctx ends first: the
// backup itself goes on then.
func (b *Backup) Follow(ctx context.Context, started backup.Started, interval time.Duration, report func(Progress)) error {
	start := b.now()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		p, err := b.look(ctx, started)
		if err == nil && p.Done < p.Targets && ctx.Err() != nil {
			return ctx.Err() // that this look was cut short is no news
		}
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

// look reads once how far the backup is. The error says that the backup failed. That the look itself failed is in the
// progress.
func (b *Backup) look(ctx context.Context, started backup.Started) (Progress, error) {
	p := Progress{Targets: len(b.instance.Targets())}
	job, found, err := b.job(ctx, started.JobID)
	p.Err = err
	if found {
		p.Percent = job.Progress
	}
	if found && job.State == backup.JobFailed {
		return p, fmt.Errorf("the backup job %s failed: %s", job.ID, cmp.Or(job.Reason, "the cloud does not say why"))
	}
	for _, t := range b.instance.Targets() {
		list, err := b.source.Backups(ctx, b.instance, t.NodeID, b.since)
		p.Err = cmp.Or(p.Err, err)
		switch set := b.find(t.NodeID, started.BackupID, list); set.State {
		case backup.StateFailed:
			return p, fmt.Errorf("backup set %s failed%s", set.ID, ofShard(t))
		case backup.StateSuccess:
			p.Done++
		default: // not in the list yet, or not ended
		}
	}
	return p, nil
}

// ofShard names the shard of a target; "": it is none.
func ofShard(t backup.Target) string {
	if t.NodeID == "" {
		return ""
	}
	return ", of shard " + t.NodeID
}

// find returns the set that was started; the zero Backup when it is not in the list yet. Without an id, that is the
// newest full set that is new and has the right trigger.
func (b *Backup) find(node, id string, list backup.List) backup.Backup {
	for _, set := range list.Backups {
		if (id != "" && set.ID == id) || (id == "" && b.isNew(node, set)) {
			return set
		}
	}
	return backup.Backup{}
}

// isNew reports whether a set may be the one that was started.
func (b *Backup) isNew(node string, set backup.Backup) bool {
	other := backup.TriggerAutomatic
	if b.automatic {
		other = backup.TriggerManual
	}
	return !b.before[key{node, set.ID}] && set.Trigger != other && set.Kind != backup.KindIncremental
}

// job returns the job of the backup. found is false when there is none, or when the cloud lists no jobs.
func (b *Backup) job(ctx context.Context, id string) (job backup.Job, found bool, err error) {
	jobs, err := b.source.Jobs(ctx, b.instance)
	if backup.ClassOf(err) == backup.ClassUnsupported {
		return backup.Job{}, false, nil
	}
	job, found = ours(jobs, id)
	return job, found, err
}

// ours returns the job with the id, or else the one that is running and not of the schedule.
func ours(jobs []backup.Job, id string) (job backup.Job, found bool) {
	i := slices.IndexFunc(jobs, func(j backup.Job) bool { return id != "" && j.ID == id })
	if i < 0 {
		i = slices.IndexFunc(jobs, func(j backup.Job) bool {
			return j.State == backup.JobRunning && j.Trigger != backup.TriggerAutomatic
		})
	}
	if i < 0 {
		return backup.Job{}, false
	}
	return jobs[i], true
}
