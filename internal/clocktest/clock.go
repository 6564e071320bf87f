package clocktest

import (
	"sync"
	"time"
	"unsafe"
)

// Clock shows times with a wall clock and a monotonic reading, as time.Now does. It stands still until it is told to
// move. It is safe for concurrent use.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// New returns a clock whose wall clock shows start.
func New(start time.Time) *Clock { return &Clock{now: withWall(time.Now(), start)} }

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Step sets the wall clock forward, or back when d is negative. No time passes. A machine that wakes up has made a step
// forward: its monotonic clock stood still.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = Shift(c.now, d)
}

// Shift returns t with another wall clock, and with its monotonic reading as it is. It panics when t has none.
func Shift(t time.Time, by time.Duration) time.Time { return withWall(t, t.Round(0).Add(by)) }

// withWall returns the monotonic reading of t with the wall clock of wall. The package time offers no way to do that, so
// the wall clock is written into the value: since Go 1.9 its first word holds a flag for the monotonic reading, 33 bits of
// seconds since 1885 and 30 bits of nanoseconds. The result is checked, in case a later Go arranges them differently.
func withWall(t, wall time.Time) time.Time {
	const hasMonotonic, secondsAt = 1 << 63, 30
	seconds := wall.Unix() - time.Date(1885, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	shifted := t
	*(*uint64)(unsafe.Pointer(&shifted)) = hasMonotonic | uint64(seconds)<<secondsAt | uint64(wall.Nanosecond())
	if good := t != t.Round(0) && shifted.Round(0).Equal(wall) && shifted.Sub(t) == 0; !good {
		panic("clocktest: no monotonic reading, a wall clock before 1885 or after 2157, or another layout of time.Time")
	}
	return shifted
}
