package bench

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// What measures is itself tested, always.

func TestSpans(t *testing.T) {
	var s spans
	for i := range 100 {
		s.add(time.Duration(i)*time.Second + 300*time.Millisecond)
	}
	for share, want := range map[float64]time.Duration{0: 0, 0.5: 50 * time.Second, 0.99: 99 * time.Second, 1: 99300 * time.Millisecond} {
		if got := s.share(share); got != want {
			t.Errorf("share %v is %v, want %v", share, got, want)
		}
	}
}

func TestScrapeAfter(t *testing.T) {
	w := watcher{start: dawn()}
	for after, want := range map[time.Duration]time.Duration{
		time.Minute: time.Minute, 61 * time.Second: 2 * time.Minute, 119 * time.Second: 2 * time.Minute,
	} {
		if got := w.scrapeAfter(dawn().Add(after)).Sub(dawn()); got != want {
			t.Errorf("the first scrape after %v is at %v, want %v", after, got, want)
		}
	}
}

func TestQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := func(q quota) (throttled int) {
			c := newCloud(nil, time.Now, 0, q)
			for range 2 {
				for _, op := range []string{"A", "A", "B"} {
					if c.begin(op, httptest.NewRequest(http.MethodGet, "/", nil)) {
						throttled++
					}
				}
				time.Sleep(time.Minute)
			}
			return throttled
		}
		got := []int{calls(quota{}), calls(quota{PerMinute: 1}), calls(quota{PerMinute: 1, Together: true})}
		if diff := cmp.Diff([]int{0, 2, 4}, got); diff != "" {
			t.Errorf("throttled without limit, for each operation, for all (-want +got):\n%s", diff)
		}
	})
}

// Three targets in each cloud: all is known within a minute, by operations that have names, and no backup is overlooked.
func TestPolling(t *testing.T) {
	for cloud, want := range map[string][]string{
		fleet.Alibaba: {"DescribeBackupPolicy", "DescribeBackupTasks", "DescribeBackups", "DescribeDBInstances", "DescribeHistoryTasks", "DescribeInstanceRecoverTime"},
		fleet.Huawei:  {"ListBackups", "ListInstances", "ListRestoreTimes", "ListTasks", "ShowBackupPolicy"},
	} {
		c := sets(cloud, 3)
		c.Logs, c.WindowH = true, 14
		p := polling{crowd: c, quota: quota{}, hours: 4}.run(t)
		if p.listed == 0 || p.judged == 0 || max(p.listed, p.judged) > time.Minute {
			t.Errorf("%s: lists read after %v, verdicts after %v, want a minute at most", cloud, p.listed, p.judged)
		}
		ops := slices.Collect(maps.Keys(p.calls))
		slices.Sort(ops)
		ops = slices.DeleteFunc(ops, func(op string) bool { return strings.HasPrefix(op, "/") }) // asked once, or once a day
		if diff := cmp.Diff(want, ops); diff != "" {
			t.Errorf("%s: operations (-want +got):\n%s", cloud, diff)
		}
		if p.seen.n != 3 || p.seen.longest > time.Minute+time.Second { // the next scrape, and its answer
			t.Errorf("%s: %d backups were seen, the last %v after the first scrape that could, want 3 by the scrape a minute later", cloud, p.seen.n, p.seen.longest)
		}
		if p.unknown > 0 || p.ages.n == 0 || p.overdue.share(0.99) > time.Minute {
			t.Errorf("%s: of %d verdicts %d are unknown; lists are %v late", cloud, p.samples, p.unknown, p.overdue.share(0.99))
		}
	}
}
