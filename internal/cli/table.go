package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/report"
)

// table aligns rows in columns. Print it once all rows are there.
type table struct{ w *tabwriter.Writer }

func newTable(to io.Writer, head ...string) table {
	t := table{tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)}
	t.row(head...)
	return t
}

func (t table) row(cells ...string) { fmt.Fprintln(t.w, strings.Join(cells, "\t")) }

func (t table) print() error { return t.w.Flush() }

// printReport prints a line per target, worst first, or why there is none, and a line per account that is down.
func printReport(to io.Writer, r report.Report) error {
	if err := printTargets(to, r); err != nil {
		return err
	}
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
		if _, err := fmt.Fprintf(to, "%s/%s is %s: %s\n", region.Account, region.Region, state, report.OrNone(region.LastError)); err != nil {
			return err
		}
	}
	return nil
}

func printTargets(to io.Writer, r report.Report) error {
	if len(r.Targets) == 0 {
		_, err := fmt.Fprintln(to, r.Notice)
		return err
	}
	rows := newTable(to, "VERDICT", "INSTANCE", "SHARD", "ACCOUNT", "LAST SUCCESS", "AGE", "SIZE", "RUNNING", "FINDINGS", "WHY")
	for _, t := range r.Targets {
		rows.row(t.Health, t.Name(), report.OrNone(t.NodeID), t.Account+"/"+t.Region,
			report.Moment(t.LastSuccess), report.Age(t.LastSuccess, r.At), report.Bytes(t.SizeBytes), running(t), findings(t), t.Reason)
	}
	return rows.print()
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
