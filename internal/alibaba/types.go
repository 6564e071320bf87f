package alibaba

import (
	"errors"
	"strings"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// refusedFor is how long a type of instance that the region does not offer is not asked for again.
const refusedFor = 24 * time.Hour

// offeredTypes remembers which types of instances the region offers.
type offeredTypes struct {
	mu      sync.Mutex
	refused map[string]time.Time // when the cloud last said that it does not offer the type
	listed  map[string]bool      // the type was listed once
}

// list returns the instances of a type; none when the region does not offer it. A type that was listed before is offered: a
// refusal of it is a failure.
func (o *offeredTypes) list(kind string, now time.Time, read func() ([]instanceRecord, error)) ([]instanceRecord, error) {
	o.mu.Lock()
	at, refused := o.refused[kind]
	o.mu.Unlock()
	if refused && now.Sub(at) < refusedFor {
		return nil, nil
	}
	records, err := read()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case err == nil:
		o.listed[kind] = true
		delete(o.refused, kind)
	case refusesType(err) && !o.listed[kind]:
		o.refused[kind] = now
		err = nil
	}
	return records, err
}

// refusesType reports whether the cloud refused DBInstanceType.
func refusesType(err error) bool {
	failure, ok := errors.AsType[*backup.Error](err)
	return ok && strings.EqualFold(failure.Code, "InvalidDBInstanceType.ValueNotSupport")
}
