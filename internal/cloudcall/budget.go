package cloudcall

import (
	"context"
	"fmt"
	"math"
	"sync"

	"golang.org/x/time/rate"

	"mongodb_backup_exporter/internal/backup"
)

// Budget limits the rate of calls. It is safe for concurrent use. A nil Budget has no limit.
type Budget struct {
	perSecond float64
	shared    bool
	mu        sync.Mutex
	buckets   map[string]*rate.Limiter // by operation; by "" when shared
}

// NewBudget returns a Budget of perSecond calls a second: for each operation, or for all operations together when
// shared. It allows a burst of one second's calls, and of one call at least. It returns nil, no limit, unless perSecond
// is positive.
func NewBudget(perSecond float64, shared bool) *Budget {
	if perSecond <= 0 || math.IsNaN(perSecond) {
		return nil
	}
	return &Budget{perSecond: perSecond, shared: shared, buckets: map[string]*rate.Limiter{}}
}

// String returns the limit, e.g. "10/s for each operation".
func (b *Budget) String() string {
	switch {
	case b == nil:
		return "no limit"
	case b.shared:
		return fmt.Sprintf("%v/s for all operations together", b.perSecond)
	}
	return fmt.Sprintf("%v/s for each operation", b.perSecond)
}

// wait returns when the call may be sent. It fails at once when that would be after the end of ctx.
func (b *Budget) wait(ctx context.Context, op string) error {
	if b == nil {
		return nil
	}
	if err := b.bucket(op).Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &backup.Error{
			Op: op, Class: backup.ClassTimeout,
			Err:  fmt.Errorf("not sent in time: %v calls a second are not enough", b.perSecond),
			Hint: "raise requests_per_second or poll less often",
		}
	}
	return nil
}

func (b *Budget) bucket(op string) *rate.Limiter {
	if b.shared {
		op = ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.buckets[op]
	if !ok {
		bucket = rate.NewLimiter(rate.Limit(b.perSecond), int(math.Max(1, math.Ceil(b.perSecond))))
		b.buckets[op] = bucket
	}
	return bucket
}
