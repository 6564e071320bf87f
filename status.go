package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func statusCommand(app *kingpin.Application) (string, func(context.Context, *environment) error) {
	command := app.Command("status", "Ask the clouds once and print a verdict per target. "+
		"Exit code: 0 all ok or pending, 1 anything late, failed or never, else 2 anything unknown, 3 when it could not be asked.")
	output := command.Flag("output", "table or json.").Short('o').Default("table").Enum("table", "json")
	timeout := command.Flag("timeout", "How long to wait for the clouds; what is not known by then is unknown.").Default("5m").Duration()
	return command.FullCommand(), func(ctx context.Context, env *environment) error {
		report, err := ask(ctx, env, *timeout)
		if err != nil {
			return &exit{3, err}
		}
		if *output == "json" {
			encoder := json.NewEncoder(env.stdout)
			encoder.SetIndent("", "  ")
			err = encoder.Encode(report)
		} else {
			err = printReport(env.stdout, report)
		}
		if err != nil {
			return &exit{3, err}
		}
		return verdict(report)
	}
}

// ask polls all accounts once.
func ask(ctx context.Context, env *environment, timeout time.Duration) (server.Report, error) {
	if timeout <= 0 {
		return server.Report{}, errors.New("--timeout must be longer than 0s")
	}
	cfg, err := loadConfig(env.file)
	if err != nil {
		return server.Report{}, err
	}
	e, err := newExporter(env, cfg)
	if err != nil {
		return server.Report{}, err
	}
	defer e.close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	e.poller.Refresh(ctx)
	return server.NewReport(e.poller.Snapshot(), env.now()), nil
}

// verdict turns a report into an exit code.
func verdict(report server.Report) error {
	switch {
	case report.Count(backup.HealthNever)+report.Count(backup.HealthLate)+report.Count(backup.HealthFailed) > 0:
		return &exit{code: 1}
	case report.Count(backup.HealthUnknown) > 0:
		return &exit{code: 2}
	}
	for _, r := range report.Regions {
		if !r.Up || !r.Listed {
			return &exit{code: 2}
		}
	}
	return nil
}

// printReport prints a line per target, worst first, and a line per account that is down.
func printReport(to io.Writer, report server.Report) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "VERDICT\tINSTANCE\tSHARD\tACCOUNT\tLAST SUCCESS\tAGE\tSIZE\tRUNNING\tWHY")
	for _, t := range report.Targets {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.Health, name(t), orDash(t.NodeID), t.Account+"/"+t.Region,
			moment(t.LastSuccess), server.Age(t.LastSuccess, report.At), server.Bytes(t.SizeBytes), progress(t), t.Reason)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, r := range report.Regions {
		state := "down"
		if r.Up {
			state = "up, but its instances cannot be listed"
		}
		if r.Up && r.Listed {
			continue
		}
		if _, err := fmt.Fprintf(to, "%s/%s is %s: %s\n", r.Account, r.Region, state, orDash(r.LastError)); err != nil {
			return err
		}
	}
	return nil
}

func name(t server.Target) string {
	if t.InstanceName == "" {
		return t.InstanceID
	}
	return t.InstanceName
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func moment(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04Z")
}

func progress(t server.Target) string {
	switch {
	case !t.Running:
		return "–"
	case t.Progress == nil:
		return "yes"
	}
	return fmt.Sprintf("%.0f %%", *t.Progress)
}
