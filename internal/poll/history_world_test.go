package poll

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// regime is how one target's backups are to be made, as somebody set it.
type regime struct {
	on         bool
	days       []time.Weekday
	opens      time.Duration // of the daily window, from 00:00 UTC
	window     time.Duration
	interval   time.Duration // of high-frequency backups; 0: there are none
	kept       time.Duration
	oftenKept  time.Duration // high-frequency backups
	logs       bool
	unlistable bool // nobody knows whether the list has the high-frequency ones: so it is in a cloud, or it is not
}

func (r regime) policy() backup.Policy {
	p := backup.Policy{Automatic: &r.on, LogBackup: &r.logs, MayBeUnlisted: r.unlistable && r.interval > 0, Schedules: []backup.Schedule{{Retention: r.kept, Weekdays: r.days, StartsAt: r.opens, Window: r.window}}}
	if r.interval > 0 {
		p.Schedules = append(p.Schedules, backup.Schedule{Interval: r.interval, Retention: r.oftenKept})
	}
	return p
}

// rpoAtMost returns an RPO that is not shorter than the one which follows from the schedule.
func (r regime) rpoAtMost(want backup.Objectives) time.Duration {
	gap := 7 * 24 * time.Hour
	switch {
	case !r.on:
		return want.RPODefault
	case len(r.days) == 7:
		gap = 24 * time.Hour
	}
	return gap + r.window + want.MaxDuration + want.RPOGrace
}

// set is a backup in the cloud, with what becomes of it.
type set struct {
	backup.Entry
	ends    time.Time
	becomes backup.State
	dropped time.Time // when the cloud deletes it
}

// fate is one target in a cloud, and what the cloud answers about it. Between two steps nothing changes.
type fate struct {
	*rand.Rand
	now     time.Time
	created time.Time
	sets    []set // newest start first
	regimes []regime
	made    int

	showsJobs  bool // the cloud lists jobs
	tells      bool // it tells when backups expire
	apart      bool // its list leaves incremental backups out
	undated    bool // some records that cannot be read do not say when they are of
	log        backup.Window
	logStands  bool
	offersLogs bool
	unlistable bool

	failing  map[backup.Scope]bool
	rewrites int // how often something changed that an increment does not show
}

func newFate(seed uint64) *fate {
	w := &fate{Rand: rand.New(rand.NewPCG(seed, 11)), now: time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)}
	w.now = w.now.Add(time.Duration(w.IntN(7*24*60)) * time.Minute)
	w.created = w.now.Add(-w.minutes(0, 3*24*60))
	if w.oneIn(2) {
		w.created = w.now.AddDate(-1, 0, 0)
	}
	w.unlistable = w.oneIn(2)
	w.regimes = []regime{w.regime()}
	w.showsJobs, w.tells, w.apart, w.undated, w.offersLogs = !w.oneIn(4), !w.oneIn(4), w.oneIn(4), w.oneIn(8), !w.oneIn(4)
	if old := w.now.Sub(w.created) > 30*24*time.Hour; old {
		w.past()
	}
	return w
}

// past makes backups of the last weeks, and half of the time enough of them that the list is long.
func (w *fate) past() {
	now := w.now
	for range w.IntN(8) {
		w.now = now.Add(-w.minutes(60, 20*24*60))
		w.make(backup.KindFull, backup.TriggerAutomatic, w.now)
	}
	if w.oneIn(4) {
		for n := range fitsInPage + 1 {
			w.make(backup.KindIncremental, backup.TriggerAutomatic, now.Add(-5*24*time.Hour-time.Duration(n)*time.Minute))
		}
	}
	w.now = now
	w.settle()
}

func (w *fate) oneIn(n int) bool { return w.IntN(n) == 0 }

func (w *fate) minutes(from, to int) time.Duration {
	return time.Duration(from+w.IntN(to-from+1)) * time.Minute
}

func (w *fate) regime() regime {
	r := regime{
		on: !w.oneIn(10), opens: time.Duration(w.IntN(24)) * time.Hour, window: time.Duration(1+w.IntN(2)) * time.Hour,
		kept: time.Duration(1+w.IntN(20)) * 24 * time.Hour, logs: w.oneIn(2),
	}
	for d := range time.Weekday(7) {
		if !w.oneIn(3) || d == 0 {
			r.days = append(r.days, d)
		}
	}
	if w.oneIn(2) {
		r.days = []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	}
	if w.oneIn(5) {
		r.interval, r.oftenKept, r.unlistable = time.Duration(1+w.IntN(12))*time.Hour, w.minutes(24*60, 7*24*60), w.unlistable
	}
	return r
}

// step lets some time pass, and says what the cloud will not answer after it.
func (w *fate) step() {
	from := w.now
	w.now = w.now.Add(w.minutes(1, 12*60))
	if w.oneIn(8) {
		w.now = w.now.Add(w.minutes(0, 12*60))
	}
	if w.oneIn(12) {
		w.regimes = append(w.regimes, w.regime())
	}
	w.schedule(from, w.regimes[len(w.regimes)-1])
	if w.oneIn(8) {
		w.make(backup.KindFull, backup.TriggerManual, w.now.Add(-w.minutes(0, int(w.now.Sub(from)/time.Minute)-1)))
	}
	w.settle()
	w.meddle()
	w.failing = map[backup.Scope]bool{}
	for _, scope := range []backup.Scope{
		backup.ScopeDiscovery, backup.ScopeBackups, backup.ScopeJobs, backup.ScopePolicy, backup.ScopeRecovery,
	} {
		w.failing[scope] = w.oneIn(10)
	}
	if w.oneIn(8) {
		for scope := range w.failing {
			w.failing[scope] = true
		}
	}
}

// schedule makes the backups of a regime that were due since a moment, or does not.
func (w *fate) schedule(from time.Time, r regime) {
	if !r.on {
		return
	}
	for date := from.Truncate(24 * time.Hour); date.Before(w.now); date = date.AddDate(0, 0, 1) {
		began := date.Add(r.opens + w.minutes(0, int(r.window/time.Minute)))
		if slices.Contains(r.days, date.Weekday()) && began.After(from) && !began.After(w.now) && !w.oneIn(5) {
			w.make(backup.KindFull, backup.TriggerAutomatic, began)
		}
	}
	if r.interval > 0 && (!r.unlistable || w.oneIn(3)) {
		for t := from.Add(r.interval); t.Before(w.now); t = t.Add(r.interval) {
			w.make(backup.KindFull, backup.TriggerAutomatic, t)
		}
	}
	if r.logs && w.oneIn(2) {
		w.make(backup.KindIncremental, backup.TriggerAutomatic, w.now.Add(-time.Minute))
	}
}

// make begins a backup, and decides what becomes of it.
func (w *fate) make(kind backup.Kind, trigger backup.Trigger, began time.Time) {
	w.made++
	r := w.regimes[len(w.regimes)-1]
	s := set{ends: began.Add(w.minutes(5, 3*60)), becomes: backup.StateSuccess, dropped: began.Add(r.kept)}
	s.Backup = backup.Backup{ID: fmt.Sprint("b", w.made), Kind: kind, Trigger: trigger, State: backup.StateRunning, StartedAt: began}
	if kind == backup.KindIncremental {
		s.ends = began.Add(time.Second)
	}
	if w.oneIn(6) {
		s.becomes = backup.StateFailed
	}
	if w.oneIn(20) {
		s.ends = began.Add(w.minutes(5*60, 48*60))
	}
	if w.oneIn(30) {
		s.Part = "DBTable"
	}
	if trigger == backup.TriggerManual {
		s.dropped = time.Time{}
	} else if w.tells {
		s.ExpiresAt = s.dropped
	}
	w.sets = append(w.sets, s)
	slices.SortStableFunc(w.sets, func(a, b set) int { return b.StartedAt.Compare(a.StartedAt) })
}

// settle ends the backups that have ended by now, and lets the cloud delete what was kept long enough.
func (w *fate) settle() {
	for i := range w.sets {
		s := &w.sets[i]
		if s.State != backup.StateRunning || w.now.Before(s.ends) {
			continue
		}
		s.State, s.EndedAt = s.becomes, s.ends
		if s.State == backup.StateFailed {
			s.ExpiresAt = time.Time{}
			continue
		}
		s.SizeBytes = new(int64(1000 + w.IntN(1000)))
		if w.oneIn(25) {
			s.SizeBytes = new(int64)
		}
	}
	were := len(w.sets)
	w.sets = slices.DeleteFunc(w.sets, func(s set) bool { return !s.dropped.IsZero() && !w.now.Before(s.dropped) })
	w.rewrites += were - len(w.sets)
}

// meddle does what nobody expects of a backup that has ended, and moves the log on or not.
func (w *fate) meddle() {
	if n := len(w.sets); n > 0 {
		s := &w.sets[w.IntN(n)]
		switch w.IntN(30) {
		case 0, 1:
			w.sets = slices.DeleteFunc(w.sets, func(b set) bool { return b.ID == s.ID })
			w.rewrites++
		case 2:
			if s.State == backup.StateSuccess {
				s.Unusable = backup.FlaggedUnusable
				w.rewrites++
			}
		case 3, 4:
			s.Unread = !s.Unread
			w.rewrites++
		}
	}
	if w.oneIn(5) {
		w.logStands = !w.logStands
	}
	if !w.logStands {
		w.log = backup.Window{Start: w.now.AddDate(0, 0, -2), End: w.now.Add(-5 * time.Minute)}
	}
	if w.oneIn(20) {
		w.log = backup.Window{}
	}
}

// listed returns the list of the backups that began at a time or later, as a source reads it.
func (w *fate) listed(since time.Time, of ...backup.Kind) backup.List {
	var records []backup.Entry
	for i := range w.sets {
		rec := w.sets[i].Entry
		if rec.StartedAt.Before(since) || !slices.Contains(of, rec.Kind) {
			continue
		}
		if rec.Unread {
			rec.State = backup.StateUnknown
			if w.undated {
				rec.StartedAt, rec.EndedAt = time.Time{}, time.Time{}
			}
		}
		records = append(records, rec)
	}
	list := backup.List{Op: "ListBackups", Asked: of}
	list.Backups, list.Unread = backup.Sift(records, w.now)
	return list
}

// reader is one poller's way to the cloud.
type reader struct {
	*fate
	partial int  // how many lists were read from somewhere in the middle
	whole   bool // the newest list was read from its beginning
	seen    int  // rewrites that were there when a whole list was last taken over

	increments time.Time // when the incremental backups of a list of their own were last read
}

func (s *reader) answer(scope backup.Scope) error {
	if s.failing[scope] {
		return &backup.Error{Op: "Ask", Class: backup.ClassServer}
	}
	return nil
}

func (s *reader) Skew() (time.Duration, bool) { return 0, true }

func (s *reader) Instances(context.Context) (backup.Listing, error) {
	in := backup.Instance{CreatedAt: s.created}
	in.InstanceID = "a"
	return backup.Listing{Op: "ListInstances", Instances: []backup.Instance{in}}, s.answer(backup.ScopeDiscovery)
}

func (s *reader) Backups(_ context.Context, _ backup.Instance, _ string, since time.Time) (backup.List, error) {
	if err := s.answer(backup.ScopeBackups); err != nil {
		return backup.List{}, err
	}
	kinds := []backup.Kind{backup.KindFull, backup.KindIncremental}
	if s.apart {
		kinds = kinds[:1]
	}
	if began := s.now.Add(-historyLookback); !since.Before(began) {
		s.whole = since.Equal(began)
		s.partial += btoi(!s.whole)
	}
	return s.listed(since, kinds...), nil
}

func (s *reader) Increments(_ context.Context, _ backup.Instance, _ string, since time.Time) (backup.List, error) {
	if !s.apart {
		return backup.List{}, notOffered()
	}
	if err := s.answer(backup.ScopeBackups); err != nil {
		return backup.List{}, err
	}
	s.increments = s.now
	return s.listed(since, backup.KindIncremental), nil
}

func (s *reader) Jobs(context.Context, backup.Instance) ([]backup.Job, error) {
	if !s.showsJobs {
		return nil, notOffered()
	}
	var jobs []backup.Job
	for _, b := range s.sets {
		if b.Kind != backup.KindFull || s.now.Sub(b.StartedAt) > 48*time.Hour {
			continue
		}
		job := backup.Job{ID: "job of " + b.ID, State: backup.JobRunning, Trigger: b.Trigger, StartedAt: b.StartedAt}
		switch b.State {
		case backup.StateSuccess:
			job.State = backup.JobFinished
		case backup.StateFailed:
			job.State, job.Reason = backup.JobFailed, "disk full"
		default:
		}
		jobs = append(jobs, job)
	}
	return jobs, s.answer(backup.ScopeJobs)
}

func (s *reader) Policy(context.Context, backup.Instance) (backup.Policy, error) {
	return s.regimes[len(s.regimes)-1].policy(), s.answer(backup.ScopePolicy)
}

func (s *reader) Recovery(context.Context, backup.Instance) (backup.Window, error) {
	if !s.offersLogs {
		return backup.Window{}, notOffered()
	}
	return s.log, s.answer(backup.ScopeRecovery)
}

func (s *reader) Copies(context.Context, backup.Instance, string, string, time.Time) (backup.Copies, error) {
	return backup.Copies{}, notOffered()
}

func (s *reader) CheckRestore(context.Context, backup.Instance, string) (backup.RestoreCheck, error) {
	return backup.RestoreCheck{}, notOffered()
}

func (s *reader) LastRestore(context.Context, backup.Instance) (time.Time, error) {
	return time.Time{}, notOffered()
}

func notOffered() error { return &backup.Error{Op: "Ask", Class: backup.ClassUnsupported} }
