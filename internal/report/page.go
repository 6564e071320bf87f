package report

import (
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Page is what the page of one instance shows.
type Page struct {
	At       time.Time
	About    Instance // as the newest answer has it; Monitored and Unmonitored are not set
	Sharded  bool
	Targets  []TargetPage // the worst first; never empty
	Running  []RunningJob
	Failed   []FailedJob // jobs that failed, newest first
	JobsRead Read
	Policy   PolicyPage
	Commands []Command
	Console  *Console // nil: not known
}

// Read says how current an answer of the cloud is.
type Read struct {
	At         *time.Time // when the cloud gave it; nil: never
	Known      bool       // it may be shown as current
	NotOffered bool       // the cloud does not offer this for the instance
	Err        string     // why the newest attempt failed; "": it did not
}

// TargetPage is the part of a page about one target.
type TargetPage struct {
	Target
	Known     bool       // the list of backups may be shown as current
	Usable    int        // backups that a restore could start from
	Oldest    *time.Time // oldest moment that can be restored
	Expiry    string     // when the last usable backup expires; "": not known
	Chart     Chart
	Attempts  []Attempt // newest first, at most maxAttempts
	Unlisted  int       // further attempts, which are not in Attempts
	GapsText  []string  // the times in which the objective was not kept
	GapsTotal string    // how long they were together; "": there were none
}

// Attempt is a row of the table of backups.
type Attempt struct {
	State, Kind, Trigger, Method string
	Began                        *time.Time
	Took                         string // "": not known
	SizeBytes                    *int64
	Expires                      string // "": not known
	Note                         string // why it failed, or is no recovery point; "": neither
}

// RunningJob is a job that has not ended.
type RunningJob struct {
	State, Trigger string
	Began          *time.Time
	Progress       *float64
	End            string // when it should end; "": nobody knows
	NodeID         string // the shard, where the list of its backups shows it; "": a job of the instance

	usual time.Time
}

// FailedJob is a job that failed.
type FailedJob struct {
	Began   *time.Time
	Trigger string
	Reason  string // in the cloud's words; "": it does not say
}

// maxAttempts bounds the rows of the table of backups of one target.
const maxAttempts = 40

// NewPage returns the page of one instance; false: the snapshot does not have it.
func NewPage(snapshot *backup.Snapshot, want backup.Target, now time.Time) (Page, bool) {
	i := slices.IndexFunc(snapshot.Instances, func(in backup.InstanceState) bool { return in.Instance.Target == want })
	if i < 0 {
		return Page{}, false
	}
	in := snapshot.Instances[i]
	page := Page{
		At: now, About: newInstance(backup.ListedInstance{Instance: in.Instance}), Sharded: in.Sharded(),
		JobsRead: newRead(in.Jobs, now), Policy: newPolicyPage(in, now),
		Commands: commands(in.Instance), Console: console(in.Instance),
	}
	from, until := span(in, now)
	for _, j := range judge(&in, now) {
		timeline := in.Target(*j.node).Timeline(in.Objectives, from, until, now)
		page.Targets = append(page.Targets, newTargetPage(j, timeline, now))
		page.Running = mergeRunning(page.Running, timeline.Running, j.node.NodeID, now)
	}
	if in.Jobs.Known(now) {
		page.Failed = failedJobs(in.Jobs.Value)
	}
	slices.SortStableFunc(page.Targets, func(a, b TargetPage) int { return a.state.Urgency() - b.state.Urgency() })
	return page, true
}

// The span of a timeline: at least a week, at most two months, and a day and a half to come.
const (
	minSpan = 7 * 24 * time.Hour
	maxSpan = 62 * 24 * time.Hour
	ahead   = 36 * time.Hour
)

// span returns from when and until when the timelines of an instance go: the same for each shard.
func span(in backup.InstanceState, now time.Time) (from, until time.Time) {
	from = now.Add(-minSpan)
	for _, node := range in.Nodes {
		for _, b := range node.Backups.Value.Backups {
			if began := b.StartedAt; !began.IsZero() && began.Before(from) {
				from = began
			}
		}
	}
	if earliest := now.Add(-maxSpan); from.Before(earliest) {
		from = earliest
	}
	return from.UTC().Truncate(24 * time.Hour), now.Add(ahead)
}

func newTargetPage(j judged, timeline backup.Timeline, now time.Time) TargetPage {
	page := TargetPage{
		Target: j.line(now), Known: j.health.Known, Usable: j.health.Usable, Oldest: when(j.health.OldestRecoveryPoint),
		Expiry: expiry(j.health.LastUsableExpiry), Chart: newChart(timeline, now),
	}
	page.Chart.restorable(page.WindowStart, page.WindowEnd, timeline)
	page.Attempts, page.Unlisted = attempts(timeline.Backups)
	page.GapsText, page.GapsTotal = gaps(timeline.Gaps, now)
	return page
}

// attempts returns rows for the newest backups, and how many more there are. Incremental ones that are fine are left out:
// they are minutes apart.
func attempts(all []backup.PastBackup) (rows []Attempt, more int) {
	for _, b := range all {
		fine := b.Kind == backup.KindIncremental && b.State == backup.StateSuccess && b.Flaw == ""
		if fine || len(rows) == maxAttempts {
			more++
			continue
		}
		row := Attempt{
			State: b.State.String(), Kind: b.Kind.String(), Trigger: trigger(b.Trigger), Method: b.Method,
			Began: when(b.StartedAt), SizeBytes: b.SizeBytes, Expires: expiry(b.ExpiresAt), Note: note(b),
		}
		if row.Began == nil {
			row.Began = when(b.EndedAt)
		}
		if took := b.Took(); took > 0 {
			row.Took = backup.Span(took)
		}
		rows = append(rows, row)
	}
	return rows, more
}

// note says what is the matter with a backup.
func note(b backup.PastBackup) string {
	switch {
	case b.Reason != "":
		return b.Reason
	case b.Flaw != "":
		return "it " + b.Flaw
	case b.Part != "":
		return "it holds only a part of the instance: " + b.Part
	}
	return ""
}

// maxGaps bounds the gaps that a text names.
const maxGaps = 8

// gaps returns the newest gaps, newest first, and how long all were together.
func gaps(all []backup.Gap, now time.Time) (texts []string, total string) {
	var sum time.Duration
	for _, g := range slices.Backward(all) {
		length := g.Until.Sub(g.From).Round(time.Minute)
		sum += length
		text := Moment(&g.From) + " to " + Moment(&g.Until) + ", " + backup.Span(length)
		if !g.Until.Before(now.Truncate(time.Second)) {
			text = "since " + Moment(&g.From) + ", " + backup.Span(length)
		}
		if len(texts) < maxGaps {
			texts = append(texts, text)
		}
	}
	if sum > 0 {
		total = backup.Span(sum)
	}
	return texts, total
}

// mergeRunning adds what runs for a target. The jobs of an instance are the same for each of its targets, and end with the
// last of them.
func mergeRunning(all []RunningJob, found []backup.RunningBackup, node string, now time.Time) []RunningJob {
	merge := len(all) > 0
	for i, r := range found {
		line := RunningJob{State: r.State.String(), Trigger: trigger(r.Trigger), Began: when(r.StartedAt), Progress: r.Progress, usual: r.UsualEnd}
		switch {
		case r.ID == "":
			line.NodeID = node
			all = append(all, line)
		case !merge:
			all = append(all, line)
		case i < len(all) && all[i].usual.Before(line.usual):
			all[i].usual = line.usual
		}
	}
	for i := range all {
		all[i].End = end(all[i].usual, now)
	}
	return all
}

// end says when something should end that ends at t as a rule; "": nobody knows.
func end(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case now.After(t):
		return "should have ended by " + Moment(&t) + ", " + backup.Span(now.Sub(t)) + " ago, if it took as long as the longest one before"
	}
	return "should end by " + Moment(&t) + ", in " + backup.Span(t.Sub(now)) + ", if it takes as long as the longest one before"
}

func failedJobs(jobs []backup.Job) []FailedJob {
	var failed []FailedJob
	for _, job := range jobs {
		if job.State == backup.JobFailed {
			failed = append(failed, FailedJob{Began: when(job.StartedAt), Trigger: trigger(job.Trigger), Reason: job.Reason})
		}
	}
	slices.SortStableFunc(failed, func(a, b FailedJob) int { return instant(b.Began).Compare(instant(a.Began)) })
	return failed
}

// trigger returns what started a backup; "": not known.
func trigger(t backup.Trigger) string {
	if t == backup.TriggerUnknown {
		return ""
	}
	return t.String()
}

// instant returns the time, or the zero time for nil.
func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// expiry returns when a backup expires for a person; "": not known.
func expiry(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(backup.Never):
		return "never"
	}
	return Moment(&t)
}

func newRead[T any](r backup.Reading[T], now time.Time) Read {
	return Read{At: when(r.At), Known: r.Known(now), NotOffered: r.NotOffered, Err: text(r.Failure())}
}

// Future reports whether a moment is still to come.
func (p Page) Future(t *time.Time) bool { return t != nil && t.After(p.At) }

// Query returns the query with which links to runbooks name the instance; "": its id is not plain.
func (p Page) Query() string {
	if !Plain(p.About.InstanceID) {
		return ""
	}
	return "?instance_id=" + p.About.InstanceID
}
