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
	ahead     time.Duration // of our wall clock at arrivedAt, in whole seconds
	arrivedAt time.Time     // of the newest answer with a date; zero: none
}

// learn takes the Date of an answer that arrived at arrivedAt. A Date that cannot be parsed says nothing.
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
	c.ahead, c.arrivedAt = date.Sub(arrivedAt.Round(0).Truncate(time.Second)), arrivedAt
}

// skew returns how far the cloud's clock is ahead of our wall clock at now; false: no answer has told it. The cloud's
// clock goes on with our monotonic clock, so that a step of our wall clock shows at once, not only with the next answer.
func (c *cloudClock) skew(now time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
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
	skew, known := c.Skew()
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
