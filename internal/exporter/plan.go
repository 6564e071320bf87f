package exporter

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

// Need is how many calls an account needs for what is watched.
type Need struct {
	Account, Region string // Region is "" where one rate holds for all regions of the account
	Operation       string
	Idle, Busy      float64       // calls a minute while no news are to be expected of any instance, and of every instance
	Rate            float64       // calls a minute that are allowed
	First           time.Duration // until everything was asked once
}

// Exceeds reports whether the calls do not suffice even while no news are to be expected.
func (n Need) Exceeds() bool { return n.Idle > n.Rate }

// Plan returns the calls that the configuration needs, and how many instances are in that. found is what regions list, as far as
// that is known. It makes no call.
func (e *Exporter) Plan(found map[Place][]backup.Instance) (needs []Need, instances int) {
	e.mu.Lock()
	cfg := e.running
	e.mu.Unlock()
	type limit struct {
		budget    poll.Budget
		operation string
	}
	seen := map[limit]bool{}
	regions := e.Regions()
	for i, f := range poll.Predict(e.pollOptions(cfg.Poll), regions, func(r poll.Region) []backup.Instance {
		return found[Place{r.Account, r.Region}]
	}) {
		instances += f.Instances
		for j, idle := range f.Idle {
			of := limit{regions[i].Budget, idle.Operation}
			if seen[of] {
				continue
			}
			seen[of] = true
			need := Need{
				Account: f.Account, Region: f.Region, Operation: idle.Operation,
				Idle: 60 * idle.Asked, Busy: 60 * f.Busy[j].Asked, Rate: 60 * idle.Allowed,
				First: time.Duration(idle.First / idle.Allowed * float64(time.Second)).Round(time.Second),
			}
			if regions[i].Budget.Together() {
				need.Region = ""
			}
			needs = append(needs, need)
		}
	}
	return needs, instances
}
