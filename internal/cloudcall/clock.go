package cloudcall

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// signaturesValidFor is how old a signature may be by the cloud's clock, and how far ahead of it. Both clouds document it.
const signaturesValidFor = 15 * time.Minute

// cloudClock is the clock of one place, as the answers to one call tell it. It is safe for concurrent use.
type cloudClock struct {
	call
	*testimony
}

// call is what an answer is the answer to.
type call struct {
	op      string
	witness string // the instance that it is about, or else op
}

// testimony is what all answers of one place say of the cloud's clock.
type testimony struct {
	mu       sync.Mutex
	believed offset
	heard    []statement // the newest of each witness, the newest last; at most maxWitnesses
}

// statement is what the newest answer of a witness says.
type statement struct {
	call
	offset
}

// offset is what an answer says of the cloud's clock.
type offset struct {
	ahead     time.Duration // of our wall clock at arrivedAt, in whole seconds
	arrivedAt time.Time     // zero: there is no answer
}

const (
	maxWitnesses = 7
	heardFor     = 15 * time.Minute // after which a witness who says no more does not count
)

func newCloudClock() cloudClock { return cloudClock{testimony: &testimony{}} }

// toldBy returns the clock as the answers to a call tell it. instanceID is "" for a call about the whole region.
func (c cloudClock) toldBy(op, instanceID string) *cloudClock {
	return &cloudClock{call{op, cmp.Or(instanceID, op)}, c.testimony}
}

// at returns how far the cloud's clock is ahead of our wall clock at now; false: there is no answer. The cloud's clock goes
// on with our monotonic clock, so that a step of our wall clock shows at once, not only with the next answer.
func (d offset) at(now time.Time) (time.Duration, bool) {
	if d.arrivedAt.IsZero() {
		return 0, false
	}
	return d.ahead - stepped(d.arrivedAt, now).Round(time.Second), true
}

// stepped returns how far our wall clock went forward from then to now beyond the time that passed.
func stepped(then, now time.Time) time.Duration {
	return now.Round(0).Sub(then.Round(0)) - now.Sub(then)
}

// learn takes the Date of an answer that arrived at arrivedAt. A Date that cannot be parsed says nothing. One that is far
// from what was known is believed when others confirm it: wrong Dates of the answers about one instance, or to one
// operation, must not make the readings of others unknown.
func (c *cloudClock) learn(header http.Header, arrivedAt time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if arrivedAt.Before(c.believed.arrivedAt) {
		return
	}
	said := statement{c.call, offset{date.Sub(arrivedAt.Round(0).Truncate(time.Second)), arrivedAt}}
	c.hear(said)
	if known, _ := c.believed.at(arrivedAt); !far(said.ahead, known) || c.confirmed(said) {
		c.believed = said.offset
	}
}

// hear keeps a statement. It forgets the one before of the same witness, unless nobody else has spoken yet and nothing is
// believed: then the same answer twice has to do. It forgets what is old, and what was said before a step of our wall clock:
// the machine may have slept, and the cloud's clock have gone on meanwhile.
func (t *testimony) hear(said statement) {
	alone := t.believed.arrivedAt.IsZero() && len(t.heard) == 1
	t.heard = slices.DeleteFunc(t.heard, func(s statement) bool {
		old := said.arrivedAt.Sub(s.arrivedAt) > heardFor || far(stepped(s.arrivedAt, said.arrivedAt), 0)
		return old || (s.witness == said.witness && !alone)
	})
	t.heard = append(t.heard, said)
	if len(t.heard) > maxWitnesses {
		t.heard = t.heard[1:]
	}
}

// confirmed reports whether the last witnesses all agree with the newest one, and that in answers to different operations.
// How many it takes grows from two to five with how many there are: two may be silent, such as a list that is asked for
// every few minutes only. Our own clock agrees too where it does, and is a witness where there are few.
func (t *testimony) confirmed(said statement) bool {
	agree, ops := 0, map[string]bool{}
	if !far(said.ahead, 0) {
		ops["our own clock"] = true
		if len(t.heard) <= 2 {
			agree++
		}
	}
	for _, s := range slices.Backward(t.heard) {
		if ahead, _ := s.at(said.arrivedAt); far(ahead, said.ahead) {
			break
		}
		agree++
		ops[s.op] = true
	}
	lone := !slices.ContainsFunc(t.heard, func(s statement) bool { return s.call != said.call })
	return agree >= min(max(2, len(t.heard)-2), 5) && (lone || len(ops) > 1)
}

// far reports whether two clocks are further apart than readings are believed.
func far(a, b time.Duration) bool { return (a - b).Abs() > backup.MaxSkew }

// skew returns how far the cloud's clock is ahead of our wall clock at now; false: no answer has told it.
func (t *testimony) skew(now time.Time) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.believed.at(now)
}

// newest returns what the newest answer said, believed or not.
func (t *testimony) newest(now time.Time) (time.Duration, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.heard) == 0 {
		return 0, false
	}
	return t.heard[len(t.heard)-1].at(now)
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
