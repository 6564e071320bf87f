package backup

import "time"

const (
	// stillListed is how long after it must have ended a backup may still appear in a list.
	stillListed = 2 * time.Hour
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

// newsFrom is NewsFrom for one target. There may be news while the window of a scheduled backup is open, or its backup may
// still come; while a backup runs; after a failure; when the verdict is about to turn; and where the verdict is not good anyway,
// or no policy is known. A backup that somebody starts by hand is no news that can be expected. Health and outlook must be those
// of the same arguments.
func (in *TargetState) newsFrom(health Health, outlook Outlook, want Objectives, now time.Time) time.Time {
	if health.State != HealthOK || outlook.Running || in.Policy.At.IsZero() {
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
	if p.Automatic != nil && !*p.Automatic {
		return time.Time{}
	}
	next := p.narrowed(p.windowAfter(c.now.Add(early)))
	opened := p.windowBefore(c.now.Add(early))
	if !opened.at.IsZero() && c.now.Before(opened.at.Add(sum(opened.length, c.comesLate()))) && c.newestScheduled().Before(opened.at.Add(-early)) {
		next = p.narrowed(opened)
	}
	if p.interval() > 0 {
		next = earlier(next, c.nextFrequent())
	}
	return next
}

// comesLate returns how long after the end of its window a backup may still appear.
func (c *assessment) comesLate() time.Duration {
	takes := c.takes()
	if takes == 0 { // no backup has told it yet
		takes = c.want.MaxDuration
	}
	return sum(stillListed, takes)
}

// nextFrequent returns when the next high-frequency backup is due; zero: there was none yet. One that does not come is waited
// for until it is clear that it will not.
func (c *assessment) nextFrequent() time.Time {
	newest := c.newestScheduled()
	if newest.IsZero() {
		return newest
	}
	interval := c.in.Policy.Value.interval()
	due := newest.Add(interval)
	if passed := c.now.Sub(due.Add(c.comesLate())); passed >= 0 { // those that were waited for in vain
		due = due.Add((passed/interval + 1) * interval)
	}
	return due.Add(-early)
}

// newestScheduled returns when the newest backup of the list began that has ended and was not made by hand; zero: there is none.
// That a job has ended is not enough: its backup may appear in the list later.
func (c *assessment) newestScheduled() time.Time {
	var newest time.Time
	for i := range c.in.Backups.Value.Backups {
		b := &c.in.Backups.Value.Backups[i]
		if ended := b.State == StateSuccess || b.State == StateFailed; ended && c.scheduledFull(b) {
			newest = later(newest, b.began())
		}
	}
	return newest
}

// narrowed returns from when on a backup may begin in a window: when the cloud plans it, if it plans one in that window.
func (p Policy) narrowed(w opening) time.Time {
	opens := w.at
	if opens.IsZero() {
		return opens
	}
	if p.NextAt.After(opens) && p.NextAt.Before(opens.Add(w.length)) {
		opens = p.NextAt
	}
	return opens.Add(-early)
}
