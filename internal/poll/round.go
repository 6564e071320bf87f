package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// subject is what a question is about.
type subject struct {
	target backup.Target // InstanceID is "" for discovery
	scope  backup.Scope
}

// round is what came of one round of work in a region, from its first question to its last answer.
type round struct {
	at         time.Time             // when it began
	unanswered error                 // newest failure without an answer of the cloud's; nil: none
	worked     map[backup.Scope]bool // a question of the scope worked
	failed     map[backup.Scope]bool // a question of the scope failed
	refused    bool                  // credentials were refused
}

func newRound(at time.Time) round {
	return round{at: at, worked: map[backup.Scope]bool{}, failed: map[backup.Scope]bool{}}
}

// patience is how long a round must have lasted before a failure takes the region down while no question of the round
// has been answered. An early failure proves nothing: other questions of the round may still be answered.
const patience = 30 * time.Second

// learnOutcome learns whether the region is up, and logs a failure. notOffered says that the cloud is believed not to
// offer what was asked for. That is no failure, and no proof that it answers: the provider may know it without asking.
func (p *Poller) learnOutcome(r *region, about subject, err error, notOffered bool) {
	class := backup.ClassOf(err)
	if class == backup.ClassUnsupported && notOffered {
		p.logNotOffered(r, about, err)
		return
	}
	r.judge(p.opts.Now(), about.scope, err)
	if class != "" {
		p.collect(r, about, err)
	}
	p.logCollected(r, p.opts.Now().Add(-logDelay))
	r.learnGone(about, err)
}

// judge learns from one outcome whether the region is up. Refused credentials take it down at once, and an answer of
// any kind brings it up. A failure without an answer takes it down only at the end of the round or after patience.
func (r *region) judge(now time.Time, scope backup.Scope, err error) {
	class := backup.ClassOf(err)
	switch {
	case class == backup.ClassUnsupported: // may be the provider's knowledge, not the cloud's answer
	case class == backup.ClassAuth:
		r.up, r.err, r.round.refused = false, err, true
	case class.Answered():
		r.up, r.err = true, nil
		r.answeredAt = now
	default:
		r.round.unanswered = err
		if now.Sub(r.round.at) >= patience {
			r.judgeRound()
		}
	}
	r.round.worked[scope] = r.round.worked[scope] || err == nil
	r.round.failed[scope] = r.round.failed[scope] || err != nil
}

// judgeRound takes the region down when the round brought failures and not one answer.
func (r *region) judgeRound() {
	if r.round.unanswered != nil && r.answeredAt.Before(r.round.at) {
		r.up, r.err = false, r.round.unanswered
	}
}

// began notes that a flight has begun. Where flights follow each other without a break, a round ends with the round
// timeout.
func (p *Poller) began(r *region, f *flight) {
	now := p.opts.Now()
	switch {
	case len(r.flights) == 0:
		r.round = newRound(now)
	case now.Sub(r.round.at) > p.opts.RoundTimeout:
		p.endRound(r)
		r.round = newRound(now)
	}
	r.flights[f] = struct{}{}
}

// ended notes that a flight has ended.
func (p *Poller) ended(r *region, f *flight) {
	delete(r.flights, f)
	if len(r.flights) == 0 && !r.abandoned {
		p.endRound(r)
	}
}

// endRound judges the region by the whole round, and logs what works again.
func (p *Poller) endRound(r *region) {
	r.roundTook = p.opts.Now().Sub(r.round.at)
	r.judgeRound()
	p.logCollected(r, p.opts.Now())
	p.logRecovery(r)
}
