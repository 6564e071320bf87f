package collector

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/expfmt"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/clocktest"
)

// stage is an Exposition of which a test sets the snapshot and the time. Beside the backups it shows what does not change.
type stage struct {
	*Exposition
	snapshot *backup.Snapshot
	now      time.Time
}

func newStage(t testing.TB, snapshot *backup.Snapshot) *stage {
	t.Helper()
	s := &stage{snapshot: snapshot, now: noon()}
	c := New(func() *backup.Snapshot { return s.snapshot }, func() time.Time { return s.now })
	registry := prometheus.NewPedanticRegistry()
	if err := register(registry, used()); err != nil {
		t.Fatal(err)
	}
	s.Exposition = &Exposition{collector: c, rest: registry, texts: map[dialect]*rendering{}, packer: newPacker()}
	return s
}

// formats are what a scraper may ask for that is text.
func formats() map[string]expfmt.Format {
	return map[string]expfmt.Format{
		"text/plain;version=0.0.4":                   expfmt.NewFormat(expfmt.TypeTextPlain),
		"application/openmetrics-text;version=1.0.0": expfmt.FmtOpenMetrics_1_0_0,
	}
}

// text returns the text in a format, from the compressed answer or the other one.
func (s *stage) text(t testing.TB, format expfmt.Format, gzipped bool) string {
	t.Helper()
	pieces, ok := s.Text(format, gzipped)
	if !ok {
		t.Fatalf("no text in %s", format)
	}
	if !gzipped {
		return string(slices.Concat(pieces...))
	}
	r, err := gzip.NewReader(bytes.NewReader(slices.Concat(pieces...)))
	if err != nil {
		t.Fatal(err)
	}
	r.Multistream(false) // browsers read the first file only
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// want returns what promhttp makes of the same families.
func (s *stage) want(t testing.TB, accept string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(s, promhttp.HandlerOpts{EnableOpenMetrics: true}).ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// check compares the text of both formats, compressed and not, with that of promhttp.
func (s *stage) check(t testing.TB, what string) {
	t.Helper()
	for accept, format := range formats() {
		want := s.want(t, accept)
		for _, gzipped := range []bool{false, true} {
			if got := s.text(t, format, gzipped); got != want {
				t.Fatalf("%s, %s, compressed %v (-promhttp +text):\n%s", what, accept, gzipped, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
			}
		}
	}
}

func TestTextIsThatOfPromhttp(t *testing.T) {
	for name, snapshot := range goldens() {
		t.Run(name, func(t *testing.T) { newStage(t, snapshot).check(t, "new") })
	}
	s := newStage(t, everything())
	s.check(t, "everything")
	s.check(t, "unmoved")
}

// A registry checks families that are gathered without it in production: names, labels, that no sample is there twice, and
// that each is as its description says.
func TestRegistryFindsNoFault(t *testing.T) {
	for name, snapshot := range goldens() {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, snapshot)
			registry := pedantic(t, snapshot)
			if err := register(registry, used()); err != nil {
				t.Fatal(err)
			}
			want := strings.Split(string(exposition(t, registry)), "\n")
			got := strings.Split(s.want(t, "text/plain"), "\n")
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-registry +gathered:\n%s", diff)
			}
		})
	}
}

// mover moves a snapshot at random, as a poller would: what an earlier snapshot refers to does not change.
type mover struct {
	*rand.Rand
	states []backup.InstanceState // as they may become
	all    []backup.InstanceState
}

func (m *mover) move(s *stage) string {
	what := []string{"nothing", "a reading", "time", "a long time", "an instance comes", "an instance goes", "objectives", "a name", "a region", "the clock goes back"}[m.IntN(10)]
	switch i := m.IntN(len(m.all)); what {
	case "a reading":
		for range 1 + m.IntN(len(m.all)/2) {
			m.read(&m.all[m.IntN(len(m.all))], s.now)
		}
	case "time":
		s.now = s.now.Add(time.Duration(m.IntN(180)) * time.Second)
	case "a long time":
		s.now = s.now.Add(time.Duration(m.IntN(48*3600)) * time.Second)
	case "the clock goes back":
		s.now = s.now.Add(-time.Duration(m.IntN(900)) * time.Second)
	case "an instance comes":
		in := m.states[m.IntN(len(m.states))]
		in.Instance.InstanceID = fmt.Sprintf("dds-%d", m.Int())
		m.all = slices.Insert(m.all, i, in)
	case "an instance goes":
		m.all = slices.Delete(m.all, i, i+1)
	case "objectives":
		m.all[i].Objectives.RPO = time.Duration(m.IntN(50)) * time.Hour
	case "a name":
		m.all[i].Instance.Name = fmt.Sprintf("orders \"%d\"", m.Int())
	case "a region":
		s.snapshot.Regions = slices.Clone(s.snapshot.Regions)
		s.snapshot.Regions[0].Up = !s.snapshot.Regions[0].Up
	}
	instances := slices.Clone(m.all)
	for i := range instances {
		instances[i].Nodes = slices.Clone(instances[i].Nodes) // as the poller does it
	}
	s.snapshot = &backup.Snapshot{At: s.now, Regions: s.snapshot.Regions, Instances: instances}
	return what
}

// read gives an instance readings that are new, and good for some hours at most.
func (m *mover) read(in *backup.InstanceState, now time.Time) {
	from := m.states[m.IntN(len(m.states))]
	in.PolicyChanges, in.Instance.Nodes, in.Nodes = from.PolicyChanges, from.Instance.Nodes, slices.Clone(from.Nodes)
	in.Jobs, in.Policy, in.Recovery = again(m, from.Jobs, now), again(m, from.Policy, now), again(m, from.Recovery, now)
	in.LastRestore = again(m, from.LastRestore, now)
	for i := range in.Nodes {
		n := &in.Nodes[i]
		n.Backups, n.Copies = again(m, n.Backups, now), again(m, n.Copies, now)
		n.RestoreChecks = again(m, n.RestoreChecks, now)
	}
}

func again[T any](m *mover, r backup.Reading[T], now time.Time) backup.Reading[T] {
	if !r.At.IsZero() && m.IntN(3) > 0 {
		r.At, r.TriedAt, r.GoodUntil = now.Add(-30*time.Second), now, now.Add(time.Duration(m.IntN(400))*time.Minute)
	}
	return r
}

// Whatever moves, the text is that of promhttp: values that are read, that a reload changes, that turn by time alone, of
// instances that come and go, and after the clock was set back.
func TestTextFollowsEveryMove(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	turned := 0
	for seed := range uint64(4) {
		all := everything().Instances
		s := newStage(t, everything())
		m := &mover{Rand: rand.New(rand.NewPCG(seed, 0)), states: all}
		for range 3 * perBlock {
			in := all[m.IntN(len(all))]
			in.Instance.InstanceID = fmt.Sprintf("dds-%d", m.Int())
			m.all = append(m.all, in)
		}
		for step := range 25 {
			what := m.move(s)
			if text := s.texts[dialect{}]; text != nil && slices.ContainsFunc(text.until, func(t time.Time) bool { return !t.IsZero() && !s.now.Before(t) }) {
				turned++
			}
			s.check(t, fmt.Sprintf("seed %d, step %d, %s moved", seed, step, what))
		}
	}
	if turned < 5 {
		t.Errorf("something turned by time alone at %d steps only", turned)
	}
}

// One thing turns, and nothing else would tell that.
func TestTextWhenOneThingTurns(t *testing.T) {
	soon := noon().Add(90 * time.Second)
	for name, set := range map[string]func(in *backup.InstanceState){
		"jobs":           func(in *backup.InstanceState) { in.Jobs.GoodUntil = soon },
		"policy":         func(in *backup.InstanceState) { in.Policy.GoodUntil = soon },
		"window":         func(in *backup.InstanceState) { in.Recovery.GoodUntil = soon },
		"restores":       func(in *backup.InstanceState) { in.LastRestore.GoodUntil = soon },
		"backups":        func(in *backup.InstanceState) { in.Nodes[0].Backups.GoodUntil = soon },
		"copies":         func(in *backup.InstanceState) { in.Nodes[0].Copies.GoodUntil = soon },
		"a copy expires": func(in *backup.InstanceState) { in.Nodes[0].Copies.Value.Backups[0].ExpiresAt = soon },
		"checks":         func(in *backup.InstanceState) { in.Nodes[0].RestoreChecks.GoodUntil = soon },
		"a verdict": func(in *backup.InstanceState) {
			in.Objectives.RPO = soon.Add(-1).Sub(in.Nodes[0].Backups.Value.Backups[1].StartedAt)
		},
		"a finding": func(in *backup.InstanceState) { in.Recovery.Value.End = soon.Add(-1).Add(-2 * time.Hour) },
		"a removal": func(in *backup.InstanceState) {
			in.Nodes[0].Removals.Sets = []backup.Removal{{LeftAt: soon.Add(-backup.RemovalStands)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			in := checked("a")
			in.Policy.Value.LogBackup = new(true)
			in.Recovery = fresh(backup.Window{Start: ago(6 * day), End: ago(5 * time.Minute)})
			in.Jobs.Value = []backup.Job{{State: backup.JobFinished}}
			if name == "a verdict" {
				in.Recovery = unsupported[backup.Window]()
			}
			set(&in)
			s := newStage(t, snapshotOf(in))
			s.check(t, "at first")
			first := s.text(t, expfmt.FmtText, false)
			for _, at := range []time.Time{soon.Add(-1), soon} {
				s.now = at
				s.check(t, at.String())
			}
			if s.text(t, expfmt.FmtText, false) == first {
				t.Error("nothing turned")
			}
		})
	}
}

// Nothing is read for ten days, and the text is right at each moment: verdicts turn, copies expire, readings become too old.
func TestTextTurnsByTimeAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	creating := replicaSet("a", "dds-3")
	creating.Instance.Lifecycle, creating.Instance.Status, creating.Instance.CreatedAt = backup.LifecycleCreating, "Creating", ago(time.Hour)
	s := newStage(t, snapshotOf(richest("a"), checked("a"), creating))
	for i := range s.snapshot.Instances {
		in := &s.snapshot.Instances[i]
		in.Policy.Value.Schedules = slices.Clone(in.Policy.Value.Schedules)
		in.Policy.Value.Schedules[0].StartsAt = 10*time.Hour + 30*time.Minute // the window was over when the list was read, its grace was not
		n := &in.Nodes[0]
		for j, until := range []*time.Time{&in.Jobs.GoodUntil, &in.Policy.GoodUntil, &in.LastRestore.GoodUntil, &n.Copies.GoodUntil, &n.RestoreChecks.GoodUntil, &n.Backups.GoodUntil} {
			*until = noon().Add(time.Duration(1+j) * 37 * time.Hour)
		}
	}
	s.snapshot.Instances[0].Nodes[0].Copies.GoodUntil = noon().Add(100 * day) // until they expire
	seen := map[string]bool{}
	for range 10 * 24 {
		s.check(t, s.now.String())
		text := s.text(t, expfmt.FmtText, false)
		for _, state := range backup.HealthStates() {
			seen[state.String()] = seen[state.String()] || strings.Contains(text, fmt.Sprintf("state=%q} 1\n", state))
		}
		for _, name := range backup.FindingNames() {
			seen[string(name)] = seen[string(name)] || strings.Contains(text, fmt.Sprintf("finding=%q", name))
		}
		s.now = s.now.Add(time.Hour)
	}
	for _, what := range []string{"ok", "missed", "late", "never", "unknown", "creation_stuck", "last_usable_expiring"} {
		if !seen[what] {
			t.Errorf("nothing was ever %s: %v", what, seen)
		}
	}
}

// What did not move is not written anew, nor compressed.
func TestOnlyWhatMovedIsWritten(t *testing.T) {
	s := newStage(t, fleet(3*perBlock))
	s.check(t, "at first")
	text := s.texts[dialect{}]
	before, packedBefore := slices.Clone(text.blocks), slices.Clone(text.packed)
	for i := range before {
		before[i] = slices.Clone(before[i])
	}
	moved := *s.snapshot
	moved.Instances = slices.Clone(s.snapshot.Instances)
	moved.Instances[0].Jobs = failing(backup.ClassServer, []backup.Job{})
	s.snapshot, s.now = &moved, s.now.Add(time.Second)
	s.check(t, "moved")
	same := func(a, b []byte) bool { return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0]) }
	var written []string
	for f := range text.families {
		for b := range before {
			if !same(before[b][f].text, text.blocks[b][f].text) {
				written = append(written, fmt.Sprint(text.families[f].name, " ", b))
			}
		}
		if !same(packedBefore[f].deflated, text.packed[f].deflated) {
			written = append(written, text.families[f].name+" compressed")
		}
	}
	want := []string{"poll_success 0", "poll_success compressed", "poll_success_timestamp_seconds 0", "poll_success_timestamp_seconds compressed"}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}

// A text that nobody asks for is forgotten, and there are never more than two.
func TestTextsAreForgotten(t *testing.T) {
	s := newStage(t, everything())
	s.check(t, "both")
	s.now = s.now.Add(keptUnused / 2)
	s.text(t, expfmt.FmtText, true)
	if len(s.texts) != 2 {
		t.Errorf("%d texts, want 2", len(s.texts))
	}
	s.now = s.now.Add(keptUnused/2 + 1)
	s.text(t, expfmt.FmtText, true)
	if len(s.texts) != 1 || s.texts[dialect{}] == nil {
		t.Errorf("%d texts, want the one in use", len(s.texts))
	}
	for _, format := range []expfmt.Format{expfmt.FmtProtoDelim, expfmt.FmtProtoText, "nonsense/nonsense"} {
		if _, ok := s.Text(format, true); ok {
			t.Errorf("there is text in %s", format)
		}
	}
	if len(s.texts) != 1 {
		t.Errorf("%d texts after formats that are no text", len(s.texts))
	}
}

// A step of one clock makes a reading untrustworthy, whatever was noted before.
func TestTextAfterAStepOfTheClock(t *testing.T) {
	began := time.Now()
	in := replicaSet("a", "dds-1")
	in.Nodes[0].Backups.At, in.Nodes[0].Backups.GoodUntil = began.Round(0), began.Add(time.Hour)
	s := newStage(t, snapshotOf(in))
	s.now = began
	s.check(t, "at first")
	s.now = clocktest.Shift(began.Add(time.Minute), -10*time.Minute)
	s.check(t, "stepped back")
	if text := s.text(t, expfmt.FmtText, false); !strings.Contains(text, `state="unknown"} 1`) {
		t.Error("a clock that is behind is trusted")
	}
}

// Texts of parallel scrapes belong to one snapshot each.
func TestParallelTexts(t *testing.T) {
	snapshots := slices.Collect(maps.Values(goldens()))
	want := map[string]bool{}
	for _, snapshot := range snapshots {
		for accept := range formats() {
			want[newStage(t, snapshot).want(t, accept)] = true
		}
	}
	s := newStage(t, nil)
	var next atomic.Uint64
	s.collector.snapshot = func() *backup.Snapshot { return snapshots[next.Add(1)%uint64(len(snapshots))] }
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 5 {
				for _, format := range formats() {
					if got := s.text(t, format, i%2 == 0); !want[got] {
						t.Errorf("this text belongs to no snapshot:\n%s", got)
					}
				}
			}
		})
	}
	wg.Wait()
}
