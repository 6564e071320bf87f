package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"
)

// start is the moment at which the tests' clocks begin: a Thursday.
var start = time.Date(2026, 8, 6, 12, 0, 0, 0, time.UTC)

// shown is an instance of the demo and its backups at one moment.
type shown struct {
	in      *Instance
	backups []Backup // newest first
}

func (f *Fleet) shown(t *testing.T, name string, now time.Time) shown {
	t.Helper()
	for _, account := range f.Accounts {
		for i := range account.Instances {
			if in := &account.Instances[i]; in.Name == name {
				backups := in.BackupsAt(now)
				SortNewestFirst(backups)
				return shown{in, backups}
			}
		}
	}
	t.Fatalf("no %s", name)
	return shown{}
}

// newest returns the newest success of a shard; "" is any shard.
func (s shown) newest(node string) Backup {
	for _, b := range s.backups {
		if b.Status == StatusSuccess && (node == "" || b.Node == node) {
			return b
		}
	}
	return Backup{}
}

// TestDemoAtAnyTime starts the demo once an hour for a day: each time it shows every situation.
func TestDemoAtAnyTime(t *testing.T) {
	for hour := range 24 {
		now := start.Add(time.Duration(hour)*61*time.Minute + 29*time.Second)
		t.Run(now.Format("15:04"), func(t *testing.T) { checkDemo(t, now) })
	}
}

func checkDemo(t *testing.T, now time.Time) {
	fleet := Demo(now)
	age := func(b Backup) time.Duration { return now.Sub(b.Start) }
	for _, name := range []string{"orders-prod", "scratch-dev", "reports-prod", "search-prod", "crm-prod", "iot-prod", "games-prod"} {
		if got := age(fleet.shown(t, name, now).newest("")); got > 25*time.Hour {
			t.Errorf("%s: newest success %s old", name, got)
		}
	}
	if got := age(fleet.shown(t, "payments-prod", now).newest("")); got > 5*time.Hour {
		t.Errorf("payments-prod: newest success %s old", got)
	}
	for _, name := range []string{"events-prod", "ledger-prod", "clicks-prod"} {
		s := fleet.shown(t, name, now)
		for i, node := range s.in.Shards {
			stopped := name == "clicks-prod" && i == 2
			if got := age(s.newest(node)); (got > 25*time.Hour) != stopped || got > 5*day+time.Hour {
				t.Errorf("%s: newest success of shard %d %s old", name, i, got)
			}
		}
	}
	for _, name := range []string{"billing-prod", "mail-prod", "loyalty-prod"} {
		if got := age(fleet.shown(t, name, now).newest("")); got < 3*day || got > 4*day+time.Hour {
			t.Errorf("%s: newest success %s old", name, got)
		}
	}
	for _, name := range []string{"users-prod", "chat-prod"} {
		s := fleet.shown(t, name, now)
		statuses := []string{s.backups[0].Status, s.backups[1].Status, s.backups[2].Status}
		if d := diff.Diff([]string{"failed", "failed", "success"}, statuses); d != "" || age(s.backups[2]) > 3*day || s.backups[0].Reason == "" {
			t.Errorf("%s, success %s old (-want +got):\n%s", name, age(s.backups[2]), d)
		}
	}
	stock := fleet.shown(t, "stock-prod", now)
	opens := stock.in.Policy.nextWindow(now.Add(-6 * time.Hour))
	over := now.Sub(opens.Add(stock.in.Policy.Window))
	if got := age(stock.newest("")); over < 3*time.Hour || over > 4*time.Hour || got < 27*time.Hour || got > 30*time.Hour {
		t.Errorf("stock-prod: the window ended %s ago, newest success %s old", over, got)
	}
	for _, name := range []string{"search-prod", "games-prod"} {
		s := fleet.shown(t, name, now)
		manual := s.backups[slices.IndexFunc(s.backups, func(b Backup) bool { return b.Manual })]
		if got := progress(manual.Start, manual.Length, now); manual.Status != StatusRunning || got != "37%" {
			t.Errorf("%s: %s, %s", name, manual.Status, got)
		}
	}
	for _, name := range []string{"audit-prod", "wiki-prod", "newcomer-prod"} {
		if n := len(fleet.shown(t, name, now).backups); n != 0 {
			t.Errorf("%s: %d backups", name, n)
		}
	}
	if got := now.Sub(fleet.shown(t, "newcomer-prod", now).in.CreatedAt); got != 40*time.Minute {
		t.Errorf("newcomer-prod is %s old", got)
	}
	if off := fleet.shown(t, "archive-prod", now); !off.in.Policy.Disabled || age(off.newest("")) < 5*day {
		t.Errorf("archive-prod: %+v", off.in.Policy)
	}
	if status := fleet.shown(t, "loyalty-prod", now).in.Status; status != "frozen" {
		t.Errorf("loyalty-prod: status %q", status)
	}
	stalled := fleet.shown(t, "ads-prod", now)
	spans := stalled.in.RecoveryAt(now)
	if got := now.Sub(spans[len(spans)-1].End); len(spans) != 3 || got < 5*time.Hour || got > 5*time.Hour+time.Minute {
		t.Errorf("ads-prod: recovery in %v", spans)
	}
	if next := now.Add(17 * time.Hour); len(stalled.in.RecoveryAt(next)) != 4 {
		t.Errorf("ads-prod after the next full backup: recovery in %v", stalled.in.RecoveryAt(next))
	}
	checkSizeAndExpiry(t, &fleet, now)
	checkLifecycles(t, &fleet, now)
}

func checkLifecycles(t *testing.T, fleet *Fleet, now time.Time) {
	t.Helper()
	metrics := fleet.shown(t, "metrics-prod", now)
	for i, node := range metrics.in.Shards {
		var logs []string // of the three newest successes
		var newest time.Time
		for _, b := range metrics.backups {
			if b.Node == node && b.Status == StatusSuccess && len(logs) < 3 {
				logs = append(logs, b.AttachLogs)
				newest = b.Start
			}
		}
		if d := diff.Diff([]string{"Failed", "Failed", ""}, logs); d != "" || now.Sub(newest) < 47*time.Hour {
			t.Errorf("metrics-prod: the newest set with logs of shard %d is %s old, logs (-want +got):\n%s", i, now.Sub(newest), d)
		}
	}
	if s := fleet.shown(t, "shop-demo", now); s.in.LockMode != "LockByExpiration" || now.Sub(s.newest("").Start) < 4*day {
		t.Errorf("shop-demo: %s, newest success %s old", s.in.LockMode, now.Sub(s.newest("").Start))
	}
	if s := fleet.shown(t, "blog-old", now); s.in.LockMode != Released || s.in.ReleasedAt.After(now) || len(s.backups) == 0 {
		t.Errorf("blog-old: %s since %s with %d backups", s.in.LockMode, s.in.ReleasedAt, len(s.backups))
	}
	if last := fleet.shown(t, "warehouse-prod", now).newest(""); last.End.Sub(last.Start) != 9*time.Hour || now.Sub(last.Start) > 25*time.Hour {
		t.Errorf("warehouse-prod: %+v", last)
	}
	if s := fleet.shown(t, "parcels-prod", now); s.backups[0].Status != StatusRunning || now.Sub(s.backups[0].Start) != 7*time.Hour || now.Sub(s.newest("").Start) > 13*time.Hour {
		t.Errorf("parcels-prod: %+v, newest success %+v", s.backups[0], s.newest(""))
	}
	if s := fleet.shown(t, "bookings-prod", now); len(s.in.Jobs) != 1 || now.Sub(s.in.Jobs[0].Start) != 44*time.Hour {
		t.Errorf("bookings-prod: %+v", s.in.Jobs)
	}
	if s := fleet.shown(t, "beta-prod", now); s.in.Status != "Creating" || now.Sub(s.in.CreatedAt) < 47*time.Hour || len(s.backups) != 0 {
		t.Errorf("beta-prod: %s since %s", s.in.Status, s.in.CreatedAt)
	}
	if s := fleet.shown(t, "jobs-dev", now); !s.in.Serverless || len(s.backups) != 0 {
		t.Errorf("jobs-dev: %d backups", len(s.backups))
	}
}

func checkSizeAndExpiry(t *testing.T, fleet *Fleet, now time.Time) {
	t.Helper()
	var sizes []int64
	catalog := fleet.shown(t, "catalog-prod", now)
	for _, b := range catalog.backups {
		if b.Status == StatusSuccess {
			sizes = append(sizes, b.SizeBytes)
		}
	}
	last := sizes[0]
	slices.SortFunc(sizes, cmp.Compare)
	if ratio := float64(last) / float64(sizes[len(sizes)/2]); ratio < 0.15 || ratio > 0.25 {
		t.Errorf("catalog-prod: the last success is %.2f of the median", ratio)
	}
	media := fleet.shown(t, "media-prod", now)
	if left := media.newest("").ExpiresAt.Sub(now); len(media.backups) != 1 || left < 16*time.Hour || left > 19*time.Hour {
		t.Errorf("media-prod: %d backups, the newest expires in %s", len(media.backups), left)
	}
}

// TestHealthyStaysHealthy looks every five hours for five days, and thus at each hour of the day once.
func TestHealthyStaysHealthy(t *testing.T) {
	fleet := Healthy(start)
	for _, account := range fleet.Accounts {
		if len(account.Instances) < 3 {
			t.Errorf("%d healthy instances at %s", len(account.Instances), account.Cloud)
		}
		for i := range account.Instances {
			in := &account.Instances[i]
			nodes := []string{""}
			if in.Live.Shards != nil {
				nodes = in.Shards
			}
			for n := range 24 {
				now := start.Add(time.Duration(n) * 5 * time.Hour)
				s := fleet.shown(t, in.Name, now)
				for _, node := range nodes {
					if got := now.Sub(s.newest(node).Start); got > 26*time.Hour {
						t.Fatalf("%s %s at %s: newest success %s old", in.Name, node, now, got)
					}
				}
				if oldest := s.backups[len(s.backups)-1]; now.Sub(oldest.Start) > 15*day || now.Sub(oldest.Start) < 6*day {
					t.Fatalf("%s at %s: oldest backup of %s", in.Name, now, oldest.Start)
				}
			}
		}
	}
}

func TestBackupsDoNotChangeAfterwards(t *testing.T) {
	fleet := Demo(start)
	later := start.Add(26 * time.Hour)
	for _, account := range fleet.Accounts {
		for i := range account.Instances {
			in := &account.Instances[i]
			after := make(map[string]Backup)
			for _, b := range in.BackupsAt(later) {
				after[fmt.Sprint(b.Node, b.ID)] = b
			}
			for _, b := range in.BackupsAt(start) {
				expired := !b.ExpiresAt.IsZero() && b.ExpiresAt.Before(later)
				if got, there := after[fmt.Sprint(b.Node, b.ID)]; b.Status != StatusRunning && !expired && (!there || !diff.Equal(b, got)) {
					t.Errorf("%s: %+v becomes %+v", in.Name, b, got)
				}
			}
		}
	}
}

func TestRecoveryOfALivingInstanceEndsMinutesAgo(t *testing.T) {
	fleet := Demo(start)
	s := fleet.shown(t, "payments-prod", start)
	oldest := s.backups[len(s.backups)-1]
	if d := diff.Diff([]Window{{oldest.End, start.Add(-5 * time.Minute)}}, s.in.RecoveryAt(start)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if got := fleet.shown(t, "orders-prod", start).in.RecoveryAt(start); got != nil {
		t.Errorf("without log backup: %v", got)
	}
}
