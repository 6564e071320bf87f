package backup

import (
	"slices"
	"time"
)

// WatchedEvery is how far apart two whole lists are at most that were read within a [Watch].
const WatchedEvery = 12 * time.Hour

// Watch is a time in which whole lists were read, no two in a row further apart than [WatchedEvery].
type Watch struct{ From, Until time.Time }

// watches returns when the list was read, as far as that is known, the oldest first: single readings, and times in which they
// were close enough for what is to be seen.
func (in *inspection) watches() []Watch {
	var all []Watch
	for _, read := range in.reads {
		all = append(all, Watch{read, read})
	}
	if in.blink() >= WatchedEvery {
		all = append(all, in.Kept.Watches...)
	}
	slices.SortStableFunc(all, func(a, b Watch) int { return a.From.Compare(b.From) })
	return all
}
