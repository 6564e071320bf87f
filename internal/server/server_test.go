package server_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/exporter-toolkit/web"
	"go.uber.org/goleak"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
	"mongodb_backup_exporter/internal/server"
)

// poller is a poller whose refreshes take as long as the test says.
type poller struct {
	refresh   func(context.Context)
	refreshed []string // ids of the instances refreshed one by one
	snapshot  backup.Snapshot
	ready     bool
}

func (p *poller) Refresh(ctx context.Context) {
	if p.refresh != nil {
		p.refresh(ctx)
	}
}

func (p *poller) RefreshInstance(_ context.Context, id string) { p.refreshed = append(p.refreshed, id) }
func (p *poller) Snapshot() *backup.Snapshot                   { return &p.snapshot }
func (p *poller) Ready() bool                                  { return p.ready }

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

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func options(p *poller) server.Options {
	return server.Options{
		Poller: p, Metrics: instances(&p.snapshot), Probe: instances,
		Now: func() time.Time { return now }, Logger: log.NewNopLogger(), Version: "1.2.3", TimeoutOffset: 500 * time.Millisecond,
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

func TestScrapeDeadline(t *testing.T) {
	tests := []struct {
		name   string
		header string
		want   time.Duration
	}{
		{"the scraper's timeout, less the offset", "2", 1500 * time.Millisecond},
		{"fractions of a second", "2.25", 1750 * time.Millisecond},
		{"no header", "", 9500 * time.Millisecond},
		{"nonsense", "soon", 9500 * time.Millisecond},
		{"negative", "-1", 9500 * time.Millisecond},
		{"not a number", "NaN", 9500 * time.Millisecond},
		{"shorter than the offset", "0.4", 200 * time.Millisecond},
		{"absurdly long", "1e300", time.Hour - 500*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
				p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
				start := time.Now()
				w := get(t, server.New(options(p)), "/metrics", "X-Prometheus-Scrape-Timeout-Seconds", test.header)
				if took := time.Since(start); took != test.want {
					t.Errorf("a scrape of a hanging cloud took %v, want %v", took, test.want)
				}
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `known{id="a"} 1`) {
					t.Errorf("status %d, body:\n%s\nwant what is known", w.Code, w.Body)
				}
			})
		})
	}
}

// slowly is a gatherer that needs some time.
type slowly time.Duration

func (s slowly) Gather() ([]*dto.MetricFamily, error) {
	time.Sleep(time.Duration(s))
	return nil, nil
}

func TestScrapeLeavesTimeToWriteTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &poller{refresh: func(ctx context.Context) { <-ctx.Done() }}
		opts := options(p)
		opts.Now, opts.Metrics = time.Now, slowly(2*time.Second)
		handler := server.New(opts)
		var took []time.Duration
		for range 3 {
			start := time.Now()
			get(t, handler, "/metrics", "X-Prometheus-Scrape-Timeout-Seconds", "10")
			took = append(took, time.Since(start))
		}
		// The first scrape cannot know; the others leave 2 s, and a quarter of it.
		want := []time.Duration{11500 * time.Millisecond, 9 * time.Second, 9 * time.Second}
		if diff := cmp.Diff(want, took); diff != "" {
			t.Errorf("scrapes took (-want +got):\n%s", diff)
		}
	})
}

func TestCheckTelemetryPath(t *testing.T) {
	for _, good := range []string{"/metrics", "/own/metrics"} {
		if err := server.CheckTelemetryPath(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
		server.New(server.Options{TelemetryPath: good, Poller: &poller{}})
	}
	for bad, want := range map[string]string{
		"":           `"" must begin with / and name a page, e.g. /metrics`,
		"metrics":    `"metrics" must begin with / and name a page, e.g. /metrics`,
		"/":          `"/" must begin with / and name a page, e.g. /metrics`,
		"/a{b":       `"/a{b" must be a plain path, e.g. /metrics`,
		"/metrics/":  `"/metrics/" must be a plain path, e.g. /metrics`,
		"/probe":     `"/probe" is taken by another page`,
		"/-/ready":   `"/-/ready" is taken by another page`,
		"/debug/foo": `"/debug/foo" is taken by another page`,
	} {
		if err := server.CheckTelemetryPath(bad); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", bad, err, want)
		}
	}
}

func TestMetricsNegotiatesFormatAndEncoding(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
	handler := server.New(options(p))

	text := get(t, handler, "/metrics")
	if got := text.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("content type %q by default", got)
	}
	open := get(t, handler, "/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
	if got := open.Header().Get("Content-Type"); !strings.HasPrefix(got, "application/openmetrics-text") || !strings.HasSuffix(open.Body.String(), "# EOF\n") {
		t.Errorf("content type %q, body:\n%s\nwant OpenMetrics", got, open.Body)
	}
	zipped := get(t, handler, "/metrics", "Accept-Encoding", "gzip")
	unzip, err := gzip.NewReader(zipped.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(unzip)
	if err != nil || !bytes.Contains(plain, []byte("known")) {
		t.Errorf("unzipped %q, %v", plain, err)
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
		{"not ready", "GET", "/-/ready", nil, 503, "not ready: the first refresh has not asked every account yet\n"},
		{"ready", "GET", "/-/ready", func(_ *server.Options, p *poller) { p.ready = true }, 200, "ready\n"},
		{"no reload", "POST", "/-/reload", nil, 404, "404"},
		{"reload", "POST", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return nil } }, 200, "reloaded\n"},
		{"reload by GET", "GET", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return nil } }, 405, "Method Not Allowed"},
		{
			"refused reload", "POST", "/-/reload", func(o *server.Options, _ *poller) { o.Reload = func() error { return refused } },
			500, "the running configuration stays in force:\naccounts[0].name: is missing\n",
		},
		{"no configuration", "GET", "/-/config", nil, 404, "404"},
		{
			"configuration", "GET", "/-/config", func(o *server.Options, _ *poller) {
				o.Config = func() ([]byte, error) { return []byte("accounts: []\n"), nil }
			}, 200, "accounts: []\n",
		},
		{"no profiles", "GET", "/debug/pprof/", nil, 404, "404"},
		{"profiles", "GET", "/debug/pprof/", func(o *server.Options, _ *poller) { o.Pprof = true }, 200, "goroutine"},
		{"own telemetry path", "GET", "/own", func(o *server.Options, _ *poller) { o.TelemetryPath = "/own" }, 200, "known"},
		{"no such page", "GET", "/nowhere", nil, 404, "404"},
		{"probe without an id", "GET", "/probe", nil, 400, "the parameter instance_id is missing"},
		{"probe of an unknown instance", "GET", "/probe?instance_id=ghost", nil, 404, `no instance "ghost" is configured or discovered`},
		{"probe in the wrong account", "GET", "/probe?instance_id=a&account=test", nil, 404, `no instance "a"`},
		{"probe in the wrong region", "GET", "/probe?instance_id=a&region=mars", nil, 404, `no instance "a"`},
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

func TestProbeShowsOneInstance(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{
		instance("a", "prod", now, nil), instance("a", "test", now, nil), instance("b", "prod", now, nil),
	}
	body := get(t, server.New(options(p)), "/probe?instance_id=a&account=prod&region=cn-hangzhou").Body.String()
	if !strings.Contains(body, `known{id="a"} 1`) || strings.Contains(body, `"b"`) {
		t.Errorf("probe of a shows:\n%s", body)
	}
	if diff := cmp.Diff([]string{"a"}, p.refreshed); diff != "" {
		t.Errorf("refreshed instances (-want +got):\n%s", diff)
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

func TestTargetsWorstFirst(t *testing.T) {
	p := &poller{}
	fine := instance("fine", "prod", now, nil)
	size := int64(3 << 30)
	fine.Nodes[0].Backups.Value = backup.List{Backups: []backup.Backup{{
		ID: "1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-2 * time.Hour), EndedAt: now.Add(-time.Hour), SizeBytes: &size,
	}}, Asked: []backup.Kind{backup.KindFull}}
	half := 50.0
	fine.Jobs = backup.Reading[[]backup.Job]{At: now, GoodUntil: now.Add(time.Hour), Value: []backup.Job{{State: backup.JobRunning, Progress: &half}}}
	denied := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission, Code: "Forbidden.RAM", RequestID: "R1"}
	p.snapshot.Instances = []backup.InstanceState{fine, instance("blind", "prod", time.Time{}, denied), instance("bare", "prod", now, nil)}
	p.snapshot.Regions = []backup.Region{{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Err: denied}}

	var got struct{ Targets []report.Target }
	if err := json.Unmarshal(get(t, server.New(options(p)), "/api/v1/targets").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, target := range got.Targets {
		order = append(order, target.InstanceID+" "+target.Health)
	}
	if diff := cmp.Diff([]string{"bare never", "blind unknown", "fine ok"}, order); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	best := got.Targets[2]
	if !best.LastSuccess.Equal(now.Add(-time.Hour)) || *best.SizeBytes != size || !best.Running || *best.Progress != 50 ||
		!best.RecoveryPoint.Equal(now.Add(-2*time.Hour)) || !best.LateAt.Equal(now.Add(24*time.Hour+time.Second)) {
		t.Errorf("the healthy target is %+v", best)
	}
	if got := got.Targets[1].LastError; !strings.Contains(got, "Forbidden.RAM") || !strings.Contains(got, "R1") {
		t.Errorf("the error says %q, want the code and the request id", got)
	}
	page := get(t, server.New(options(p)), "/").Body.String()
	for _, part := range []string{"name of bare", "Forbidden.RAM", "R1", `<progress max="100" value="50">`, "1h ago", "3.0 GiB", "RPO 26h", "1.2.3"} {
		if !strings.Contains(page, part) {
			t.Errorf("the status page does not show %q:\n%s", part, page)
		}
	}
}

func TestStatusPageEscapesNames(t *testing.T) {
	p := &poller{}
	in := instance("a", "prod", now, nil)
	in.Instance.Name = "<script>alert(1)</script>"
	p.snapshot.Instances = []backup.InstanceState{in}
	if page := get(t, server.New(options(p)), "/").Body.String(); strings.Contains(page, "<script>") {
		t.Errorf("the page carries a script:\n%s", page)
	}
}

func TestServeStopsGracefully(t *testing.T) {
	defer goleak.VerifyNone(t)
	inside := make(chan struct{})
	p := &poller{refresh: func(ctx context.Context) {
		close(inside)
		<-ctx.Done()
	}}
	p.snapshot.Instances = []backup.InstanceState{instance("a", "prod", now, nil)}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	opts := options(p)
	opts.ScrapeTimeout = time.Hour
	served := make(chan error, 1)
	none := ""
	flags := &web.FlagConfig{WebConfigFile: &none}
	go func() {
		served <- server.Serve(ctx, []net.Listener{l}, server.New(opts), flags, log.NewNopLogger())
	}()
	scraped := make(chan string, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+"/metrics", nil)
		if err != nil {
			scraped <- err.Error()
			return
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(r)
		if err != nil {
			scraped <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		scraped <- string(body)
		if err != nil {
			t.Error(err)
		}
	}()
	<-inside
	start := time.Now()
	stop()
	if body := <-scraped; !strings.Contains(body, `known{id="a"} 1`) {
		t.Errorf("the scrape in flight got %q, want what is known", body)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
	if took := time.Since(start); took > 30*time.Second { // not the scrape's deadline, nor for ever
		t.Errorf("stopping took %v", took)
	}
}
