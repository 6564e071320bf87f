package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"mongodb_backup_exporter/internal/backup"
)

// setLoader loads the sets of some targets, one target after the other.
type setLoader struct {
	*loader
	*setScanner
	node   *node // of the set that was read last
	number int64 // of its target
}

// loadSets loads the sets that memory holds. They are most of the work, so that two connections share it.
func (l *loader) loadSets(ctx context.Context) error {
	const query = `SELECT target, ` + setColumns + ` FROM backup_set WHERE target > ? AND target <= ?
		AND (left_at = 0 OR left_at >= ?)`
	parts := []int64{0, l.highest / 2, l.highest}
	if l.single {
		parts = []int64{0, l.highest}
	}
	left := stampOf(l.now.Add(-max(l.c.lookback, removalHeld))) // what left before is not held, though it may not have been moved yet
	failed := make([]error, len(parts))
	var work sync.WaitGroup
	for i := range parts[1:] {
		s := &setLoader{loader: l, setScanner: newSetScanner()}
		work.Go(func() { failed[i] = l.each(ctx, query, s.set, parts[i], parts[i+1], int64(left)) })
	}
	work.Wait()
	return errors.Join(failed...)
}

// set loads a set. Its target is known already, because no list is in the file without the time at which it was read.
func (l *setLoader) set(rows *sql.Rows) error {
	if err := l.scan(rows); err != nil {
		return err
	}
	if l.node == nil || l.number != l.owner {
		t, err := l.of(l.owner)
		if err != nil {
			return err
		}
		if l.node, l.number = l.c.findNode(t), l.owner; l.node == nil {
			return errors.New("a list has no time")
		}
	}
	n := l.node
	if l.absence == 0 && l.left == 0 {
		n.backups.value.Backups = append(n.backups.value.Backups, l.backup())
		n.tracks = append(n.tracks, l.track())
		return nil
	}
	lv := l.leaver()
	switch lv.Absence {
	case Missing:
		n.watched++
	case RemovedEarly:
		n.early++
	case Listed, OutOfRange, Explained:
	}
	n.left, n.mixed = append(n.left, lv), true
	return nil
}

// finish brings lists in order, and forgets what is too old for memory.
func (l *loader) finish() {
	for _, r := range l.c.regions {
		for _, in := range r.instances {
			if p := in.policies.versions; len(p) > 0 {
				p[len(p)-1].Last = later(p[len(p)-1].Last, in.policy.At)
			}
			for _, n := range in.nodes {
				n.inOrder()
				n.sortLeft()
				n.afresh = false
			}
		}
	}
	l.abandon()
	l.c.Trim(l.now)
	l.c.queue = nil
}

// abandon leaves out what no cloud said anything of for as long as the file keeps it, as of an account that left the
// configuration, so that the file may forget it. A process that runs does not: for it, that may be an outage.
func (l *loader) abandon() {
	if l.retention <= 0 {
		return
	}
	before := stampOf(l.now.Add(-max(l.retention, l.c.lookback)))
	for key, r := range l.c.regions {
		maps.DeleteFunc(r.instances, func(_ string, in *instance) bool {
			return in.listed.gone == 0 && max(in.seen(), in.asked()) < before
		})
		if len(r.instances) == 0 && stampOf(r.listing.At) < before {
			delete(l.c.regions, key)
		}
	}
}

// inOrder brings the list in order, the newest start first.
func (n *node) inOrder() {
	places := make([]int, len(n.tracks))
	for i := range places {
		places[i] = i
	}
	all := n.backups.value.Backups
	slices.SortFunc(places, func(a, b int) int {
		return cmp.Or(began(&all[b]).Compare(began(&all[a])), strings.Compare(all[b].ID, all[a].ID))
	})
	sorted, tracks := make([]backup.Backup, len(all)), make([]track, len(all))
	for i, place := range places {
		sorted[i], tracks[i] = all[place], n.tracks[place]
	}
	n.backups.value.Backups, n.tracks = sorted, tracks
}
