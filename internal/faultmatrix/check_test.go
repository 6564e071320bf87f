//go:build matrix

package faultmatrix

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checker compares what a case saw with what a run without a fault saw.
type checker struct {
	play
	base, got record
	wrong     []string
}

func (c *checker) errorf(format string, args ...any) {
	c.wrong = append(c.wrong, fmt.Sprintf(format, args...))
}

// check returns what is wrong with the case.
func (c *checker) check() []string {
	for i, s := range c.got.before {
		c.alike(fmt.Sprintf("scrape %d before the fault", i+1), c.base.before[i], s, func(sample) bool { return true })
	}
	for i, s := range c.got.faulty {
		c.faulty(i, s)
	}
	for i, s := range c.got.healed {
		c.others(fmt.Sprintf("scrape %d after the fault", i+1), s)
	}
	c.fallen()
	c.recovered()
	c.deadlines()
	const most = 3
	if n := len(c.wrong); n > most {
		c.wrong = append(c.wrong[:most:most], fmt.Sprintf("and %d more", n-most))
	}
	return c.wrong
}

// steady is what a run without a fault shows once everything is known: the fleet stands still.
func (c *checker) steady() scrape { return c.base.healed[len(c.base.healed)-1] }

func (c *checker) faulty(i int, s scrape) {
	when := fmt.Sprintf("scrape %d under the fault", i+1)
	c.alike(when, c.base.faulty[i], s, func(x sample) bool { return !c.touches(x) })
	for _, v := range c.views(s) {
		c.view(when, v, s)
	}
	c.falseOK(when, s)
}

// touches reports whether the fault may change a sample.
func (c *checker) touches(x sample) bool {
	if c.got.hits == 0 || !c.victim.hits(x) {
		return false
	}
	switch {
	case c.victim.partly:
		return x.labels["type"] == "incremental"
	case c.row.loses && c.victim.region() && x.family == "instance_info": // what cannot be read is empty
		return true
	case c.victim.region() && (!c.warm || x.family == "account_up" && len(c.victim.scopes) > 1):
		return true // as long as no listing worked, instances are not known or not well known
	case x.family == "discovery_success":
		return c.victim.region()
	case x.family == "poll_success", x.family == "poll_success_timestamp_seconds":
		return slices.Contains(c.victim.scopes, x.labels["scope"])
	}
	return slices.ContainsFunc(c.scopes(), func(scope string) bool { return slices.Contains(familiesOf(scope), x.family) })
}

// scopes returns the scopes whose values the fault may change. Without a policy, Huawei's incremental backups are not
// asked for.
func (c *checker) scopes() []string {
	if c.victim.op == "ShowBackupPolicy" && !c.warm {
		return append([]string{backups, recovery}, c.victim.scopes...)
	}
	return c.victim.scopes
}

// alike compares the samples that are chosen. The time of a poll is compared roughly: failures of others may delay it.
func (c *checker) alike(when string, want, got scrape, chosen func(sample) bool) {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(union(want.exposition, got.exposition))) {
		w, wanted := want.exposition[key]
		g, there := got.exposition[key]
		switch {
		case !chosen(either2(w, g, wanted)):
		case !there:
			lines = append(lines, "- "+key+" "+w.value)
		case !wanted:
			lines = append(lines, "+ "+key+" "+g.value)
		case w.family == "poll_success_timestamp_seconds" && closeTo(w.value, g.value):
		case w.value != g.value:
			lines = append(lines, "- "+key+" "+w.value, "+ "+key+" "+g.value)
		}
	}
	if len(lines) > 0 {
		c.errorf("%s, - without the fault, + with it:\n%s", when, clip(lines))
	}
}

func either2(w, g sample, wanted bool) sample {
	if wanted {
		return w
	}
	return g
}

func union(a, b exposition) exposition {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// closeTo reports whether two times are less than an interval apart.
func closeTo(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && max(x-y, y-x) < interval.Seconds()
}

func clip(lines []string) string {
	const most = 12
	if len(lines) > most {
		lines = append(lines[:most:most], fmt.Sprintf("… and %d more", len(lines)-most))
	}
	return "\t" + strings.Join(lines, "\n\t")
}

// view is one target and one scope that the fault may hit.
type view struct {
	key   string // of its sample of poll_success, or discovery_success
	scope string
	sample
}

// views returns the polls that the fault hits, of those that a run without a fault shows.
func (c *checker) views(scrape) []view {
	var list []view
	for key, x := range c.steady().exposition {
		scope := x.labels["scope"]
		if x.family == "discovery_success" {
			scope = discovery
		} else if x.family != "poll_success" {
			continue
		}
		if c.touches(x) && slices.Contains(c.victim.scopes, scope) {
			list = append(list, view{key, scope, x})
		}
	}
	slices.SortFunc(list, func(a, b view) int { return strings.Compare(a.key, b.key) })
	return list
}

// about reports whether a sample is one of the values that the poll of the view provides.
func (v view) about(x sample, families []string) bool {
	return slices.Contains(families, x.family) && v.labels["account"] == x.labels["account"] && v.labels["region"] == x.labels["region"] &&
		v.labels["cloud"] == x.labels["cloud"] && v.labels["instance_id"] == x.labels["instance_id"] && v.labels["node_id"] == x.labels["node_id"]
}

// view checks what is shown of one target and scope: the right values while the poll works or its last value is fresh,
// and none otherwise.
func (c *checker) view(when string, v view, s scrape) {
	if _, known := s.exposition[v.key]; !known {
		if c.warm || !c.victim.region() {
			c.errorf("%s: %s is gone", when, v.key)
		}
		return
	}
	switch ok := s.exposition[v.key].value == "1"; {
	case ok && c.losesSome(v), !c.warm && c.victim.region():
	case ok && c.row.unsupported && c.victim.mayBeMissing(v.scope) && c.withdrawn(v, s):
	case ok:
		c.shown(when+", the poll works", v, s)
	case c.fresh(v, s):
		c.shown(when+", the last value is fresh", v, s)
	case !c.withdrawn(v, s):
		c.errorf("%s: the poll fails and nothing good is fresh, but there are values of %s", when, v.key)
	}
}

// losesSome reports whether the values of a poll that works may be fewer: a record is lost, or an optional list is read
// as one without records.
func (c *checker) losesSome(v view) bool {
	switch {
	case c.victim.partly:
		return true
	case c.row.ofLists:
		return isOptional(v.scope)
	}
	return c.row.loses && c.victim.op != "DescribeDBInstanceAttribute" // the only record there is
}

// fresh reports whether the last good value may still be shown.
func (c *checker) fresh(v view, s scrape) bool {
	if !c.warm {
		return false
	}
	last := c.got.before[len(c.got.before)-1].at
	if key, ok := strings.CutPrefix(v.key, "poll_success{"); ok {
		stamp := s.exposition["poll_success_timestamp_seconds{"+key]
		if seconds, err := strconv.ParseFloat(stamp.value, 64); err == nil {
			last = time.Unix(int64(seconds), 0)
		}
	}
	return s.at.Add(s.took).Before(last.Add(interval + staleAfter))
}

// shown checks that the values are those of a run without a fault. A value that comes from several scopes is left out
// when another one of them may be withdrawn.
func (c *checker) shown(when string, v view, s scrape) {
	families := familiesOf(v.scope)
	if len(c.victim.scopes) > 1 {
		families = ownFamilies(v.scope)
	}
	c.alike(when, c.steady(), s, func(x sample) bool { return v.about(x, families) })
}

// withdrawn reports whether there is no value of the scope.
func (c *checker) withdrawn(v view, s scrape) bool {
	own := ownFamilies(v.scope)
	for _, x := range s.exposition {
		if v.about(x, own) {
			return false
		}
		if v.scope == backups && v.about(x, []string{"health"}) && (x.labels["state"] == "unknown") != (x.value == "1") {
			return false
		}
	}
	return true
}

// falseOK checks that no target is ok whose backups are not known to be.
func (c *checker) falseOK(when string, s scrape) {
	for key, x := range s.exposition {
		if x.family != "health" || x.labels["state"] != "ok" || x.value != "1" {
			continue
		}
		if good, ok := c.steady().exposition[key]; !ok || good.value != "1" {
			c.errorf("%s: false ok: %s", when, key)
		}
		for pollKey, poll := range s.exposition {
			v := view{pollKey, backups, x}
			if v.about(poll, []string{"poll_success"}) && poll.labels["scope"] == backups && poll.value != "1" && !c.fresh(v, s) {
				c.errorf("%s: false ok while the list of backups fails: %s", when, key)
			}
		}
	}
}

// others checks that the targets that the fault did not hit stay as they are after it, too.
func (c *checker) others(when string, s scrape) {
	steady := c.steady()
	c.alike(when, steady, s, func(x sample) bool { return !c.touches(x) && x.family != "poll_success_timestamp_seconds" })
}

// fallen checks that every poll that the fault hits says so at its end, or that none does.
func (c *checker) fallen() {
	want := c.row.want
	if c.row.ofLists && !c.victim.list {
		want = either
	}
	last := c.got.faulty[len(c.got.faulty)-1]
	if c.got.hits == 0 {
		if c.victim.cached == 0 || !c.warm {
			c.errorf("the fault hits no call")
		}
		return
	}
	for _, v := range c.views(last) {
		ok := last.exposition[v.key].value == "1"
		switch {
		case c.victim.partly:
		case want == fails && ok && !(c.row.unsupported && c.victim.mayBeMissing(v.scope)) && c.asks(v):
			c.errorf("the poll works in spite of the fault: %s", v.key)
		case want == works && !ok:
			c.errorf("the poll fails because of a harmless fault: %s", v.key)
		}
	}
}

// asks reports whether the exporter asks the cloud for the poll of a view at all: not for what it knows that the cloud
// does not offer.
func (c *checker) asks(v view) bool {
	if v.scope != recovery {
		return true
	}
	for _, x := range c.steady().exposition {
		if x.family == "oldest_recovery_point_timestamp_seconds" && v.about(x, []string{x.family}) {
			return v.labels["instance_id"] == idOf(c.victim.cloud, busy)
		}
	}
	return false
}

// recovered checks that all is good again in time.
func (c *checker) recovered() {
	limit := cmp.Or(c.row.heal, 2)
	if c.patience() > 0 {
		limit = healScrapes + 1
	}
	if n := len(c.got.healed); n > limit || !c.isGood(c.got.healed[n-1]) {
		c.errorf("not good %d scrapes after the fault, want %d", n, limit)
		c.alike("the last scrape", c.steady(), c.got.healed[n-1], notOfTime)
	}
}

func (c *checker) isGood(s scrape) bool {
	check := &checker{play: c.play}
	check.alike("", c.steady(), s, notOfTime)
	return len(check.wrong) == 0
}

func notOfTime(x sample) bool { return x.family != "poll_success_timestamp_seconds" }

// deadlines checks that scrapes and the end of the exporter come in time, and that the exporter gets ready.
func (c *checker) deadlines() {
	for i, s := range slices.Concat(c.got.before, c.got.faulty, c.got.healed) {
		if s.took > scrapeTimeout-offset {
			c.errorf("scrape %d took %v", i+1, s.took)
		}
		if i >= readyAfter && !s.ready {
			c.errorf("not ready after scrape %d", i+1)
		}
	}
	if c.got.closed > time.Second {
		c.errorf("closing took %v", c.got.closed)
	}
}

// readyAfter is after how many scrapes the exporter must be ready.
const readyAfter = 3
