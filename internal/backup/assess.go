package backup

import "time"

// Objectives is what the backups of a target are checked against.
type Objectives struct {
	RPO          time.Duration // recovery point objective: the greatest age of the newest recovery point; 0: from the policy
	RPODefault   time.Duration // the RPO when RPO is 0 and no policy is known
	RPOGrace     time.Duration // added to an RPO that comes from the policy, and to the end of a window
	MinRetention time.Duration // how long backups must be kept
	MaxDuration  time.Duration // how long a backup may run; one that runs longer puts off no verdict
	MinSizeRatio float64       // smallest acceptable size of the last success, as a fraction of the median of earlier ones
}

// TargetState is what a verdict is computed from.
type TargetState struct {
	Target    Target
	CreatedAt time.Time // when the instance was created; zero: unknown, treated as long ago
	Lifecycle Lifecycle // of the instance
	Status    string    // the cloud's own word for it; "": unknown
	Backups   Reading[List]
	Jobs      Reading[[]Job]  // of the instance as a whole
	Policy    Reading[Policy] // of the instance as a whole
	Recovery  Reading[Window] // of the instance as a whole
	// PolicyChanges are the changes of the policy that were seen, the oldest first.
	PolicyChanges []PolicyChange
	// PolicyBy is until when the verdict waits for a policy that was never read; zero: it does not wait.
	PolicyBy time.Time
	// WindowBy is until when a target that would be late waits for a point-in-time window that is not known, where the policy
	// says that there is one; zero: it does not wait.
	WindowBy time.Time

	RestoreChecks RestoreChecks // what the cloud says of single backups
	Removals      Removals      // backups that vanished before their expiry
}

// Health is the verdict on one target and the facts behind it. Every fact is absent (zero time, nil, false) when it is
// not known.
type Health struct {
	State  HealthState
	Reason string        // one sentence for a person: why this state, since when, and the objective
	RPO    time.Duration // the objective in force; always set

	Known bool             // the backup list may be shown as current; when false, all facts below are absent
	Kinds [numKinds]ByKind // indexed by Kind
	Last  *Backup          // newest failure of ConsecutiveFailures, or else the newest success; nil: none known

	ConsecutiveFailures int       // failed attempts without a later success of the same kind or of a full backup
	FailureReason       string    // why the newest of them failed, in the cloud's words; "": there is none, or the cloud does not say
	RecoveryPoint       time.Time // newest moment that can be restored; zero: none
	OldestRecoveryPoint time.Time // oldest known moment that can be restored; zero: none
	LastUsableExpiry    time.Time // when the last usable backup expires if no new one is made; zero: not known; Never: never
	Usable              int       // backups that a restore could start from now
	NewestFull          time.Time // start of the newest usable full backup; zero: none

	// Until is when all but the texts may turn out otherwise although nothing new is known; zero: never.
	Until time.Time

	// Findings are about this target alone. They may stand although the facts above are absent. Those about its instance are
	// what InstanceState.Findings returns.
	Findings []Finding
}

// ByKind is what the backup list says of one kind of backup.
type ByKind struct {
	Asked       bool           // the list is complete for this kind: a count of zero means that there is none
	LastSuccess *Backup        // newest successful backup; nil: none known
	LastFailure time.Time      // end, or else start, of the newest failed attempt; zero: none known
	Counts      [NumStates]int // backups in the lookback, indexed by State
	MedianSize  *int64         // bytes; median of the non-empty successes before the last; nil with fewer than three
}

// Assess decides from what is known at now whether a target's backups meet the objectives. Every input has exactly one
// verdict. docs/health.md has the rules as a table. Three properties hold for all of them: a newer usable success never
// makes a verdict worse, unless it shows that a list has backups that nobody knew to be in it (Policy.MayBeUnlisted); time
// alone never makes one better; and a failed poll never makes one ok.
//
// Whether a time lies in the future is judged by when the cloud gave it, not by now. Otherwise a record with a wrong
// date would be believed as soon as that date has come.
//
// Whether a reading is current is judged by both clocks of now, ages of backups by its wall clock alone: clouds tell the
// time of day.
func Assess(in TargetState, want Objectives, now time.Time) Health {
	c := assessment{in: in, want: want, clock: now}
	c.conclude()
	c.health.Findings = c.findings()
	c.health.Until = c.until
	c.health.Reason = c.reason()
	return c.health
}

// assessment is the state of one call of Assess.
type assessment struct {
	in    TargetState
	want  Objectives
	clock time.Time // now with its monotonic reading, for the ages of readings

	instant // by the wall clock, for the ages of backups
	known   current
	source  RPOSource // of health.RPO
	horizon horizon   // of the backup list
	health  Health

	part         *Backup   // newest success of only a part of the instance; nil: none known
	runs         time.Time // start of the oldest attempt that is running; zero: none is seen
	lapsed       bool      // a successful backup was usable until it expired
	newest       time.Time // recovery point of the newest usable full backup; zero: there is none
	outlasts     bool      // nobody knows when that one expires: it may be there when all others have
	missed       time.Time // start of the newest scheduled window without an attempt; zero: none
	ahead        bool      // what is to come is looked at, not what was
	firstFailure time.Time // end of the oldest failure among health.ConsecutiveFailures; zero: none
}

// current says which readings may be shown as current.
type current struct{ backups, jobs, recovery bool }

// conclude computes health, except for the reason.
func (c *assessment) conclude() {
	c.now = c.clock.Round(0)
	c.known = current{c.in.Backups.Known(c.clock), c.in.Jobs.Known(c.clock), c.in.Recovery.Known(c.clock)}
	for _, until := range []time.Time{c.in.Backups.HoldsUntil(c.clock), c.in.Jobs.HoldsUntil(c.clock), c.in.Recovery.HoldsUntil(c.clock)} {
		c.heeds(until)
	}
	c.horizon = horizonOf(c.in.Backups.At)
	c.health.RPO, c.source = c.objective()
	if c.known.backups {
		c.gather()
		c.health.FailureReason = c.failureReason()
		c.recoveryPoints()
		c.lookBack()
		c.judge()
	}
	if c.distrustsWindow() {
		c.known.backups, c.health = false, Health{RPO: c.health.RPO}
	}
	if !c.in.Lifecycle.Exists() {
		c.health.State = HealthPending
	}
}

// judge decides the state.
func (c *assessment) judge() {
	c.missed, c.runs = c.missedWindow(), c.runningSince()
	h := &c.health
	switch {
	case c.awaitsPolicy():
		h.State = HealthUnknown
	case h.Usable == 0 && !c.lapsed && c.young():
		h.State = HealthPending
	case h.Usable == 0 && c.looksBack():
		h.State = HealthUnknown
	case h.Usable == 0:
		h.State = HealthNever
	case c.overdue() && c.awaitsWindow():
		h.State = HealthUnknown
	case c.overdue() && c.mayBeUnlisted():
		h.State = HealthUnknown
	case c.overdue():
		h.State = HealthLate
	case !c.missed.IsZero():
		h.State = HealthMissed
	case h.ConsecutiveFailures > 0:
		h.State = HealthFailed
	default:
		h.State = HealthOK
	}
}

// awaitsPolicy reports whether the policy may still say how often backups are made.
func (c *assessment) awaitsPolicy() bool {
	return c.source == RPONoPolicy && !c.reached(c.in.PolicyBy)
}

// awaitsWindow reports whether a point-in-time window that is not known may be the recovery point. Nothing else says that a
// target keeps its objective by its log alone.
func (c *assessment) awaitsWindow() bool {
	logs := c.in.Policy.Value.LogBackup
	return logs != nil && *logs && !c.known.recovery && !c.in.Recovery.NotOffered && !c.reached(c.in.WindowBy)
}

// young reports whether the instance is too new to have a backup: it is not older than its RPO, and no window has passed
// since it was created. It is treated as old when its creation time is unknown or in the future.
func (c *assessment) young() bool {
	created := c.in.CreatedAt
	if !c.horizon.allows(created) {
		return false
	}
	old, first := earlier(created, c.in.Backups.At).Add(c.health.RPO), c.firstWindow(created)
	passed := !first.IsZero() && c.reached(first)
	if !c.passed(old) && !passed {
		return true
	}
	return c.putOff(earlier(old, first))
}

// distrustsWindow reports whether a target is late by a clock that the reading of its point-in-time window contradicts:
// without the clock's fault, the window might be the recovery point.
func (c *assessment) distrustsWindow() bool {
	r := &c.in.Recovery
	return c.health.State == HealthLate && !r.Value.IsZero() && c.clock.Before(r.GoodUntil) && r.distrusts(c.clock)
}

// overdue reports whether the recovery point is older than the objective, and no attempt that may still succeed puts that
// off.
func (c *assessment) overdue() bool {
	point, rpo := c.health.RecoveryPoint, c.health.RPO
	return c.over(point, rpo) && !c.putOff(point.Add(rpo))
}

// putOff reports whether a running attempt puts off a turn of the verdict: it began before the turn, and has not run for
// too long. It never ends what has begun. Under an objective that does not come from the schedule there is no time for it.
func (c *assessment) putOff(turn time.Time) bool {
	return c.scheduled() && !c.runs.IsZero() && !c.runs.After(turn) && !c.over(c.runs, c.want.MaxDuration)
}

// age returns the age of the recovery point.
func (c *assessment) age() time.Duration { return max(0, c.now.Sub(c.health.RecoveryPoint)) }
