package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

func checkConfigCommand(app *kingpin.Application) (string, func(context.Context, *environment) error) {
	command := app.Command("check-config", "Check the configuration file, and with --live what each account may do.")
	live := command.Flag("live", "Also make one call per account, region and operation.").Bool()
	return command.FullCommand(), func(ctx context.Context, env *environment) error {
		cfg, err := config.LoadFile(env.file)
		if err == nil {
			err = cfg.CheckCredentials()
		}
		if err != nil {
			return invalidConfig(env.file, err)
		}
		fmt.Fprintf(env.stdout, "%s is valid: %s\n", env.file, summary(cfg))
		if !*live {
			return nil
		}
		return checkLive(ctx, env, cfg)
	}
}

// summary says in a line what a configuration watches.
func summary(cfg *config.Config) string {
	regions, instances, discovering := 0, 0, 0
	for _, a := range cfg.Accounts {
		for _, r := range a.Regions {
			regions++
			instances += len(r.Instances)
			if r.Discovery.Enabled {
				discovering++
			}
		}
	}
	return fmt.Sprintf("%d accounts, %d regions (%d with discovery), %d instances by id", len(cfg.Accounts), regions, discovering, instances)
}

// checkLive asks each scope once in every region and prints what came of it. The exit code is 1 when one failed.
func checkLive(ctx context.Context, env *environment, cfg *config.Config) error {
	e, err := newExporter(env, cfg)
	if err != nil {
		return invalidConfig(env.file, err)
	}
	defer e.close()
	regions, _, err := e.regions(cfg)
	if err != nil {
		return invalidConfig(env.file, err)
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ACCOUNT\tREGION\tSCOPE\tRESULT")
	failed := 0
	for _, r := range regions {
		for _, c := range checkRegion(ctx, r, env.now()) {
			result := "ok"
			switch {
			case backup.ClassOf(c.err) == backup.ClassUnsupported:
				result = "not offered for " + c.asked
			case c.err != nil:
				result = c.err.Error()
				failed++
			case c.asked == "":
				result = "not asked: there is no instance to ask about"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.Account, r.Region, c.scope, result)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return exitCode(1)
	}
	return nil
}

// check is what came of asking one scope.
type check struct {
	scope string
	asked string // the instance it was asked about; "": none
	err   error
}

func checkRegion(ctx context.Context, r poll.Region, now time.Time) []check {
	found, err := r.Source.Instances(ctx)
	checks := []check{{"discovery", r.Region, err}}
	in, ok := sample(r, found)
	if !ok {
		for _, scope := range []string{"backups", "jobs", "policy", "recovery"} {
			checks = append(checks, check{scope: scope})
		}
		return checks
	}
	_, backups := r.Source.Backups(ctx, in, in.Targets()[0].NodeID, now.Add(-24*time.Hour))
	_, jobs := r.Source.Jobs(ctx, in)
	_, policy := r.Source.Policy(ctx, in)
	_, recovery := r.Source.Recovery(ctx, in)
	id := in.InstanceID
	return append(checks, check{"backups", id, backups}, check{"jobs", id, jobs}, check{"policy", id, policy}, check{"recovery", id, recovery})
}

// sample chooses the instance to ask about: the first that the configuration names, or else the first listed.
func sample(r poll.Region, found []backup.Instance) (backup.Instance, bool) {
	if len(r.Instances) == 0 {
		if len(found) == 0 {
			return backup.Instance{}, false
		}
		return found[0], true
	}
	want := r.Instances[0]
	for _, in := range found {
		if in.InstanceID == want.ID {
			return in, true
		}
	}
	in := backup.Instance{Nodes: want.Nodes}
	in.Target = backup.Target{Cloud: r.Cloud, Account: r.Account, Region: r.Region, InstanceID: want.ID}
	return in, true
}
