package catalog

import (
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// fleet is 10,000 targets with a backup a day.
const fleet = 10_000

func member(i int) backup.Target {
	if i%2 == 0 {
		return backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: fmt.Sprintf("dds-bp%014x", i)}
	}
	return backup.Target{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4", InstanceID: fmt.Sprintf("%032xin02", i*2654435761)}
}

// dailies returns the backups of n days up to a time, the newest first.
func dailies(target, n int, until time.Time) []backup.Backup {
	all := make([]backup.Backup, n)
	for i := range all {
		b := daily(until.Add(-time.Duration(i)*day - time.Duration(target)*time.Second))
		b.ID = fmt.Sprintf("%d", 1_000_000_000+target*1000+int(b.StartedAt.Unix()/86400)%1000)
		if target%2 == 1 {
			b.ID = fmt.Sprintf("%032xbr02", int64(target)*2654435761+b.StartedAt.Unix())
		}
		b.ExpiresAt = b.StartedAt.Add(30 * day)
		all[i] = b
	}
	return all
}

func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// tellFleet tells a catalog what one round of questions brings: sets of the last sets days, and the other readings.
func tellFleet(c *Catalog, sets int, at time.Time) {
	for i := range fleet {
		t := member(i)
		l := list(at, dailies(i, sets, start)...)
		l.Since = at.Add(-500 * day)
		c.LearnBackups(t, l)
		c.LearnJobs(t, Times{At: at}, []backup.Job{{ID: "j1", State: backup.JobFinished, StartedAt: start}})
		c.LearnPolicy(t, Times{At: at}, weekly(30*day))
		c.LearnRecovery(t, Times{At: at}, backup.Window{Start: start, End: at})
	}
}

// BenchmarkFleet measures the file of a fleet: 10,000 targets with 30 sets each, then 400 days of which 30 are listed.
func BenchmarkFleet(b *testing.B) {
	for _, days := range []int{30, 400} {
		b.Run(fmt.Sprintf("days=%d", days), func(b *testing.B) {
			for b.Loop() {
				measureFleet(b, days)
			}
		})
	}
}

func measureFleet(b *testing.B, days int) {
	dir := b.TempDir()
	opts := Options{Dir: dir, Lookback: lookback}
	f, err := Open(b.Context(), opts, start)
	if err != nil {
		b.Fatal(err)
	}
	began, used := time.Now(), cpu()
	tellFleet(f.Catalog(), 30, start)
	must(b, f.Flush(b.Context(), start))
	b.ReportMetric((cpu() - used).Seconds(), "fill-cpu-s")
	b.ReportMetric(time.Since(began).Seconds(), "fill-s")
	if days > 30 { // what left the lists in the time before
		_, err := f.db.ExecContext(b.Context(), fmt.Sprintf(`WITH RECURSIVE months(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM months WHERE n < %d)
			INSERT INTO past_set SELECT target, n || '-' || id, kind, origin, method, state, started - n * 2592000000, ended - n * 2592000000,
			expires - n * 2592000000, size, unusable, part, state_first - n * 2592000000, last_seen - n * 2592000000,
			'running:1700000000000-1700000600000', last_seen - n * 2592000000, 1, 0, 1 FROM backup_set, months`, days/30-1))
		must(b, err)
	}
	b.ReportMetric(steady(b, f)*100, "%-of-a-core")
	must(b, f.Close(b.Context(), start))
	if info, err := os.Stat(f.path); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB")
	}
	began, used = time.Now(), cpu()
	f, err = Open(b.Context(), opts, start)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(time.Since(began).Seconds(), "load-s")
	b.ReportMetric((cpu() - used).Seconds(), "load-cpu-s")
	must(b, f.Close(b.Context(), start))
}

// steady returns how much of a core it costs to learn and to write at the default intervals, with a flush every five
// seconds, in which a twelfth of the lists and jobs is read again, and the share of a day's new backups is found.
func steady(b *testing.B, f *File) float64 {
	const flushes = 60
	answers := make([][]Backups, flushes)
	for n := range flushes {
		at := start.Add(time.Duration(n) * 5 * time.Second)
		for i := n % 12; i < fleet; i += 12 {
			l := list(at, dailies(i, 30, start)...)
			if i/12%300 == n { // 3 of 833
				l.List.Backups = append(dailies(i, 1, start.Add(day)), l.List.Backups...)
			}
			answers[n] = append(answers[n], l)
		}
	}
	learning, writing := time.Duration(0), time.Duration(0)
	for n := range flushes {
		used := cpu()
		for i, l := range answers[n] {
			t := member(n%12 + i*12)
			f.Catalog().LearnBackups(t, l)
			f.Catalog().LearnJobs(t, Times{At: l.At}, []backup.Job{{ID: "j1", State: backup.JobFinished, StartedAt: start}})
			if i%10 == 0 {
				f.Catalog().LearnRecovery(t, Times{At: l.At}, backup.Window{Start: start, End: l.At})
			}
		}
		learned := cpu()
		must(b, f.Flush(b.Context(), start))
		learning, writing = learning+learned-used, writing+cpu()-learned
	}
	b.ReportMetric(learning.Seconds()/flushes/5*100, "%-learning")
	return writing.Seconds() / flushes / 5
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
