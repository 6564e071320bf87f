package huawei

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	// lateBy is how long after its begin something may come into a list.
	lateBy = 15 * time.Minute
	// openFor is for how long what began may have to be read again, as it may not have ended.
	openFor = 24 * time.Hour
	// tookLong is from which age on a whole reading is completed by what is new at once.
	tookLong = time.Minute
	// flawedFor is after how long all of a list is read again of which a record belongs nowhere, for the first few times. Then it
	// takes twice as long each time.
	flawedFor, flawedOften = time.Minute, 5
)

// entry is a record of a list of the whole project.
type entry interface {
	began() time.Time // zero: nobody knows
	open() bool       // it may change: it runs, or says nothing that is known
}

// known is a list of the whole project as it was read once, with what was read since. The zero value is nothing.
type known[E entry] struct {
	since, until time.Time      // it has what began in this span
	wholeAt      time.Time      // when all of it was read; zero: never
	flaws        int            // how many readings in a row had a record that belongs nowhere
	groups       map[string][]E // by instance id
}

// serves reports whether a list of what began at since or later follows from what is known and the end of the list. every is
// after how long all of it is read again.
func (k *known[E]) serves(since, now time.Time, every time.Duration) bool {
	return !k.wholeAt.IsZero() && !since.Before(k.since) && since.Before(k.until) && now.After(k.until.Add(-backup.MaxSkew)) &&
		now.Sub(k.wholeAt) < min(every, k.patience())
}

// patience returns for how long a list may be known only in part: a record that belongs nowhere is not in it, and nobody knows
// where it would be. It may be readable the next time, or never.
func (k *known[E]) patience() time.Duration {
	if k.flaws == 0 {
		return math.MaxInt64
	}
	return flawedFor << min(max(0, k.flaws-flawedOften), 20)
}

// news returns from when on the list is to be read to have all that is new in it.
func (k *known[E]) news() time.Time {
	from := k.until.Add(-lateBy)
	oldest := k.until.Add(-openFor)
	for _, group := range k.groups {
		for _, e := range group {
			if at := e.began(); e.open() && at.Before(from) && at.After(oldest) {
				from = at
			}
		}
	}
	return from
}

// with returns what is known once the list was read from a time on, up to another: what began earlier is as it was. So is
// what began nobody knows when, unless the new part has such entries of that instance.
func (k *known[E]) with(end reading[E], from, since time.Time) known[E] {
	groups := end.groups
	for id, former := range k.groups {
		undated := slices.ContainsFunc(groups[id], func(e E) bool { return e.began().IsZero() })
		for _, e := range former {
			at := e.began()
			if at.IsZero() && !undated || !at.IsZero() && at.Before(from) && !at.Before(since) {
				groups[id] = append(groups[id], e)
			}
		}
	}
	return known[E]{since: since, until: end.until, wholeAt: k.wholeAt, groups: groups, flaws: max(k.flaws, k.flawsWith(end))}
}

// flawsWith returns how many readings in a row have a flaw, with the newest.
func (k *known[E]) flawsWith(newest reading[E]) int {
	if newest.flawed {
		return k.flaws + 1
	}
	return 0
}

// projectList is a list of the whole project. It is read whole from time to time, and at its end in between. The zero value is
// not read yet.
type projectList[E entry] struct {
	mu    sync.Mutex
	known known[E]
}

// reading is what of a list began at some time or later, by instance id.
type reading[E entry] struct {
	groups map[string][]E
	until  time.Time // what began up to then is in it
	flawed bool      // a record has no instance id, or cannot be read and says nothing of its begin
}

// get returns what began at since or later. every is how often all of the list is read. Nothing that the result reaches may be
// written to.
func (l *projectList[E]) get(
	ctx context.Context, since time.Time, every time.Duration, now func() time.Time,
	read func(ctx context.Context, since time.Time) (reading[E], error),
) (map[string][]E, error) {
	l.mu.Lock()
	list := l.known
	l.mu.Unlock()
	if list.serves(since, now(), every) {
		groups, err := l.extend(ctx, list, since, read)
		if backup.ClassOf(err) != backup.ClassProtocol { // else all of the list may tell more than its end
			return groups, err
		}
	}
	all, err := read(ctx, since)
	if err != nil {
		return nil, err
	}
	list = known[E]{since: since, until: all.until, wholeAt: all.until, groups: all.groups, flaws: list.flawsWith(all)}
	l.keep(list)
	if now().Sub(all.until) < tookLong {
		return list.groups, nil
	}
	return l.extend(ctx, list, since, read)
}

// extend reads the end of a list.
func (l *projectList[E]) extend(
	ctx context.Context, list known[E], since time.Time, read func(ctx context.Context, since time.Time) (reading[E], error),
) (map[string][]E, error) {
	from := list.news()
	end, err := read(ctx, from)
	if err != nil {
		return nil, err
	}
	list = list.with(end, from, since)
	l.keep(list)
	return list.groups, nil
}

func (l *projectList[E]) keep(k known[E]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.known = k
}

// backupEntry is one record of the list of backups.
type backupEntry struct{ backup.Entry }

func (e backupEntry) began() time.Time {
	if e.StartedAt.IsZero() {
		return e.EndedAt
	}
	return e.StartedAt
}

func (e backupEntry) open() bool {
	return e.Unread || (e.State != backup.StateSuccess && e.State != backup.StateFailed)
}

// jobEntry is one record of the list of tasks.
type jobEntry struct {
	backup.Job
	unread bool
}

func (e jobEntry) began() time.Time { return e.StartedAt }

func (e jobEntry) open() bool {
	return e.unread || (e.State != backup.JobFinished && e.State != backup.JobFailed)
}
