package evidence

import (
	"fmt"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// Known says in sentences what is known and what is not: what stands first in a report.
func (r *Report) Known() []string {
	all := []string{fmt.Sprintf("%s from %s to %s.", counted(len(r.Targets), "target"), moment(r.Since), moment(r.Until))}
	switch {
	case r.Summary.Unsure == nil:
	case *r.Summary.Unsure == 0:
		all = append(all, "Of all of the time it is known whether the objective was kept.")
	default:
		all = append(all, "Of "+unsure(r.Summary.Unsure)+" of the time nobody knows whether the objective was kept. That time is counted neither as kept nor as broken.")
	}
	all = append(all, r.reaches()...)
	stale := 0
	for _, region := range r.Coverage {
		if !region.Current {
			stale++
		}
	}
	if stale > 0 {
		all = append(all, fmt.Sprintf("Of %s the list of instances is not current: there may be instances of which nothing is said here.", counted(stale, "region")))
	}
	if n := len(r.Unwatched); n > 0 {
		all = append(all, fmt.Sprintf("Listed and not watched: %s. Nothing here is about what is not watched.", counted(n, "instance")))
	}
	return all
}

// reaches says how far back what is known goes.
func (r *Report) reaches() []string {
	var from, watched time.Time
	late, unkept := 0, 0
	for _, t := range r.Targets {
		if t.KnownSince == nil || t.KnownSince.After(r.Since) && len(t.UnknownSpans) > 0 && t.UnknownSpans[0].From.Before(*t.KnownSince) {
			late++
		}
		if t.KnownSince != nil && t.KnownSince.After(from) {
			from = *t.KnownSince
		}
		switch {
		case t.WatchedSince == nil:
			unkept++
		case t.WatchedSince.After(watched):
			watched = *t.WatchedSince
		}
	}
	var all []string
	if late > 0 {
		all = append(all, fmt.Sprintf("Of %s what is known begins after the beginning of this time; of the last of them %s.", counted(late, "target"), since(from)))
	}
	if unkept > 0 {
		all = append(all, fmt.Sprintf("Of %s nothing was kept before: what the cloud does not list any more is not known.", counted(unkept, "target")))
	}
	if !watched.IsZero() {
		all = append(all, "What the clouds list is kept since "+moment(watched)+", or longer.")
	}
	return all
}

func since(t time.Time) string {
	if t.IsZero() {
		return "nothing is known"
	}
	return "at " + moment(t)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func moment(t time.Time) string { return report.Moment(&t) }

// words returns a result for a person.
func words(result string) string {
	if result == notDue {
		return "nothing due"
	}
	return result
}

// Place returns account/region.
func (t *Target) Place() string { return t.Account + "/" + t.Region }

// Label returns the name of the target: of the instance, and of the shard.
func (t *Target) Label() string {
	if t.NodeID == "" {
		return t.Name()
	}
	return t.Name() + " " + t.NodeID
}

// Objective returns the RPO for a person.
func (t *Target) Objective() string { return report.Seconds(t.RPO) }

// Sizes says how large backups were.
func (t *Target) Sizes() string {
	if t.LastSize == nil {
		return report.None
	}
	return fmt.Sprintf("last %s, from %s to %s", report.Bytes(t.LastSize), report.Bytes(t.LeastSize), report.Bytes(t.MostSize))
}

// Durations says how long backups took.
func (t *Target) Durations() string {
	if t.MedianTook == nil {
		return report.None
	}
	return "median " + report.Seconds(*t.MedianTook) + ", longest " + report.Seconds(*t.MostTook)
}

// Listed returns the controls that apply, in the order in which people are shown them.
func (t *Target) Listed() []Line {
	var all []Line
	for _, name := range backup.ControlNames() {
		if state, ok := t.Controls[name]; ok {
			all = append(all, Line{Name: name, Title: title(name), State: state, Text: t.ControlEvidence[name]})
		}
	}
	return all
}

// Line is a control of a target as a person is shown it.
type Line struct {
	Name               backup.ControlName
	Title, State, Text string
}

// Wrong returns the titles of the controls with a state.
func (t *Target) Wrong(state string) string {
	var titles []string
	for _, line := range t.Listed() {
		if line.State == state {
			titles = append(titles, line.Title)
		}
	}
	return strings.Join(titles, "; ")
}

// Text returns a span for a person.
func (s Span) Text() string {
	return moment(s.From) + " to " + moment(s.Until) + ", " + report.Seconds(s.Seconds)
}
