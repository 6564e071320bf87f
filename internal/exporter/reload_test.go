package exporter

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// made is what a cloud was given when it opened a Source.
type made struct {
	region    string
	gate      *cloudcall.Gate
	budget    *cloudcall.Budget
	transport any
}

// source tells one Source from another.
type source struct {
	poll.Source
	made
}

func making(into *[]made) []cloud {
	rows := clouds()
	for i := range rows {
		rows[i].open = func(o sourceOptions) (poll.Source, error) {
			m := made{o.region.ID, o.call.Gate, o.call.Budget, o.transport}
			*into = append(*into, m)
			return &source{made: m}, nil
		}
	}
	return rows
}

// TestReloadKeepsParts states which parts a change of the configuration makes anew. Refused credentials stay refused
// and budgets keep their debts unless they themselves are changed.
func TestReloadKeepsParts(t *testing.T) {
	tests := []struct {
		name   string
		change func(*config.Config)
		kept   string // of the first region of account one: s source, g gate, b budget, t transport
	}{
		{"nothing", func(*config.Config) {}, "sgbt"},
		{"what is watched", func(c *config.Config) { c.Accounts[0].Regions[0].Discovery.Tags = nil }, "sgbt"},
		{"another account is gone", func(c *config.Config) { c.Accounts = c.Accounts[:1] }, "sgbt"},
		{"timeout", func(c *config.Config) { c.Poll.CallTimeout++ }, "gbt"},
		{"rate", func(c *config.Config) { c.Accounts[0].RequestsPerSecond++ }, "gt"},
		{"concurrency", func(c *config.Config) { c.Accounts[0].Concurrency++ }, "gb"},
		{"credentials", func(c *config.Config) { c.Accounts[0].Credentials.AccessKeyID = "second" }, "t"},
		{"endpoint", func(c *config.Config) { c.Accounts[0].Regions[0].Endpoint = "http://b.example" }, "bt"},
		{"name", func(c *config.Config) { c.Accounts[0].Name = "other" }, "gb"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var all []made
			e, err := newExporter(load(t, wired), Options{Now: clock, Logger: log.NewNopLogger()}, making(&all))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			before := e.Regions()[0].Source.(*source)
			for range 2 { // the second must not find less than the first
				changed := load(t, wired)
				test.change(changed)
				if err := e.Reload(func() (*config.Config, error) { return changed, nil }); err != nil {
					t.Fatal(err)
				}
			}
			after := e.Regions()[0].Source.(*source)
			kept := ""
			for _, part := range []struct {
				name string
				same bool
			}{
				{"s", before == after}, {"g", before.gate == after.gate}, {"b", before.budget == after.budget}, {"t", before.transport == after.transport},
			} {
				if part.same {
					kept += part.name
				}
			}
			if kept != test.kept {
				t.Errorf("kept %q, want %q", kept, test.kept)
			}
		})
	}
}

// Accounts with the same credentials share what the cloud counts together.
func TestSameCredentialsShareABreaker(t *testing.T) {
	var all []made
	cfg := load(t, wired)
	twin := cfg.Accounts[0]
	twin.Name = "twin"
	cfg.Accounts = append(cfg.Accounts, twin)
	e, err := newExporter(cfg, Options{Now: clock, Logger: log.NewNopLogger()}, making(&all))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	gates := map[string][]*cloudcall.Gate{}
	for _, m := range all {
		gates[m.region] = append(gates[m.region], m.gate)
	}
	if g := gates["cn-hangzhou"]; len(g) != 2 || g[0] != g[1] {
		t.Errorf("gates of the same region and credentials differ: %v", g)
	}
}

// Refused keys that a reload takes away and another brings back stay refused.
func TestRefusedKeysOutliveADetour(t *testing.T) {
	var all []made
	e, err := newExporter(load(t, wired), Options{Now: clock, Logger: log.NewNopLogger()}, making(&all))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	sent := 0
	ask := func() {
		gate := e.Regions()[0].Source.(*source).gate
		caller := cloudcall.New(cloudcall.Options{Observer: observer{e.metrics}, Now: clock, Gate: gate, MaxAttempts: 1})
		_, _ = cloudcall.Do(t.Context(), caller, "Op", func(context.Context) (int, error) { // refused in any case
			sent++
			return 0, &backup.Error{Op: "Op", Class: backup.ClassAuth, Err: errors.New("refused")}
		})
	}
	for _, keys := range []string{"", "second", "", "second", ""} { // "": as at the start
		changed := load(t, wired)
		if keys != "" {
			changed.Accounts[0].Credentials.AccessKeyID = config.Secret(keys)
		}
		if err := e.Reload(func() (*config.Config, error) { return changed, nil }); err != nil {
			t.Fatal(err)
		}
		ask()
	}
	if sent != 2 {
		t.Errorf("%d calls at the same moment, want one with each of the two keys", sent)
	}
}

// A configuration that cannot be wired leaves nothing behind.
func TestFailedReloadKeepsParts(t *testing.T) {
	var all []made
	e, err := newExporter(load(t, wired), Options{Now: clock, Logger: log.NewNopLogger()}, making(&all))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	before := e.Regions()
	wrong := load(t, wired)
	wrong.Accounts[1].Cloud = "other"
	for _, load := range []func() (*config.Config, error){
		func() (*config.Config, error) { return wrong, nil },
		func() (*config.Config, error) { return nil, errors.New("no file") },
	} {
		if err := e.Reload(load); err == nil {
			t.Error("a wrong configuration was taken")
		}
	}
	if err := e.Reload(func() (*config.Config, error) { return load(t, wired), nil }); err != nil {
		t.Fatal(err)
	}
	same := func(a, b poll.Source) bool { return a == b }
	sameBudget := func(a, b poll.Budget) bool { return a == b }
	if diff := cmp.Diff(before, e.Regions(), cmp.Comparer(same), cmp.Comparer(sameBudget), cmpopts.IgnoreFields(poll.Region{}, "Costs")); diff != "" {
		t.Errorf("regions (-before +after):\n%s", diff)
	}
}

// TestReloadsJoin states that a storm of reloads is two: the one that runs, and one that sees the newest file.
func TestReloadsJoin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJoiner()
		var file, runs, stale atomic.Int64
		var callers sync.WaitGroup
		for i := range 100 {
			file.Store(int64(i))
			callers.Go(func() {
				asked := file.Load()
				var seen int64
				err := j.do(func() error {
					runs.Add(1)
					seen = file.Load()
					time.Sleep(time.Second)
					return errors.New("as every run")
				})
				if err == nil || seen != 0 && seen < asked {
					stale.Add(1)
				}
			})
		}
		callers.Wait()
		if n := runs.Load(); n != 2 || stale.Load() != 0 {
			t.Errorf("100 reloads at once made %d runs, %d of them too early; want two runs", n, stale.Load())
		}
		if err := j.do(func() error { return nil }); err != nil {
			t.Errorf("a later reload has the error of an earlier one: %v", err)
		}
	})
}

// Accounts with the same credentials share the cloud's rate limit, of which the cloud knows only one.
func TestSameCredentialsShareALimit(t *testing.T) {
	cfg := load(t, wired)
	twin, other := cfg.Accounts[1], cfg.Accounts[1]
	twin.Name, other.Name = "twin", "other"
	other.Credentials.AgencyName, other.Credentials.AgencyDomain = "reader", "another"
	cfg.Accounts = append(cfg.Accounts, twin, other)
	var sources []opened
	e, err := newExporter(cfg, Options{Now: clock, Logger: log.NewNopLogger()}, recording(t, &sources))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	limits := map[string]map[poll.Budget]bool{}
	for _, r := range e.Regions() {
		if r.Cloud == "huawei" {
			if limits[r.Account] == nil {
				limits[r.Account] = map[poll.Budget]bool{}
			}
			limits[r.Account][r.Budget] = true
		}
	}
	if !maps.Equal(limits["two"], limits["twin"]) || maps.Equal(limits["two"], limits["other"]) {
		t.Errorf("limits %v; want one for the same credentials, and another for others", limits)
	}
}
