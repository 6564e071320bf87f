package backup

import "time"

const (
	// comesLate is how long after the end of its window a backup may still appear in a list.
	comesLate = 2 * time.Hour
	// turnsSoon is how long before a turn of the verdict the cloud may have news that keep it from turning.
	turnsSoon = 10 * time.Minute
)

// NewsFrom returns from when on the cloud may have news about the backups of an instance: a moment that is not after now while
// it may. Zero: none is to be expected.
//
// There may be news about each of its targets, and while something is found that only an answer of the cloud can end: that logs
// stand still, that shards are apart, or that the backups of a cluster lack their logs.
func (in InstanceState) NewsFrom(now time.Time) time.Time {
	var from time.Time
	healths := make([]Health, 0, len(in.Nodes))
	for _, n := range in.Nodes {
		target := in.Target(n)
		health := Assess(target, in.Objectives, now)
		healths = append(healths, health)
		from = earlier(from, target.newsFrom(health, target.Outlook(health, in.Objectives, now), in.Objectives, now))
	}
	for _, f := range in.Findings(healths, now) {
		switch f.Name {
		case FindingLogStalled, FindingShardsSpread, FindingClusterInconsistent:
			return now
		default: // ends with what is expected anyway, or with another policy
		}
	}
	return from
}

// newsFrom is NewsFrom for one target. There may be news while the window of a scheduled backup is open, or its backup may still come; while a backup runs; after
// a failure; when the verdict is about to turn; and where the verdict is not good anyway, or no policy is known. A backup that
// somebody starts by hand is no news that can be expected. Health and outlook must be those of the same arguments.
func (in *TargetState) newsFrom(health Health, outlook Outlook, want Objectives, now time.Time) time.Time {
	good := health.State == HealthOK || health.State == HealthMissed
	if !good || outlook.Running || health.ConsecutiveFailures > 0 || in.Policy.At.IsZero() {
		return now
	}
	var news time.Time
	if turn := outlook.TurnsAt; !turn.IsZero() {
		news = turn.Add(-turnsSoon)
	}
	c := assessment{in: *in, want: want, clock: now}
	c.conclude()
	return earlier(news, c.nextBackup())
}

// nextBackup returns from when on the next scheduled backup may appear; zero: none is scheduled.
func (c *assessment) nextBackup() time.Time {
	p := c.in.Policy.Value
	switch {
	case p.Automatic != nil && !*p.Automatic:
		return time.Time{}
	case p.frequent():
		return c.nextFrequent()
	}
	opened := p.windowBefore(c.now.Add(early))
	if !opened.IsZero() && c.now.Before(opened.Add(p.Window+comesLate)) && !c.endedSince(opened) {
		return p.narrowed(opened)
	}
	return p.narrowed(p.windowAfter(c.now.Add(early)))
}

// nextFrequent returns when the next high-frequency backup is due; zero: there was none yet. One that does not come is waited
// for until it is clear that it will not.
func (c *assessment) nextFrequent() time.Time {
	var newest time.Time
	for a := range c.attempts {
		newest = later(newest, a.began)
	}
	if newest.IsZero() {
		return newest
	}
	interval := c.in.Policy.Value.Interval
	due := newest.Add(interval)
	if passed := c.now.Sub(due.Add(comesLate)); passed >= 0 { // those that were waited for in vain
		due = due.Add((passed/interval + 1) * interval)
	}
	return due.Add(-early)
}

// endedSince reports whether a backup that began in the window that opened at t, or since, has ended.
func (c *assessment) endedSince(t time.Time) bool {
	for a := range c.attempts {
		if !a.running && !a.began.Before(t.Add(-early)) {
			return true
		}
	}
	return false
}

// narrowed returns from when on a backup may begin in a window: when the cloud plans it, if it plans one in that window.
func (p Policy) narrowed(opens time.Time) time.Time {
	if opens.IsZero() {
		return opens
	}
	if p.NextAt.After(opens) && p.NextAt.Before(opens.Add(p.Window)) {
		opens = p.NextAt
	}
	return opens.Add(-early)
}
