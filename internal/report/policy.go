package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// PolicyPage is what a page says of the cloud's schedule.
type PolicyPage struct {
	Read
	Facts   []Fact
	Next    *time.Time // when the cloud plans the next backup
	Changes []Change   // that were seen, newest first
}

// Fact is a name and a value for a person.
type Fact struct{ Name, Value string }

// Change is one change of a policy.
type Change struct {
	At    time.Time  // when it was seen
	Since *time.Time // when the former policy was last read; nil: just before At
	What  []string   // what changed, from what to what
}

func newPolicyPage(in backup.InstanceState, now time.Time) PolicyPage {
	page := PolicyPage{Read: newRead(in.Policy, now)}
	if page.At == nil {
		return page
	}
	present := in.Policy.Value
	page.Facts, page.Next = policyFacts(present), when(present.NextAt)
	page.Changes = Changes(present, in.PolicyChanges)
	return page
}

// Changes returns the changes of a policy for a person, newest first. present is the policy in force, and the changes are those
// that were seen, the oldest first.
func Changes(present backup.Policy, seen []backup.PolicyChange) []Change {
	var all []Change
	for _, change := range slices.Backward(seen) {
		all = append(all, Change{At: change.At, Since: when(change.LastAt), What: differences(change.Former, present)})
		present = change.Former
	}
	return all
}

// differences says what two policies do not have in common.
func differences(former, later backup.Policy) []string {
	var all []string
	after := policyFacts(later)
	for i, before := range policyFacts(former) {
		if before.Value != after[i].Value {
			all = append(all, before.Name+": "+before.Value+" → "+after[i].Value)
		}
	}
	return all
}

// policyFacts returns what a policy says, always the same names in the same order.
func policyFacts(p backup.Policy) []Fact {
	copies := "no"
	if p.CopyRegion != "" {
		copies = "to " + p.CopyRegion
	}
	return []Fact{
		{"Automatic backup", choice(p.Automatic, "on", "off")},
		{"Schedule", schedules(p)},
		{"High-frequency backup", highFrequency(p)},
		{"Kept for", retention(p.Retention())},
		{"Log backup", choice(p.LogBackup, "on", "off")},
		{"Copied to another region", copies},
		{"Outlives the instance", choice(p.KeptAfterDeletion, "yes", "no")},
	}
}

// notSaid stands for what a cloud does not tell of a policy.
const notSaid = "not said"

func choice(b *bool, yes, no string) string {
	switch {
	case b == nil:
		return notSaid
	case *b:
		return yes
	}
	return no
}

func retention(d time.Duration) string {
	if d == 0 {
		return notSaid
	}
	if d == backup.Forever {
		return "ever"
	}
	return backup.Span(d)
}

// highFrequency returns how often high-frequency backups are made, and how long they are kept.
func highFrequency(p backup.Policy) string {
	var all []string
	for _, s := range p.Schedules {
		if s.HighFrequency() {
			all = append(all, schedule(s)+keptFor(s))
		}
	}
	if len(all) == 0 {
		return "off"
	}
	return strings.Join(all, "; ")
}

func keptFor(s backup.Schedule) string {
	if s.Retention <= 0 {
		return ""
	}
	return ", kept for " + retention(s.Retention)
}

// schedules returns all schedules that are not of high-frequency backups. Where there are several, each has its retention.
func schedules(p backup.Policy) string {
	others := slices.DeleteFunc(slices.Clone(p.Schedules), backup.Schedule.HighFrequency)
	if len(others) == 0 {
		return notSaid
	}
	if len(others) == 1 {
		return schedule(others[0])
	}
	var all []string
	for _, s := range others {
		all = append(all, schedule(s)+keptFor(s))
	}
	return strings.Join(all, "; ")
}

// schedule returns the days and the window of a schedule, e.g. Mon, Thu 02:00–03:00Z, or its interval.
func schedule(p backup.Schedule) string {
	if p.Interval > 0 {
		return "every " + backup.Span(p.Interval)
	}
	if len(p.Weekdays) == 0 {
		return notSaid
	}
	var names []string
	for _, d := range p.Weekdays {
		names = append(names, d.String()[:3])
	}
	days := strings.Join(names, ", ")
	if len(names) == 7 {
		days = "daily"
	}
	if p.Window <= 0 {
		return days
	}
	return days + " " + clock(p.StartsAt) + "–" + clock(p.StartsAt+p.Window) + "Z"
}

// clock returns a time of day, e.g. 02:00.
func clock(d time.Duration) string {
	minutes := int(d/time.Minute) % (24 * 60)
	return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
}
