package poll

import (
	"context"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// subject is what a question was about, for the log.
type subject struct {
	target backup.Target // InstanceID is "" for discovery
	scope  string        // discovery, backups, jobs, policy or recovery
}

// hearing returns the learn function of a question whose answer leads to no other.
func hearing[T any](p *Poller, r *region, about subject, c *cell[T]) func(context.Context) []*flight {
	return func(context.Context) []*flight {
		p.heard(r, about, c.reading.Err)
		return nil
	}
}

// heard learns from the outcome of a question that went to the cloud.
func (p *Poller) heard(r *region, about subject, err error) {
	r.judge(p.opts.Now(), about.scope, err)
	if class := backup.ClassOf(err); class != "" && class != backup.ClassUnsupported {
		p.tell(r, about, class, err)
	}
}

// round is what one round of work brought, from the first question to the last answer.
type round struct {
	at         time.Time
	unanswered error           // newest failure that was no answer of the cloud's; nil: none
	worked     map[string]bool // scopes of which a question worked
	failed     map[string]bool // scopes of which a question failed
	refused    bool            // credentials were refused
}

func newRound(at time.Time) round {
	return round{at: at, worked: map[string]bool{}, failed: map[string]bool{}}
}

// patience is how long a round lasts before a failure in it, without any answer, takes the region down: a failure that
// comes first proves nothing while other questions are on their way.
const patience = 30 * time.Second

// judge learns from the outcome of a question whether the region is up. Refused credentials say no at once, an answer
// says yes; whether nothing is answered shows at the end of a round, or when a round has lasted for some time.
func (r *region) judge(now time.Time, scope string, err error) {
	class := backup.ClassOf(err)
	switch {
	case class == backup.ClassUnsupported: // may be the provider's knowledge, not the cloud's answer
		return
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

// endRound judges the region by what the round brought, and tells of what works again.
func (p *Poller) endRound(r *region) {
	r.took = p.opts.Now().Sub(r.round.at)
	r.judgeRound()
	logger := r.logger(p.opts.Logger)
	ended := map[string]bool{}
	for t := range r.told {
		works := r.round.worked[t.scope] && !r.round.failed[t.scope]
		if t.class == backup.ClassAuth {
			works = !r.round.refused && r.up
		}
		if works && !t.missing {
			delete(r.told, t)
			ended[t.scope] = true
		}
	}
	for scope := range ended {
		p.later(func() { level.Info(logger).Log("msg", "Asking the cloud works again", "scope", orAll(scope)) })
	}
}

func orAll(scope string) string {
	if scope == "" {
		return "all"
	}
	return scope
}

// topic is a failure that stands in the log, by what it concerns: the region (no scope), a scope, or one target.
type topic struct {
	scope   string
	target  backup.Target
	class   backup.Class // of what concerns more than one target; "" otherwise
	missing bool         // the cloud does not list the target
}

// fewEnough is how many targets a failure of one scope is told of one by one.
const fewEnough = 10

// topicOf returns what a failure of this class is told of once: refused credentials of the region, a refused permission
// of the scope, all else of the target, unless many are told of already.
func (r *region) topicOf(about subject, class backup.Class) topic {
	one, scope := topic{scope: about.scope, target: about.target}, topic{scope: about.scope, class: class}
	switch class {
	case backup.ClassAuth:
		return topic{class: class}
	case backup.ClassPermission:
		return scope
	default: // may concern one target only
	}
	if _, ok := r.told[one]; ok {
		return one
	}
	alike := 0
	for t := range r.told {
		if t.scope == about.scope && t.class == "" {
			alike++
		}
	}
	if alike >= fewEnough {
		return scope
	}
	return one
}

// tell logs a failure, once until its scope works again.
func (p *Poller) tell(r *region, about subject, class backup.Class, err error) {
	p.tellOnce(r, r.topicOf(about, class), about, err)
}

func (p *Poller) tellOnce(r *region, t topic, about subject, err error) {
	if _, ok := r.told[t]; ok {
		return
	}
	r.told[t] = struct{}{}
	logger := log.With(r.logger(p.opts.Logger), "scope", about.scope)
	if about.target.InstanceID != "" {
		logger = log.With(logger, "instance_id", about.target.InstanceID, "node_id", about.target.NodeID)
	}
	p.later(func() {
		level.Error(logger).Log("msg", "Asking the cloud failed; not logged again until it works", "err", err)
	})
}

func (r *region) logger(logger log.Logger) log.Logger {
	return log.With(logger, "cloud", r.conf.Cloud, "account", r.conf.Account, "region", r.conf.Region)
}
