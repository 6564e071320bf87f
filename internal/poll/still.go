package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// still is what is shown while no instance of any region has anything that is due: no scrape looks at the instances then. The
// zero value is that something may be due.
type still struct {
	from, until time.Time
	instances   []backup.InstanceState // shared by all snapshots of the time
}

// holds reports whether nothing of any instance is due at now.
func (s *still) holds(now time.Time) bool {
	return now.Before(s.until) && !now.Before(s.from) && !stepped(s.from, now)
}

// stir ends the stillness: something is known that was not, or is asked for.
func (p *Poller) stir() { p.still = still{} }

// settle begins a stillness with what a snapshot shows at now, if every instance rests.
func (p *Poller) settle(now time.Time, instances []backup.InstanceState) {
	until := now.Add(longestRest)
	for _, r := range p.regions {
		for _, in := range r.sorted {
			if !in.rests(now) {
				return
			}
			if in.rest.until.Before(until) {
				until = in.rest.until
			}
		}
	}
	p.still = still{now, until, instances}
}
