package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// demo is a running demo of the built exporter.
type demo struct{ url, clouds string }

// startDemo starts the demo and waits until it is ready. It ends with the test.
func startDemo(t *testing.T) demo {
	t.Helper()
	program, err := filepath.Abs(repository + "/mongodb_backup_exporter")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("run `make build` first: %v", err)
	}
	d := demo{address(t), address(t)}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "demo", "--demo.config-file=", "--demo.interval=1s",
		"--web.listen-address="+strings.TrimPrefix(d.url, "http://"), "--demo.cloud-address="+strings.TrimPrefix(d.clouds, "http://"))
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("the demo ended with %v:\n%.4000s", err, out.String())
		}
	})
	wait(t, func() bool { return answers(t, d.url+"/-/ready") })
	return d
}

// fault breaks the simulated clouds.
func (d demo) fault(t *testing.T, fault string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.clouds+"/faults", strings.NewReader(fault))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%s: %s", fault, resp.Status)
	}
}

// target is what the tests read of /api/v1/targets.
type target struct {
	Cloud, Account, Region, Health string
	ID                             string `json:"instance_id"`
	Node                           string `json:"node_id"`
	Name                           string `json:"instance_name"`
	Findings                       []struct{ Name string }
}

// path returns where the page of its instance is.
func (t target) path() string {
	return fmt.Sprintf("/instances/%s/%s/%s/%s", t.Cloud, t.Account, t.Region, t.ID)
}

func targets(t *testing.T, url string) []target {
	t.Helper()
	var answer struct{ Targets []target }
	if err := json.Unmarshal([]byte(fetch(t, url+"/api/v1/targets")), &answer); err != nil {
		t.Fatal(err)
	}
	return answer.Targets
}

// telling returns the pages of instances that between them have every verdict and every finding of a fleet, one of a sharded
// cluster, and one of each cloud.
func telling(t *testing.T, url string) map[string]string {
	t.Helper()
	seen, pages := map[string]bool{}, map[string]string{}
	for _, one := range targets(t, url) {
		marks := []string{one.Health, one.Cloud, fmt.Sprint("shard ", one.Node != "")}
		for _, f := range one.Findings {
			marks = append(marks, f.Name)
		}
		for _, mark := range marks {
			if !seen[mark] {
				seen[mark] = true
				pages["instance "+one.Name] = one.path()
			}
		}
	}
	return pages
}

// serve lets an exporter without a process of its own answer, and returns its address.
func serve(t *testing.T, opts server.Options) string {
	t.Helper()
	opts.Logger, opts.Version = log.NewNopLogger(), "dev"
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error)
	handler := server.New(opts)
	go func() {
		ended <- server.Service{Listeners: []net.Listener{l}, Handler: handler, Logger: opts.Logger}.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// watching returns the address of an exporter that has asked simulated clouds with these instances once.
func watching(t *testing.T, discover bool, instances ...fleet.Instance) string {
	t.Helper()
	account := fleet.Account{Cloud: fleet.Alibaba, AccessKeyID: "AKBROWSER", AccessKeySecret: "secret-of-AKBROWSER", Instances: instances, Regions: []string{"cn-hangzhou"}}
	clouds := httptest.NewServer(cloudsim.New(cloudsim.Options{Fleet: fleet.Fleet{Accounts: []fleet.Account{account}}, Now: time.Now}))
	t.Cleanup(clouds.Close)
	cfg := config.Default()
	cfg.Poll.RequestsPerSecond = 100
	region := config.Region{ID: "cn-hangzhou", Endpoint: clouds.URL, Discovery: config.Discovery{Enabled: discover}, OwnerTag: "team"}
	cfg.Accounts = []config.Account{{
		Name: "prod", Cloud: backup.Alibaba, Regions: []config.Region{region},
		Credentials: config.Credentials{AccessKeyID: config.Secret(account.AccessKeyID), AccessKeySecret: config.Secret(account.AccessKeySecret)},
	}}
	e, err := exporter.New(&cfg, exporter.Options{Now: time.Now, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	e.Poller().Refresh(t.Context())
	gatherer, err := e.Gatherer()
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, server.Options{Poller: e.Poller(), Metrics: gatherer, Probe: e.Probe, Config: e.Masked, History: e.History(), Lookback: e.Lookback})
}

// known is a poller that knows a snapshot and asks nobody.
type known struct{ snapshot backup.Snapshot }

func (k *known) Refresh(context.Context)                 {}
func (k *known) RefreshInstance(context.Context, string) {}
func (k *known) Known(string) bool                       { return true }
func (k *known) Snapshot() *backup.Snapshot              { return &k.snapshot }
func (k *known) Ready() bool                             { return true }

// rows returns the address of an exporter of n instances with a week of daily backups. Every hundredth is late.
func rows(t *testing.T, n int) string {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Minute)
	k := &known{}
	region := backup.Region{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Discovers: true, Asked: true, Up: true}
	region.Unmonitored = backup.Reading[int]{At: now, TriedAt: now, GoodUntil: now.Add(time.Hour)}
	region.Listed = backup.Reading[int]{Value: n, At: now, TriedAt: now, GoodUntil: now.Add(time.Hour)}
	k.snapshot = backup.Snapshot{At: now, Regions: []backup.Region{region}}
	for i := range n {
		k.snapshot.Instances = append(k.snapshot.Instances, ordinary(i, now))
	}
	return serve(t, server.Options{Poller: k, Metrics: prometheus.NewRegistry()})
}

// ordinary is the instance with a number, which is backed up daily.
func ordinary(i int, now time.Time) backup.InstanceState {
	fresh := now.Add(time.Hour)
	in := backup.InstanceState{Objectives: backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MaxDuration: 6 * time.Hour}, ListedUntil: fresh}
	in.Instance = backup.Instance{
		Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: fmt.Sprintf("dds-bp1%012d", i)},
		Name:   fmt.Sprintf("orders-%04d", i), Status: "Running", Owner: "team-orders", Topology: backup.TopologyReplicaSet,
	}
	opened := now.Add(-9 * time.Hour).Truncate(time.Hour)
	in.Policy = backup.Reading[backup.Policy]{At: now, TriedAt: now, GoodUntil: fresh, Value: backup.Policy{
		Automatic: new(true), NextAt: opened.Add(24 * time.Hour),
		Schedules: []backup.Schedule{{
			StartsAt: opened.Sub(opened.Truncate(24 * time.Hour)), Window: time.Hour, Retention: 7 * 24 * time.Hour,
			Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6},
		}},
	}}
	in.Jobs = backup.Reading[[]backup.Job]{At: now, TriedAt: now, GoodUntil: fresh}
	list := backup.Reading[backup.List]{At: now, TriedAt: now, GoodUntil: fresh, Value: backup.List{Asked: []backup.Kind{backup.KindFull}}}
	for day := range 8 {
		began, size := opened.AddDate(0, 0, -day).Add(5*time.Minute), int64(40<<30+i)
		if i%100 != 0 || day > 2 {
			list.Value.Backups = append(list.Value.Backups, backup.Backup{
				ID: fmt.Sprint(i, day), Kind: backup.KindFull, State: backup.StateSuccess,
				StartedAt: began, EndedAt: began.Add(9 * time.Minute), SizeBytes: &size, ExpiresAt: began.AddDate(0, 0, 7),
			})
		}
	}
	in.Nodes = []backup.NodeState{{Backups: list}}
	return in
}

// address returns a free address on loopback. Its port is not one that outgoing connections use.
func address(t *testing.T) string {
	t.Helper()
	for range 100 {
		candidate := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000))
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", candidate)
		if err != nil {
			continue
		}
		l.Close()
		return "http://" + candidate
	}
	t.Fatal("no free port")
	return ""
}

// wait waits until something is so.
func wait(t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !so() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("it has not come about within a minute")
		}
	}
}

// get returns the answer to a request, which may be compressed.
func get(t *testing.T, url string, header ...string) (*http.Response, string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

// answers reports whether a URL is answered with 200.
func answers(t *testing.T, url string) bool {
	t.Helper()
	resp, _, err := get(t, url)
	return err == nil && resp.StatusCode == http.StatusOK
}

// fetch returns what a URL is answered with.
func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, body, err := get(t, url)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %v %v", url, resp, err)
	}
	return body
}
