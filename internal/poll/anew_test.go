package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// StatesAnew returns what a snapshot would show if no instance rested.
func (p *Poller) StatesAnew(now time.Time) []backup.InstanceState {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.regions {
		for _, in := range r.sorted {
			in.rest.shown = nil
		}
	}
	return p.states(now)
}

// Wake ends all rest, so that the next refresh looks at every question.
func (p *Poller) Wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stir()
	for _, r := range p.regions {
		for _, in := range r.sorted {
			in.rest = rest{}
		}
	}
}

// Settle waits for all that is asked.
func (p *Poller) Settle() { p.workers.Wait() }
