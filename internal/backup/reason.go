package backup

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// The layouts of times in a reason, always UTC.
const (
	MinuteLayout = "2006-01-02 15:04Z" // minutes are what a person compares with a schedule
	dateLayout   = "2006-01-02"
)

// reason explains the verdict in one sentence. It is built by appending, because there is one per target and scrape, and
// fmt would cost more than the verdict itself.
func (c *assessment) reason() string {
	var buf [256]byte
	b := buf[:0]
	if !c.in.Lifecycle.Exists() {
		return string(append(append(b, "the instance is not running: "...), c.in.Status...))
	}
	switch c.health.State {
	case HealthUnknown:
		b = c.appendUnknown(b)
	case HealthNever:
		b = c.appendFailures(c.appendFlaw(c.appendWindow(c.appendNever(b))))
	case HealthPending:
		b = c.appendFailures(c.appendFlaw(c.appendPending(b)))
	case HealthLate:
		b = c.appendFailures(c.appendFlawOfLast(c.appendLate(b)))
	case HealthMissed:
		b = c.appendFailures(c.appendDefect(c.appendObjective(c.appendAge(append(c.appendMissed(b), "; "...)))))
	case HealthFailed:
		b = c.appendDefect(c.appendFailed(b))
	case HealthOK:
		b = c.appendDefect(c.appendObjective(c.appendAge(b)))
	}
	return string(c.appendStatus(c.appendRunning(b)))
}

// appendStatus names a status of the instance that may be why there are no backups.
func (c *assessment) appendStatus(b []byte) []byte {
	switch {
	case c.in.Lifecycle == LifecycleFrozen:
		b = append(b, "; the instance is locked or frozen: "...)
	case c.in.Lifecycle == LifecycleImpaired && c.health.State.Bad():
		b = append(b, "; the status of the instance is "...)
	default:
		return b
	}
	return append(b, c.in.Status...)
}

func (c *assessment) appendUnknown(b []byte) []byte {
	read := c.in.Backups.At
	err := c.in.Backups.Err
	switch {
	case c.health.Known && c.awaitsPolicy():
		b, err = append(b, "the schedule is not read yet"...), c.in.Policy.Err
	case c.health.Known && c.health.Usable > 0 && !c.awaitsWindow():
		b = c.appendObjective(c.appendAge(b))
		return append(b, "; high-frequency backups may be missing in the cloud's list, which has daily ones only"...)
	case c.health.Known && c.health.Usable > 0:
		b, err = append(c.appendObjective(c.appendAge(b)), "; the point-in-time window, which may be newer, is not read yet"...), c.in.Recovery.Err
	case c.health.Known:
		b, err = append(b, "no usable backup in the lookback; looking further back"...), c.in.Backups.Value.Older.Err
	case read.IsZero() && err == nil:
		return append(b, "not read yet"...)
	case read.IsZero():
		b = append(b, "never read"...)
	case c.in.Backups.distrusts(c.clock):
		return appendDistrust(b, c.in.Backups, c.clock)
	case c.in.Backups.Known(c.clock):
		return appendDistrust(b, c.in.Recovery, c.clock)
	default:
		b = append(b, "not read since "...)
		b = read.UTC().AppendFormat(b, MinuteLayout)
	}
	if err == nil {
		return b
	}
	b = append(b, ": "...)
	return append(b, shortCause(err)...)
}

// appendDistrust says what the clock shows and what contradicts it: when a reading was taken, or how old it is.
func appendDistrust[T any](b []byte, r Reading[T], clock time.Time) []byte {
	taken, by, now := r.taken(), "", clock.Round(0)
	if taken.After(r.At) {
		by = " by the cloud's clock"
	}
	b = append(b, "the clock cannot be trusted: it says "...)
	b = now.UTC().AppendFormat(b, MinuteLayout)
	b = append(b, ", the reading "...)
	if now.Before(taken.Add(-MaxSkew)) {
		b = append(b, "was taken at "...)
		return append(taken.UTC().AppendFormat(b, MinuteLayout), by...)
	}
	b = append(b, "of "...)
	b = append(taken.UTC().AppendFormat(b, MinuteLayout), by...)
	b = append(b, " is "...)
	return append(appendSpan(b, r.age(clock)), " old"...)
}

func (c *assessment) appendNever(b []byte) []byte {
	b = append(b, "no usable backup"...)
	older := c.in.Backups.Value.Older
	if older == nil || older.At.IsZero() {
		b = append(b, " in the lookback"...)
	}
	if older != nil && older.At.IsZero() {
		b = append(b, ", and older ones could not be asked for"...)
	}
	if older != nil && older.At.IsZero() && older.Err != nil {
		b = append(append(b, ": "...), shortCause(older.Err)...)
	}
	b = append(b, "; "...)
	if c.in.CreatedAt.IsZero() {
		return append(b, "creation time unknown"...)
	}
	b = append(b, "instance created "...)
	return c.in.CreatedAt.UTC().AppendFormat(b, dateLayout)
}

func (c *assessment) appendPending(b []byte) []byte {
	b = append(b, "no usable backup yet; instance created "...)
	b = appendSpan(b, max(0, c.now.Sub(c.in.CreatedAt)))
	b = append(b, " ago"...)
	return c.appendObjective(b)
}

func (c *assessment) appendLate(b []byte) []byte {
	b = c.appendObjective(c.appendAge(b))
	if c.missed.IsZero() {
		return b
	}
	return c.appendMissed(append(b, "; "...))
}

func (c *assessment) appendMissed(b []byte) []byte {
	b = append(b, "no backup was begun in the window of "...)
	b = c.missed.UTC().AppendFormat(b, MinuteLayout)
	return append(b, " or since"...)
}

// appendRunning names the attempt that puts off a verdict.
func (c *assessment) appendRunning(b []byte) []byte {
	h := &c.health
	overdue := h.Usable > 0 && c.age() > h.RPO && !h.State.lateOrNever()
	pending := h.State == HealthPending && !c.runs.IsZero() // at the latest when the instance is old enough
	if h.State == HealthUnknown || !overdue && !pending {
		return b
	}
	b = append(b, "; a backup is running since "...)
	return c.runs.UTC().AppendFormat(b, MinuteLayout)
}

func (c *assessment) appendFailed(b []byte) []byte {
	b = c.appendAttempts(b)
	b = append(b, "; recovery point "...)
	b = appendSpan(b, c.age())
	b = append(b, " old is within "...)
	b = appendSpan(b, c.health.RPO)
	return c.appendSource(b)
}

func (c *assessment) appendAge(b []byte) []byte {
	b = append(b, "newest recovery point is "...)
	b = appendSpan(b, c.age())
	return append(b, " old"...)
}

func (c *assessment) appendObjective(b []byte) []byte {
	b = append(b, ", objective "...)
	b = appendSpan(b, c.health.RPO)
	return c.appendSource(b)
}

func (c *assessment) appendSource(b []byte) []byte {
	b = append(b, " ("...)
	b = append(b, c.source...)
	return append(b, ')')
}

// appendFlaw explains why the newest success is no recovery point: it is the first question of a person who sees that
// success in the cloud's console. No backup is usable.
func (c *assessment) appendFlaw(b []byte) []byte {
	if newest := c.newestShown(); newest != nil && c.flawOf(newest) == flawNone {
		return appendSuccess(b, newest, flawNoFull) // the only flaw that flawOf cannot see
	}
	return c.appendFlawOfLast(b)
}

// appendFlawOfLast explains why the newest success is no recovery point when an earlier one may be.
func (c *assessment) appendFlawOfLast(b []byte) []byte {
	newest := c.newestShown()
	if newest == nil || c.flawOf(newest) == flawNone {
		return b
	}
	return appendSuccess(b, newest, c.flawOf(newest))
}

// appendDefect says that the newest success is defective, although an earlier one is good enough: it is zero-sized, or the
// cloud would not restore it.
func (c *assessment) appendDefect(b []byte) []byte {
	newest := c.newestShown()
	if newest == nil {
		return b
	}
	switch why := c.flawOf(newest); {
	case why == flawEmpty, newest.Unusable != "", c.in.RestoreChecks.refusal(newest.ID) != "":
		return appendSuccess(b, newest, why)
	}
	return b
}

// newestShown returns the success that the console shows first, be it of a part of the instance; nil: none known.
func (c *assessment) newestShown() *Backup {
	newest := c.health.NewestSuccess()
	if c.part != nil && (newest == nil || c.part.Finished().After(newest.Finished())) {
		return c.part
	}
	return newest
}

func appendSuccess(b []byte, last *Backup, why flaw) []byte {
	b = append(b, "; the last success, "...)
	b = last.Finished().UTC().AppendFormat(b, MinuteLayout)
	b = append(b, ", "...)
	return append(b, why...)
}

// appendWindow adds the end of a point-in-time window when no backup in the lookback is usable.
func (c *assessment) appendWindow(b []byte) []byte {
	if c.health.RecoveryPoint.IsZero() {
		return b
	}
	b = append(b, "; the point-in-time window still reaches "...)
	return c.health.RecoveryPoint.UTC().AppendFormat(b, MinuteLayout)
}

func (c *assessment) appendFailures(b []byte) []byte {
	if c.health.ConsecutiveFailures == 0 {
		return b
	}
	return c.appendAttempts(append(b, "; "...))
}

func (c *assessment) appendAttempts(b []byte) []byte {
	one, several, rest := "the last attempt", "the last ", ""
	if s := c.health.NewestSuccess(); s != nil && s.Finished().After(c.firstFailure) {
		one, several, rest = "an attempt", "", ", and no full backup has succeeded since"
	}
	if n := c.health.ConsecutiveFailures; n == 1 {
		b = append(append(b, one...), " failed at "...)
	} else {
		b = strconv.AppendInt(append(b, several...), int64(n), 10)
		b = append(b, " attempts failed, the newest at "...)
	}
	b = c.horizon.finishedAt(c.health.Last).UTC().AppendFormat(b, MinuteLayout)
	if why := c.health.FailureReason; why != "" {
		b = append(append(append(b, " ("...), why...), ')')
	}
	return append(b, rest...)
}

// appendSpan writes a duration in its two largest units: 13m, 22h 5m, 3d 4h. Less than two days are written in hours, as
// objectives are: 26h.
func appendSpan(b []byte, d time.Duration) []byte {
	big, unit, small, rest := d/time.Hour, byte('h'), d%time.Hour/time.Minute, byte('m')
	switch {
	case d < time.Hour:
		big, unit, small = d/time.Minute, 'm', 0
	case d >= 2*day:
		big, unit, small, rest = d/day, 'd', d%day/time.Hour, 'h'
	}
	b = append(strconv.AppendInt(b, int64(big), 10), unit)
	if small == 0 {
		return b
	}
	return append(strconv.AppendInt(append(b, ' '), int64(small), 10), rest)
}

// maxCause is the longest text in bytes of an error that no provider classified.
const maxCause = 120

// shortCause returns operation, class and code of a classified error, and the first line of any other.
func shortCause(err error) string {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		line, _, _ := strings.Cut(err.Error(), "\n")
		return strings.ToValidUTF8(line[:min(len(line), maxCause)], "")
	}
	cause := string(e.Class)
	if e.Op != "" {
		cause = e.Op + ": " + cause
	}
	if e.Code != "" {
		cause += " " + cut(e.Code)
	}
	return cause
}
