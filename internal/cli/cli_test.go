package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(Run(ctx, os.Args[1:], OfProcess(steppedNow, "0.1.0")))
	}})
}

// clouds is what a script has of its simulated clouds.
type clouds struct {
	*cloudsim.Sim
	listening *httptest.Server
	faults    []func()      // remove the faults injected so far
	ahead     time.Duration // of the clocks of the script
}

type cloudsKey struct{}

// now returns the time by the clocks of the script.
func (c *clouds) now() time.Time { return time.Now().Add(c.ahead) }

// shiftIn names how long after noon scripts begin, such as 5h: what a script expects must hold at every hour of the day but those
// in which the clouds make a backup of an instance that it makes one of.
const shiftIn = "CLI_TEST_SHIFT"

// untilNoon returns how far the clocks of scripts are ahead. They begin at noon, or as much later as shiftIn says, whenever they
// are run, because the fleet has backups at fixed times.
func untilNoon() time.Duration {
	shift, _ := time.ParseDuration(os.Getenv(shiftIn)) // none is 0
	now := time.Now()
	return now.Truncate(24 * time.Hour).Add(12*time.Hour + shift).Sub(now).Round(time.Second)
}

func setup(env *testscript.Env) error {
	c := &clouds{ahead: untilNoon()}
	if err := os.WriteFile(clockFileIn(env.WorkDir), []byte(c.ahead.String()), 0o600); err != nil {
		return err
	}
	f := fleet.Demo(c.now())
	c.Sim = cloudsim.New(cloudsim.Options{Fleet: f, Now: c.now, WallNow: time.Now, BackupLength: time.Second})
	var err error
	if c.listening, err = serveLow(env.T().(testing.TB).Context(), c.Sim); err != nil {
		return err
	}
	env.Defer(c.listening.Close)
	env.Values[cloudsKey{}] = c
	for _, name := range []string{"ADDRESS", "HEALTH"} {
		l, err := listenLow(env.T().(testing.TB).Context())
		if err != nil {
			return err
		}
		defer l.Close() // only now, so that the two differ
		env.Setenv(name, l.Addr().String())
	}
	env.Setenv("CLOUD", c.listening.URL)
	rules, err := filepath.Abs("../../alerts/mongodb_backup.rules.yml")
	if err != nil {
		return err
	}
	env.Setenv("RULES", rules)
	env.Setenv(clockFile, clockFileIn(env.WorkDir))
	env.Setenv("PROJECT", fleet.DemoProjectID)
	env.Setenv("HUAWEI", huaweiInstance(f))
	return nil
}

// listenLow returns a listener on loopback. Its port is not one that outgoing connections use, so that none of these takes
// the port between the end of the listener and the start of the exporter.
func listenLow(ctx context.Context) (l net.Listener, err error) {
	for range 100 {
		l, err = new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000)))
		if err == nil {
			return l, nil
		}
	}
	return nil, err
}

// serveLow returns a server on a port that no test of another package gets: programs go on asking a cloud that was switched off,
// and another test would count their calls as its own.
func serveLow(ctx context.Context, handler http.Handler) (*httptest.Server, error) {
	l, err := listenLow(ctx)
	if err != nil {
		return nil, err
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}}
	server.Start()
	return server, nil
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

// get [-timeout SECONDS] [-user NAME:PASSWORD] [-at ADDRESS] PATH STATUS [PATTERN...] asks the exporter, for up to a
// minute, until the answer has the status and matches all patterns; with ! until it has the status and matches none of them.
func get(ts *testscript.TestScript, neg bool, args []string) {
	ask := query{method: http.MethodGet, address: ts.Getenv("ADDRESS")}
	for strings.HasPrefix(args[0], "-") {
		switch args[0] {
		case "-timeout":
			ask.timeout = args[1]
		case "-user":
			ask.user = args[1]
		case "-at":
			ask.address = args[1]
		}
		args = args[2:]
	}
	ask.path = args[0]
	want, patterns := args[1], args[2:]
	deadline := time.Now().Add(time.Minute)
	for {
		start := time.Now()
		status, body := ask.send(ts)
		// internal/server proves the deadline to the millisecond; here other processes may be using the machine.
		if limit, err := strconv.ParseFloat(ask.timeout, 64); err == nil && time.Since(start).Seconds() > limit+20 {
			ts.Fatalf("GET %s took %v, the scraper waits for %s s", ask.path, time.Since(start), ask.timeout)
		}
		missing := slices.IndexFunc(patterns, func(pattern string) bool {
			return regexp.MustCompile("(?m)"+pattern).MatchString(body) == neg
		})
		if status == want && missing < 0 {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("GET %s: status %s, want %s; patterns %q, negated %v:\n%s", ask.path, status, want, patterns, neg, body)
		}
		time.Sleep(50 * time.Millisecond) // between two looks at another process
	}
}

// crowd N PATH STATUS sends N requests at the same time, of which at least one must get the status.
func crowd(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	ask := query{method: http.MethodGet, address: ts.Getenv("ADDRESS"), path: args[1], timeout: "2"}
	statuses := make(chan string, n)
	for range n {
		go func() {
			status, _ := ask.send(ts)
			statuses <- status
		}()
	}
	var got []string
	for range n {
		got = append(got, <-statuses)
	}
	if !slices.Contains(got, args[2]) {
		ts.Fatalf("GET %s at the same time: %q, none with status %s", ask.path, got, args[2])
	}
}

// post PATH STATUS [PATTERN [ORIGIN]] sends one empty POST, from a page of the origin if there is one.
func post(ts *testscript.TestScript, _ bool, args []string) {
	ask := query{method: http.MethodPost, address: ts.Getenv("ADDRESS"), path: args[0]}
	if len(args) > 3 {
		ask.origin = args[3]
	}
	status, body := ask.send(ts)
	if status != args[1] || len(args) > 2 && !regexp.MustCompile(args[2]).MatchString(body) {
		ts.Fatalf("POST %s: %s\n%s\nwant %q", args[0], status, body, args[1:])
	}
}

// query is a request to the exporter. The last three are left out when they are empty.
type query struct{ method, address, path, timeout, user, origin string }

// send returns the status and the body of the answer, or an error as the status.
func (q query) send(ts *testscript.TestScript) (status, body string) {
	r, err := http.NewRequest(q.method, "http://"+q.address+q.path, nil)
	ts.Check(err)
	if q.timeout != "" {
		r.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", q.timeout)
	}
	if q.origin != "" {
		r.Header.Set("Origin", q.origin)
	}
	if name, password, ok := strings.Cut(q.user, ":"); ok {
		r.SetBasicAuth(name, password)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error(), ""
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error(), ""
	}
	return strconv.Itoa(resp.StatusCode), string(text)
}

// fault KIND [OPERATION [INSTANCE [REGION [TIMES]]]] breaks the clouds. A dash stands for any.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	f := cloudsim.Fault{Kind: cloudsim.FaultKind(args[0])}
	for i, field := range []*string{&f.Operation, &f.InstanceID, &f.Region} {
		if len(args) > i+1 && args[i+1] != "-" {
			*field = args[i+1]
		}
	}
	if len(args) > 4 {
		times, err := strconv.Atoi(args[4])
		ts.Check(err)
		f.Times = times
	}
	c := cloudsOf(ts)
	c.faults = append(c.faults, c.Inject(f))
}

// busy INSTANCE [LENGTH] lets a backup of the instance run, for an hour if not said otherwise.
func busy(ts *testscript.TestScript, _ bool, args []string) {
	length := time.Hour
	if len(args) > 1 {
		var err error
		length, err = time.ParseDuration(args[1])
		ts.Check(err)
	}
	cloudsOf(ts).Update(func(f *fleet.Fleet) {
		in := f.Instance(args[0])
		in.Backups = append(in.Backups, fleet.Backup{
			ID: "4711", JobID: "4712", Manual: true, Status: "running", Start: cloudsOf(ts).now(), Length: length,
		})
	})
}

// reload N asks for N reloads, one after the other: those asked for at the same time would share one.
func reloads(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for range n {
		post(ts, false, []string{"/-/reload", "200"})
	}
}

// unread PIPE fills a named pipe and holds it open until the script ends, without reading it.
func unread(ts *testscript.TestScript, _ bool, args []string) {
	pipe, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	ts.Defer(func() { pipe.Close() })
	ts.Check(pipe.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)))
	if n, err := pipe.Write(make([]byte, 16<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		ts.Fatalf("%s took %d bytes: %v", args[0], n, err)
	}
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
