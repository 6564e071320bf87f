package faultmatrix

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// view is one target and one scope that the fault may hit.
type view struct {
	key   string // of its sample of poll_success, or discovery_success
	scope string
	sample
}

// views returns the polls that the fault may hit, of those that a run without a fault shows.
func (c *checker) views() []view {
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
