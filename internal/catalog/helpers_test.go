package catalog

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

const (
	day      = 24 * time.Hour
	lookback = 8 * day
)

var (
	start = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)
	one   = backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "dds-1"}
)

func hangzhou() backup.Target { return regionOf(one) }

// daily returns a successful automatic full backup that began at a time and is kept for a week.
func daily(began time.Time) backup.Backup {
	return backup.Backup{
		ID: "b" + began.Format("060102T150405"), Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Physical",
		State: backup.StateSuccess, StartedAt: began, EndedAt: began.Add(time.Hour), SizeBytes: new(int64(1 << 30)),
	}
}

// list returns a whole list that was read at a time.
func list(at time.Time, backups ...backup.Backup) Backups {
	return Backups{
		Times: Times{At: at}, Since: at.Add(-lookback),
		List: backup.List{Op: "DescribeBackups", Asked: []backup.Kind{backup.KindFull, backup.KindIncremental}, Backups: backups},
	}
}

func weekly(retention time.Duration) backup.Policy {
	return backup.Policy{Automatic: new(true), Schedules: []backup.Schedule{{Retention: retention, Weekdays: []time.Weekday{1, 3, 5}, StartsAt: 2 * time.Hour, Window: time.Hour}}}
}

func listing(ids ...string) backup.Listing {
	l := backup.Listing{Op: "DescribeDBInstances"}
	for _, id := range ids {
		l.Instances = append(l.Instances, backup.Instance{
			Target: backup.Target{InstanceID: id}, Name: "name of " + id, Status: "Running", Tags: map[string]string{"env": "prod"},
		})
	}
	return l
}

func ids(sets []Set) []string {
	all := []string{}
	for _, s := range sets {
		all = append(all, s.ID+" "+s.Absence.String())
	}
	return all
}

func open(t *testing.T, dir string) *File {
	t.Helper()
	f, err := Open(t.Context(), Options{Dir: dir, Lookback: lookback}, start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.closeAll)
	return f
}

func flush(t *testing.T, f *File, now time.Time) {
	t.Helper()
	if err := f.Flush(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

// view is all that queries say of some targets, as text that can be compared.
func view(c *Catalog, targets ...backup.Target) string {
	var text strings.Builder
	for _, r := range c.Regions() {
		fmt.Fprintf(&text, "%v listed %s\n", r, reading(c.Listed(r)))
		for _, in := range c.Instances(r) {
			fmt.Fprintf(&text, "  %v %s %v %v %v %v %v\n", in.Target, marshal(recordOfInstance(&in.Instance)), in.First, in.Last, in.StatusSince, in.Lacking, in.GoneAt)
		}
	}
	for _, t := range targets {
		k := c.Known(t)
		fmt.Fprintf(&text, "%v\n backups %s since %v whole %v op %s unread %v asked %v\n", t, times(TimesOf(k.Backups)), k.Since, k.WholeAt, k.Backups.Value.Op, k.Backups.Value.Unread, k.Backups.Value.Asked)
		for _, s := range c.Sets(t) {
			text.WriteString("  " + setText(s) + "\n")
		}
		for _, s := range c.Left(t) {
			text.WriteString("  left " + setText(s) + "\n")
		}
		fmt.Fprintf(&text, " removal %v\n", c.Removals(t)[t].Last)
		for _, j := range k.Jobs.Value {
			fmt.Fprintf(&text, " job %s %v %v %v %v %q\n", j.ID, j.State, j.Trigger, j.StartedAt.UTC(), number0(j.Progress), j.Reason)
		}
		for _, v := range k.Policies {
			fmt.Fprintf(&text, " version %s %v %v\n", marshal(recordOfPolicy(&v.Policy)), v.First, v.Last)
		}
		if older := k.Older.Value; older != nil {
			fmt.Fprintf(&text, " older %v %s\n", older.At.UTC(), marshal(recordOfOlder(older)))
		}
		fmt.Fprintf(&text, " older asked %s\n", times(TimesOf(k.Older)))
		fmt.Fprintf(&text, " jobs %s policy %s %s recovery %s restore %s copies %s checks %s\n", times(TimesOf(k.Jobs)), times(TimesOf(k.Policy)), marshal(recordOfPolicy(&k.Policy.Value)),
			reading(k.Recovery), reading(k.LastRestore), times(TimesOf(k.Copies))+marshal(recordOfCopies(&k.Copies.Value)), reading(k.RestoreChecks))
	}
	return text.String()
}

func number0[T any](p *T) any {
	if p == nil {
		return "unknown"
	}
	return *p
}

func times(t Times) string { return fmt.Sprintf("%v %v %v", t.At.UTC(), t.CloudAt.UTC(), t.NotOffered) }

func reading[T any](r backup.Reading[T]) string {
	return fmt.Sprintf("%+v %s", r.Value, times(TimesOf(r)))
}

func setText(s Set) string {
	b := s.Backup
	text := fmt.Sprintf("%s %v %v %s %v %v %v %v %v %q %q %v %v %v", b.ID, b.Kind, b.Trigger, b.Method, b.State,
		b.StartedAt.UTC(), b.EndedAt.UTC(), b.ExpiresAt.UTC(), number0(b.SizeBytes), b.Unusable, b.Part, s.Absence, s.LeftAt.UTC(), s.Expiry.UTC())
	for _, seen := range s.Seen {
		text += fmt.Sprintf(" [%v %v %v]", seen.State, seen.First.UTC(), seen.Last.UTC())
	}
	return text
}
