package cli

import (
	"fmt"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// printPlan prints the calls that the configuration needs against those that the rates allow, and a warning for each rate that
// does not suffice. It returns the number of warnings.
func printPlan(s *session, e *exporter.Exporter, found map[exporter.Place][]backup.Instance) (warnings int, err error) {
	needs, instances := e.Plan(found)
	if len(needs) == 0 {
		return 0, nil
	}
	fmt.Fprintf(s.stdout, "\nCalls a minute for %s, while no news are expected of any and at most:\n", knownInstances(instances))
	rows := newColumns(s.stdout, "ACCOUNT", "REGION", "OPERATION", "CALLS", "AT MOST", "RATE", "READ ONCE AFTER")
	for _, n := range needs {
		rows.row(n.Account, report.OrNone(n.Region), n.Operation, perMinute(n.Idle), perMinute(n.Busy), perMinute(n.Rate), n.First.String())
	}
	if err := rows.print(); err != nil {
		return 0, err
	}
	for _, n := range needs {
		if !n.Exceeds() {
			continue
		}
		warnings++
		place := n.Account
		if n.Region != "" {
			place += "/" + n.Region
		}
		fmt.Fprintf(s.stdout, "warning: %s: demand above the rate: %s needs %s calls a minute, and %s are allowed. "+
			"Readings will be %.2g times as old as the intervals say; raise requests_per_second or the intervals, or watch less.\n",
			plain(place), n.Operation, perMinute(n.Idle), perMinute(n.Rate), n.Idle/n.Rate)
	}
	return warnings, nil
}

// perMinute formats calls a minute.
func perMinute(calls float64) string {
	if calls < 0.05 {
		return "<0.1"
	}
	return fmt.Sprintf("%.1f", calls)
}

// knownInstances says of how many instances a plan is.
func knownInstances(n int) string {
	if n == 1 {
		return "the 1 instance that is known"
	}
	return fmt.Sprintf("the %d instances that are known", n)
}
