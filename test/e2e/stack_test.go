package e2e

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Files of the repository, relative to this directory.
const (
	repository       = "../.."
	rulesFile        = repository + "/alerts/mongodb_backup.rules.yml"
	alertmanagerFile = repository + "/docs/examples/alertmanager.yml"
	prometheusFile   = repository + "/docs/examples/prometheus.yml"
	dashboardFiles   = repository + "/dashboards/*.json"
	demoAlertsFile   = repository + "/README.md"
)

// patience is how long the tests wait for something that takes seconds on an idle machine.
const patience = 3 * time.Minute

var programs binaries // built once, before any test

func TestMain(m *testing.M) {
	flag.Parse()
	// More tests than processors, because each test has its own programs and mostly waits.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("6"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	var err error
	if programs, err = findBinaries(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if code == 0 && everyTestRan() {
		code = reportMissed()
	}
	os.Exit(code)
}

// everyTestRan reports whether the command line leaves no test out.
func everyTestRan() bool {
	return flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" &&
		flag.Lookup("test.list").Value.String() == ""
}

// reportMissed prints the alerts that no test has seen fire and end. It returns the exit code.
func reportMissed() int {
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	missed := missedAlerts(string(text))
	for _, name := range missed {
		fmt.Fprintf(os.Stderr, "%s: no test has received it and its end; add a case to every_alert_test.go\n", name)
	}
	return min(1, len(missed))
}

// setup is what differs between tests.
type setup struct {
	fleet      string        // demo or healthy
	staleAfter time.Duration // 0: an hour
	exporters  int           // 0: one
	configs    []string      // configurations, each of an exporter that does not simulate its clouds; nil: all simulate them
	flags      []string      // further flags of exporters with configs
	labels     string        // labels of the targets in Prometheus, as YAML; "": none
	history    time.Duration // how far back Prometheus has hourly samples; 0: it begins empty. For one exporter only
}

// stack is the set of programs that run for one test.
type stack struct {
	client
	setup
	receiver  *receiver
	exporters []exporter
}

// exporter is one exporter with simulated clouds of its own.
type exporter struct {
	address, clouds string
	process         *process
	file            string // its configuration; "": not written yet
}

// start starts exporters, Prometheus, Alertmanager and a receiver. They end with the test.
func start(t *testing.T, with setup) *stack {
	t.Helper()
	s := &stack{
		setup: with, receiver: newReceiver(t),
		client: client{ctx: t.Context(), prometheus: address(t), alertmanager: address(t)},
	}
	for range max(1, with.exporters, len(with.configs)) {
		s.exporters = append(s.exporters, exporter{address: address(t), clouds: address(t)})
	}
	for i := range s.exporters {
		s.startExporter(t, i)
	}
	s.startAlertmanager(t)
	data, flags := s.writeHistory(t)
	prometheus, rules := s.startPrometheus(t, data, flags...)
	wait(t, patience, s.targetsAreUp)
	wait(t, patience, s.namesAreKnown)
	// The rules come last: with scaled times a slow start would look like an outage to them.
	if err := os.WriteFile(filepath.Join(rules, "mongodb_backup.rules.yml"), []byte(scaledRules(printedRules(t))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := prometheus.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	wait(t, patience, s.rulesAreHealthy)
	return s
}

// startExporter starts one exporter at its address and waits until it is ready.
func (s *stack) startExporter(t *testing.T, i int) {
	t.Helper()
	e := &s.exporters[i]
	if s.configs != nil {
		s.serve(t, i)
		return
	}
	staleAfter := s.staleAfter
	if staleAfter == 0 {
		staleAfter = time.Hour
	}
	e.file = filepath.Join(t.TempDir(), "mongodb_backup_exporter.yml")
	e.process = run(t, fmt.Sprintf("exporter-%d", i), programs.exporter, "demo", "--demo.config-file="+e.file,
		"--web.listen-address="+e.address, "--demo.cloud-address="+e.clouds,
		"--demo.fleet="+s.fleet, "--demo.interval="+evaluationInterval.String(), "--demo.stale-after="+staleAfter.String())
	waitForStatus(t, "http://"+e.address+"/-/ready")
}

// serve starts one exporter with the file that its configuration was written to, and waits until it is ready.
func (s *stack) serve(t *testing.T, i int) {
	t.Helper()
	e := &s.exporters[i]
	if e.file == "" {
		e.file = write(t, "mongodb_backup_exporter.yml", s.configs[i])
	}
	args := append([]string{"serve", "--config.file=" + e.file, "--web.listen-address=" + e.address, "--web.enable-lifecycle"}, s.flags...)
	e.process = run(t, fmt.Sprintf("exporter-%d", i), programs.exporter, args...)
	waitForStatus(t, "http://"+e.address+"/-/healthy")
}

// Where the links of alerts lead in these tests.
const (
	exporterURL  = "https://backups.example.com"
	dashboardURL = "https://grafana.example.com"
)

// printedRules returns the rules as the exporter prints them.
func printedRules(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), programs.exporter, "rules", "--exporter-url="+exporterURL, "--dashboard-url="+dashboardURL).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func (s *stack) startAlertmanager(t *testing.T) {
	t.Helper()
	config := scaledAlertmanager(read(t, alertmanagerFile))
	config = replace(t, config, "127.0.0.1:9099", s.receiver.address, 2)
	run(t, "alertmanager", programs.alertmanager,
		"--config.file="+write(t, "alertmanager.yml", config), "--storage.path="+t.TempDir(),
		"--web.listen-address="+s.alertmanager, "--cluster.listen-address=")
	waitForStatus(t, "http://"+s.alertmanager+"/-/ready")
}

// startPrometheus starts Prometheus with its data and with an empty directory for rules, which it returns.
func (s *stack) startPrometheus(t *testing.T, data string, flags ...string) (server *process, rules string) {
	t.Helper()
	rules = t.TempDir()
	var targets []string
	for _, e := range s.exporters {
		targets = append(targets, "'"+e.address+"'")
	}
	config := read(t, prometheusFile)
	config = replace(t, config, "evaluation_interval: 1m", "evaluation_interval: "+evaluationInterval.String(), 1)
	config = replace(t, config, "scrape_interval: 1m", "scrape_interval: "+scrapeInterval.String(), 1)
	config = replace(t, config, "scrape_timeout: 50s", "scrape_timeout: "+scrapeInterval.String(), 1)
	config = replace(t, config, "rules/*.rules.yml", rules+"/*.rules.yml", 1)
	config = replace(t, config, "127.0.0.1:9093", s.alertmanager, 1)
	if s.labels != "" {
		config = replace(t, config, "- targets: ['127.0.0.1:10217']", "- labels: "+s.labels+"\n        targets: ['127.0.0.1:10217']", 1)
	}
	config = replace(t, config, "'127.0.0.1:10217'", strings.Join(targets, ", "), 1)
	return s.runPrometheus(t, config, data, append(flags, "--rules.alert.resend-delay=10s")...), rules
}

// runPrometheus runs Prometheus with a configuration and waits until it is ready.
func (c client) runPrometheus(t *testing.T, config, data string, flags ...string) *process {
	t.Helper()
	server := run(t, "prometheus", programs.prometheus, append([]string{
		"--config.file=" + write(t, "prometheus.yml", config), "--storage.tsdb.path=" + data,
		"--web.listen-address=" + c.prometheus, "--log.level=warn",
	}, flags...)...)
	waitForStatus(t, "http://"+c.prometheus+"/-/ready")
	return server
}

// fault adds a fault to the simulated clouds of every exporter. The returned function removes all faults.
func (s *stack) fault(t *testing.T, fault string) (end func()) {
	t.Helper()
	for _, e := range s.exporters {
		s.post(t, "http://"+e.clouds+"/faults", fault)
	}
	return func() {
		t.Helper()
		for _, e := range s.exporters {
			s.request(t, http.MethodDelete, "http://"+e.clouds+"/faults", "", http.StatusNoContent)
		}
	}
}

func (s *stack) post(t *testing.T, url, body string) {
	t.Helper()
	s.request(t, http.MethodPost, url, body, http.StatusCreated)
}

func (s *stack) request(t *testing.T, method, url, body string, want int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != want {
		text, err := io.ReadAll(resp.Body)
		t.Fatalf("%s %s: %s %s %v", method, url, resp.Status, text, err)
	}
}

// waitForStatus waits until a URL answers 200.
func waitForStatus(t *testing.T, url string) {
	t.Helper()
	wait(t, patience, func() string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			return err.Error()
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err.Error()
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return url + ": " + resp.Status
		}
		return ""
	})
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a file into a new directory and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// replace replaces every occurrence of from. The test fails unless there are exactly times of them.
func replace(t *testing.T, text, from, to string, times int) string {
	t.Helper()
	if got := strings.Count(text, from); got != times {
		t.Fatalf("%q is %d times in the example, want %d", from, got, times)
	}
	return strings.ReplaceAll(text, from, to)
}
