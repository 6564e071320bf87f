package cloudsim

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values of Backup.Status that the clouds know.
const (
	statusSuccess  = "success"
	statusFailed   = "failed"
	statusRunning  = "running"
	statusDeleting = "deleting"
)

// linger is how long a finished job stays in Alibaba's list.
const linger = 5 * time.Minute

// logLag is how far behind now log backup is.
const logLag = 5 * time.Minute

// Schedule keeps an instance's history going: at any moment the clouds show the backups that its policy would have
// made by then.
type Schedule struct {
	Since        time.Time     // scheduled starts up to here are in Instance.Backups, if anywhere
	Shards       []string      // shards that are backed up one by one; none: one record for the whole instance
	Length       time.Duration // how long a backup takes
	SizeBytes    int64         // size of a backup, of each shard, at Since
	GrowthPerDay int64         // bytes
	ManualEvery  time.Duration // a manual backup starts at Since and every so often from there; 0: none
	ManualLength time.Duration
}

// backupsAt returns the instance's backups as they stand at now.
func (in *Instance) backupsAt(now time.Time) []Backup {
	list := make([]Backup, 0, len(in.Backups))
	for _, b := range in.Backups {
		list = append(list, b.at(now))
	}
	if in.Live == nil {
		return list
	}
	list = append(list, in.Live.made(in, in.Live.Since, now)...)
	return slices.DeleteFunc(list, func(b Backup) bool {
		return !b.ExpiresAt.IsZero() && now.After(b.ExpiresAt)
	})
}

// at returns the backup as it stands at now: one that runs for Length has succeeded after that.
func (b Backup) at(now time.Time) Backup {
	if b.Status != statusRunning || b.Length == 0 {
		return b
	}
	if end := b.Start.Add(b.Length); !now.Before(end) {
		b.Status, b.End = statusSuccess, end
	}
	return b
}

// made returns the backups that start after since and up to now, oldest first.
func (sc *Schedule) made(in *Instance, since, now time.Time) []Backup {
	var list []Backup
	for _, start := range in.Policy.starts(in.ID, since, now) {
		list = append(list, sc.backups(in, Backup{Start: start, Length: sc.Length})...)
	}
	if sc.ManualEvery > 0 {
		for n := int64(max(0, since.Sub(sc.Since)) / sc.ManualEvery); ; n++ {
			start := sc.Since.Add(time.Duration(n) * sc.ManualEvery)
			if start.After(now) {
				break
			}
			list = append(list, sc.backups(in, Backup{Start: start, Length: sc.ManualLength, Manual: true})...)
		}
	}
	for i := range list {
		list[i] = list[i].at(now)
	}
	return list
}

// backups completes one backup, and splits it where shards are backed up one by one.
func (sc *Schedule) backups(in *Instance, b Backup) []Backup {
	b.Status, b.Method = statusRunning, defaultMethod(in)
	if b.ExpiresAt.IsZero() && in.Policy.RetentionDays > 0 {
		b.ExpiresAt = b.Start.AddDate(0, 0, in.Policy.RetentionDays)
	}
	b.JobID = number(in.ID, "job", b.Start)
	if len(sc.Shards) == 0 {
		return []Backup{sc.sized(in, b)}
	}
	list := make([]Backup, 0, len(sc.Shards))
	for _, b.Node = range sc.Shards {
		if in.ClusterBackup {
			b.Set = "cb-" + number(in.ID, "set", b.Start)
		}
		list = append(list, sc.sized(in, b))
	}
	return list
}

// sized gives the backup its id, name and size: growing by the day, with three percent of noise.
func (sc *Schedule) sized(in *Instance, b Backup) Backup {
	b.ID = number(in.ID, b.Node, b.Start)
	if in.huawei() {
		b.ID = huaweiID("br02", in.ID, b.ID)
	}
	b.Name = "auto-" + b.ID
	if b.Manual {
		b.Name = "manual-" + b.ID
	}
	days := b.Start.Sub(sc.Since).Hours() / 24
	size := float64(sc.SizeBytes) + days*float64(sc.GrowthPerDay)
	noise := float64(hashOf(b.ID, "size")%601)/10_000 - 0.03
	b.SizeBytes = max(1<<20, int64(size*(1+noise)))
	return b
}

// starts returns when scheduled backups start after since and up to now: somewhere within each window, always at the
// same place of it for the same instance.
func (p Policy) starts(instanceID string, since, now time.Time) []time.Time {
	var list []time.Time
	for at := p.windowBefore(since); !at.IsZero() && !at.After(now); at = p.windowAfter(at) {
		start := at
		if p.Window > 0 {
			start = at.Add(time.Duration(hashOf(instanceID, strconv.FormatInt(at.Unix(), 10)) % uint64(p.Window*3/4))).Truncate(time.Second)
		}
		if start.After(since) && !start.After(now) {
			list = append(list, start)
		}
	}
	return list
}

// windowBefore returns the first window to look at for what starts after t: no later than any that can matter.
func (p Policy) windowBefore(t time.Time) time.Time {
	return p.windowAfter(t.Add(-p.Window - time.Second))
}

// windowAfter returns when the next window after t opens; zero: never.
func (p Policy) windowAfter(t time.Time) time.Time {
	if p.Disabled || (p.Interval <= 0 && len(p.Weekdays) == 0) {
		return time.Time{}
	}
	t = t.UTC()
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	if p.Interval > 0 {
		first := day.AddDate(0, 0, -1).Add(p.StartsAt)
		return first.Add((t.Sub(first)/p.Interval + 1) * p.Interval)
	}
	for n := range 9 {
		at := day.AddDate(0, 0, n-1).Add(p.StartsAt)
		if at.After(t) && slices.Contains(p.Weekdays, at.Add(-p.StartsAt).Weekday()) {
			return at
		}
	}
	return time.Time{}
}

// nextAt returns when the cloud says that the next backup is due; zero: it does not say.
func (in *Instance) nextAt(now time.Time) time.Time {
	if in.Live == nil {
		return in.Policy.NextAt
	}
	return in.Policy.windowAfter(now)
}

// recoveryAt returns the spans of point-in-time recovery: for a living instance with log backup, from its oldest
// success to a few minutes ago.
func (in *Instance) recoveryAt(now time.Time) []Window {
	if in.Live == nil || !in.Policy.LogBackup {
		return in.Recovery
	}
	var oldest time.Time
	for _, b := range in.backupsAt(now) {
		if b.Status == statusSuccess && (oldest.IsZero() || b.End.Before(oldest)) {
			oldest = b.End
		}
	}
	if end := now.Add(-logLag).Truncate(time.Minute); !oldest.IsZero() && end.After(oldest) {
		return []Window{{Start: oldest, End: end}}
	}
	return nil
}

// busyAt reports whether a backup is running.
func (in *Instance) busyAt(now time.Time) bool {
	atWork := func(b Backup) bool { return b.Status == statusRunning }
	return slices.ContainsFunc(in.backupsAt(now), atWork)
}

// start begins a backup of each node ("" is the instance as a whole), as big as its last success.
func (in *Instance) start(b Backup, nodes []string) {
	b.Status = statusRunning
	for i, node := range nodes {
		part := b
		part.Node = node
		part.SizeBytes = in.lastSize(node, b.Start)
		if i > 0 {
			part.ID = number(in.ID, node, b.Start)
		}
		if in.ClusterBackup {
			part.Set = "cb-" + b.ID
		}
		in.Backups = append(in.Backups, part)
	}
}

func (in *Instance) lastSize(node string, now time.Time) int64 {
	last := Backup{SizeBytes: 1 << 30}
	for _, b := range in.backupsAt(now) {
		if b.Node == node && b.Status == statusSuccess && b.Start.After(last.Start) {
			last = b
		}
	}
	return last.SizeBytes
}

// jobsAt returns the instance's jobs as they stand at now: its own, and those that the running and the lately ended
// backups imply. Alibaba's words.
func (in *Instance) jobsAt(now time.Time) []Job {
	var list []Job
	for _, job := range in.Jobs {
		list = append(list, job.at(now))
	}
	for _, b := range in.backupsAt(now) {
		ended := b.Length > 0 && b.Status == statusSuccess && now.Sub(b.End) < linger
		sameStart := func(j Job) bool { return j.Start.Equal(b.Start) || j.ID == b.jobID() }
		if (b.Status != statusRunning && !ended) || slices.ContainsFunc(list, sameStart) {
			continue
		}
		job := Job{ID: b.jobID(), Status: "Finished", Manual: b.Manual, Start: b.Start, End: b.End, Length: b.Length}
		if !ended {
			job.Status, job.Progress = "Backuping", progress(b.Start, b.Length, now)
		}
		list = append(list, job)
	}
	slices.SortStableFunc(list, func(a, b Job) int { return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.ID, b.ID)) })
	return list
}

// at returns the job as it stands at now.
func (j Job) at(now time.Time) Job {
	if j.Length == 0 || !slices.Contains([]string{"Backuping", "Running"}, j.Status) {
		return j
	}
	if end := j.Start.Add(j.Length); !now.Before(end) {
		j.End, j.Progress = end, ""
		j.Status = map[string]string{"Backuping": "Finished", "Running": "Completed"}[j.Status]
		return j
	}
	j.Progress = progress(j.Start, j.Length, now)
	return j
}

// progress writes how much of the time is over, as "18%"; "" when the length is not known.
func progress(start time.Time, length time.Duration, now time.Time) string {
	if length <= 0 {
		return ""
	}
	return strconv.Itoa(int(max(0, min(99, 100*now.Sub(start)/length)))) + "%"
}

func (b Backup) jobID() string {
	if b.JobID != "" {
		return b.JobID
	}
	return strconv.FormatUint(hashOf("job", b.ID)%1_000_000_000, 10)
}

// number returns ten digits that are the same for the same input.
func number(id, part string, at time.Time) string {
	return fmt.Sprintf("%010d", hashOf(id, part, strconv.FormatInt(at.Unix(), 10))%10_000_000_000)
}

func hashOf(parts ...string) uint64 {
	h := fnv.New64a()
	for _, part := range parts {
		h.Write([]byte(part + "\x00"))
	}
	// FNV leaves similar inputs close to one another.
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd
	return x ^ x>>33
}

// huawei reports whether the instance is Huawei's, by the form of its id.
func (in *Instance) huawei() bool { return len(in.ID) == 36 && strings.HasSuffix(in.ID, "in02") }
