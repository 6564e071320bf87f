package wire

import (
	"sync"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// maxLogged bounds the memory of what was logged.
const maxLogged = 10_000

// Rejects counts rejected values, and logs the first one of each field of each target. It is safe for concurrent use.
type Rejects struct {
	logger log.Logger
	count  func(field string)

	mu     sync.Mutex
	logged map[logKey]bool
}

// logKey is what is logged once.
type logKey struct {
	target backup.Target
	field  string
}

// NewRejects returns Rejects that log to logger, and call count for every rejected value. A nil logger logs nothing.
func NewRejects(logger log.Logger, count func(field string)) *Rejects {
	if logger == nil {
		logger = log.NewNopLogger()
	}
	return &Rejects{logger: logger, count: count, logged: map[logKey]bool{}}
}

// Report counts and logs what a reader rejected in an answer about a target.
func (l *Rejects) Report(target backup.Target, r Reader) {
	for _, bad := range r.Rejected {
		l.count(bad.Field)
		if l.isFirst(logKey{target, bad.Field}) {
			level.Warn(l.logger).Log("msg", "cannot read a value of the cloud's answer; logged once",
				"target", target, "field", bad.Field, "problem", bad.Problem)
		}
	}
}

// isFirst reports whether nothing was logged for the key, and remembers it.
func (l *Rejects) isFirst(key logKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logged[key] {
		return false
	}
	if len(l.logged) >= maxLogged {
		clear(l.logged)
	}
	l.logged[key] = true
	return true
}
