package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
)

// TestFigures measures what is about processor time, memory and the clock on the wall.
func TestFigures(t *testing.T) {
	asked := form(t)
	only := os.Getenv("BENCH_ONLY")
	var reached goals
	for _, part := range []struct {
		name    string
		measure func(t *testing.T, asked string, g *goals)
	}{
		{"cold round", coldRounds}, {"warm scrape", warmScrapes}, {"memory", memory}, {"status", statusOfHundred},
	} {
		if strings.Contains(part.name, only) {
			t.Run(part.name, func(t *testing.T) { part.measure(t, asked, &reached) })
		}
	}
	reached.print()
}

// unhurried lets calls go as fast as the clouds answer.
const unhurried = "poll: {requests_per_second: 10000}\n"

// coldRounds measure how much longer a first round takes than the clouds need to answer.
func coldRounds(t *testing.T, asked string, g *goals) {
	out := table{{"cold round", "calls", "ideal", "took", "took ÷ ideal", "processor time per call"}}
	daily := func(c crowd) crowd { c.WindowH = (time.Now().UTC().Hour() + 12) % 24; return c }
	for _, round := range []struct {
		crowd
		poll string
		full bool
	}{
		{crowd{Cloud: fleet.Alibaba, Targets: 1000, Logs: true}, unhurried, false},
		{crowd{Cloud: fleet.Huawei, Targets: 1000, Logs: true}, unhurried, false},
		{crowd{Cloud: fleet.Alibaba, Targets: 1000, Shards: 25}, unhurried, false},
		{crowd{Cloud: fleet.Alibaba, Targets: 1000, Logs: true}, "", true},
	} {
		if round.full && asked != fullForm {
			continue
		}
		round.crowd = daily(round.crowd)
		name := round.String()
		if round.poll == "" {
			name += ", default rate"
		}
		t.Run(name, func(t *testing.T) {
			progress("cold round: %s", name)
			r := coldRound(t, round.crowd, round.poll)
			out.add(name, fmt.Sprint(sum(r.calls).Asked), r.ideal.Round(10*time.Millisecond).String(), r.took.Round(10*time.Millisecond).String(),
				number(r.ratio()), (r.processor / time.Duration(sum(r.calls).Asked)).Round(time.Microsecond).String())
			g.add("cold round, "+name+": took ÷ ideal", r.ratio(), 1.15, "")
		})
	}
	out.print("Cold rounds (answers take 50 ms)")
}

// round is one round in which everything is read.
type round struct {
	calls                  map[string]count
	ideal, took, processor time.Duration
}

func (r round) ratio() float64 { return r.took.Seconds() / r.ideal.Seconds() }

// coldRound reads everything once. Ideal is what no order of the calls could beat: the time that the clouds took to
// answer, divided by the calls that may be in flight, or the calls of one operation at its rate.
func coldRound(t *testing.T, c crowd, poll string) round {
	clouds := startClouds(t, simulation{c, 50 * time.Millisecond})
	cfg, err := config.Load([]byte(c.configuration(clouds.url, poll)), ".")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	clouds.counts(t)
	e, err := exporter.New(cfg, exporter.Options{Now: time.Now, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	began, used := time.Now(), processorTime(t)
	for ctx := bounded(t); listsRead(e) < c.Targets && ctx.Err() == nil; {
		e.Poller().Refresh(ctx)
	}
	r := round{calls: clouds.counts(t), took: time.Since(began), processor: processorTime(t) - used}
	r.ideal = sum(r.calls).Took / time.Duration(cfg.Poll.Concurrency)
	if rate := cfg.Poll.RequestsPerSecond; rate == 0 {
		const byDefault = 10
		for _, n := range r.calls {
			r.ideal = max(r.ideal, time.Duration(n.Asked-byDefault)*time.Second/byDefault)
		}
	}
	return r
}

// listsRead returns how many targets have a list of backups.
func listsRead(e *exporter.Exporter) int {
	n := 0
	for _, in := range e.Poller().Snapshot().Instances {
		for _, node := range in.Nodes {
			if !node.Backups.At.IsZero() {
				n++
			}
		}
	}
	return n
}

// memory measures the built program: the most memory that it had while it scraped in both text formats.
func memory(t *testing.T, _ string, g *goals) {
	out := table{{"memory", "peak", "per target", "text", "per target"}}
	var peaks []float64
	for _, n := range []int{1000, 10_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := quiet(n)
			progress("memory: %s", c)
			clouds := startClouds(t, simulation{c, 0})
			s := serve(t, configure(t, c.configuration(clouds.url, unhurried)))
			s.awaitAll(t, n)
			var text []byte
			for range 4 {
				text = s.scrape(t, "text/plain")
				s.scrape(t, "application/openmetrics-text")
			}
			peak := s.peak(t)
			peaks = append(peaks, peak)
			out.add(c.String(), number(peak/1e6)+" MB", number(peak/1e3/float64(n))+" kB", number(float64(len(text))/1e6)+" MB", number(float64(len(text))/1e3/float64(n))+" kB")
		})
	}
	out.print("Memory of the program, after scrapes in both text formats")
	if len(peaks) == 2 {
		g.add("peak memory per target, 10,000", peaks[1]/1e3/10_000, 45, " kB")
		g.add("growth of memory, 1,000 to 10,000", peaks[1]/peaks[0], 11, " ×")
	}
}

// quiet is a fleet of which no news are to be expected for some hours.
func quiet(n int) crowd {
	return crowd{Cloud: fleet.Alibaba, Targets: n, WindowH: (time.Now().UTC().Hour() + 12) % 24, Logs: true}
}

// elsewhere is how long one call of the vendor's command-line tool took on another machine. That tool cannot be had here.
const elsewhere = 48 * time.Millisecond

// statusOfHundred measures the command status against a loop of one process for each instance.
func statusOfHundred(t *testing.T, _ string, g *goals) {
	c := quiet(100)
	clouds := startClouds(t, simulation{c, 0})
	command, file := program(t), configure(t, c.configuration(clouds.url, ""))
	progress("status: %s", c)
	began := time.Now()
	text, err := exec.Command(command, "status", "--config.file="+file).Output()
	took := time.Since(began)
	if err != nil || strings.Count(string(text), "\nok ") != c.Targets {
		t.Fatalf("status: %v, %d targets ok\n%s", err, strings.Count(string(text), "\nok "), text)
	}
	loop := loopOf(t, clouds, c.Targets)
	out := table{
		{"status of 100 instances", "took", "status ÷ this"},
		{"the command status", took.Round(time.Millisecond).String(), ""},
		{"a loop of 100 calls of the vendor's tool (48 ms each, measured elsewhere)", (100 * elsewhere).String(), number(took.Seconds() / (100 * elsewhere).Seconds())},
		{"a loop of 100 small processes with one call each, measured here", loop.Round(time.Millisecond).String(), number(took.Seconds() / loop.Seconds())},
	}
	out.print("status of 100 instances on Alibaba Cloud, default rates")
	g.add("status of 100 instances ÷ a loop of the vendor's tool", took.Seconds()/(100*elsewhere).Seconds(), 0.2, "")
}

// loopOf measures n processes, one after the other, that make one call each.
func loopOf(t *testing.T, clouds clouds, n int) time.Duration {
	t.Helper()
	began := time.Now()
	for range n {
		process := exec.Command(os.Args[0])
		process.Env = append(os.Environ(), callerVariable+"="+clouds.url+"/?Action=DescribeBackups")
		if out, err := process.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return time.Since(began)
}
