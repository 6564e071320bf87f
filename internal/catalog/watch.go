package catalog

import (
	"slices"

	"mongodb_backup_exporter/internal/backup"
)

// watch is a time in which whole lists of a target were read, no two in a row further apart than backup.WatchedEvery.
type watch struct{ from, until stamp }

// watchesCap is how many of them are held for a target: the newest. Of a target that is read as it should be there is one.
const watchesCap = 100

// seenAt adds a whole list, read at a moment, to the times in which lists were read. The oldest is first.
func seenAt(all []watch, at stamp) []watch {
	n := len(all)
	switch {
	case n == 0 || at.time().Sub(all[n-1].until.time()) > backup.WatchedEvery:
		all = append(all, watch{at, at})
	case at > all[n-1].until: // else the clock went back
		all[n-1].until = at
	}
	return all[max(0, len(all)-watchesCap):]
}

// since returns the times from a moment on.
func since(all []watch, from stamp) []watch {
	all = slices.DeleteFunc(all, func(w watch) bool { return w.until < from })
	if len(all) > 0 {
		all[0].from = max(all[0].from, from)
	}
	return all
}

func (r *listRecord) watches() []watch {
	var all []watch
	for _, w := range r.Watches {
		all = append(all, watch{w[0], w[1]})
	}
	return all
}

func watchesOf(all []watch) []backup.Watch {
	var watches []backup.Watch
	for _, w := range all {
		watches = append(watches, backup.Watch{From: w.from.time(), Until: w.until.time()})
	}
	return watches
}
