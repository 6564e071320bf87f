package cli

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// checkFlags are the flags of check-config.
type checkFlags struct{ live, strict bool }

func checkConfigCommand(app *kingpin.Application) (string, action) {
	command := app.Command("check-config", "Check the configuration file, print how many calls it needs, and with --live what each account may do.")
	var f checkFlags
	command.Flag("live", "Also make one call per account, region and operation.").BoolVar(&f.live)
	command.Flag("strict", "Fail on warnings too.").BoolVar(&f.strict)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f checkFlags) run(ctx context.Context, s *session) error {
	cfg, err := s.load()
	if err != nil {
		return err
	}
	if err := cfg.CheckCredentials(); err != nil {
		return fmt.Errorf("configuration file %s:\n%w", s.file, err)
	}
	fmt.Fprintf(s.stdout, "%s is valid: %s\n", s.file, summary(cfg))
	e, err := s.open(cfg, nil)
	if err != nil {
		return err
	}
	defer e.Close()
	found, failed := map[exporter.Place][]backup.Instance{}, 0
	if f.live {
		if failed, err = checkLive(ctx, s, e, found); err != nil {
			return err
		}
	}
	warnings, err := printPlan(s, e, found)
	if err != nil {
		return err
	}
	if n := count(cfg); !f.live && n.discovering+n.listing > 0 {
		fmt.Fprintln(s.stdout, "Instances that discovery finds are not among them: --live asks for them.")
	}
	if failed > 0 || (f.strict && warnings > 0) {
		return &exit{code: 1}
	}
	return nil
}

// summary says in a line what a configuration watches.
func summary(cfg *config.Config) string {
	n := count(cfg)
	text := fmt.Sprintf("%d accounts, %d regions (%d with discovery), %d instances by id", n.accounts, n.regions, n.discovering, n.instances)
	if n.listing > 0 {
		text += fmt.Sprintf("; the cloud is asked for all regions of %d accounts", n.listing)
	}
	return text
}

// counts are how much a configuration watches.
type counts struct {
	accounts    int
	listing     int // accounts whose regions the cloud is asked for
	regions     int // named by id
	discovering int // regions with discovery
	instances   int // named by id
	targets     int // of those instances: each shard that is named, or the instance
}

func count(cfg *config.Config) counts {
	n := counts{accounts: len(cfg.Accounts)}
	for _, a := range cfg.Accounts {
		for _, r := range a.Regions {
			if r.ID == config.AllRegions {
				n.listing++
				continue
			}
			n.regions++
			n.instances += len(r.Instances)
			if r.Discovery.Enabled {
				n.discovering++
			}
			for _, in := range r.Instances {
				n.targets += max(1, len(in.Nodes))
			}
		}
	}
	return n
}

// checkLive asks each scope in every region, about one instance of each kind, and prints what came of it. It returns how many
// failed, without those of an operation that is optional, and adds what the regions list to found.
func checkLive(ctx context.Context, s *session, e *exporter.Exporter, found map[exporter.Place][]backup.Instance) (failed int, err error) {
	rows := newColumns(s.stdout, "ACCOUNT", "REGION", "SCOPE", "INSTANCE", "RESULT")
	e.CheckLive(ctx, func(c exporter.Check) {
		what, result := c.Scope.String(), "ok"
		if c.Optional != "" {
			what = c.Optional
		}
		if len(c.Found) > 0 {
			found[exporter.Place{Account: c.Account, Region: c.Region}] = c.Found
		}
		switch {
		case c.Err != nil && c.Optional != "":
			result = "optional: " + c.Err.Error()
		case c.LeftOut:
			result = "left out: the cloud does not offer this region to the account"
		case c.NotOffered():
			result = "not offered for this instance"
		case c.Err != nil:
			result = c.Err.Error()
			failed++
		}
		rows.row(c.Account, c.Region, what, report.OrNone(c.InstanceID), result)
	})
	return failed, rows.print()
}
