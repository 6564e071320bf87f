package cloudcall

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// signaturesValidFor is how old a signature may be by the cloud's clock, and how far ahead of it. Both clouds document it.
const signaturesValidFor = 15 * time.Minute

// cloudClock is what the answers of one place say of the cloud's clock. The zero value is no answer yet. It is safe for
// concurrent use.
type cloudClock struct {
	mu        sync.Mutex
	ahead     time.Duration  // of our wall clock at arrivedAt, in whole seconds
	arrivedAt time.Time      // of the newest answer whose date is believed; zero: none
	doubted   *time.Duration // how far ahead the newest answer's clock was, if that is not believed yet; nil: it is
}

// learn takes the Date of an answer that arrived at arrivedAt. A Date that cannot be parsed says nothing. One that is far
// from what was known is believed when the next answer agrees: a single wrong Date must not make readings unknown.
func (c *cloudClock) learn(header http.Header, arrivedAt time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if arrivedAt.Before(c.arrivedAt) {
		return
	}
	ahead := date.Sub(arrivedAt.Round(0).Truncate(time.Second))
	known, _ := c.at(arrivedAt)
	if far(ahead, known) && (c.doubted == nil || far(ahead, *c.doubted)) {
		c.doubted = &ahead
		return
	}
	c.ahead, c.arrivedAt, c.doubted = ahead, arrivedAt, nil
}

// far reports whether two clocks are further apart than readings are believed.
func far(a, b time.Duration) bool { return (a - b).Abs() > backup.MaxSkew }

// skew returns how far the cloud's clock is ahead of our wall clock at now; false: no answer has told it. The cloud's
// clock goes on with our monotonic clock, so that a step of our wall clock shows at once, not only with the next answer.
func (c *cloudClock) skew(now time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at(now)
}

// newest returns what the newest answer said, believed or not.
func (c *cloudClock) newest(now time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.doubted != nil {
		return *c.doubted, true
	}
	return c.at(now)
}

// at is skew with the mutex held.
func (c *cloudClock) at(now time.Time) (time.Duration, bool) {
	if c.arrivedAt.IsZero() {
		return 0, false
	}
	passed, byWallClock := now.Sub(c.arrivedAt), now.Round(0).Sub(c.arrivedAt.Round(0))
	return c.ahead + (passed - byWallClock).Round(time.Second), true
}

// Skew returns how far the cloud's clock is ahead of ours now, in whole seconds, negative when it is behind. It is false
// until an answer has told the time. Only answers of the cloud's API count: a proxy has a clock of its own.
func (c *Caller) Skew() (time.Duration, bool) { return c.clock.skew(c.opts.Now()) }

// withClock returns a refusal of a signature with the state of the clock in its hint, when that may be the cause. From
// MaxSkew on it may, and beyond signaturesValidFor nothing else is worth checking.
func (c *Caller) withClock(failure *backup.Error) *backup.Error {
	skew, known := c.clock.newest(c.opts.Now())
	apart := skew.Abs()
	if failure.Class != backup.ClassAuth || failure.Status == 0 || !known || apart < backup.MaxSkew {
		return failure
	}
	where := "behind"
	if skew < 0 {
		where = "ahead of"
	}
	hint := fmt.Sprintf("this machine's clock is %s %s the cloud's; signatures are valid for %d minutes",
		backup.Span(apart), where, signaturesValidFor/time.Minute)
	if apart <= signaturesValidFor && failure.Hint != "" {
		hint = join(hint, failure.Hint)
	}
	explained := *failure
	explained.Hint = hint
	return &explained
}

// Recent reports whether less than span has passed from then to now, by the monotonic clock as well as by the wall clock.
// What was read before the wall clock went back is not recent: it would be dated after the step.
func Recent(then, now time.Time, span time.Duration) bool {
	byWallClock := now.Round(0).Sub(then.Round(0))
	return now.Sub(then) < span && byWallClock >= 0 && byWallClock < span
}
