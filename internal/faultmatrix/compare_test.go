package faultmatrix

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// alike compares the samples that are chosen. The time of a poll is compared roughly: failures of others may delay it. That a
// job stands still is not compared: those of the world do, so that their progress can be, and after an hour that is found.
func (c *checker) alike(when string, want, got scrape, chosen func(sample) bool) {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(union(want.exposition, got.exposition))) {
		w, wanted := want.exposition[key]
		g, there := got.exposition[key]
		one := w
		if !wanted {
			one = g
		}
		switch {
		case !chosen(one), one.labels["finding"] == "stuck":
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
