package wire

import (
	"sync"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
)

// maxLogged bounds the memory of what was logged.
const maxLogged = 10_000

// Rejects counts the values that could not be read, and logs each kind of them once. It is safe for concurrent use.
type Rejects struct {
	logger log.Logger
	count  func(field string)

	mu     sync.Mutex
	logged map[logKey]bool
}

// logKey is a kind of rejection: the same field of the same target.
type logKey struct {
	target backup.Target
	field  string
}

// NewRejects returns Rejects that log to logger, which may be nil, and call count for every value.
func NewRejects(logger log.Logger, count func(field string)) *Rejects {
	if logger == nil {
		logger = log.NewNopLogger()
	}
	return &Rejects{logger: logger, count: count, logged: map[logKey]bool{}}
}

// Report tells what a reader could not read in an answer about a target.
func (l *Rejects) Report(of backup.Target, r Reader) {
	for _, bad := range r.Rejected {
		l.count(bad.Field)
		if l.first(logKey{of, bad.Field}) {
			level.Warn(l.logger).Log("msg", "cannot read a value of the cloud's answer; logged once",
				"target", of, "field", bad.Field, "problem", bad.Problem)
		}
	}
}

func (l *Rejects) first(kind logKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logged[kind] {
		return false
	}
	if len(l.logged) >= maxLogged {
		clear(l.logged)
	}
	l.logged[kind] = true
	return true
}
