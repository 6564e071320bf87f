package poll

import (
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// cause is what failures have in common that are logged in one line. When the cloud gives no answer, that is one cause
// for all that was asked.
type cause struct {
	scope backup.Scope // "": any
	class backup.Class
	code  string
}

func causeOf(scope backup.Scope, err error) cause {
	class := backup.ClassOf(err)
	c := cause{class: class, code: backup.CodeOf(err)}
	if class.Answered() && class != backup.ClassThrottled {
		c.scope = scope
	}
	return c
}

// failures are failures of one cause that are not logged yet.
type failures struct {
	first  subject
	err    error // of the first
	at     time.Time
	scopes []string // of all, that of the first first
	count  int      // questions that failed
}

// logDelay is how long failures of one cause are collected before they are logged, at most. A round that ends earlier
// logs them.
const logDelay = 10 * time.Second

// collect notes a failure, to be logged together with others of the same cause. One whose topic is logged already is
// only counted.
func (p *Poller) collect(r *region, about subject, err error) {
	key := causeOf(about.scope, err)
	f := r.collected[key]
	t := r.topicOf(about, backup.ClassOf(err))
	if _, ok := r.logged[t]; ok && f == nil {
		return
	}
	r.logged[t] = struct{}{}
	if f == nil {
		f = &failures{first: about, err: err, at: p.opts.Now()}
		r.collected[key] = f
	}
	f.count++
	if scope := about.scope.String(); !slices.Contains(f.scopes, scope) {
		f.scopes = append(f.scopes, scope)
	}
}

// logCollected logs what was collected at or before a time.
func (p *Poller) logCollected(r *region, until time.Time) {
	for key, f := range r.collected {
		if f.at.After(until) {
			continue
		}
		delete(r.collected, key)
		logger := r.about(p.opts.Logger, f.first)
		if f.count > 1 {
			logger = log.With(logger, "questions", f.count)
		}
		if len(f.scopes) > 1 {
			logger = log.With(logger, "also", strings.Join(f.scopes[1:], ","))
		}
		err := f.err
		p.logLater(func() {
			level.Error(logger).Log("msg", "Asking the cloud failed; not logged again until it works", "err", err)
		})
	}
}
