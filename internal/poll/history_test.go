package poll

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// historiesIn says how many random histories are lived through; without it, historiesAnyway.
const (
	historiesIn      = "POLL_TEST_HISTORIES"
	historiesAnyway  = 300
	historyLookback  = 8 * 24 * time.Hour
	historySteps     = 10
	historyWorkers   = 2
	fromFile         = 40 // of so many histories one restarts from a file
	staleInHistories = 13 * time.Hour
)

// watcher is a poller, with its catalog, that watches the one target of a history.
type watcher struct {
	name   string
	source *reader
	opts   Options
	p      *Poller
	file   *catalog.File // nil: the catalog is in memory
	dir    string
	want   backup.Objectives
}

func newWatcher(t *testing.T, name string, w *fate, want backup.Objectives, fullRead time.Duration, dir string) *watcher {
	t.Helper()
	o := &watcher{name: name, source: &reader{fate: w}, dir: dir, want: want}
	o.opts = Options{
		Now: func() time.Time { return w.now }, Logger: log.NewNopLogger(), Lookback: historyLookback,
		StaleAfter: staleInHistories, RoundTimeout: time.Hour, FullReadInterval: fullRead, Catalog: catalog.New(historyLookback),
		PolicyInterval: time.Minute,
	}
	if dir != "" {
		o.open(t)
	}
	o.begin()
	return o
}

func (o *watcher) open(t *testing.T) {
	t.Helper()
	file, err := catalog.Open(t.Context(), catalog.Options{Dir: o.dir, Lookback: historyLookback}, o.source.now)
	if err != nil {
		t.Fatal(err)
	}
	o.file, o.opts.Catalog = file, file.Catalog()
}

func (o *watcher) begin() {
	o.p = New(o.opts, []Region{{
		Cloud: backup.Alibaba, Account: "prod", Region: "r", Source: o.source, Concurrency: 8,
		Instances: []Instance{{ID: "a", Objectives: o.want}},
	}})
}

// restart ends the process, so to say, and begins another one that knows what the catalog kept.
func (o *watcher) restart(t *testing.T) {
	t.Helper()
	o.p.Close()
	if o.file != nil {
		if err := o.file.Close(t.Context(), o.source.now); err != nil {
			t.Fatal(err)
		}
		o.open(t)
	}
	o.begin()
}

func (o *watcher) end(t *testing.T) {
	t.Helper()
	o.p.Close()
	if o.file != nil {
		if err := o.file.Close(t.Context(), o.source.now); err != nil {
			t.Fatal(err)
		}
	}
}

// refresh asks everything, and waits for what a scrape would not wait for, too. It does so twice where a policy that came
// after the list may say that something else is to be asked.
func (o *watcher) refresh(t *testing.T) {
	t.Helper()
	for range 1 + btoi(o.source.apart) {
		o.p.Refresh(t.Context())
		o.p.workers.Wait()
		o.settle()
		if in, _ := o.look(); o.source.whole && in.Backups.Err == nil {
			o.source.seen = o.source.rewrites
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// settle draws what follows from the newest answers, as the next scrape does. How much of it was drawn between two answers depends
// on their order.
func (o *watcher) settle() {
	o.p.mu.Lock()
	defer o.p.mu.Unlock()
	for _, r := range o.p.regions {
		for _, in := range r.sorted {
			in.lookAhead(&o.p.opts, o.source.now)
		}
	}
}

// look returns what is known, and the verdict.
func (o *watcher) look() (backup.TargetState, backup.Health) {
	in := o.p.Snapshot().Instances[0]
	state := in.Target(in.Nodes[0])
	return state, backup.Assess(state, in.Objectives, o.source.now)
}

// lags reports whether incremental backups were read before the list that they are shown with: they are read at intervals, and not
// while the policy makes none, or the list cannot be read. Who was started in between has read them later, or not at all.
func (o *watcher) lags(in backup.TargetState) bool {
	logs := in.Policy.Value.LogBackup
	return o.source.apart && logs != nil && *logs && o.source.increments.Before(in.Backups.At)
}

// waits reports whether a verdict may be unknown because somebody who was there all the time knows more.
func waits(in backup.TargetState, now time.Time) bool {
	logs := in.Policy.Value.LogBackup
	older := in.Backups.Value.Older
	return in.Policy.At.IsZero() || logs != nil && *logs && !in.Recovery.Known(now) || older != nil && older.At.IsZero()
}

// sameOlder reports whether two know what there is from before their lists from the same time. Who was there all the time asks
// for it once a day.
func sameOlder(a, b backup.TargetState) bool {
	x, y := a.Backups.Value.Older, b.Backups.Value.Older
	return x == nil || y == nil || x.At.Equal(y.At)
}

// sumOf is all of a verdict but its words and what is stuck: nobody knows after a start since when a job has not moved.
func sumOf(h backup.Health) string {
	text := fmt.Sprint(h.State, h.RPO, h.RecoveryPoint.UTC(), h.OldestRecoveryPoint.UTC(), h.NewestFull.UTC(), h.Usable, h.ConsecutiveFailures,
		h.LastUsableExpiry.UTC(), h.FailureReason)
	for _, f := range h.Findings {
		if f.Name != backup.FindingRemovedEarly {
			text += " " + string(f.Name)
		}
	}
	return text
}

// outcomes counts what was checked, so that nothing holds only because it was never tried.
type outcomes struct {
	mu       sync.Mutex
	states   [backup.NumHealthStates]int
	parts    int // verdicts compared that rest on increments
	restarts int // verdicts compared before and after a restart
	waited   int // of these, those that wait for what is not kept
}

// TestHistories: whatever happens to a target, its verdict follows from what the cloud said, however it was read and however
// often the exporter was started.
func TestHistories(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv(historiesIn))
	if err != nil {
		n = historiesAnyway
	}
	least := n / 20      // times that each verdict must be met
	if testing.Short() { // as the race detector runs
		n, least = n/5, 1
	}
	var met outcomes
	var work sync.WaitGroup
	seeds := make(chan uint64)
	for range historyWorkers {
		work.Go(func() {
			for seed := range seeds {
				if !t.Failed() {
					live(t, seed, &met)
				}
			}
		})
	}
	for seed := range uint64(n) {
		if seed%10_000 == 9999 {
			t.Logf("%d histories", seed+1)
		}
		seeds <- seed
	}
	close(seeds)
	work.Wait()
	t.Logf("%d histories: verdicts %v, %d by increments, %d over a restart, of which %d wait", n, met.states, met.parts, met.restarts, met.waited)
	for state, times := range met.states {
		if times < least {
			t.Errorf("only %d verdicts of %d histories are %s", times, n, backup.HealthState(state))
		}
	}
	if met.parts < n/4 || met.restarts < n || met.waited > met.restarts/10 {
		t.Errorf("of %d histories, %d verdicts by increments and %d over a restart were compared, %d of which wait", n, met.parts, met.restarts, met.waited)
	}
}

// live lives through one history.
func live(t *testing.T, seed uint64, met *outcomes) {
	t.Helper()
	w := newFate(seed)
	want := backup.Objectives{
		RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MinRetention: 7 * 24 * time.Hour, MaxDuration: 6 * time.Hour, MinSizeRatio: 0.5,
	}
	if w.oneIn(6) {
		want.RPO = w.minutes(60, 50*60)
	}
	dir := ""
	if seed%fromFile == 0 {
		dir = t.TempDir()
	}
	whole := newWatcher(t, "whole lists", w, want, 0, "")
	parts := newWatcher(t, "increments", w, want, 24*time.Hour, "")
	restarted := newWatcher(t, "restarted", w, want, time.Duration(seed%2)*24*time.Hour, dir)
	all := []*watcher{whole, parts, restarted}
	for range historySteps {
		w.step()
		if w.oneIn(3) {
			acrossRestart(t, restarted, met)
		}
		for _, o := range all {
			o.refresh(t)
		}
		compare(t, whole, parts, restarted, met)
		if t.Failed() {
			t.Errorf("seed %d", seed)
			break
		}
	}
	for _, o := range all {
		o.end(t)
	}
}

// acrossRestart compares the verdicts before and after a restart.
func acrossRestart(t *testing.T, o *watcher, met *outcomes) {
	t.Helper()
	before, was := o.look()
	o.restart(t)
	after, is := o.look()
	met.mu.Lock()
	defer met.mu.Unlock()
	met.restarts++
	switch {
	case is.State == backup.HealthUnknown && was.State != is.State && waits(after, o.source.now):
		met.waited++
	case sumOf(was) != sumOf(is):
		t.Errorf("a restart at %s:\n%s: %s\n%s: %s\n%s", o.source.now, sumOf(was), was.Reason, sumOf(is), is.Reason, cmp.Diff(before, after, cmp.Comparer(sameError)))
	}
}

// compare compares the verdicts of all, and each with what its poller was told.
func compare(t *testing.T, whole, parts, restarted *watcher, met *outcomes) {
	t.Helper()
	told, want := whole.look()
	isSound(t, whole, told, want)
	for _, o := range []*watcher{parts, restarted} {
		in, is := o.look()
		isSound(t, o, in, is)
		comparable := o.source.seen == o.source.rewrites && whole.source.seen == o.source.seen
		if in.Policy.Value.MayBeUnlisted != told.Policy.Value.MayBeUnlisted { // who read no whole list saw a set for longer that was deleted
			comparable = false
		}
		if whole.lags(told) || o.lags(in) {
			comparable = false
		}
		if o == restarted && (o.source.undated || waits(in, o.source.now) || waits(told, o.source.now) || !sameOlder(told, in)) {
			comparable = false
		}
		if comparable && sumOf(is) != sumOf(want) {
			t.Errorf("%s at %s:\n%s: %s\nby whole lists:\n%s: %s\n%s", o.name, o.source.now, sumOf(is), is.Reason, sumOf(want), want.Reason, cmp.Diff(told, in, cmp.Comparer(sameError)))
		}
	}
	met.mu.Lock()
	defer met.mu.Unlock()
	met.states[want.State]++
	if parts.source.partial > 0 && parts.source.seen == parts.source.rewrites {
		met.parts++
	}
}

// isSound checks one verdict against what was told, without the help of the code that drew it.
func isSound(t *testing.T, o *watcher, in backup.TargetState, h backup.Health) {
	t.Helper()
	if h.State >= backup.NumHealthStates || h.Reason == "" {
		t.Errorf("%s: verdict %d, reason %q", o.name, h.State, h.Reason)
	}
	if h.State != backup.HealthOK {
		return
	}
	longest := o.want.RPODefault
	for _, r := range o.source.regimes {
		longest = max(longest, r.rpoAtMost(o.want))
	}
	if o.want.RPO > 0 {
		longest = o.want.RPO
	}
	if h.RPO > longest {
		t.Errorf("%s: an objective of %s where none is longer than %s", o.name, h.RPO, longest)
	}
	point, found := newestPoint(in, o.source.now)
	if !found {
		t.Errorf("%s: ok without a usable backup: %s\n%+v", o.name, h.Reason, in)
	}
	if age := o.source.now.Sub(point); age > h.RPO && !runs(in, o.source.now, point.Add(h.RPO)) {
		t.Errorf("%s: ok with a recovery point %s old, objective %s: %s\n%+v", o.name, age, h.RPO, h.Reason, in)
	}
}

// newestPoint returns the newest moment that what was told lets restore; false: no full backup is usable.
func newestPoint(in backup.TargetState, now time.Time) (time.Time, bool) {
	list := in.Backups.Value.Backups
	if in.Backups.Value.Older != nil {
		list = slices.Concat(list, in.Backups.Value.Older.Backups)
	}
	var newest, oldest time.Time
	for _, kind := range []backup.Kind{backup.KindFull, backup.KindIncremental} {
		for _, b := range list {
			good := b.State == backup.StateSuccess && b.Part == "" && b.Unusable == "" && (b.SizeBytes == nil || *b.SizeBytes > 0)
			if b.Kind != kind || !good || !b.ExpiresAt.IsZero() && !b.ExpiresAt.After(now) {
				continue
			}
			if kind == backup.KindFull && (oldest.IsZero() || b.StartedAt.Before(oldest)) {
				oldest = b.StartedAt
			}
			if !oldest.IsZero() && b.StartedAt.After(newest) && !b.StartedAt.Before(oldest) {
				newest = b.StartedAt
			}
		}
	}
	if in.Recovery.Known(now) && in.Recovery.Value.End.After(newest) {
		newest = in.Recovery.Value.End
	}
	return newest, !oldest.IsZero()
}

// runs reports whether a backup that began before a moment is running and has not run for too long.
func runs(in backup.TargetState, now, before time.Time) bool {
	counts := func(began time.Time) bool { return !began.After(before) && now.Sub(began) <= 6*time.Hour }
	for _, b := range in.Backups.Value.Backups {
		if b.State == backup.StateRunning && counts(b.StartedAt) {
			return true
		}
	}
	return slices.ContainsFunc(in.Jobs.Value, func(j backup.Job) bool { return j.State == backup.JobRunning && counts(j.StartedAt) })
}

func sameError(a, b error) bool { return fmt.Sprint(a) == fmt.Sprint(b) }
