package backup_test

import (
	"fmt"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// fleet returns 10,000 targets with ten backups each.
func fleet() []backup.TargetState {
	fleet := make([]backup.TargetState, 10_000)
	for i := range fleet {
		list := []backup.Backup{running(at(22, 11, 30)), failed(at(22, 2, 10))}
		for n := range 8 {
			list = append(list, sized(at(21-n, 2, i%60), int64(gib+n)))
		}
		in, _ := verdictCase{now: noon, list: list, policy: daily()}.input()
		in.Recovery = read(backup.Window{Start: at(15, 0, 0), End: at(22, 11, 55)}, noon)
		fleet[i] = in
	}
	return fleet
}

// BenchmarkAssess judges a fleet, as one scrape does.
func BenchmarkAssess(b *testing.B) {
	fleet, want := fleet(), objectives()
	var states [backup.NumHealthStates]int
	b.ReportAllocs()
	for b.Loop() {
		for i := range fleet {
			states[backup.Assess(fleet[i], want, noon).State]++
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/fleet")
	if states[backup.HealthFailed] == 0 {
		b.Errorf("the fleet is not what it should be: %v", states)
	}
}

// BenchmarkOutlook looks ahead for a fleet, as the status page does.
func BenchmarkOutlook(b *testing.B) {
	fleet, want := fleet(), objectives()
	health := make([]backup.Health, len(fleet))
	for i := range fleet {
		health[i] = backup.Assess(fleet[i], want, noon)
	}
	b.ReportAllocs()
	for b.Loop() {
		for i := range fleet {
			if o := fleet[i].Outlook(health[i], want, noon); !o.TurnsAt.Equal(at(23, 15, 15).Add(time.Second)) {
				b.Fatalf("turns at %s", o.TurnsAt)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Millisecond), "ms/fleet")
}

// BenchmarkNewsFrom asks when there may be news about a target with a backup each quarter of an hour, kept for two days.
func BenchmarkNewsFrom(b *testing.B) {
	var list []backup.Backup
	for n := range 192 {
		set := sized(noon.Add(-time.Duration(n+1)*15*time.Minute), gib)
		set.ExpiresAt = set.StartedAt.Add(49 * time.Hour)
		list = append(list, set)
	}
	in, _ := verdictCase{now: noon, list: list, policy: daily()}.input()
	state := backup.InstanceState{Objectives: objectives(), Policy: in.Policy, Jobs: in.Jobs, Nodes: []backup.NodeState{{Backups: in.Backups}}}
	b.ReportAllocs()
	for b.Loop() {
		state.NewsFrom(noon)
	}
}

// BenchmarkEvidence is the report about a quarter of a year of a target with a backup a day, and of one with an incremental backup
// every five minutes besides.
func BenchmarkEvidence(b *testing.B) {
	now := at(22, 12, 0)
	for _, increments := range []int{0, 90 * 288} {
		b.Run(fmt.Sprint(increments), func(b *testing.B) {
			c := verdictCase{now: now, policy: daily()}
			c.policy.Schedules[0].Retention = 100 * 24 * time.Hour
			for i := range 95 {
				if i%10 != 3 {
					c.list = append(c.list, full(now.Add(-time.Duration(i)*24*time.Hour-9*time.Hour)))
				}
			}
			for i := range increments {
				c.list = append(c.list, incremental(now.Add(-time.Duration(i)*5*time.Minute-time.Hour)))
			}
			past := c.past(backup.Kept{Lookback: 8 * 24 * time.Hour})
			b.ResetTimer()
			for range b.N {
				if e := past.Evidence(now.Add(-90*24*time.Hour), now); len(e.Stretches) == 0 {
					b.Fatal("nothing is known")
				}
			}
		})
	}
}
