package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// columns aligns rows in columns, two blanks apart. Print them once all rows are there.
type columns struct {
	to    io.Writer
	table table.Writer
}

func newColumns(to io.Writer, head ...string) columns {
	c := columns{to, table.NewWriter()}
	style := table.StyleDefault
	style.Options, style.Box.PaddingLeft, style.Box.PaddingRight = table.OptionsNoBordersAndSeparators, "", "  "
	style.Format.Header = text.FormatDefault
	c.table.SetStyle(style)
	c.table.SuppressTrailingSpaces()
	c.table.AppendHeader(cells(head))
	return c
}

func (c columns) row(values ...string) { c.table.AppendRow(cells(values)) }

func (c columns) print() error {
	_, err := fmt.Fprintln(c.to, c.table.Render())
	return err
}

func cells(values []string) table.Row {
	row := make(table.Row, len(values))
	for i, v := range values {
		row[i] = plain(v)
	}
	return row
}

// printReport prints a row per target, worst first, or why there is none, and a line per account that is down.
func printReport(to screen, r report.Report) error {
	if err := printTargets(to, r); err != nil {
		return err
	}
	return printRegions(to, r)
}

// printRegions prints a line per account that is down.
func printRegions(to screen, r report.Report) error {
	for _, region := range r.Regions {
		if region.Up && region.Listed {
			continue
		}
		state := "down"
		if region.Up && region.Region == config.AllRegions {
			state = "up, but the account's regions cannot be listed"
		} else if region.Up {
			state = "up, but its instances cannot be listed"
		}
		line := fmt.Sprintf("%s/%s is %s: %s", region.Account, region.Region, state, report.OrNone(region.LastError))
		if _, err := fmt.Fprintln(to, to.wrap(plain(line), "")); err != nil {
			return err
		}
	}
	return nil
}

func printTargets(to screen, r report.Report) error {
	if len(r.Targets) == 0 {
		_, err := fmt.Fprintln(to, to.wrap(plain(r.Notice), ""))
		return err
	}
	wide := to.rows(r)
	if to.width > 0 && text.LongestLineLen(wide) > to.width {
		return to.printBlocks(r)
	}
	_, err := fmt.Fprintln(to, wide)
	return err
}

// rows returns a line per target.
func (s screen) rows(r report.Report) string {
	rows := newColumns(s, "VERDICT", "INSTANCE", "NAME", "SHARD", "ACCOUNT", "LAST SUCCESS", "AGE", "SIZE", "RUNNING", "FINDINGS", "WHY")
	for _, t := range r.Targets {
		rows.row(t.Health, t.InstanceID, report.OrNone(t.InstanceName), report.OrNone(t.NodeID), t.Account+"/"+t.Region,
			report.Moment(t.LastSuccess), report.Age(t.LastSuccess, r.At), report.Bytes(t.SizeBytes), running(t), findings(t), t.Reason)
	}
	rows.table.SetColumnConfigs([]table.ColumnConfig{{Number: 1, Transformer: func(verdict any) string {
		word := fmt.Sprint(verdict)
		return s.paint(word, colourOf(word)...)
	}}})
	return rows.table.Render()
}

// printBlocks prints a line per target with what matters most, and below it the rest, on as many lines as it takes.
func (s screen) printBlocks(r report.Report) error {
	const indent = "         "
	id := 0
	for _, t := range r.Targets {
		id = max(id, len(plain(t.InstanceID)))
	}
	line := func(verdict, id, facts string, colours ...text.Color) string {
		return strings.TrimRight(s.paint(text.Pad(verdict, len(indent), ' '), colours...)+id+facts, " ")
	}
	heading := aligned("SUCCESS", "SIZE", "RUNNING")
	beside := len(indent)+id+len(heading) <= s.width // else the columns have no room, and are said below
	if !beside {
		heading = ""
	}
	lines := []string{line("VERDICT", text.Pad("INSTANCE", id, ' '), heading)}
	for _, t := range r.Targets {
		age, size, below := report.Whenever(t.LastSuccess, r.At), report.Bytes(t.SizeBytes), []string{where(t), t.Reason}
		facts := aligned(age, size, running(t))
		if !beside {
			facts, below = "", append(below, "last success "+age+", size "+size+", running "+running(t))
		}
		if len(t.Findings) > 0 {
			below = append(below, "findings: "+findings(t))
		}
		lines = append(lines, line(t.Health, text.Pad(plain(t.InstanceID), id, ' '), facts, colourOf(t.Health)...))
		for _, sentence := range below {
			lines = append(lines, s.wrap(plain(sentence), indent))
		}
	}
	_, err := fmt.Fprintln(s, strings.Join(lines, "\n"))
	return err
}

// aligned returns what a target's line has beside its id.
func aligned(age, size, running string) string {
	return "  " + text.AlignRight.Apply(age, 11) + "  " + text.AlignRight.Apply(size, 10) + "  " + text.AlignRight.Apply(running, 7)
}

// where says in words which target it is.
func where(t report.Target) string {
	parts := []string{t.Account + "/" + t.Region}
	if t.NodeID != "" {
		parts = append([]string{"shard " + t.NodeID}, parts...)
	}
	if t.InstanceName != "" {
		parts = append([]string{t.InstanceName}, parts...)
	}
	return strings.Join(parts, ", ")
}

// wrap breaks a text into lines that fit, each after an indent.
func (s screen) wrap(t, indent string) string {
	if width := s.width - len(indent); s.width > 0 && width > 0 {
		t = text.WrapSoft(t, width)
	}
	lines := strings.Split(t, "\n")
	for i := range lines {
		lines[i] = indent + strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// colourOf returns the colours of a verdict.
func colourOf(health string) []text.Color {
	state, _ := backup.ParseHealthState(health)
	switch {
	case state == backup.HealthNever, state == backup.HealthLate:
		return []text.Color{text.FgRed, text.Bold}
	case state == backup.HealthUnknown:
		return []text.Color{text.FgMagenta}
	case state.Bad():
		return []text.Color{text.FgYellow}
	case state == backup.HealthOK:
		return []text.Color{text.FgGreen}
	}
	return nil
}

// findings returns the names of what is found about the target.
func findings(t report.Target) string {
	var names []string
	for _, f := range t.Findings {
		names = append(names, string(f.Name))
	}
	return report.OrNone(strings.Join(names, ", "))
}

// running says how far the running backup is, or that there is none.
func running(t report.Target) string {
	if t.Running && t.Progress == nil {
		return "yes"
	}
	return report.Percent(t.Progress)
}
