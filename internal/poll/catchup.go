package poll

import (
	"context"
	"time"
)

// Where the policies of a region, without which there is no verdict, take catchUpFrom or longer to be read for the first time, lists
// that serve all instances are read again each catchUpEvery, and that of the instances each catchUpListing, so that they take few of
// the calls that the policies need.
//
// Where they take jobsLastFrom or longer, the lists of jobs, which no verdict needs, are read for the first time when the policies
// are known, or after jobsWait.
const (
	catchUpFrom    = 3 * time.Minute
	catchUpEvery   = 10 * time.Minute
	catchUpListing = time.Hour
	jobsLastFrom   = 30 * time.Minute
	jobsWait       = time.Hour
)

// catchUp is the first reading of the policies of a region, while it takes long. The zero value: there is none.
type catchUp struct {
	since    time.Time // zero: there is none
	jobsLast bool      // jobs that were never asked for wait for the policies
}

// learn takes over how many policies are still to be read before there are verdicts, and how many can be read a second. It reports
// whether what waited for the policies may be asked for now.
func (c *catchUp) learn(unread int, perSecond float64, now time.Time) (over bool) {
	waited := c.jobsLast
	takes := time.Duration(0)
	if perSecond > 0 {
		takes = time.Duration(float64(unread) / perSecond * float64(time.Second))
	}
	switch {
	case takes == 0:
		*c = catchUp{}
	case c.since.IsZero() && takes > catchUpFrom:
		*c = catchUp{now, takes >= jobsLastFrom}
	}
	c.jobsLast = c.jobsLast && now.Sub(c.since) < jobsWait
	return waited && !c.jobsLast
}

// catchesUp looks whether the region catches up, and reports whether what waited for the policies may be asked for now.
func (r *region) catchesUp(now time.Time) (over bool) {
	if !r.limits() {
		return false
	}
	unread := 0
	for _, in := range r.sorted {
		if !in.missing && in.NoBackup == "" && in.needsPolicy() {
			unread++
		}
	}
	if over = r.catchUp.learn(unread, r.conf.Budget.Configured(), now); over {
		for _, in := range r.sorted {
			in.rest = rest{}
		}
	}
	return over
}

// needsPolicy reports whether there can be no verdict before the first question about the policy was answered.
func (in *instance) needsPolicy() bool {
	return in.policy.reading.TriedAt.IsZero() && in.objectives.RPO <= 0
}

// interval returns an interval while there is a catch-up, and 0 while there is none.
func (c *catchUp) interval(while time.Duration) time.Duration {
	if c.since.IsZero() {
		return 0
	}
	return while
}

// afterPolicies is an entry that is asked for the first time when the policies of the region are known, where those take long.
type afterPolicies struct{ entry }

func (a afterPolicies) launch(ctx context.Context, p *Poller, r *region, in *instance) *flight {
	if r.catchUp.jobsLast && !a.asked() {
		return nil
	}
	return a.entry.launch(ctx, p, r, in)
}
