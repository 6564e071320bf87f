package backup

import (
	"strconv"
	"time"
)

// ControlName is the name of a control, as the report has it.
type ControlName string

// The controls.
const (
	ControlCovered   ControlName = "covered_by_schedule"    // automatic backup is on, by a schedule
	ControlFrequency ControlName = "frequency"              // backups were made at least as often as the objective asks for
	ControlRetention ControlName = "retention"              // backups are kept at least as long as the objective asks for
	ControlLastPoint ControlName = "last_recovery_point"    // the newest recovery point is within the objective
	ControlRemovals  ControlName = "nothing_removed_early"  // no backup vanished before its expiry
	ControlOutlives  ControlName = "outlives_instance"      // backups are there when the instance is deleted
	ControlCopy      ControlName = "copy_in_another_region" // there is a copy that is new enough
	ControlRestores  ControlName = "restorable"             // the cloud says that the newest backup can be restored
	ControlRestored  ControlName = "restore_seen"           // somebody restored a backup
)

// ControlNames returns every name once, in the order in which people are shown them.
func ControlNames() []ControlName {
	return []ControlName{
		ControlCovered, ControlFrequency, ControlRetention, ControlLastPoint, ControlRemovals,
		ControlOutlives, ControlCopy, ControlRestores, ControlRestored,
	}
}

// ControlState says whether a control was kept. The zero value is ControlUnknown.
type ControlState uint8

// The states of a control.
const (
	ControlUnknown ControlState = iota // what is known does not decide it
	ControlKept
	ControlBroken
)

// String returns kept, broken or unknown.
func (s ControlState) String() string {
	switch s {
	case ControlKept:
		return "kept"
	case ControlBroken:
		return "broken"
	case ControlUnknown:
	}
	return "unknown"
}

// Control is something that an auditor asks for, and whether it was kept.
type Control struct {
	Name  ControlName
	State ControlState
	Text  string // the evidence, in words for a person
}

// verdictOn is a control without its name.
type verdictOn struct {
	state ControlState
	text  string
}

// inspection is what controls are drawn from.
type inspection struct {
	*Past
	e     *Evidence
	state TargetState // at the end of the span
	until time.Time   // the end of the span, or of the instance where that was earlier
	gone  bool        // the instance ended in the span
	was   []era       // the policies that were in force in the span, the newest first
}

// controls returns every control that applies. Of an instance that is gone they are about the time in which it existed. Nothing
// is asked of one that did not exist in the span.
func (p *Past) controls(e *Evidence, state TargetState) []Control {
	in := inspection{Past: p, e: e, state: state, until: e.Until, gone: state.Lifecycle.ended()}
	if in.gone {
		in.until = earlier(p.Kept.StatusSince, e.Until)
	}
	if !state.Lifecycle.Exists() && (!in.gone || !p.Kept.StatusSince.After(e.Since)) {
		return nil
	}
	c := assessment{in: state}
	for each := range c.eras {
		in.was = append(in.was, each)
		if each.from.Before(e.Since) {
			break
		}
	}
	checks := map[ControlName]func() (verdictOn, bool){
		ControlCovered: in.covered, ControlFrequency: in.frequency, ControlRetention: in.retention, ControlLastPoint: in.lastPoint,
		ControlRemovals: in.noRemovals, ControlOutlives: in.outlives, ControlCopy: in.copied, ControlRestores: in.restorable,
		ControlRestored: in.restored,
	}
	var all []Control
	for _, name := range ControlNames() {
		if found, applies := checks[name](); applies {
			all = append(all, Control{Name: name, State: found.state, Text: found.text})
		}
	}
	return all
}

func (in *inspection) policyKnown() bool {
	return !in.state.Policy.At.IsZero() && !in.state.Policy.NotOffered
}

// policyUnknown is what is said where no policy was read.
func policyUnknown() (verdictOn, bool) { return verdictOn{text: "the policy was never read"}, true }

// covered looks for a schedule in every policy that was in force.
func (in *inspection) covered() (verdictOn, bool) {
	if !in.policyKnown() {
		return policyUnknown()
	}
	for _, e := range in.was {
		if isFalse(e.policy.Automatic) {
			return verdictOn{ControlBroken, "automatic backup " + e.was("is", "was") + " off" + e.between()}, true
		}
	}
	for _, e := range in.was {
		gap, scheduled := e.policy.LongestGap()
		switch {
		case !scheduled:
			return verdictOn{text: "the policy" + e.between() + " names no schedule"}, true
		case e.policy.Automatic == nil:
			return verdictOn{text: "the policy" + e.between() + " does not say whether automatic backup is on; its schedule makes one at least every " + Span(gap)}, true
		}
	}
	gap, _ := in.was[0].policy.LongestGap()
	return verdictOn{ControlKept, "automatic backup is on, at least every " + Span(gap) + "; policy read at " + minute(in.state.Policy.At)}, true
}

// was returns one word for the policy in force, and another for a former one.
func (e era) was(is, was string) string {
	if e.until.IsZero() {
		return is
	}
	return was
}

// between says when a policy was in force, as far as it is known.
func (e era) between() string {
	text := ""
	if !e.from.IsZero() {
		text += " from " + minute(e.from)
	}
	if !e.until.IsZero() {
		text += " until " + minute(e.until)
	}
	return text
}

// frequency looks at the times in which the objective was not kept.
func (in *inspection) frequency() (verdictOn, bool) {
	gaps, unknown := in.e.Of(StandingBroken), in.e.Of(StandingUnknown)
	objective := "objective " + Span(in.e.Health.RPO)
	switch {
	case len(gaps) > 0:
		return verdictOn{ControlBroken, strconv.Itoa(len(gaps)) + plural(" time", len(gaps)) + " without a recovery point within the objective, " +
			Span(in.e.Total(StandingBroken)) + " together, the first from " + minute(gaps[0].From) + "; " + objective}, true
	case len(unknown) > 0:
		return verdictOn{text: "no gap is known, but of " + Span(in.e.Total(StandingUnknown)) + " nobody can know; " + objective}, true
	case in.e.Total(StandingKept) == 0:
		return verdictOn{}, false
	}
	return verdictOn{ControlKept, "at every moment there was a recovery point within the objective; " + objective}, true
}

func plural(noun string, n int) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// retention looks at every policy that was in force.
func (in *inspection) retention() (verdictOn, bool) {
	if !in.policyKnown() {
		return policyUnknown()
	}
	for _, e := range in.was {
		if text := e.policy.keepsTooShort(in.Want.MinRetention); text != "" {
			if when := e.between(); when != "" {
				text += " (" + when[1:] + ")"
			}
			return verdictOn{ControlBroken, text}, true
		}
	}
	p := in.was[0].policy
	for _, e := range in.was {
		if e.policy.Retention() <= 0 {
			return verdictOn{text: "the policy" + e.between() + " does not say for how long backups are kept"}, true
		}
	}
	text := "backups are kept for " + Span(p.Retention())
	if p.Retention() == Forever {
		text = "backups are kept for ever"
	}
	if in.Want.MinRetention > 0 {
		text += ", the objective is " + Span(in.Want.MinRetention)
	}
	return verdictOn{ControlKept, text}, true
}

// lastPoint is the verdict at the end of the span. Nobody asks it of an instance that is gone.
func (in *inspection) lastPoint() (verdictOn, bool) {
	h := &in.e.Health
	switch {
	case in.gone, h.State == HealthPending:
		return verdictOn{}, false
	case h.State == HealthUnknown:
		return verdictOn{text: h.Reason}, true
	case h.State.lateOrNever():
		return verdictOn{ControlBroken, h.Reason}, true
	}
	return verdictOn{ControlKept, "the newest recovery point is of " + minute(h.RecoveryPoint) + "; objective " + Span(h.RPO)}, true
}

// noRemovals can be said only where the list was read all the time, so that what vanished was seen before.
func (in *inspection) noRemovals() (verdictOn, bool) {
	if n := len(in.e.Removals); n > 0 {
		r := in.e.Removals[0]
		return verdictOn{ControlBroken, strconv.Itoa(n) + plural(" backup", n) + " vanished before the expiry, the last one between two readings before " + minute(r.LeftAt)}, true
	}
	if from, hole := in.unwatched(); !from.IsZero() {
		return verdictOn{text: "what vanishes is seen only while the list is read and kept: " + hole}, true
	}
	return verdictOn{ControlKept, "no backup that was listed vanished before its expiry; watched since " + minute(in.e.WatchedFrom)}, true
}

// unwatched returns the beginning of the first time in the span in which nobody can have seen that a backup vanished; zero:
// there is none.
func (in *inspection) unwatched() (from time.Time, text string) {
	since := later(in.e.Since, in.state.CreatedAt)
	if in.e.WatchedFrom.IsZero() {
		return in.e.Since, "it was not kept"
	}
	if in.e.WatchedFrom.After(since.Add(in.blink())) {
		return since, "it is kept since " + minute(in.e.WatchedFrom)
	}
	last := since
	for _, w := range append(in.watches(), Watch{in.until, in.until}) {
		read := earlier(w.From, in.until)
		if read.Sub(last) > in.blink() {
			return last, "nobody read it from " + minute(last) + " to " + minute(read)
		}
		last = later(last, earlier(w.Until, in.until))
	}
	return time.Time{}, ""
}

// longestBlink is how far apart two readings may seem to be at most, whatever the objective is.
const longestBlink = 2 * day

// blink is how far apart two readings may seem to be: of those between, only such are known that had something new, or that lie in
// a Watch. What was kept for shorter than that may have come and gone meanwhile.
func (in *inspection) blink() time.Duration {
	longest := min(sum(in.e.Health.RPO, day), longestBlink)
	if in.keeps > 0 {
		longest = min(longest, in.keeps)
	}
	return longest
}

// outlives is about what would be left were the instance deleted: one that is gone was.
func (in *inspection) outlives() (verdictOn, bool) {
	if in.gone {
		return verdictOn{}, false
	}
	if !in.policyKnown() {
		return policyUnknown()
	}
	switch kept := in.state.Policy.Value.KeptAfterDeletion; {
	case kept == nil:
		return verdictOn{text: "the cloud does not say whether backups outlive the instance"}, true
	case *kept:
		return verdictOn{ControlKept, "backups outlive the instance, one of them at least"}, true
	}
	return verdictOn{ControlBroken, "backups are deleted with the instance"}, true
}

// copied applies where the policy asks for copies. A copy is made after its backup, so that it may be as old as two.
func (in *inspection) copied() (verdictOn, bool) {
	to := in.state.Policy.Value.CopyRegion
	if to == "" {
		return verdictOn{}, false
	}
	newest := newestUsable(in.Copies.Value.Backups, in.Copies.At, in.until)
	limit := sum(in.e.Health.RPO, in.e.Health.RPO)
	switch {
	case in.gone && in.Copies.At.IsZero():
		return verdictOn{text: "of an instance that is gone the copies in " + to + " are not known any more"}, true
	case in.Copies.At.IsZero():
		return verdictOn{text: "the copies in " + to + " were never read"}, true
	case newest == nil:
		return verdictOn{ControlBroken, "there is no usable copy in " + to}, true
	case in.until.Sub(newest.StartedAt) > limit:
		return verdictOn{ControlBroken, "the newest copy in " + to + " is of " + minute(newest.StartedAt) + ", longer ago than " + Span(limit)}, true
	}
	return verdictOn{ControlKept, "the newest copy in " + to + " is of " + minute(newest.StartedAt)}, true
}

// restorable applies where the cloud is asked whether backups can be restored.
func (in *inspection) restorable() (verdictOn, bool) {
	newest := in.state.RestoreChecks.Newest()
	switch {
	case newest == nil && !in.ChecksRestores:
		return verdictOn{}, false
	case newest == nil && in.gone:
		return verdictOn{text: "of an instance that is gone the answer of the cloud is not known any more"}, true
	case newest == nil || newest.At.Before(in.e.Since):
		return verdictOn{text: "the cloud was not asked in this time"}, true
	case newest.Refused != "":
		return verdictOn{ControlBroken, "at " + minute(newest.At) + " the cloud said that the newest backup " + newest.Refused}, true
	}
	return verdictOn{ControlKept, "at " + minute(newest.At) + " the cloud said that the newest backup can be restored"}, true
}

// restored applies where the cloud lists restores. It tells of the last days only, so that none can be missed only where it was
// asked all the time.
func (in *inspection) restored() (verdictOn, bool) {
	last := in.LastRestore.Value
	if in.LastRestore.At.IsZero() || in.LastRestore.NotOffered {
		return verdictOn{}, false
	}
	if !last.IsZero() && !last.Before(in.e.Since) && !last.After(in.e.Until) {
		return verdictOn{ControlKept, "an instance was made from its backups at " + minute(last)}, true
	}
	if from, hole := in.unwatched(); !from.IsZero() {
		return verdictOn{text: "none is known; the cloud tells of the last days only, and what it lists is not known of all the time: " + hole}, true
	}
	return verdictOn{ControlBroken, "no instance was made from its backups in this time"}, true
}
