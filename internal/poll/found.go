package poll

import (
	"context"
	"time"

	"github.com/go-kit/log/level"
)

// leftOutFor is how long a region that the cloud does not offer to the account is not asked again.
const leftOutFor = 24 * time.Hour

// startFound starts the regions that a list of regions brought, for the instances with the wanted ids; "" is all of
// them. Without it, they would wait for the next refresh.
func (p *Poller) startFound(ctx context.Context, wanted map[string]bool) []*flight {
	var flights []*flight
	for _, r := range p.regions {
		if r.listing.asked() {
			continue
		}
		for only := range wanted {
			flights = append(flights, p.startRegion(ctx, r, only)...)
		}
	}
	return flights
}

// LeavesOut reports whether a failed listing of the region is no failure: the cloud does not offer it to the account.
func (c Region) LeavesOut(err error) bool {
	return err != nil && c.NotOffered != nil && c.NotOffered(err)
}

// learnLeftOut leaves a region out that never had an instance: it is not shown, and is asked again after leftOutFor.
func (p *Poller) learnLeftOut(r *region, err error) {
	if !r.isLeftOut() {
		logger := r.logger(p.opts.Logger)
		p.logLater(func() {
			level.Info(logger).Log("msg", "The cloud does not offer this region to the account; it is left out", "err", err)
		})
	}
	r.leftOutAt = p.opts.Now()
}

func (r *region) isLeftOut() bool { return !r.leftOutAt.IsZero() }

// rests reports whether a region that is left out is not to be asked yet.
func (r *region) rests(now time.Time) bool { return r.isLeftOut() && now.Sub(r.leftOutAt) < leftOutFor }
