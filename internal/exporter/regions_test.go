package exporter

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/poll"
)

func TestAllRegionsAreFoundAndPolledAtOnce(t *testing.T) {
	w := newWide(t, allRegions)
	if w.Poller().Ready() {
		t.Error("ready before the cloud was asked for the regions")
	}
	s := w.refreshAfter(t, 0)
	wantRegions(t, "first refresh", s, "all", "cn-beijing", "cn-hangzhou", "eu-west-1")
	for _, r := range s.Regions {
		if !r.Up || !r.Unmonitored.OK(w.clock.Now()) || r.OfRegions != (r.Region == "all") {
			t.Errorf("%s is not up: %+v", r.Region, r)
		}
	}
	if len(s.Instances) != 4 || !w.Poller().Ready() {
		t.Fatalf("%d instances, ready %v", len(s.Instances), w.Poller().Ready())
	}
	for _, in := range s.Instances {
		if in.Nodes[0].Backups.At.IsZero() {
			t.Errorf("the backups of %s were not asked for", in.Instance.InstanceID)
		}
		if in.Instance.InstanceID == "dds-set" && in.Instance.Owner != "a" {
			t.Errorf("the settings of the entry do not hold: owner %q", in.Instance.Owner)
		}
	}
	if n := w.sim.Count("DescribeRegions"); n != 1 {
		t.Errorf("asked %d times for the regions", n)
	}
	gatherer, err := w.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	series := gathered(t, gatherer)
	for _, family := range []string{"listed_instances", "unmonitored_instances"} {
		if _, ok := series[family+" all"]; ok || series[family+" eu-west-1"] != 0 {
			t.Errorf("%s: the list of regions counts instances", family)
		}
	}
}

// A list in which a region cannot be read may lack any region.
func TestListOfRegionsWithGaps(t *testing.T) {
	w := newWide(t, allRegions)
	w.refreshAfter(t, 0)
	w.lists("us-east-1")
	w.sim.Inject(cloudsim.Fault{Operation: "DescribeRegions", Kind: cloudsim.FaultNullRecord})
	for range 3 {
		s := w.refreshAfter(t, 10*time.Minute)
		wantRegions(t, "gaps", s, "all", "cn-beijing", "cn-hangzhou", "eu-west-1", "us-east-1")
		if err := s.Regions[0].Unmonitored.Err; backup.ClassOf(err) != backup.ClassProtocol {
			t.Errorf("error %v, want one of the form of the answer", err)
		}
	}
}

// A probe of an instance in a region that is not known yet finds it.
func TestProbeFindsARegion(t *testing.T) {
	w := newWide(t, allRegions)
	w.Poller().RefreshInstance(t.Context(), "dds-one")
	if !w.Poller().Known("dds-one") {
		t.Error("dds-one is not known")
	}
}

func TestNamedRegionsKeepTheirSettings(t *testing.T) {
	w := newWide(t, `[{id: cn-hangzhou, endpoint: URL, instances: [{id: dds-set}]}, {id: all, endpoint: URL, discovery: {enabled: true}}]`)
	s := w.refreshAfter(t, 0)
	wantRegions(t, "first refresh", s, "cn-hangzhou", "all", "cn-beijing", "eu-west-1")
	var ids []string
	for _, in := range s.Instances {
		ids = append(ids, in.Instance.InstanceID)
	}
	if want := []string{"dds-set", "dds-one"}; !slices.Equal(ids, want) {
		t.Errorf("watched %q, want %q", ids, want)
	}
	share := map[string]int{}
	for _, r := range w.Regions() {
		share[r.Region] = r.Concurrency
	}
	if share["cn-hangzhou"] != 8 || share["cn-beijing"] != 8 {
		t.Errorf("concurrency %v, want 8 for each of both entries", share)
	}
}

// What was never answered looks nowhere like an account without instances.
func TestRegionsThatAreRefusedAreShown(t *testing.T) {
	w := newWide(t, allRegions)
	heal := w.fault("DescribeRegions", "", "Forbidden.RAM", http.StatusForbidden)
	s := w.refreshAfter(t, 0)
	wantRegions(t, "refused", s, "all")
	if r := s.Regions[0]; r.Unmonitored.OK(w.clock.Now()) || backup.ClassOf(r.Unmonitored.Err) != backup.ClassPermission {
		t.Errorf("the refusal is not shown: %+v", r)
	}
	gatherer, err := w.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	series := gathered(t, gatherer)
	for want, value := range map[string]float64{`discovery_success all`: 0, `account_up all`: 1} {
		if got, ok := series[want]; !ok || got != value {
			t.Errorf("%s is %v (%v), want %v", want, got, ok, value)
		}
	}
	heal()
	if n := w.sim.Count("DescribeRegions"); len(names(w.refreshAfter(t, time.Second))) != 1 || w.sim.Count("DescribeRegions") != n {
		t.Error("asked again at once")
	}
	wantRegions(t, "healed", w.refreshAfter(t, time.Minute), "all", "cn-beijing", "cn-hangzhou", "eu-west-1")
	const failure = `account=prod region=all scope=discovery msg="Asking the cloud failed; not logged again until it works" err="DescribeRegions: permission Forbidden.RAM`
	if text := w.logged(); strings.Count(text, failure) != 1 {
		t.Errorf("log:\n%s", text)
	}
}

func TestRegionsComeAndGo(t *testing.T) {
	w := newWide(t, allRegions)
	w.refreshAfter(t, 0)
	const interval = 10 * time.Minute
	w.lists("us-east-1")
	wantRegions(t, "one list without it", w.refreshAfter(t, interval), "all", "cn-beijing", "cn-hangzhou", "eu-west-1", "us-east-1")
	heal := w.fault("DescribeRegions", "", "InvalidParameter", http.StatusBadRequest)
	for range 3 {
		wantRegions(t, "failures", w.refreshAfter(t, interval), "all", "cn-beijing", "cn-hangzhou", "eu-west-1", "us-east-1")
	}
	heal()
	wantRegions(t, "two lists without it", w.refreshAfter(t, interval), "all", "cn-beijing", "cn-hangzhou", "us-east-1")
	text := w.logged()
	if n := strings.Count(text, `msg="The regions of the account changed"`); n != 3 {
		t.Errorf("%d changes were logged, want 3:\n%s", n, text)
	}
}

func TestRegionsThatAreNotOfferedAreLeftOut(t *testing.T) {
	for _, tt := range []struct {
		name, region, code string
		status             int
		shown              bool
	}{
		{"not offered", "eu-west-1", "InvalidRegionId.NotFound", http.StatusNotFound, false},
		{"not offered, in other words", "eu-west-1", "InvalidRegionId.Malformed", http.StatusBadRequest, false},
		{"not found in any other way", "eu-west-1", "InvalidApi.NotFound", http.StatusNotFound, true},
		{"a permission is missing", "eu-west-1", "Forbidden.RAM", http.StatusForbidden, true},
		{"a region with instances", "cn-beijing", "InvalidRegionId.NotFound", http.StatusNotFound, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWide(t, allRegions)
			refused := func() (heal func()) { return w.fault("DescribeDBInstances", tt.region, tt.code, tt.status) }
			if tt.region == "cn-beijing" {
				w.refreshAfter(t, 0)
			}
			heal := refused()
			for range 4 {
				s := w.refreshAfter(t, 9*time.Hour)
				if shown := slices.Contains(names(s), tt.region); shown != tt.shown {
					t.Fatalf("shown: %v, want %v", shown, tt.shown)
				}
			}
			asked := 0
			for _, call := range w.sim.Calls() {
				if call.Region == tt.region && call.Operation == "DescribeDBInstances" && call.Status != http.StatusOK {
					asked++
				}
			}
			heal()
			if s := w.refreshAfter(t, 25*time.Hour); !slices.Contains(names(s), tt.region) {
				t.Error("it works again, and is not shown")
			}
			text := w.logged()
			if !tt.shown && (asked != 2 || strings.Count(text, "it is left out") != 1 || strings.Contains(text, "level=error")) {
				t.Errorf("asked %d times in 27 hours, want 2; log:\n%s", asked, text)
			}
		})
	}
}

// A region that the configuration names is never left out.
func TestNamedRegionIsNotLeftOut(t *testing.T) {
	const named = `[{id: all, endpoint: URL, discovery: {enabled: true}}, {id: eu-west-1, endpoint: URL, discovery: {enabled: true}}]`
	w := newWide(t, named)
	w.fault("DescribeDBInstances", "eu-west-1", "InvalidRegionId.NotFound", http.StatusNotFound)
	wantRegions(t, "named", w.refreshAfter(t, 0), "all", "cn-beijing", "cn-hangzhou", "eu-west-1")
	w = newWide(t, allRegions)
	w.fault("DescribeDBInstances", "eu-west-1", "InvalidRegionId.NotFound", http.StatusNotFound)
	wantRegions(t, "found", w.refreshAfter(t, 0), "all", "cn-beijing", "cn-hangzhou")
	if err := w.Reload(func() (*config.Config, error) { return w.config(t, named), nil }); err != nil {
		t.Fatal(err)
	}
	wantRegions(t, "named by a reload", w.refreshAfter(t, time.Minute), "all", "cn-beijing", "cn-hangzhou", "eu-west-1")
}

// A reload forgets no region, even when it makes new Sources and the cloud does not list the regions any more.
func TestReloadKeepsFoundRegions(t *testing.T) {
	w := newWide(t, allRegions)
	w.refreshAfter(t, 0)
	sources := func() map[string]poll.Source {
		all := map[string]poll.Source{}
		for _, r := range w.Regions() {
			all[r.Region] = r.Source
		}
		return all
	}
	before, calls := sources(), w.sim.Count("")
	w.fault("DescribeRegions", "", "Forbidden.RAM", http.StatusForbidden)
	reload := func(change func(*config.Config)) {
		t.Helper()
		cfg := w.config(t, allRegions)
		change(cfg)
		if err := w.Reload(func() (*config.Config, error) { return cfg, nil }); err != nil {
			t.Fatal(err)
		}
	}
	reload(func(*config.Config) {})
	same := cmp.Comparer(func(a, b poll.Source) bool { return a == b })
	if diff := cmp.Diff(before, sources(), same); diff != "" {
		t.Errorf("sources after a reload of the same (-before +after):\n%s", diff)
	}
	w.refreshAfter(t, 0)
	if n := w.sim.Count(""); n != calls {
		t.Errorf("%d calls after a reload of the same", n-calls)
	}
	reload(func(cfg *config.Config) { cfg.Poll.CallTimeout++ })
	s := w.refreshAfter(t, 11*time.Minute)
	wantRegions(t, "new Sources", s, "all", "cn-beijing", "cn-hangzhou", "eu-west-1")
	if len(s.Instances) != 4 {
		t.Errorf("%d instances, want 4", len(s.Instances))
	}
}

// Validation refuses the entry for a cloud without a list of regions; the wiring does not rely on that.
func TestCloudWithoutAListOfRegions(t *testing.T) {
	cfg := load(t, wired)
	cfg.Accounts[1].Regions[0] = config.Region{ID: config.AllRegions, Discovery: config.Discovery{Enabled: true}}
	_, err := New(cfg, Options{Now: clock, Logger: log.NewNopLogger()})
	const want = "account two, region all: huawei has no list of regions"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestRegionList(t *testing.T) {
	l := &regionList{}
	for _, step := range []struct {
		listed string
		whole  bool
		want   string
	}{
		{"b a", true, "a b"},
		{"a c", true, "a b c"},
		{"c", false, "a b c"}, // a list with gaps says nothing of a and b
		{"c", true, "a c"},    // the second whole list without b
		{"a c", true, "a c"},
		{"c", true, "a c"},
		{"a", false, "a c"}, // a is there after all
		{"c", true, "a c"},
		{"c", true, "c"},
	} {
		l.learn(strings.Fields(step.listed), step.whole)
		if got := strings.Join(l.ids(), " "); got != step.want {
			t.Fatalf("after %q: %q, want %q", step.listed, got, step.want)
		}
	}
}
