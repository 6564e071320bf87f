package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Wanted says which targets are wanted, and in which order. The zero value is all of them, the worst first.
type Wanted struct {
	States          []backup.HealthState // empty: all
	Account, Region string               // "": all
	Instance        string               // id or name of the instance; "": all
	Text            string               // what the names, the reason, a finding or an error has, in upper or lower case; "": all
	Sort            Sort

	Skip, Limit int // which part of the list; Limit 0: all of it
}

// Sort is an order of targets. The zero value is SortVerdict.
type Sort string

// The orders. Targets that are the same in one are in the order of SortVerdict.
const (
	SortVerdict Sort = ""        // the worst first
	SortName    Sort = "name"    // by name
	SortWhere   Sort = "where"   // by cloud, account and region
	SortSuccess Sort = "success" // the oldest last success first; none at all is older than any
	SortSize    Sort = "size"    // the largest last success first
)

// Sorts returns every order once.
func Sorts() []Sort { return []Sort{SortVerdict, SortName, SortWhere, SortSuccess, SortSize} }

// Narrows reports whether not all targets are wanted.
func (w Wanted) Narrows() bool {
	return len(w.States) > 0 || w.Account != "" || w.Region != "" || w.Instance != "" || w.Text != ""
}

// Select assesses the targets of a snapshot and returns those that are wanted. The regions are those of the wanted account
// and region.
func Select(snapshot *backup.Snapshot, want Wanted, now time.Time) Report {
	report := Report{At: now, Targets: []Target{}, Regions: []Region{}}
	for _, r := range snapshot.Regions {
		if want.in(r.Account, r.Region) {
			report.Regions = append(report.Regions, newRegion(r, now))
		}
	}
	var found []judged
	for i := range snapshot.Instances {
		in := &snapshot.Instances[i]
		if !want.in(in.Instance.Account, in.Instance.Region) || !want.named(in.Instance) {
			continue
		}
		for _, j := range judge(in, now) {
			if !want.says(j) {
				continue
			}
			report.counts[j.health.State]++
			if len(want.States) == 0 || slices.Contains(want.States, j.health.State) {
				found = append(found, j)
			}
		}
	}
	report.Matching = len(found)
	want.sort(found)
	for _, j := range want.part(found) {
		report.Targets = append(report.Targets, j.line(now))
	}
	switch {
	case len(snapshot.Instances) == 0:
		report.Notice = nothing(snapshot.Regions, now)
	case len(found) == 0:
		report.Notice = fmt.Sprintf("No target is like that: of the %s that are watched, none matches what was asked for.", instances(len(snapshot.Instances)))
	}
	return report
}

func instances(n int) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// in reports whether an account and region are wanted.
func (w Wanted) in(account, region string) bool {
	return (w.Account == "" || w.Account == account) && (w.Region == "" || w.Region == region)
}

// named reports whether an instance is wanted by its id or name.
func (w Wanted) named(in backup.Instance) bool {
	return w.Instance == "" || w.Instance == in.InstanceID || w.Instance == in.Name
}

// says reports whether what is shown of a target has the wanted text.
func (w Wanted) says(j judged) bool {
	if w.Text == "" {
		return true
	}
	in, part := j.in.Instance, strings.ToLower(w.Text)
	has := func(s string) bool { return strings.Contains(strings.ToLower(s), part) }
	return slices.ContainsFunc([]string{
		in.Name, in.InstanceID, j.node.NodeID, in.Account, in.Region, in.Cloud, in.Owner, in.Status, j.health.State.String(), j.health.Reason,
	}, has) || slices.ContainsFunc(j.findings, func(f Finding) bool { return has(f.Text) || has(string(f.Name)) }) || has(text(firstError(*j.in, *j.node)))
}

// sort brings targets into the wanted order.
func (w Wanted) sort(all []judged) {
	slices.SortStableFunc(all, func(a, b judged) int { return cmp.Compare(a.health.State.Urgency(), b.health.State.Urgency()) })
	var compare func(a, b judged) int
	switch w.Sort {
	case SortVerdict:
		return
	case SortName:
		compare = func(a, b judged) int {
			return cmp.Compare(cmp.Or(a.in.Instance.Name, a.in.Instance.InstanceID), cmp.Or(b.in.Instance.Name, b.in.Instance.InstanceID))
		}
	case SortWhere:
		compare = func(a, b judged) int {
			return cmp.Or(cmp.Compare(a.in.Instance.Cloud, b.in.Instance.Cloud), cmp.Compare(a.in.Instance.Account, b.in.Instance.Account),
				cmp.Compare(a.in.Instance.Region, b.in.Instance.Region))
		}
	case SortSuccess:
		compare = func(a, b judged) int { return a.succeeded().Compare(b.succeeded()) }
	case SortSize:
		compare = func(a, b judged) int { return cmp.Compare(b.size(), a.size()) }
	}
	slices.SortStableFunc(all, compare)
}

// succeeded returns when the last success finished; zero: none is known.
func (j judged) succeeded() time.Time {
	if last := j.health.NewestSuccess(); last != nil {
		return last.Finished()
	}
	return time.Time{}
}

// size returns the size of the last success; -1: not known.
func (j judged) size() int64 {
	if last := j.health.NewestSuccess(); last != nil && last.SizeBytes != nil {
		return *last.SizeBytes
	}
	return -1
}

// part returns the wanted part of a list.
func (w Wanted) part(all []judged) []judged {
	skip := min(max(0, w.Skip), len(all))
	rest := all[skip:]
	if w.Limit > 0 {
		rest = rest[:min(w.Limit, len(rest))]
	}
	return rest
}
