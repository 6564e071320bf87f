package fleet

import (
	"slices"
	"strconv"
	"time"
)

const (
	day      = 24 * time.Hour
	mebibyte = 1 << 20
	gibibyte = 1 << 30
)

// Schedule adds to an instance's history as time passes: at any moment the clouds show the backups that the policy
// would have made by then.
type Schedule struct {
	Since        time.Time     // start of what the schedule adds; Instance.Backups holds earlier backups
	Shards       []string      // shards that are backed up one by one; none: one record for the whole instance
	Length       time.Duration // how long a backup takes
	SizeBytes    int64         // size of a backup at Since, of each shard where these are backed up one by one
	GrowthPerDay int64         // bytes
	ManualEvery  time.Duration // the first manual backup starts at Since, further ones at this interval; 0: none
	ManualLength time.Duration // how long a manual backup takes
}

// between returns the backups that start after since and up to now: scheduled ones first, each kind from old to new.
// A manual backup may also start at since itself.
func (sc *Schedule) between(in *Instance, since, now time.Time) []Backup {
	var list []Backup
	for _, start := range in.Policy.starts(in.ID, since, now) {
		list = append(list, sc.records(in, Backup{Start: start, Length: sc.Length})...)
	}
	for _, start := range sc.manualStarts(since, now) {
		list = append(list, sc.records(in, Backup{Start: start, Length: sc.ManualLength, Manual: true})...)
	}
	for i := range list {
		list[i] = list[i].at(now)
	}
	return list
}

func (sc *Schedule) manualStarts(since, now time.Time) []time.Time {
	if sc.ManualEvery <= 0 {
		return nil
	}
	var list []time.Time
	passed := max(0, since.Sub(sc.Since)).Truncate(sc.ManualEvery)
	for start := sc.Since.Add(passed); !start.After(now); start = start.Add(sc.ManualEvery) {
		list = append(list, start)
	}
	return list
}

// records completes one backup. Where shards are backed up one by one it returns a record for each.
func (sc *Schedule) records(in *Instance, b Backup) []Backup {
	b.Status, b.Method = StatusRunning, in.DefaultMethod()
	if b.ExpiresAt.IsZero() && in.Policy.RetentionDays > 0 {
		b.ExpiresAt = b.Start.AddDate(0, 0, in.Policy.RetentionDays)
	}
	b.JobID = tenDigits(in.ID, "job", b.Start)
	if len(sc.Shards) == 0 {
		return []Backup{sc.identified(in, b)}
	}
	list := make([]Backup, 0, len(sc.Shards))
	for _, b.Node = range sc.Shards {
		if in.ClusterBackup {
			b.Set = setID(tenDigits(in.ID, "set", b.Start))
		}
		list = append(list, sc.identified(in, b))
	}
	return list
}

func setID(id string) string { return "cb-" + id }

// identified gives the backup its id, name and size. Sizes grow by the day, with three percent of noise.
func (sc *Schedule) identified(in *Instance, b Backup) Backup {
	b.ID = tenDigits(in.ID, b.Node, b.Start)
	if in.ofHuawei() {
		b.ID = HuaweiID("br02", in.ID, b.ID)
	}
	b.Name = "auto-" + b.ID
	if b.Manual {
		b.Name = "manual-" + b.ID
	}
	days := b.Start.Sub(sc.Since).Hours() / 24
	size := float64(sc.SizeBytes) + days*float64(sc.GrowthPerDay)
	noise := float64(hashOf(b.ID, "size")%601)/10_000 - 0.03
	b.SizeBytes = max(mebibyte, int64(size*(1+noise)))
	return b
}

// starts returns the starts of scheduled backups after since and up to now. Each lies in the first three quarters of
// its window, at a moment that depends on the instance and the window only.
func (p Policy) starts(instanceID string, since, now time.Time) []time.Time {
	var list []time.Time
	opened := since.Add(-p.Window - time.Second) // a window that opened before since may hold a start after it
	for at := p.nextWindow(opened); !at.IsZero() && !at.After(now); at = p.nextWindow(at) {
		start := at
		if p.Window > 0 {
			late := hashOf(instanceID, strconv.FormatInt(at.Unix(), 10)) % uint64(p.Window*3/4)
			start = at.Add(time.Duration(late)).Truncate(time.Second)
		}
		if start.After(since) && !start.After(now) {
			list = append(list, start)
		}
	}
	return list
}

// nextWindow returns when the next window after t opens. It returns the zero time when there is none.
func (p Policy) nextWindow(t time.Time) time.Time {
	if p.Disabled || (p.Interval <= 0 && len(p.Weekdays) == 0) {
		return time.Time{}
	}
	t = t.UTC()
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	if p.Interval > 0 {
		first := midnight.AddDate(0, 0, -1).Add(p.StartsAt)
		return first.Add((t.Sub(first)/p.Interval + 1) * p.Interval)
	}
	for n := range 9 { // from yesterday to a week after today
		at := midnight.AddDate(0, 0, n-1).Add(p.StartsAt)
		if at.After(t) && slices.Contains(p.Weekdays, at.Add(-p.StartsAt).Weekday()) {
			return at
		}
	}
	return time.Time{}
}

// HighFrequency reports whether a backup is one that a high-frequency schedule makes beside those of the daily windows.
func (p Policy) HighFrequency(b Backup) bool {
	since := b.Start.UTC().Add(-p.StartsAt)
	daily := slices.Contains(p.Weekdays, since.Weekday()) && since.Sub(since.Truncate(24*time.Hour)) < max(p.Window, time.Hour)
	return p.Interval > 0 && !b.Manual && !daily
}
