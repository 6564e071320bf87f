package evidence

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Records are what is kept of the backups of one instance: what /api/v1/backups sends.
type Records struct {
	At      time.Time `json:"at"`
	Since   time.Time `json:"since"`
	Backups []Record  `json:"backups"` // by target, the newest first
}

// Record is what is kept of one backup. What is not known is null.
type Record struct {
	Cloud      string `json:"cloud"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	InstanceID string `json:"instance_id"`
	NodeID     string `json:"node_id"`
	Backup

	Method    string     `json:"method"` // the cloud's own word
	Expires   *time.Time `json:"expires"`
	Forever   bool       `json:"kept_forever"`
	Listed    bool       `json:"listed"` // the newest list has it
	FirstSeen *time.Time `json:"first_seen"`
	LastSeen  *time.Time `json:"last_seen"`
	LeftAt    *time.Time `json:"left_at"` // when a list first lacked it that goes back as far
	Early     bool       `json:"removed_early"`
}

// Backups returns what is kept of the backups of an instance that began at since or later. The error is an [*InstanceError], or
// one of the history.
func Backups(ctx context.Context, opts Options) (Records, error) {
	all := Records{At: opts.Now.UTC(), Since: opts.Since.UTC(), Backups: []Record{}}
	states := slices.Clone(opts.Snapshot.Instances)
	if opts.History != nil {
		gone, err := opts.History.Gone(ctx, opts.Since)
		if err != nil {
			return all, err
		}
		states = append(states, gone...)
	}
	found := false
	for i := range states {
		in := &states[i]
		if in.Instance.InstanceID != opts.Instance {
			continue
		}
		found = true
		for k := range in.Nodes {
			target := in.Instance.Node(in.Nodes[k].NodeID)
			records, err := opts.records(ctx, target, in.Nodes[k].Backups.Value)
			if err != nil {
				return all, err
			}
			all.Backups = append(all.Backups, records...)
		}
	}
	if !found {
		return all, noInstance(opts)
	}
	return all, nil
}

// records returns what is kept of the backups of a target, the newest first. What the list has and the history does not is among
// them.
func (o *Options) records(ctx context.Context, t backup.Target, list backup.List) ([]Record, error) {
	listed := map[string]bool{}
	for i := range list.Backups {
		listed[list.Backups[i].ID] = true
	}
	var sets []backup.PastSet
	if o.History != nil {
		kept, err := o.History.Kept(ctx, t, o.Since)
		if err != nil {
			return nil, fmt.Errorf("what was kept of %s: %w", t, err)
		}
		sets = kept.Sets
	}
	for _, b := range list.Backups {
		known := slices.ContainsFunc(sets, func(set backup.PastSet) bool { return set.ID == b.ID })
		if !known && !cmp.Or(b.StartedAt, b.EndedAt).Before(o.Since) {
			sets = append(sets, backup.PastSet{Backup: b})
		}
	}
	var all []Record
	for i := range sets {
		all = append(all, newRecord(t, &sets[i], listed[sets[i].ID]))
	}
	slices.SortStableFunc(all, func(a, b Record) int { return began(b).Compare(began(a)) })
	return all, nil
}

func began(r Record) time.Time {
	if t := cmp.Or(r.Began, r.Ended); t != nil {
		return *t
	}
	return time.Time{}
}

func newRecord(t backup.Target, set *backup.PastSet, listed bool) Record {
	r := Record{
		Cloud: t.Cloud, Account: t.Account, Region: t.Region, InstanceID: t.InstanceID, NodeID: t.NodeID,
		Backup: newBackup(&backup.PastBackup{Backup: set.Backup, Flaw: set.Unusable}), Method: set.Method,
		Expires: when(set.ExpiresAt), Listed: listed, FirstSeen: when(set.FirstSeen), LastSeen: when(set.LastSeen), Early: set.Early,
	}
	if set.ExpiresAt.Equal(backup.Never) {
		r.Expires, r.Forever = nil, true
	}
	if !listed {
		r.LeftAt = when(set.LeftAt)
	}
	return r
}
