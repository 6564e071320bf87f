package backup

import "time"

// Objectives is the promise to check a target against.
type Objectives struct {
	RPO          time.Duration // recovery point objective: how old the newest recovery point may be; 0: from the policy
	RPODefault   time.Duration // the RPO when RPO is 0 and no policy is known
	RPOGrace     time.Duration // added to the RPO that follows from a policy
	MinRetention time.Duration // how long backups must be kept
	MaxDuration  time.Duration // how long a backup may run
	MinSizeRatio float64       // smallest acceptable size of the last success against the median of earlier ones
}

// TargetState is what a verdict is computed from.
type TargetState struct {
	Target    Target
	CreatedAt time.Time // when the instance was created; zero: unknown, which counts as long ago
	Backups   Reading[List]
	Jobs      Reading[[]Job]  // of the instance as a whole
	Policy    Reading[Policy] // of the instance as a whole
	Recovery  Reading[Window] // of the instance as a whole
}

// Health is the verdict on one target and the facts that it rests on. Every fact is absent (zero time, nil, false)
// when it is not known.
type Health struct {
	State  HealthState
	Reason string        // one sentence for a person: why this state, since when, against what
	RPO    time.Duration // the objective in force; always set

	Known bool             // the backup list may be shown as current; when false all facts below are absent
	Kinds [numKinds]ByKind // indexed by Kind
	Last  *Backup          // newest failure of ConsecutiveFailures, or else the newest success; nil: none known

	ConsecutiveFailures int       // failed attempts that no later success of their own kind, or of a full backup, has ended
	RecoveryPoint       time.Time // newest moment that can be restored; zero: none
	OldestRecoveryPoint time.Time // oldest known moment that can be restored; zero: none
	LastUsableExpiry    time.Time // when the last usable backup expires if no new one is made; zero: not known; Never: never
	Usable              int       // backups that a restore could start from now
}

const numKinds = 3

// ByKind is what the backup list says of one kind of backup.
type ByKind struct {
	Asked       bool           // the list is complete for this kind, so that Counts of zero are facts
	LastSuccess *Backup        // newest successful backup; nil: none known
	LastFailure time.Time      // end (or else start) of the newest failed attempt; zero: none known
	Counts      [NumStates]int // backups in the lookback, indexed by State
	MedianSize  *int64         // bytes; median of the non-empty successes before the last; nil with fewer than three
}

// Assess concludes from what is known at now whether a target's backups keep the promise of want. It is total: every
// input has exactly one verdict. docs/health.md has the rules as a table; three properties hold for all of them:
// a newer usable success never makes a verdict worse, time alone never makes one better, and a failed poll never makes
// one ok.
//
// Times are compared with the moment at which the cloud gave them, not with now, so that a record dated in the future
// is not believed merely because we waited.
func Assess(in TargetState, want Objectives, now time.Time) Health {
	c := assessment{in: in, want: want, now: now}
	c.conclude()
	c.health.Reason = c.reason()
	return c.health
}

// assessment is one call of Assess at work.
type assessment struct {
	in      TargetState
	want    Objectives
	now     time.Time
	source  RPOSource // of health.RPO
	horizon horizon   // of the backup list
	health  Health

	lapsed       bool      // a success was usable until it expired
	missed       time.Time // start of the newest scheduled window without an attempt; zero: none
	firstFailure time.Time // end of the oldest of health.ConsecutiveFailures; zero: none
}

// conclude computes all of health but the reason.
func (c *assessment) conclude() {
	c.health.RPO, c.source = RPOInForce(c.in.Policy, c.want)
	c.horizon = horizonOf(c.in.Backups.At)
	if c.in.Backups.Known(c.now) {
		c.gather()
		c.recoveryPoints()
		c.judge()
	}
}

func (c *assessment) judge() {
	c.missed = c.missedWindow()
	h := &c.health
	switch {
	case h.Usable == 0 && c.young() && !c.lapsed:
		h.State = HealthPending
	case h.Usable == 0:
		h.State = HealthNever
	case c.overdue(), !c.missed.IsZero():
		h.State = HealthLate
	case h.ConsecutiveFailures > 0:
		h.State = HealthFailed
	default:
		h.State = HealthOK
	}
}

// young reports whether the instance is too new to have a backup. A creation time that nobody told, or that lies in
// the future, says nothing, and the instance counts as old.
func (c *assessment) young() bool {
	asked := c.in.Backups.At
	created := c.in.CreatedAt
	return c.horizon.allows(created) && c.now.Sub(earlier(created, asked)) <= c.health.RPO
}

// overdue reports whether the recovery point is older than the objective.
func (c *assessment) overdue() bool { return c.age() > c.health.RPO }

func (c *assessment) age() time.Duration { return max(0, c.now.Sub(c.health.RecoveryPoint)) }
