package evidence

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"mongodb_backup_exporter/internal/report"
)

// writeMarkdown writes the report for a wiki or a ticket.
func writeMarkdown(to io.Writer, r *Report) error {
	m := markdown{new(bytes.Buffer)}
	m.line("# Backup evidence: %s", r.Result)
	m.line("")
	m.line("## What is known")
	m.line("")
	for _, sentence := range r.Known() {
		m.line("- %s", escape(sentence))
	}
	m.coverage(r)
	m.summary(r)
	m.targets(r)
	for i := range r.Targets {
		m.target(&r.Targets[i])
	}
	m.line("Written at %s. Definitions: docs/report.md of mongodb_backup_exporter.", moment(r.At))
	_, err := to.Write(m.Bytes())
	return err
}

type markdown struct{ *bytes.Buffer }

func (m markdown) line(format string, args ...any) { fmt.Fprintf(m, format+"\n", args...) }

// row writes a row of a table. Its cells are escaped.
func (m markdown) row(cells ...string) {
	for i := range cells {
		cells[i] = escape(cells[i])
	}
	m.line("| %s |", strings.Join(cells, " | "))
}

// head writes the head of a table after an empty line.
func (m markdown) head(cells ...string) {
	m.line("")
	m.row(cells...)
	m.line("|%s", strings.Repeat("---|", len(cells)))
}

func (m markdown) coverage(r *Report) {
	if len(r.Coverage) > 0 {
		m.head("Account", "Region", "Instances listed", "Listed at", "Current")
		for _, c := range r.Coverage {
			m.row(c.Account, c.Region, number(c.Instances), report.Moment(c.ListedAt), yes(c.Current))
		}
	}
	if len(r.Unwatched) > 0 {
		m.head("Not watched", "Account", "Region", "Why")
		for _, in := range r.Unwatched {
			m.row(in.InstanceName+" "+in.InstanceID, in.Account, in.Region, in.Reason)
		}
	}
	m.line("")
}

func (m markdown) summary(r *Report) {
	m.line("## Controls")
	m.line("")
	m.line("Within the objective: %s of the time that is known. Windows of the schedules: %s.", keptShare(r.Summary.Within), r.Summary.Schedule.Text())
	m.head("Control", "Kept", "Broken", "Unknown")
	for _, c := range r.Summary.Controls {
		m.row(title(c.Name), fmt.Sprint(c.Kept), fmt.Sprint(c.Broken), fmt.Sprint(c.Unknown))
	}
	m.line("")
}

func (m markdown) targets(r *Report) {
	m.line("## Targets")
	m.head("Target", "Where", "Result", "Within the objective", "Unknown", "Backups by the schedule", "Gaps", "Failed")
	for i := range r.Targets {
		t := &r.Targets[i]
		m.row(t.Label(), t.Place(), words(t.Result), keptShare(t.Within), unsure(t.Unsure), t.Plan(), fmt.Sprint(len(t.Gaps)), fmt.Sprint(t.Failed))
	}
	m.line("")
}

func (m markdown) target(t *Target) {
	m.line("### %s", escape(t.Label()))
	m.line("")
	m.line("%s: %s. Objective %s. Sizes: %s. Durations: %s.", escape(t.InstanceID), escape(t.Reason), t.Objective(), t.Sizes(), t.Durations())
	m.head("Control", "State", "Evidence")
	for _, c := range t.Listed() {
		m.row(c.Title, c.State, c.Text)
	}
	m.line("")
	list(m, "Gap", t.Gaps, Span.Text)
	list(m, "Unknown", t.UnknownSpans, Span.Text)
	list(m, "Window", t.Told(), Windows.Text)
	if n := t.Untold(); n > 0 {
		m.line("%s before them were not hit either.", counted(n, "window"))
		m.line("")
	}
	list(m, "Failed", t.Failures, func(f Failure) string { return moment(f.At) + ", " + f.Kind + ": " + report.OrNone(f.Reason) })
	list(m, "Policy changed", t.PolicyChanges, func(c PolicyChange) string { return moment(c.At) + ": " + strings.Join(c.What, "; ") })
	list(m, "Removed early", t.EarlyRemovals, func(r Removal) string {
		return r.BackupID + " of " + report.Moment(r.Began) + ", missing since " + moment(r.MissingSince)
	})
}

// list is a function rather than a method because of its type parameter.
func list[T any](m markdown, name string, all []T, text func(T) string) {
	for _, one := range all {
		m.line("- %s: %s", name, escape(text(one)))
	}
	if len(all) > 0 {
		m.line("")
	}
}

func number(n *int) string {
	if n == nil {
		return report.None
	}
	return fmt.Sprint(*n)
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// escape returns a text that Markdown takes for nothing but a text.
func escape(text string) string {
	var out strings.Builder
	for _, c := range report.OneLine(text) {
		if strings.ContainsRune("\\`*_[]<>|#", c) {
			out.WriteByte('\\')
		}
		out.WriteRune(c)
	}
	return out.String()
}
