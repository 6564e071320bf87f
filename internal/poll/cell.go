package poll

import (
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// A failed question is asked again after retryAfter when its interval is longer. An operation that the cloud does not
// offer is asked again after unsupportedFor when its interval is shorter.
const (
	retryAfter     = time.Minute
	unsupportedFor = time.Hour
)

// earliness is by how much a question may be asked early. A scrape every minute never comes exactly a minute after the
// one before: without it, such a scrape would find an interval of a minute not yet over, and ask every other minute.
const earliness = time.Second

// cell holds one reading and the question about it that is in flight.
type cell[T any] struct {
	reading backup.Reading[T]
	askedAt time.Time // when the newest question was sent; zero: never, which is long enough ago for any interval
	flight  *flight   // nil: none
}

// due reports whether the cell's question is to be asked at now.
func (c *cell[T]) due(now time.Time, interval time.Duration) bool {
	return c.flight == nil && now.Sub(c.askedAt) >= c.pause(interval)-min(earliness, interval/2)
}

// pause returns how long to wait between the newest question and the next.
func (c *cell[T]) pause(interval time.Duration) time.Duration {
	switch backup.ClassOf(c.reading.Err) {
	case "":
		return interval
	case backup.ClassUnsupported:
		return max(interval, unsupportedFor)
	default:
		return min(interval, retryAfter)
	}
}

// retry makes the question due at once if it is in flight or failed: after a reload it may be put differently.
func (c *cell[T]) retry() {
	if c.flight != nil || c.reading.Err != nil {
		c.flight, c.askedAt = nil, time.Time{}
	}
}

// fail records a failure without a question.
func (c *cell[T]) fail(err error, now time.Time) {
	c.reading.TriedAt, c.reading.Err = now, err
}

// store puts an answer into the reading. A failure keeps the last good value.
func (c *cell[T]) store(value T, err error, now time.Time, interval, staleAfter time.Duration) {
	c.flight = nil
	c.reading.TriedAt, c.reading.Err = now, err
	if class := backup.ClassOf(err); class == "" || class == backup.ClassUnsupported {
		c.reading.Value, c.reading.At = value, now
		c.reading.GoodUntil = now.Add(c.pause(interval) + staleAfter)
	}
}
