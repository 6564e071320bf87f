package cloudcall

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mongodb_backup_exporter/internal/backup"
)

// Budget limits the rate of calls. Where the cloud throttles in spite of that, it slows down, and gets faster again bit by
// bit. It is safe for concurrent use. A nil Budget has no limit.
type Budget struct {
	perSecond float64
	burst     int
	shared    bool
	mu        sync.Mutex
	paces     map[string]*pace // by operation; by "" when shared
}

// NewBudget returns a Budget of perSecond calls a second: for each operation, or for all operations together when
// shared. It allows a burst of one second's calls, and of one call at least. It returns nil, no limit, unless perSecond
// is positive.
func NewBudget(perSecond float64, shared bool) *Budget {
	if perSecond <= 0 || math.IsNaN(perSecond) {
		return nil
	}
	return &Budget{perSecond: perSecond, burst: burstOf(perSecond), shared: shared, paces: map[string]*pace{}}
}

func burstOf(perSecond float64) int { return int(math.Max(1, math.Ceil(perSecond))) }

// StartWith allows a burst of n calls of each operation at the start, if that is more than a second's. It is for who asks
// once and then no more. It returns the Budget itself.
func (b *Budget) StartWith(n int) *Budget {
	if b != nil {
		b.burst = max(b.burst, n)
	}
	return b
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
	p := b.pace(op)
	if err := p.limiter.Wait(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &backup.Error{
			Op: op, Class: backup.ClassTimeout,
			Err:  fmt.Errorf("not sent in time: %.2g calls a second are not enough", float64(p.limiter.Limit())),
			Hint: p.hint(),
		}
	}
	return nil
}

// learn learns whether the cloud throttled a call that it answered. about is the instance that the call was about; "": none.
func (b *Budget) learn(op, about string, throttled bool, now time.Time) {
	if b == nil {
		return
	}
	p := b.pace(op)
	if b.shared {
		about = op
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if throttled {
		p.slowDown(about, now)
	} else {
		p.speedUp(now)
	}
}

func (b *Budget) pace(op string) *pace {
	if b.shared {
		op = ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.paces[op]
	if !ok {
		p = &pace{limiter: rate.NewLimiter(rate.Limit(b.perSecond), b.burst), full: rate.Limit(b.perSecond)}
		b.paces[op] = p
	}
	return p
}

// A budget is too high when calls about different instances are throttled soon after each other, or calls of different
// operations where these share it: of one alone, the cloud may not want to hear for another reason. Then the rate is halved,
// once for all calls that were in flight together. Each call that the cloud answers raises it a little, and very little once it
// is near the rate that was too high.
const (
	throttledTogether = 10 * time.Second
	halvedAgain       = 5 * time.Second // after the last time at the earliest
	slowest           = 16              // times slower than the full rate
	raises            = 500             // answers that lead from nothing to the full rate
	raisesCarefully   = 20_000          // the same, near a rate that was too high
	near              = 0.85            // of the rate that was too high
	remembered        = time.Hour       // for how long that rate counts as too high
)

// pace is the rate of what shares a limit.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit

	// The budget's mutex guards the rest.
	throttled string     // the instance that the last throttled call was about, or its operation where these share the limit
	at        time.Time  // when it was; zero: none was
	halved    time.Time  // when the rate was last halved; zero: never
	careful   rate.Limit // from this rate on it is raised carefully; 0: none was too high
}

func (p *pace) slowDown(about string, now time.Time) {
	several := !p.at.IsZero() && about != p.throttled && now.Sub(p.at) < throttledTogether
	p.throttled, p.at = about, now
	if !several || !p.halved.IsZero() && now.Sub(p.halved) < halvedAgain {
		return
	}
	if limit := p.limiter.Limit(); limit >= p.careful { // else the cloud still holds the former rate against us
		p.careful = limit * near
	}
	p.halved = now
	p.set(max(p.limiter.Limit()/2, p.full/slowest))
}

func (p *pace) speedUp(now time.Time) {
	if now.Sub(p.halved) > remembered {
		p.careful = 0
	}
	limit, by := p.limiter.Limit(), p.full/raises
	if p.careful > 0 && limit >= p.careful {
		by = p.full / raisesCarefully
	}
	if limit < p.full {
		p.set(min(limit+by, p.full))
	}
}

// set changes the rate. A burst would be throttled too.
func (p *pace) set(limit rate.Limit) {
	p.limiter.SetLimit(limit)
	p.limiter.SetBurst(burstOf(float64(limit)))
}

// hint returns what to do about a rate that is too low.
func (p *pace) hint() string {
	if p.limiter.Limit() < p.full {
		return "the cloud throttles, so the rate was lowered: poll less often, or ask the cloud for a higher limit"
	}
	return "raise requests_per_second or poll less often"
}
