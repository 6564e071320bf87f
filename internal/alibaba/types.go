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

// list returns the instances of a type; none when the region does not offer it. Every region offers replica sets. Where
// clusters were listed before, that they are not offered is a failure.
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
	case kind == serverless && isRefusal(err):
		o.refused[kind] = now
		err = nil
	case kind == sharding && refusesType(err) && !o.listed[kind]:
		err = nil // asked for again each time: there may be clusters soon
	}
	return records, err
}

// isRefusal reports whether an answer, rather than a fault, is why a type was not listed. Serverless instances have no backup
// that could be watched. So whatever the cloud says of them, it keeps nobody from noticing what becomes of the others.
func isRefusal(err error) bool {
	switch class := backup.ClassOf(err); class {
	case backup.ClassBadRequest, backup.ClassUnsupported, backup.ClassNotFound, backup.ClassPermission, backup.ClassProtocol:
		return true
	default:
		return false
	}
}

// refusesType reports whether the cloud refused DBInstanceType.
func refusesType(err error) bool {
	failure, ok := errors.AsType[*backup.Error](err)
	return ok && strings.EqualFold(failure.Code, "InvalidDBInstanceType.ValueNotSupport")
}
