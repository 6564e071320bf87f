package fleet

import (
	"slices"
	"strconv"
	"time"
)

// logLag is how far behind now log backup is.
const logLag = 5 * time.Minute

// BackupsAt returns the instance's backups as they are at now. For an instance with Live, expired ones are left out.
func (in *Instance) BackupsAt(now time.Time) []Backup {
	list := make([]Backup, 0, len(in.Backups))
	for _, b := range in.Backups {
		list = append(list, b.at(now))
	}
	if in.Live == nil {
		return list
	}
	list = append(list, in.Live.between(in, in.Live.Since, now)...)
	return slices.DeleteFunc(list, func(b Backup) bool {
		return !b.ExpiresAt.IsZero() && now.After(b.ExpiresAt)
	})
}

// at returns the backup as it is at now: a running one succeeds after its Length.
func (b Backup) at(now time.Time) Backup {
	if b.Status != StatusRunning || b.Length == 0 {
		return b
	}
	if end := b.Start.Add(b.Length); !now.Before(end) {
		b.Status, b.End = StatusSuccess, end
	}
	return b
}

// Progress returns how much of a running backup's Length is over, as "18%". It returns "" when Length is not set.
func (b Backup) Progress(now time.Time) string { return progress(b.Start, b.Length, now) }

// EffectiveJobID returns the id of the job that made the backup: JobID, or an id derived from ID.
func (b Backup) EffectiveJobID() string {
	if b.JobID != "" {
		return b.JobID
	}
	return strconv.FormatUint(hashOf("job", b.ID)%1_000_000_000, 10)
}

// SortNewestFirst sorts by the start of the backups.
func SortNewestFirst(list []Backup) {
	slices.SortStableFunc(list, func(a, b Backup) int { return b.Start.Compare(a.Start) })
}

// At returns the job as it is at now: a running one ends after its Length.
func (j Job) At(now time.Time) Job {
	ended := map[string]string{"Backuping": "Finished", "Running": "Completed"}[j.Status]
	if j.Length == 0 || ended == "" {
		return j
	}
	if end := j.Start.Add(j.Length); !now.Before(end) {
		j.End, j.Progress, j.Status = end, "", ended
		return j
	}
	j.Progress = progress(j.Start, j.Length, now)
	return j
}

func progress(start time.Time, length time.Duration, now time.Time) string {
	if length <= 0 {
		return ""
	}
	return strconv.Itoa(int(max(0, min(99, 100*now.Sub(start)/length)))) + "%"
}

// NextBackupAt returns the next backup that the cloud announces. It returns the zero time when the cloud announces none.
func (in *Instance) NextBackupAt(now time.Time) time.Time {
	if in.Live == nil {
		return in.Policy.NextAt
	}
	return in.Policy.nextWindow(now)
}

// RecoveryAt returns the spans of point-in-time recovery. For an instance with Live and log backup there is one, from
// the end of the oldest success to a few minutes before now, without the LogGaps.
func (in *Instance) RecoveryAt(now time.Time) []Window {
	if in.Live == nil || !in.LogsOn() {
		return in.Recovery
	}
	var oldest time.Time
	for _, b := range in.BackupsAt(now) {
		if b.Status == StatusSuccess && (oldest.IsZero() || b.End.Before(oldest)) {
			oldest = b.End
		}
	}
	if end := now.Add(-logLag).Truncate(time.Minute); !oldest.IsZero() && end.After(oldest) {
		return in.withoutGaps(Window{Start: oldest, End: end}, now)
	}
	return nil
}

// withoutGaps cuts the LogGaps out of a span. They must be sorted and must not overlap.
func (in *Instance) withoutGaps(span Window, now time.Time) []Window {
	var list []Window
	for _, gap := range in.LogGaps {
		if gap.Start.After(span.Start) && gap.Start.Before(span.End) {
			list = append(list, Window{Start: span.Start, End: gap.Start})
		}
		if gap.End.IsZero() {
			gap.End = in.fullAfter(gap.Start, now)
		}
		span.Start = later(span.Start, gap.End)
	}
	if span.Start.Before(span.End) {
		list = append(list, span)
	}
	return list
}

// fullAfter returns the end of the first full backup that began after t and succeeded; the distant future when there is
// none yet.
func (in *Instance) fullAfter(t, now time.Time) time.Time {
	first := now.AddDate(100, 0, 0)
	for _, b := range in.BackupsAt(now) {
		if b.Status == StatusSuccess && b.Start.After(t) && b.End.Before(first) {
			first = b.End
		}
	}
	return first
}

// IncrementsAt returns Huawei's incremental backups that began after since, for an instance with Live and log backup:
// one every few minutes of each span of point-in-time recovery.
func (in *Instance) IncrementsAt(since, now time.Time) []Backup {
	if in.Live == nil || !in.Policy.LogBackup {
		return nil
	}
	var list []Backup
	for _, span := range in.RecoveryAt(now) {
		first := later(span.Start, since).Truncate(incrementEvery).Add(incrementEvery)
		for start := first; !start.After(span.End); start = start.Add(incrementEvery) {
			list = append(list, in.increment(start))
		}
	}
	return list
}

// incrementEvery is the time between two incremental backups.
const incrementEvery = 5 * time.Minute

func (in *Instance) increment(start time.Time) Backup {
	id := tenDigits(in.ID, "increment", start)
	return Backup{
		ID: HuaweiID("br02", in.ID, id), Name: "incremental-" + id, Incremental: true, Method: "Incremental", Status: StatusSuccess,
		Start: start, End: start.Add(20 * time.Second), SizeBytes: mebibyte + int64(hashOf(id)%(8*mebibyte)),
	}
}

// BusyAt reports whether a backup of the instance is running.
func (in *Instance) BusyAt(now time.Time) bool {
	running := func(b Backup) bool { return b.Status == StatusRunning }
	return slices.ContainsFunc(in.BackupsAt(now), running)
}

// StartBackup adds a running backup of each node; "" is the instance as a whole. Each will be as big as the node's last
// success. The first keeps the id of b, the others get ids of their own.
func (in *Instance) StartBackup(b Backup, nodes []string) {
	b.Status = StatusRunning
	for i, node := range nodes {
		part := b
		part.Node = node
		part.SizeBytes = in.lastSize(node, b.Start)
		if i > 0 {
			part.ID = tenDigits(in.ID, node, b.Start)
		}
		if in.ClusterBackup {
			part.Set = setID(b.ID)
		}
		in.Backups = append(in.Backups, part)
	}
}

// lastSize returns the size of the node's last success; without one, a gibibyte.
func (in *Instance) lastSize(node string, now time.Time) int64 {
	last := Backup{SizeBytes: gibibyte}
	for _, b := range in.BackupsAt(now) {
		if b.Node == node && b.Status == StatusSuccess && b.Start.After(last.Start) {
			last = b
		}
	}
	return last.SizeBytes
}
