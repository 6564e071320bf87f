package faultmatrix

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
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
		if i < 3 && c.row.fault.Kind == cloudsim.FaultEndlessPages {
			continue // the first pages are still those of the fault, and an instance is forgotten after two listings without it
		}
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
	for _, v := range c.views() {
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
	case c.victim.region() && (!c.warm || x.family == "account_up" && (len(c.victim.scopes) > 1 || c.victim.regions)):
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

// others checks that the targets that the fault did not hit stay as they are after it, too.
func (c *checker) others(when string, s scrape) {
	steady := c.steady()
	c.alike(when, steady, s, func(x sample) bool { return !c.touches(x) && x.family != "poll_success_timestamp_seconds" })
}

// fallen checks that every poll that the fault hits fails, or that none does, as the row says.
func (c *checker) fallen() {
	if c.got.hits == 0 {
		if c.victim.cached == 0 || !c.warm {
			c.errorf("the fault hits no call")
		}
		return
	}
	for i, s := range c.got.faulty {
		for _, v := range c.views() {
			c.outcome(i, v, s.exposition[v.key].value == "1")
		}
	}
}

// outcome checks whether a poll may work or fail under the fault.
func (c *checker) outcome(scrape int, v view, ok bool) {
	want := c.row.want
	if c.victim.partly || c.row.ofLists && !c.victim.list {
		want = either
	}
	excused := c.row.unsupported && c.victim.mayBeMissing(v.scope) || !c.asks(v)
	switch {
	case want == fails && ok && scrape >= c.noticed() && !excused:
		c.errorf("scrape %d under the fault: the poll works in spite of it: %s", scrape+1, v.key)
	case want == works && !ok:
		c.errorf("scrape %d under the fault: the poll fails because of a harmless fault: %s", scrape+1, v.key)
	}
}

// noticed returns the scrape, from 0, by which the polls have failed: the one after the first, unless a poll goes on
// until it is given up, or polls wait for each other because all of them are slow.
func (c *checker) noticed() int {
	switch {
	case c.victim.op == "":
		return len(c.got.faulty) - 1
	case c.row.slow:
		return 2
	}
	return 1
}

// asks reports whether the exporter asks the cloud for the poll of a view: not for windows that it knows that the cloud
// does not offer.
func (c *checker) asks(v view) bool {
	if v.scope != recovery {
		return true
	}
	for _, x := range c.steady().exposition {
		if v.about(x, ownFamilies(recovery)) {
			return true
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
