package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

// poller is a poller whose refreshes take as long as the test says.
type poller struct {
	refresh         func(context.Context)
	refreshInstance func(context.Context, string)
	snapshot        backup.Snapshot
	ready           bool

	mu        sync.Mutex
	refreshed []string // ids of the instances refreshed one by one
}

func (p *poller) Refresh(ctx context.Context) {
	if p.refresh != nil {
		p.refresh(ctx)
	}
}

func (p *poller) RefreshInstance(ctx context.Context, id string) {
	p.mu.Lock()
	p.refreshed = append(p.refreshed, id)
	p.mu.Unlock()
	if p.refreshInstance != nil {
		p.refreshInstance(ctx, id)
	}
}

func (p *poller) Known(id string) bool {
	return slices.ContainsFunc(p.snapshot.Instances, func(in backup.InstanceState) bool { return in.Instance.InstanceID == id })
}

func (p *poller) Snapshot() *backup.Snapshot { return &p.snapshot }
func (p *poller) Ready() bool                { return p.ready }

// instances is a gatherer with a sample per instance of a snapshot.
func instances(snapshot *backup.Snapshot) prometheus.Gatherer {
	registry := prometheus.NewPedanticRegistry()
	gauge := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "known", Help: "Known instances."}, []string{"id"})
	registry.MustRegister(gauge)
	for _, in := range snapshot.Instances {
		gauge.WithLabelValues(in.Instance.InstanceID).Set(1)
	}
	return registry
}

var nopLogger = log.NewNopLogger()

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func options(p *poller) server.Options {
	return server.Options{
		Poller: p, Metrics: instances(&p.snapshot), Probe: instances, Lookback: func() time.Duration { return 8 * 24 * time.Hour },
		Now: func() time.Time { return now }, Logger: nopLogger, Version: "1.2.3", TimeoutOffset: 500 * time.Millisecond,
	}
}

// instance is what a poller knows of an instance of which the backup list could not be read since at.
func instance(id, account string, at time.Time, err error) backup.InstanceState {
	var in backup.InstanceState
	in.Instance.Target = backup.Target{Cloud: backup.Alibaba, Account: account, Region: "cn-hangzhou", InstanceID: id}
	in.Instance.Name = "name of " + id
	in.Objectives = backup.Objectives{RPODefault: 26 * time.Hour}
	in.Nodes = []backup.NodeState{{Backups: backup.Reading[backup.List]{At: at, TriedAt: now, GoodUntil: at.Add(time.Hour), Err: err}}}
	return in
}

func get(t *testing.T, handler http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func TestCheckTelemetryPath(t *testing.T) {
	for _, good := range []string{"/metrics", "/own/metrics"} {
		if err := server.CheckTelemetryPath(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
		opts := options(&poller{})
		opts.TelemetryPath = good
		server.New(opts)
	}
	for bad, want := range map[string]string{
		"":                  `"" must begin with / and name a page, e.g. /metrics`,
		"metrics":           `"metrics" must begin with / and name a page, e.g. /metrics`,
		"/":                 `"/" must begin with / and name a page, e.g. /metrics`,
		"/a{b":              `"/a{b" must be a plain path, e.g. /metrics`,
		"/metrics/":         `"/metrics/" must be a plain path, e.g. /metrics`,
		"/probe":            `"/probe" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/api/v1/instances": `"/api/v1/instances" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/-/ready":          `"/-/ready" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/debug/foo":        `"/debug/foo" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/runbooks":         `"/runbooks" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/runbooks/late":    `"/runbooks/late" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/instances/a":      `"/instances/a" is taken by another page; choose a path of its own, e.g. /metrics`,
		"/-/refresh.js":     `"/-/refresh.js" is taken by another page; choose a path of its own, e.g. /metrics`,
	} {
		if err := server.CheckTelemetryPath(bad); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", bad, err, want)
		}
	}
}

// TestQueryThatCannotBeRead checks that no answer is about more than was asked for because a parameter was not understood.
func TestQueryThatCannotBeRead(t *testing.T) {
	s := server.New(options(&poller{}))
	for _, path := range []string{
		"/?state=late;account=prod", "/?text=100%", "/api/v1/targets?account=prod%zz", "/api/v1/instances?monitored=false;account=prod",
		"/api/v1/report?instance=x&since=30d;until=1d", "/api/v1/backups?instance_id=x&since=%", "/sd?account=prod;region=r1", "/probe?instance_id=x&account=%zz",
	} {
		w := get(t, s, path)
		if got := w.Body.String(); w.Code != http.StatusBadRequest || !strings.HasPrefix(got, "what stands behind the ? cannot be read: ") {
			t.Errorf("%s: %d %.120q, want 400 and why", path, w.Code, got)
		}
	}
}

func TestRoutes(t *testing.T) {
	refused := errors.New("accounts[0].name: is missing")
	tests := []struct {
		name, method, path string
		change             func(*server.Options, *poller)
		status             int
		body               string // a part of it
	}{
		{"healthy", "GET", "/-/healthy", nil, 200, "healthy\n"},
		{"no page of health beside its two", "GET", "/-/", nil, 404, `there is no page "/-/" here`},
		{"no reload", "POST", "/-/reload", nil, 403, "start the exporter with --web.enable-lifecycle"},
		{"reload", "POST", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return nil } }, 200, "reloaded\n"},
		{"reload by GET", "GET", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return nil } }, 405, "reloading takes POST: curl -X POST and this address, or send the exporter SIGHUP\n"},
		{"reload by GET where it is off", "GET", "/-/reload", nil, 405, "reloading takes POST, and is off: start the exporter with --web.enable-lifecycle, or send it SIGHUP\n"},
		{"scrape by POST", "POST", "/metrics", nil, 405, "\"/metrics\" can be read only; ask with GET instead of \"POST\"\n"},
		{"health by DELETE", "DELETE", "/-/healthy", nil, 405, "can be read only"},
		{"an instance by PUT", "PUT", "/instances/alibaba/prod/cn-hangzhou/a", nil, 405, "can be read only"},
		{"no page by POST", "POST", "/nowhere", nil, 404, `there is no page "/nowhere" here`},
		{
			"refused reload", "POST", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return refused } },
			500, "the running configuration stays in force:\naccounts[0].name: is missing\n",
		},
		{"no configuration", "GET", "/-/config", nil, 404, "there is no page"},
		{
			"configuration", "GET", "/-/config", func(o *server.Options, _ *poller) {
				o.Config = func() ([]byte, error) { return []byte("accounts: []\n"), nil }
			}, 200, "accounts: []\n",
		},
		{"no profiles", "GET", "/debug/pprof/", nil, 404, "profiles are off; start the exporter with --web.enable-pprof"},
		{"profiles", "GET", "/debug/pprof/", func(o *server.Options, _ *poller) { o.Pprof = true }, 200, "goroutine"},
		{"own telemetry path", "GET", "/own", func(o *server.Options, _ *poller) { o.TelemetryPath = "/own" }, 200, "known"},
		{"no such page", "GET", "/nowhere", nil, 404, "there is no page \"/nowhere\" here; / shows the backups"},
		{"probe without an id", "GET", "/probe", nil, 400, "the parameter instance_id is missing"},
		{"probe with a long id", "GET", "/probe?instance_id=" + strings.Repeat("a", 129), nil, 400, "the parameter instance_id has 129 bytes, 128 are allowed"},
		{"probe in the wrong account", "GET", "/probe?instance_id=a&account=test", nil, 404, `instance "a" is not in "account=test"; it is known in account=prod&region=cn-hangzhou`},
		{"probe in the wrong region", "GET", "/probe?instance_id=a&region=mars", nil, 404, `instance "a" is not in "region=mars"; it is known in account=prod&region=cn-hangzhou`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &poller{}
			p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
			opts := options(p)
			if test.change != nil {
				test.change(&opts, p)
			}
			w := httptest.NewRecorder()
			server.New(opts).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.body) {
				t.Errorf("%s %s: %d\n%s\nwant %d with %q", test.method, test.path, w.Code, w.Body, test.status, test.body)
			}
		})
	}
}

// What is not served says so on the address for health checks, too, and a wrong method names the right one.
func TestUnrouted(t *testing.T) {
	s := server.New(options(&poller{}))
	for _, test := range []struct {
		handler             http.Handler
		method, path, allow string
		status              int
		body                string
	}{
		{s, "POST", "/sd", "GET, HEAD", 405, `"/sd" can be read only; ask with GET instead of "POST"`},
		{s, "DELETE", "/-/reload", "POST", 405, "reloading takes POST"},
		{s, "GET", "/runbooks", "", 307, ""}, // to /runbooks/
		{s.Health(), "POST", "/-/ready", "GET, HEAD", 405, "can be read only"},
		{s.Health(), "GET", "/metrics", "", 404, `there is no page "/metrics" here`},
		{s.Health(), "HEAD", "/-/ready", "", 503, ""},
	} {
		w := httptest.NewRecorder()
		test.handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil))
		if w.Code != test.status || w.Header().Get("Allow") != test.allow || !strings.Contains(w.Body.String(), test.body) {
			t.Errorf("%s %s: %d, Allow %q\n%s\nwant %d, %q, %q", test.method, test.path, w.Code, w.Header().Get("Allow"), w.Body, test.status, test.allow, test.body)
		}
	}
}

func TestServiceDiscovery(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
	w := get(t, server.New(options(p)), "/sd")
	var got any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []any{map[string]any{
		"targets": []any{"a"},
		"labels": map[string]any{
			"__meta_mongodb_backup_instance_id":   "a",
			"__meta_mongodb_backup_instance_name": "name of a",
			"__meta_mongodb_backup_cloud":         "alibaba",
			"__meta_mongodb_backup_account":       "prod",
			"__meta_mongodb_backup_region":        "cn-hangzhou",
		},
	}}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("service discovery (-want +got):\n%s", diff)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
	if empty := get(t, server.New(options(&poller{})), "/sd").Body.String(); empty != "[]\n" {
		t.Errorf("without instances: %q, want an empty list", empty)
	}
}

// Prometheus drops the targets that an answer lacks.
func TestServiceDiscoveryWaitsForListings(t *testing.T) {
	region := func(account, id string, listed bool) backup.Region {
		r := backup.Region{Cloud: backup.Alibaba, Account: account, Region: id, Discovers: true, OfRegions: id == "all"}
		if listed {
			r.Unmonitored.At = now.Add(-24 * time.Hour)
			r.Unmonitored.Err = errors.New("the newest listing failed")
		}
		return r
	}
	byID := region("test", "cn-beijing", false)
	byID.Discovers = false
	tests := []struct {
		name, query string
		regions     []backup.Region
		want        int
		ids         string
	}{
		{"none was listed", "", []backup.Region{region("prod", "cn-hangzhou", false)}, 503, "prod in cn-hangzhou"},
		{"one was not", "", []backup.Region{region("prod", "cn-hangzhou", true), region("prod", "cn-beijing", false)}, 503, "prod in cn-beijing"},
		{"that one is not asked for", "?region=cn-hangzhou", []backup.Region{region("prod", "cn-hangzhou", true), region("prod", "cn-beijing", false)}, 200, "a"},
		{"only that one is", "?account=prod&region=cn-beijing", []backup.Region{region("prod", "cn-hangzhou", true), region("prod", "cn-beijing", false)}, 503, "prod in cn-beijing"},
		{"another account is asked for", "?account=test", []backup.Region{region("prod", "cn-hangzhou", false), byID}, 200, ""},
		{"an account that there is not", "?account=prodd", []backup.Region{region("prod", "cn-hangzhou", true)}, 404, `no account "prodd"`},
		{"all were, and fail since", "", []backup.Region{region("prod", "cn-hangzhou", true)}, 200, "a"},
		{"nothing is discovered", "", []backup.Region{byID}, 200, "a"},
		{"the regions are not known", "", []backup.Region{region("prod", "all", false)}, 503, "prod in all"},
		{"nor is the one that is asked for", "?region=cn-hangzhou", []backup.Region{region("prod", "all", false)}, 503, "prod in all"},
		{"the regions are known from earlier", "", []backup.Region{region("prod", "all", false), region("prod", "cn-hangzhou", true)}, 200, "a"},
		{"there is no instance", "", []backup.Region{region("prod", "cn-hangzhou", true)}, 200, ""},
	}
	for _, tt := range tests {
		p := &poller{}
		p.snapshot.Regions = tt.regions
		if tt.ids != "" {
			p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
		}
		w := get(t, server.New(options(p)), "/sd"+tt.query)
		if w.Code != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, w.Code, tt.want)
		}
		if tt.want == 503 && !strings.Contains(w.Body.String(), "the account "+tt.ids+" have not been listed yet") {
			t.Errorf("%s: %s", tt.name, w.Body)
		}
		if tt.want == 404 && !strings.Contains(w.Body.String(), tt.ids) {
			t.Errorf("%s: %s", tt.name, w.Body)
		}
		if got := strings.Count(w.Body.String(), `"targets"`); tt.want == 200 && got != len(tt.ids) {
			t.Errorf("%s: %d targets, want %d", tt.name, got, len(tt.ids))
		}
	}
}
