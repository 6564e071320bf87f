package evidence

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Report is the evidence about every wanted target over a span, those with a broken control first: what the command report
// writes as JSON, and /api/v1/report sends. What is not known is null.
type Report struct {
	At     time.Time `json:"at"`
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until"`
	Result string    `json:"result"` // broken when a control of any target is, else unknown when one is or something could not be listed, else kept

	Coverage  []Region   `json:"coverage"`  // what was listed
	Unwatched []Instance `json:"unwatched"` // instances that are listed and not watched: nothing here is about them
	Summary   Summary    `json:"summary"`
	Targets   []Target   `json:"targets"`
}

// Region says what is known of the instances of one account in one region.
type Region struct {
	Cloud     string     `json:"cloud"`
	Account   string     `json:"account"`
	Region    string     `json:"region"`
	ListedAt  *time.Time `json:"listed_at"`        // when its instances were last listed
	Current   bool       `json:"listed"`           // that list is current: an instance that is new would be in it
	Instances *int       `json:"listed_instances"` // how many it has
	LastError string     `json:"last_error,omitempty"`
}

// Instance is an instance that is not watched, and why.
type Instance struct {
	Cloud        string `json:"cloud"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	InstanceID   string `json:"instance_id"`
	InstanceName string `json:"instance_name"`
	Reason       string `json:"unmonitored_reason"`
}

// Summary counts targets.
type Summary struct {
	Targets  int      `json:"targets"`
	Kept     int      `json:"kept"`    // every control that applies was kept
	Broken   int      `json:"broken"`  // one was broken
	Unknown  int      `json:"unknown"` // none was broken, and one is not known
	NotDue   int      `json:"not_due"` // no control applies: the instance did not exist in the time, as far as that is known
	Within   *float64 `json:"within_rpo_ratio"`
	Unsure   *float64 `json:"unknown_ratio"`
	Schedule Schedule `json:"schedule"` // windows of all targets
	Controls []Count  `json:"controls"` // in the order in which people are shown them
}

// Count says of how many targets a control was kept.
type Count struct {
	Name    backup.ControlName `json:"name"`
	Kept    int                `json:"kept"`
	Broken  int                `json:"broken"`
	Unknown int                `json:"unknown"`
}

// New returns the report about the subjects.
func (s *Subjects) New() Report {
	r := Report{
		At: s.opts.Now.UTC().Truncate(time.Second), Since: s.opts.Since.UTC(), Until: s.opts.Until.UTC(),
		Coverage: []Region{}, Unwatched: []Instance{}, Targets: []Target{},
	}
	s.cover(&r)
	var total totals
	for _, one := range s.instances {
		for i := range one.state.Nodes {
			e := one.pasts[i].Evidence(s.opts.Since, s.opts.Until)
			r.Targets = append(r.Targets, newTarget(&one, one.pasts[i], &e))
			total.add(&e)
		}
	}
	r.Summary = summarize(r.Targets, total)
	r.Result = r.result()
	slices.SortStableFunc(r.Targets, compare)
	return r
}

// result concludes from the targets and the coverage.
func (r *Report) result() string {
	unsure := slices.ContainsFunc(r.Coverage, func(region Region) bool { return !region.Current })
	has := func(result string) bool {
		return slices.ContainsFunc(r.Targets, func(t Target) bool { return t.Result == result })
	}
	kept, broken, unknown := backup.ControlKept.String(), backup.ControlBroken.String(), backup.ControlUnknown.String()
	switch {
	case has(broken):
		return broken
	case has(unknown), unsure, !has(kept):
		return unknown
	}
	return kept
}

// Check reports what shows that something is no report of a span that an exporter made.
func (r *Report) Check(since, until time.Time) error {
	switch {
	case r.At.IsZero() || r.Targets == nil || r.Coverage == nil:
		return errors.New("it has no at, targets or coverage")
	case !r.Since.Equal(since) || !r.Until.Equal(until):
		return fmt.Errorf("it is about %s to %s, which was not asked for", r.Since.Format(time.RFC3339), r.Until.Format(time.RFC3339))
	case r.Result != r.result():
		return fmt.Errorf("its result is %q, and its targets say %q", r.Result, r.result())
	}
	return nil
}

// compare orders targets: those with a broken control first, then those of which something is not known; and the smallest share
// of time within the objective first.
func compare(a, b Target) int {
	share := func(t Target) float64 {
		if t.Within == nil {
			return 1
		}
		return *t.Within
	}
	return cmp.Or(
		cmp.Compare(severity(a.Result), severity(b.Result)), cmp.Compare(share(a), share(b)),
		cmp.Compare(a.Name(), b.Name()), cmp.Compare(a.InstanceID, b.InstanceID), cmp.Compare(a.NodeID, b.NodeID),
	)
}

// severity returns the place of a result: 0 is the worst.
func severity(result string) int {
	return slices.Index([]string{backup.ControlBroken.String(), backup.ControlUnknown.String(), backup.ControlKept.String(), notDue}, result)
}

// cover says what was listed, and what is not watched. Of a single instance that is no matter.
func (s *Subjects) cover(r *Report) {
	if s.opts.Instance != "" {
		return
	}
	for _, region := range s.opts.Snapshot.Regions {
		r.Coverage = append(r.Coverage, newRegion(region, s.opts.Now))
		if region.OfRegions {
			continue
		}
		for _, in := range region.Instances {
			if in.Unwatched != "" {
				r.Unwatched = append(r.Unwatched, Instance{
					Cloud: in.Cloud, Account: in.Account, Region: in.Region, InstanceID: in.InstanceID, InstanceName: in.Name, Reason: in.Unwatched,
				})
			}
		}
	}
}

func newRegion(r backup.Region, now time.Time) Region {
	line := Region{
		Cloud: r.Cloud, Account: r.Account, Region: r.Region, ListedAt: when(r.Unmonitored.At), Current: r.Unmonitored.Known(now),
	}
	if err := cmp.Or(r.Err, r.Unmonitored.Err); err != nil {
		line.LastError = err.Error()
	}
	if n, ok := r.ListedInstances(); ok {
		line.Instances = &n
	}
	return line
}

// totals add up the times of targets.
type totals struct{ kept, broken, unknown time.Duration }

func (t *totals) add(e *backup.Evidence) {
	t.kept += e.Total(backup.StandingKept)
	t.broken += e.Total(backup.StandingBroken)
	t.unknown += e.Total(backup.StandingUnknown)
}

func summarize(targets []Target, total totals) Summary {
	s := Summary{Targets: len(targets), Within: share(total.kept, total.kept+total.broken), Unsure: share(total.unknown, total.kept+total.broken+total.unknown)}
	counts := map[backup.ControlName]*Count{}
	for _, name := range backup.ControlNames() {
		counts[name] = &Count{Name: name}
	}
	for i := range targets {
		s.Schedule.add(&targets[i])
	}
	for _, t := range targets {
		if t.Result == notDue {
			s.NotDue++
			continue
		}
		add(t.Result, &s.Kept, &s.Broken, &s.Unknown)
		for name, state := range t.Controls {
			c := counts[name]
			add(state, &c.Kept, &c.Broken, &c.Unknown)
		}
	}
	s.Controls = []Count{}
	for _, name := range backup.ControlNames() {
		if c := counts[name]; c.Kept+c.Broken+c.Unknown > 0 {
			s.Controls = append(s.Controls, *c)
		}
	}
	return s
}

func add(state string, kept, broken, unknown *int) {
	switch state {
	case backup.ControlKept.String():
		*kept++
	case backup.ControlBroken.String():
		*broken++
	default:
		*unknown++
	}
}

// share returns a part of a whole; nil: there is no whole.
func share(part, whole time.Duration) *float64 {
	if whole <= 0 {
		return nil
	}
	return new(float64(part) / float64(whole))
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(t.UTC())
}

// Name returns the instance's name, or else its id.
func (t Target) Name() string { return cmp.Or(t.InstanceName, t.InstanceID) }

// Removal is a backup that vanished before its expiry.
type Removal = report.Removal
