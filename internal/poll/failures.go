package poll

import (
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// topic is what a failure in the log is about. A failure is logged once per topic until that works again.
type topic struct {
	scope   backup.Scope  // "": every scope of the region
	target  backup.Target // zero: every target of the scope
	class   backup.Class  // of a failure of more than one target; "" otherwise
	missing bool          // the cloud does not list the target
}

// missing is the topic of an instance that the cloud does not list.
func missing(t backup.Target) topic {
	return topic{scope: backup.ScopeDiscovery, target: t, missing: true}
}

// loggedOneByOne is how many failed targets of one scope are logged one by one. Further ones are logged once for the
// scope.
const loggedOneByOne = 10

// topicOf returns the topic of a failure: the region when credentials are refused, the scope when a permission is
// refused or many targets failed already, and the target otherwise.
func (r *region) topicOf(about subject, class backup.Class) topic {
	one, scope := topic{scope: about.scope, target: about.target}, topic{scope: about.scope, class: class}
	switch class {
	case backup.ClassAuth:
		return topic{class: class}
	case backup.ClassPermission:
		return scope
	default: // may concern one target only
	}
	if _, ok := r.logged[one]; ok {
		return one
	}
	alike := 0
	for t := range r.logged {
		if t.scope == about.scope && t.class == "" {
			alike++
		}
	}
	if alike >= loggedOneByOne {
		return scope
	}
	return one
}

// logOnce logs a failure unless its topic is logged already.
func (p *Poller) logOnce(r *region, t topic, about subject, err error) {
	if _, ok := r.logged[t]; ok {
		return
	}
	r.logged[t] = struct{}{}
	logger := r.about(p.opts.Logger, about)
	p.logLater(func() {
		level.Error(logger).Log("msg", "Asking the cloud failed; not logged again until it works", "err", err)
	})
}

// logNotOffered logs that a failure has ended because the cloud is now believed not to offer what was asked for.
func (p *Poller) logNotOffered(r *region, about subject, err error) {
	t := topic{scope: about.scope, target: about.target}
	if _, ok := r.logged[t]; !ok {
		return
	}
	delete(r.logged, t)
	logger := r.about(p.opts.Logger, about)
	p.logLater(func() { level.Info(logger).Log("msg", "The cloud does not offer this for the instance", "err", err) })
}

// logRecovery forgets the logged failures of what works again in the round that ends, and logs so once per scope.
func (p *Poller) logRecovery(r *region) {
	logger := r.logger(p.opts.Logger)
	recovered := map[backup.Scope]struct{}{}
	for t := range r.logged {
		if !t.missing && r.works(t) {
			delete(r.logged, t)
			recovered[t.scope] = struct{}{}
		}
	}
	for scope := range recovered {
		p.logLater(func() { level.Info(logger).Log("msg", "Asking the cloud works again", "scope", orAll(scope)) })
	}
}

// works reports whether the round shows that what a topic is about works: the credentials, or else every question of
// its scope.
func (r *region) works(t topic) bool {
	if t.class == backup.ClassAuth {
		return !r.round.refused && r.up
	}
	return r.round.worked[t.scope] && !r.round.failed[t.scope]
}

func orAll(scope backup.Scope) string {
	if scope == "" {
		return "all"
	}
	return scope.String()
}

func (r *region) logger(logger log.Logger) log.Logger {
	return log.With(logger, "cloud", r.conf.Cloud, "account", r.conf.Account, "region", r.conf.Region)
}

// about returns a logger whose lines say what a question is about.
func (r *region) about(logger log.Logger, about subject) log.Logger {
	logger = log.With(r.logger(logger), "scope", about.scope)
	if about.target.InstanceID == "" {
		return logger
	}
	return log.With(logger, "instance_id", about.target.InstanceID, "node_id", about.target.NodeID)
}
