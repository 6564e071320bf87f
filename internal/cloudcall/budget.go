package cloudcall

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/turn"
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

// Together reports whether one rate holds for all operations.
func (b *Budget) Together() bool { return b != nil && b.shared }

// Rate returns how many calls of an operation a second are allowed now. limited is false where there is no limit.
func (b *Budget) Rate(op string) (perSecond float64, limited bool) {
	if b == nil {
		return 0, false
	}
	return float64(b.pace(op).limiter.Limit()), true
}

// Configured returns the calls a second that are allowed while the cloud does not throttle; 0: no limit.
func (b *Budget) Configured() float64 {
	if b == nil {
		return 0
	}
	return b.perSecond
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

// wait returns when the call may be sent. Who waits has its turn by the ticket of its context: the question that was due first
// comes first. Who has no ticket comes before all, and fails at once when its turn would be after the end of ctx.
func (b *Budget) wait(ctx context.Context, op string) error {
	if b == nil {
		return nil
	}
	p, ticket := b.pace(op), turn.Of(ctx)
	w, err := b.enqueue(ctx, p, ticket)
	if w == nil {
		return b.late(p, op, err)
	}
	return ticket.Wait(ctx, func() error {
		select {
		case <-w.granted:
			return nil
		case <-ctx.Done():
			b.leave(p, w)
			return b.late(p, op, turn.Cause(ctx))
		}
	})
}

// enqueue takes the next token, or queues for one. It returns nil when nobody needs to wait: a token was there, or comes too
// late.
func (b *Budget) enqueue(ctx context.Context, p *pace, ticket *turn.Ticket) (*waiting, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.pressed = len(p.queue) > 0 || !p.limiter.Allow()
	if !p.pressed {
		return nil, nil //nolint:nilnil // there is nothing to wait for
	}
	w := &waiting{ticket: ticket, number: p.queued, granted: make(chan struct{})}
	p.queued++
	p.queue = append(p.queue, w)
	if !p.booked {
		b.book(p)
	}
	if end, bounded := ctx.Deadline(); bounded && ticket == nil && p.turnOf(w) > time.Until(end) {
		b.remove(p, w)
		return nil, context.DeadlineExceeded
	}
	return w, nil
}

// book reserves the next token. Whose it is shows when it comes. The budget is locked.
func (b *Budget) book(p *pace) {
	p.next, p.booked = p.limiter.Reserve(), true
	p.timer = time.AfterFunc(p.next.Delay(), func() { b.grant(p) })
}

// grant gives the token that has come to whoever is the most urgent, and books the next one.
func (b *Budget) grant(p *pace) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.booked = false
	if len(p.queue) == 0 {
		return
	}
	w := slices.MinFunc(p.queue, compareTurns)
	b.remove(p, w)
	close(w.granted)
	if len(p.queue) > 0 && !p.booked {
		b.book(p)
	}
}

// remove takes somebody out of the queue. The token that is booked for nobody is given back. The budget is locked.
func (b *Budget) remove(p *pace, w *waiting) {
	p.queue = slices.DeleteFunc(p.queue, func(other *waiting) bool { return other == w })
	if len(p.queue) == 0 && p.booked && p.timer.Stop() {
		p.next.Cancel()
		p.booked = false
	}
}

// leave ends the wait of somebody who does not need a token any more.
func (b *Budget) leave(p *pace, w *waiting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(p, w)
}

// late returns the error of a call that was not sent because its time was over; nil: it may be sent.
func (b *Budget) late(p *pace, op string, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &backup.Error{
		Op: op, Class: backup.ClassTimeout,
		Err:  fmt.Errorf("not sent in time: %.2g calls a second are not enough", float64(p.limiter.Limit())),
		Hint: p.hint(),
	}
}

// waiting is a call that waits for its turn.
type waiting struct {
	ticket  *turn.Ticket
	number  int           // in the order of arrival
	granted chan struct{} // closed when it is its turn
}

func compareTurns(a, b *waiting) int {
	switch {
	case a.ticket.Before(b.ticket):
		return -1
	case b.ticket.Before(a.ticket):
		return 1
	}
	return a.number - b.number
}

// learn learns whether the cloud throttled a call that it answered. about is the instance that the call was about; "": none.
func (b *Budget) learn(op, about string, throttled bool, now time.Time) {
	if b == nil {
		return
	}
	p := b.pace(op)
	b.mu.Lock()
	defer b.mu.Unlock()
	if !throttled {
		p.worked[op] = now
	}
	if b.shared && now.Sub(p.worked[op]) > heldAgainst {
		about = op
	}
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
		p = &pace{limiter: rate.NewLimiter(rate.Limit(b.perSecond), b.burst), full: rate.Limit(b.perSecond), worked: map[string]time.Time{}}
		b.paces[op] = p
	}
	return p
}

// A budget is too high when calls about different instances are throttled soon after each other: of one alone, the cloud may not
// want to hear for another reason. Where operations share it, that may be one operation: one that is always throttled counts as
// one instance. Then the rate is halved, once for all calls that were in flight together. Each
// call that the cloud answers raises it a little, and very little once it is near the rate that was too high. While no call has to
// wait for the rate, answers do not say that a higher one is good.
const (
	throttledTogether = 10 * time.Second
	halvedAgain       = 5 * time.Second // after the last time at the earliest
	heldAgainst       = time.Minute     // for how long the cloud may hold a former rate against us
	slowest           = 16              // times slower than the full rate
	raise             = 1.0 / 50        // calls a second, for each answer: from nothing to any full rate in two minutes
	raiseCarefully    = 1.0 / 2000      // the same, near a rate that was too high
	near              = 0.85            // of the rate that was too high
	remembered        = time.Hour       // for how long that rate counts as too high
)

// pace is the rate of what shares a limit.
type pace struct {
	limiter *rate.Limiter
	full    rate.Limit

	// The budget's mutex guards the rest.
	queue   []*waiting
	queued  int               // calls that ever waited
	pressed bool              // the newest call had to wait
	booked  bool              // next is reserved
	next    *rate.Reservation // the next token
	timer   *time.Timer       // its

	worked    map[string]time.Time // when the cloud last answered, by operation
	throttled string               // the instance that the last throttled call was about, or its operation
	at        time.Time            // when it was; zero: none was
	halved    time.Time            // when the rate was last halved; zero: never
	careful   rate.Limit           // from this rate on it is raised carefully; 0: none was too high
}

// turnOf returns after how long it is the turn of somebody who waits, if nobody more urgent comes.
func (p *pace) turnOf(w *waiting) time.Duration {
	ahead := 0
	for _, other := range p.queue {
		if other != w && compareTurns(other, w) < 0 {
			ahead++
		}
	}
	return p.next.Delay() + time.Duration(float64(ahead)/float64(p.limiter.Limit())*float64(time.Second))
}

func (p *pace) slowDown(about string, now time.Time) {
	several := !p.at.IsZero() && about != p.throttled && now.Sub(p.at) < throttledTogether
	p.throttled, p.at = about, now
	if !several || !p.halved.IsZero() && now.Sub(p.halved) < halvedAgain {
		return
	}
	if limit := p.limiter.Limit(); limit >= p.careful || now.Sub(p.halved) > heldAgainst {
		p.careful = limit * near
	}
	p.halved = now
	p.set(max(p.limiter.Limit()/2, p.full/slowest))
}

func (p *pace) speedUp(now time.Time) {
	if now.Sub(p.halved) > remembered {
		p.careful = 0
	}
	if !p.pressed {
		return
	}
	limit, by := p.limiter.Limit(), rate.Limit(raise)
	if p.careful > 0 && limit >= p.careful {
		by = raiseCarefully
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
