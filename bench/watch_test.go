package bench

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// spans counts durations by the second.
type spans struct {
	seconds [4*3600 + 1]int // the last one is: as long or longer
	n       int
	longest time.Duration
}

func (s *spans) add(d time.Duration) {
	d = max(d, 0)
	s.n++
	s.longest = max(s.longest, d)
	s.seconds[min(int(d/time.Second), len(s.seconds)-1)]++
}

// share returns the duration, in whole seconds rounded down, that a share of all reaches.
func (s *spans) share(of float64) time.Duration {
	left := int(of * float64(s.n))
	for i, n := range s.seconds {
		if left -= n; left < 0 {
			return time.Duration(i) * time.Second
		}
	}
	return s.longest
}

// watcher sees an exporter as its scrapes do.
type watcher struct {
	start      time.Time // of the first scrape
	staleAfter time.Duration
	targets    int // that there are

	listed, judged time.Duration // until all lists were read, and all verdicts known, at any page of the exporter; 0: not yet

	ages     spans // of the lists, at each scrape
	overdue  spans // by how much they are older than their interval in force
	seen     spans // from the first scrape after a backup's end until a scrape shows it
	samples  int
	unknown  int
	newest   map[backup.Target]time.Time
	waits    spans // how long scrapes took
	counting bool  // the start is over
}

// look learns from what a scrape shows that ended now.
func (w *watcher) look(s *backup.Snapshot, now time.Time) {
	for i := range s.Instances {
		in := &s.Instances[i]
		for _, n := range in.Nodes {
			if !n.Backups.At.IsZero() {
				w.list(in.Instance.Node(n.NodeID), n.Backups, now)
			}
			if w.counting {
				w.samples++
				if unknown(in, n, now) {
					w.unknown++
				}
			}
		}
	}
}

func unknown(in *backup.InstanceState, n backup.NodeState, now time.Time) bool {
	return backup.Assess(in.Target(n), in.Objectives, now).State == backup.HealthUnknown
}

// firsts notes when everything was known for the first time, and reports whether all of it was.
func (w *watcher) firsts(s *backup.Snapshot, now time.Time) bool {
	read, known := 0, 0
	for i := range s.Instances {
		in := &s.Instances[i]
		for _, n := range in.Nodes {
			if !n.Backups.At.IsZero() {
				read++
			}
			if !unknown(in, n, now) {
				known++
			}
		}
	}
	if read == w.targets && w.listed == 0 {
		w.listed = now.Sub(w.start)
	}
	if known == w.targets && w.judged == 0 {
		w.judged = now.Sub(w.start)
	}
	return w.listed > 0 && w.judged > 0
}

func (w *watcher) list(target backup.Target, r backup.Reading[backup.List], now time.Time) {
	age := now.Round(0).Sub(r.At)
	inForce := r.GoodUntil.Round(0).Sub(r.At) - w.staleAfter
	if w.counting {
		w.ages.add(age)
		w.overdue.add(age - inForce)
	}
	before, known := w.newest[target]
	newest := before
	for _, b := range r.Value.Backups {
		if b.Kind != backup.KindFull || b.State != backup.StateSuccess || !b.EndedAt.After(before) {
			continue
		}
		if known && w.counting {
			w.seen.add(now.Sub(w.scrapeAfter(b.EndedAt)))
		}
		if b.EndedAt.After(newest) {
			newest = b.EndedAt
		}
	}
	w.newest[target] = newest
}

// scrapeAfter returns when the first scrape began after a time.
func (w *watcher) scrapeAfter(t time.Time) time.Time {
	passed := t.Sub(w.start)
	if late := passed % scrapeInterval; late > 0 {
		passed += scrapeInterval - late
	}
	return w.start.Add(passed)
}
