package bench

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// The clouds answer as much as the exporter asks by default, and a second's calls more, since their minutes are not ours.
var (
	ofAlibaba       = quota{PerMinute: 610}
	ofAlibabaHidden = quota{PerMinute: 200}
	ofHuaweiCloud   = quota{PerMinute: 61, Together: true}
)

// row is one line of the table of hours.
type row struct {
	polling
	short bool // also measured by the short form
	goals func(*goals, row, polled)
}

func sets(cloud string, n int) crowd {
	return crowd{Cloud: cloud, Targets: n, WindowH: -1, Logs: cloud == fleet.Alibaba}
}

func rows() []row {
	const ali, hw = fleet.Alibaba, fleet.Huawei
	incremental := func(n int) crowd { c := sets(hw, n); c.Logs = true; return c }
	shards := func(n, each int) crowd { c := sets(ali, n); c.Shards = each; return c }
	every := func(n int, d time.Duration) crowd { c := sets(ali, n); c.Every = d; return c }
	list := []row{
		{polling: polling{crowd: sets(ali, 100), quota: ofAlibaba, hours: 26}, short: true, goals: dailyGoals},
		{polling: polling{crowd: sets(ali, 300), quota: ofAlibaba, hours: 26}, goals: dailyGoals},
		{polling: polling{crowd: sets(ali, 1000), quota: ofAlibaba, hours: 2}, short: true},
		{polling: polling{crowd: sets(ali, 3000), quota: ofAlibaba, hours: 3}},
		{polling: polling{crowd: sets(ali, 10000), quota: ofAlibaba, hours: 2}, goals: tenThousandGoals},
		{polling: polling{crowd: sets(ali, 1000), quota: ofAlibabaHidden, hours: 2}, short: true, goals: hiddenGoals},
		{polling: polling{crowd: every(100, time.Hour), quota: ofAlibaba, hours: 6}, short: true},
		{polling: polling{crowd: every(1000, time.Hour), quota: ofAlibaba, hours: 3}},
		{polling: polling{crowd: every(100, 15*time.Minute), quota: ofAlibaba, hours: 2}, short: true, goals: frequentGoals},
		{polling: polling{crowd: every(1000, 15*time.Minute), quota: ofAlibaba, hours: 2}, goals: frequentGoals},
		{polling: polling{crowd: shards(300, 3), quota: ofAlibaba, hours: 6}, short: true},
		{polling: polling{crowd: shards(1000, 25), quota: ofAlibaba, hours: 3}},
	}
	for _, n := range []int{100, 300, 1000, 3000, 10000} {
		hours := 4.0
		if n >= 1000 { // the simulated clouds take long for each page of a long list
			hours = 2.5
		}
		list = append(list,
			row{polling: polling{crowd: sets(hw, n), quota: ofHuaweiCloud, hours: hours}, short: n == 100 || n == 1000, goals: huaweiGoals},
			row{polling: polling{crowd: sets(hw, n), quota: ofHuaweiCloud, hours: hours / 2, poll: withRPO}, short: n == 1000, goals: configuredGoals})
		if n <= 3000 {
			list = append(list, row{polling: polling{crowd: incremental(n), quota: ofHuaweiCloud, hours: hours}, short: n == 100})
		}
	}
	return list
}

// withRPO configures an RPO, so that verdicts need no policy.
const withRPO = "objectives: {rpo: 26h}\n"

func minutes(d time.Duration) float64 { return d.Minutes() }

// perDay returns the calls of an operation for each target and day.
func (r polled) perDay(op string, targets int) float64 {
	return float64(r.calls[op].Asked) / float64(targets) / (r.span.Hours() / 24)
}

func (r polled) perMinute() float64 { return float64(sum(r.calls).Asked) / r.span.Minutes() }

func (r polled) throttled(of map[string]count) float64 {
	all := sum(of)
	return 100 * float64(all.Throttled) / float64(max(1, all.Asked))
}

// overdue99 is by how much the list of one target in a hundred is older than its interval in force.
func (r polled) overdue99() float64 { return minutes(r.overdue.share(0.99)) }

func dailyGoals(g *goals, r row, p polled) {
	g.add(r.String()+": DescribeBackups a day and target", p.perDay("DescribeBackups", r.Targets), 100, "")
	g.add(r.String()+": seen after, p50", p.seen.share(0.5).Seconds(), 5, " s")
	g.add(r.String()+": seen after, longest", p.seen.longest.Seconds(), 60, " s")
}

func tenThousandGoals(g *goals, r row, p polled) {
	g.add(r.String()+": all known after", p.reached(p.judged), 20, " min")
	g.add(r.String()+": age p99 beyond the interval in force", p.overdue99(), 1, " min")
}

// hiddenGoals compare with the best age that the quota allows: each list read as often as the calls for lists allow.
func hiddenGoals(g *goals, r row, p polled) {
	g.add(r.String()+", quota not known: throttled after 5 min", p.throttled(p.late), 5, " %")
	best := float64(r.Targets) / float64(r.quota.PerMinute)
	g.add(r.String()+", quota not known: oldest ÷ best possible beyond the interval", minutes(p.overdue.longest)/best, 2, "")
}

func frequentGoals(g *goals, r row, p polled) {
	n := p.calls["DescribeBackups"]
	g.add(r.String()+": pages for each list", float64(n.Asked)/float64(max(1, n.Lists)), 1.1, "")
}

// huaweiGoals are of a documented size: what it must take at 60 calls a minute.
func huaweiGoals(g *goals, r row, p polled) {
	want, ok := map[int]struct{ listed, judged, calls float64 }{100: {1. / 3, 3, 10}, 1000: {2, 20, 25}, 3000: {6, 55, 58}}[r.Targets]
	if !ok {
		return
	}
	g.add(r.String()+": lists read after", p.reached(p.listed), want.listed, " min")
	g.add(r.String()+": verdicts known after", p.reached(p.judged), want.judged, " min")
	g.add(r.String()+": calls a minute", p.perMinute(), want.calls, "")
	g.add(r.String()+": age p99 beyond the interval in force", p.overdue99(), 1, " min")
}

func configuredGoals(g *goals, r row, p polled) {
	if want, ok := map[int]float64{100: 1. / 3, 1000: 2, 3000: 6}[r.Targets]; ok {
		g.add(r.String()+", rpo configured: verdicts known after", p.reached(p.judged), want, " min")
	}
}

// reached returns the minutes until something was reached: as many as there were at least, if it was not.
func (r polled) reached(after time.Duration) float64 {
	if after == 0 {
		return minutes(r.span) * 1e3
	}
	return minutes(after)
}

// TestHours polls fleets under quotas, for hours of their time.
func TestHours(t *testing.T) {
	asked := form(t)
	only := os.Getenv("BENCH_ONLY")
	out := table{{
		"fleet", "lists read after", "verdicts after", "calls/min", "lists/target/day", "age p50", "age p99", "p99 over interval",
		"throttled", "unknown", "seen p50", "seen max", "scrape p50", "scrape max",
	}}
	var reached goals
	for _, r := range rows() {
		name := r.name()
		if !r.short && asked != fullForm && only == "" || !strings.Contains(name, only) {
			continue
		}
		progress("%s, %v h of polling", name, r.hours)
		p := r.run(t)
		progress("%s took %s; calls a minute: %s", name, p.alive.Round(time.Second), p.byOperation())
		out.add(p.cells(name, r.Targets)...)
		progress("%s", strings.Join(out[len(out)-1], " | ")) // whoever interrupts a long run has what there is
		if r.goals != nil {
			r.goals(&reached, r, p)
		}
	}
	out.print("Hours of polling")
	reached.print()
}

func (r row) name() string {
	name := r.String()
	if r.poll == withRPO {
		name += ", rpo configured"
	}
	if r.quota == ofAlibabaHidden {
		name += ", 200/min not known"
	}
	return name
}

func (r polled) cells(name string, targets int) []string {
	span := func(d time.Duration) string { return d.Round(time.Second).String() }
	first := func(d time.Duration) string {
		if d == 0 {
			return "never"
		}
		return span(d)
	}
	lists := r.perDay("DescribeBackups", targets) + r.perDay("ListBackups", targets)
	return []string{
		name, first(r.listed), first(r.judged), number(r.perMinute()), number(lists),
		span(r.ages.share(0.5)), span(r.ages.share(0.99)), span(r.overdue.share(0.99)), number(r.throttled(r.late)) + " %",
		number(100*float64(r.unknown)/float64(max(1, r.samples))) + " %", r.seenCell(r.seen.share(0.5)), r.seenCell(r.seen.longest),
		span(r.waits.share(0.5)), span(r.waits.longest),
	}
}

func (r polled) seenCell(d time.Duration) string {
	if r.seen.n == 0 {
		return "–"
	}
	return d.Round(time.Second).String()
}

// byOperation returns the calls a minute of each operation.
func (r polled) byOperation() string {
	var parts []string
	for op, n := range r.calls {
		parts = append(parts, fmt.Sprintf("%s %s", op, number(float64(n.Asked)/r.span.Minutes())))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}
