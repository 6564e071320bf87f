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
	r.judge(p.opts.Now(), err)
	p.tell(r, about, err)
}

// judge learns from the outcome of a question whether the region is up. Refused credentials say no at once, an answer
// says yes; whether nothing is answered shows at the end of a round only.
func (r *region) judge(now time.Time, err error) {
	class := backup.ClassOf(err)
	switch {
	case class == backup.ClassUnsupported: // may be the provider's knowledge, not the cloud's answer
	case class == backup.ClassAuth:
		r.up, r.err = false, err
	case class.Answered():
		r.up, r.err = true, nil
		r.answeredAt = now
	default:
		r.unanswered = err
	}
}

// beginRound starts to count answers anew.
func (r *region) beginRound(now time.Time) {
	r.roundAt, r.unanswered = now, nil
}

// endRound takes the region down when the round brought failures and not one answer.
func (r *region) endRound(now time.Time) {
	r.round = now.Sub(r.roundAt)
	if r.unanswered != nil && r.answeredAt.Before(r.roundAt) {
		r.up, r.err = false, r.unanswered
	}
}

// tell logs a failure when it is news, and its end. Refused credentials concern the whole region, a refused
// permission the whole scope, and so does what many targets meet: each is told once, not once per target.
func (p *Poller) tell(r *region, about subject, err error) {
	class := backup.ClassOf(err)
	logger := log.With(p.opts.Logger, "cloud", r.conf.Cloud, "account", r.conf.Account, "region", r.conf.Region, "scope", about.scope)
	if about.target.InstanceID != "" {
		logger = log.With(logger, "instance_id", about.target.InstanceID, "node_id", about.target.NodeID)
	}
	if class == "" || class == backup.ClassUnsupported {
		if r.forget(about) {
			level.Info(logger).Log("msg", "Asking the cloud works again")
		}
		return
	}
	if key := r.topic(about, class); r.told[key] == (told{}) || r.told[key].class != class {
		r.told[key] = told{about, class}
		level.Error(logger).Log("msg", "Asking the cloud failed; not logged again until it changes", "err", err)
	}
}

// told is a failure that stands in the log.
type told struct {
	about subject // the question that it was told of
	class backup.Class
}

// fewEnough is how many targets a failure of one scope is told of one by one.
const fewEnough = 10

// topic is what a failure of this class is told of once.
func (r *region) topic(about subject, class backup.Class) subject {
	scope := subject{scope: about.scope}
	switch class {
	case backup.ClassAuth:
		return subject{}
	case backup.ClassPermission:
		return scope
	default: // may concern one target only
	}
	alike := 0
	for other := range r.told {
		if other != about && other.scope == about.scope {
			alike++
		}
	}
	if alike >= fewEnough {
		return scope
	}
	return about
}

// forget reports whether a failure stood in the log that this success ends.
func (r *region) forget(about subject) bool {
	_, ended := r.told[about]
	delete(r.told, about)
	if _, ok := r.told[subject{}]; ok {
		delete(r.told, subject{})
		ended = true
	}
	if scope := (subject{scope: about.scope}); r.told[scope].about == about {
		delete(r.told, scope)
		ended = true
	}
	return ended
}
