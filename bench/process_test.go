package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
)

// Variables that make this program another one: simulated clouds, or one call to them.
const (
	simulatorVariable = "BENCH_SIMULATOR"
	callerVariable    = "BENCH_CALLER"
)

// simulation is what the process of the simulated clouds is told.
type simulation struct {
	Crowd   crowd
	Latency time.Duration
}

// simulate is the process of the simulated clouds. It prints its address, and ends when its standard input does.
func simulate() int {
	var what simulation
	if err := json.Unmarshal([]byte(os.Getenv(simulatorVariable)), &what); err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "simulator:", err)
		return 1
	}
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	sim := cloudsim.New(cloudsim.Options{Fleet: what.Crowd.fleet(time.Now()), Now: now, WallNow: time.Now})
	c := newCloud(sim, time.Now, what.Latency, quota{})
	mux := http.NewServeMux()
	mux.Handle("/", c)
	mux.HandleFunc("/bench/counts", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(c.taken()) })
	mux.HandleFunc("/bench/ahead", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.ParseInt(r.URL.Query().Get("ns"), 10, 64)
		ahead.Store(n)
	})
	fmt.Println(l.Addr())
	go func() { _ = http.Serve(l, mux) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

// clouds is the process of the simulated clouds, as others see it.
type clouds struct{ url string }

// startClouds starts the process. It ends with the test.
func startClouds(t *testing.T, what simulation) clouds {
	t.Helper()
	asked, err := json.Marshal(what)
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), simulatorVariable+"="+string(asked))
	process.Stderr = os.Stderr
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		_ = process.Wait() // an error says that it was ended
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the simulated clouds do not say where they listen: %v", err)
	}
	return clouds{"http://" + strings.TrimSpace(line)}
}

// counts returns the calls since the last time.
func (c clouds) counts(t *testing.T) map[string]count {
	t.Helper()
	var counts map[string]count
	if err := json.Unmarshal(get(t, c.url+"/bench/counts", nil), &counts); err != nil {
		t.Fatal(err)
	}
	return counts
}

// goTo sets the time of the clouds to the exporter's.
func (c clouds) goTo(t *testing.T, ahead time.Duration) {
	t.Helper()
	get(t, fmt.Sprintf("%s/bench/ahead?ns=%d", c.url, ahead), nil)
}

func get(t *testing.T, url string, header http.Header) []byte {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, response.Status, err)
	}
	return body
}

// callOnce is a process that makes one call: what a loop of a command-line tool does for each instance.
func callOnce() int {
	response, err := http.Get(os.Getenv(callerVariable))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer response.Body.Close()
	_, _ = io.Copy(os.Stdout, response.Body)
	return 0
}

// program returns the built exporter: the one that PROGRAM names, or one that is built now.
func program(t *testing.T) string {
	t.Helper()
	if built := os.Getenv("PROGRAM"); built != "" {
		return built
	}
	file := filepath.Join(t.TempDir(), "mongodb_backup_exporter")
	progress("building the program")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", file, "mongodb_backup_exporter").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return file
}

// configure writes a configuration file.
func configure(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mongodb_backup_exporter.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// service is the built program as it serves.
type service struct {
	url     string
	process *exec.Cmd
}

// serve starts the program. It ends with the test.
func serve(t *testing.T, file string) *service {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	process := exec.Command(program(t), "serve", "--config.file="+file, "--web.listen-address="+address, "--log.level=error")
	var log bytes.Buffer
	process.Stdout, process.Stderr = &log, &log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(syscall.SIGTERM)
		_ = process.Wait() // an error says that it was ended
		if t.Failed() {
			t.Logf("%s", log.Bytes())
		}
	})
	s := &service{"http://" + address, process}
	s.await(t)
	return s
}

// await waits until the program listens.
func (s *service) await(t *testing.T) {
	t.Helper()
	for range 200 {
		response, err := http.Get(s.url + "/-/healthy")
		if err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the program does not listen")
}

// awaitAll scrapes until n targets are known. On a machine that does other things too, the first scrapes may come to nothing.
func (s *service) awaitAll(t *testing.T, n int) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, s.url+"/metrics", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", "50")
	for ctx := bounded(t); ctx.Err() == nil; {
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err == nil && bytes.Count(text, []byte("\nmongodb_backup_last_attempt_success{")) == n {
			return
		}
	}
	t.Fatalf("not all of %d targets got known", n)
}

// scrape returns what Prometheus gets, in the format that accept asks for.
func (s *service) scrape(t *testing.T, accept string) []byte {
	t.Helper()
	return get(t, s.url+"/metrics", http.Header{
		"Accept": {accept}, "X-Prometheus-Scrape-Timeout-Seconds": {"50"},
	})
}

// peak returns the most memory that the process ever had, in bytes.
func (s *service) peak(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	if err != nil {
		t.Skip("this system does not tell the memory of a process")
	}
	for line := range strings.SplitSeq(string(status), "\n") {
		if text, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(text)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib * 1024
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// processorTime returns the processor time of this process so far.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// bounded returns a context that ends long after what is measured.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
