package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sync/errgroup"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(Run(ctx, os.Args[1:], Environment{Stdout: os.Stdout, Stderr: os.Stderr, Now: steppedNow}))
	}})
}

// TestScripts runs the program as its users do. Every script gets simulated clouds of its own: $CLOUD is their URL, and
// $ADDRESS is free to listen on, $HUAWEI is the id of a healthy DDS instance.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"get": get, "post": post, "fault": fault, "heal": heal, "calls": calls, "expand": expand, "send": send, "busy": busy, "reload": reloads,
			"step": step, "backed-up": backedUp,
		},
	})
}

// clouds is what a script has of its simulated clouds.
type clouds struct {
	*cloudsim.Sim
	faults []func() // remove the faults injected so far
}

type cloudsKey struct{}

func setup(env *testscript.Env) error {
	now := time.Now
	f := fleet.Demo(now())
	sim := cloudsim.New(cloudsim.Options{Fleet: f, Now: now, BackupLength: time.Second})
	listening := httptest.NewServer(sim)
	env.Defer(listening.Close)
	env.Values[cloudsKey{}] = &clouds{Sim: sim}
	l, err := new(net.ListenConfig).Listen(env.T().(testing.TB).Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Setenv("ADDRESS", l.Addr().String())
	env.Setenv("CLOUD", listening.URL)
	env.Setenv(clockFile, clockFileIn(env.WorkDir))
	env.Setenv("PROJECT", fleet.DemoProjectID)
	env.Setenv("HUAWEI", huaweiInstance(f))
	return l.Close()
}

// huaweiInstance returns the id of the first Huawei instance.
func huaweiInstance(f fleet.Fleet) string {
	for _, account := range f.Accounts {
		if account.Cloud == fleet.Huawei {
			return account.Instances[0].ID
		}
	}
	return ""
}

func cloudsOf(ts *testscript.TestScript) *clouds { return ts.Value(cloudsKey{}).(*clouds) }

// expand replaces variables in files.
func expand(ts *testscript.TestScript, _ bool, files []string) {
	for _, file := range files {
		text := ts.ReadFile(file)
		for _, name := range []string{"CLOUD", "ADDRESS", "PROJECT"} {
			text = strings.ReplaceAll(text, "$"+name, ts.Getenv(name))
		}
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
	}
}

// get [-timeout SECONDS] [-user NAME:PASSWORD] PATH STATUS [PATTERN...] asks the exporter, for up to 20 s, until the answer has the status and
// matches all patterns; with ! until it has the status and matches none of them.
func get(ts *testscript.TestScript, neg bool, args []string) {
	timeout, user := "", ""
	for strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-timeout":
			timeout = args[1]
		case "-user":
			user = args[1]
		}
		args = args[2:]
	}
	path, want, patterns := args[0], args[1], args[2:]
	deadline := time.Now().Add(20 * time.Second)
	for {
		status, body := request(ts, http.MethodGet, path, timeout, user)
		missing := slices.IndexFunc(patterns, func(pattern string) bool {
			return regexp.MustCompile("(?m)"+pattern).MatchString(body) == neg
		})
		if status == want && missing < 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("GET %s: status %s, want %s; patterns %q, negated %v:\n%s", path, status, want, patterns, neg, body)
		}
		time.Sleep(50 * time.Millisecond) // between two looks at another process
	}
}

// post PATH STATUS [PATTERN] sends one empty POST.
func post(ts *testscript.TestScript, _ bool, args []string) {
	status, body := request(ts, http.MethodPost, args[0], "", "")
	if status != args[1] || len(args) > 2 && !regexp.MustCompile(args[2]).MatchString(body) {
		ts.Fatalf("POST %s: %s\n%s\nwant %q", args[0], status, body, args[1:])
	}
}

func request(ts *testscript.TestScript, method, path, timeout, user string) (status, body string) {
	r, err := http.NewRequest(method, "http://"+ts.Getenv("ADDRESS")+path, nil)
	ts.Check(err)
	if timeout != "" {
		r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", timeout)
	}
	if name, password, ok := strings.Cut(user, ":"); ok {
		r.SetBasicAuth(name, password)
	}
	start := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error(), ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	// internal/server proves the deadline to the millisecond; here other processes may be using the machine.
	if limit, err := strconv.ParseFloat(timeout, 64); err == nil && time.Since(start).Seconds() > limit+2 {
		ts.Fatalf("GET %s took %v, the scraper waits for %s s", path, time.Since(start), timeout)
	}
	return strconv.Itoa(resp.StatusCode), string(text)
}

// fault KIND [OPERATION [INSTANCE [REGION]]] breaks the clouds. A dash stands for any.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	f := cloudsim.Fault{Kind: cloudsim.FaultKind(args[0])}
	for i, field := range []*string{&f.Operation, &f.InstanceID, &f.Region} {
		if len(args) > i+1 && args[i+1] != "-" {
			*field = args[i+1]
		}
	}
	c := cloudsOf(ts)
	c.faults = append(c.faults, c.Inject(f))
}

// busy INSTANCE lets a backup of the instance run for an hour.
func busy(ts *testscript.TestScript, _ bool, args []string) {
	cloudsOf(ts).Update(func(f *fleet.Fleet) {
		in := f.Instance(args[0])
		in.Backups = append(in.Backups, fleet.Backup{
			ID: "4711", JobID: "4712", Manual: true, Status: "running", Start: time.Now(), Length: time.Hour,
		})
	})
}

// reload N asks for N reloads at once, and waits until all have worked.
func reloads(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	var all errgroup.Group
	for range n {
		all.Go(func() error {
			resp, err := http.Post("http://"+ts.Getenv("ADDRESS")+"/-/reload", "", nil)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode != http.StatusOK {
				return errors.New(resp.Status)
			}
			return nil
		})
	}
	ts.Check(all.Wait())
}

// heal mends what fault broke.
func heal(ts *testscript.TestScript, _ bool, _ []string) {
	c := cloudsOf(ts)
	for _, remove := range c.faults {
		remove()
	}
	c.faults = nil
}

// send SIGNAL sends HUP or TERM to the exporter in the background.
func send(ts *testscript.TestScript, _ bool, args []string) {
	sig := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}[args[0]]
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(sig))
	}
}

// calls OPERATION MIN MAX checks how often the clouds were asked since the script began.
func calls(ts *testscript.TestScript, _ bool, args []string) {
	least, err := strconv.Atoi(args[1])
	ts.Check(err)
	most, err := strconv.Atoi(args[2])
	ts.Check(err)
	if n := cloudsOf(ts).Count(args[0]); n < least || n > most {
		ts.Fatalf("%s was asked %d times, want %d to %d", args[0], n, least, most)
	}
}
