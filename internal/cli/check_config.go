package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// checkFlags are the flags of check-config.
type checkFlags struct{ live, strict, syntaxOnly bool }

func checkConfigCommand(app *kingpin.Application) (string, action) {
	command := app.Command("check-config", "Check the configuration file, print how many calls it needs, and with --live what each account may do. "+
		"Exit code: 0 when nothing is wrong, 1 when something is, or with --strict for a warning.")
	var f checkFlags
	command.Flag("live", "Also ask the clouds: one call for each account, region and operation, and what discovery finds.").BoolVar(&f.live)
	command.Flag("strict", "Fail on warnings too.").BoolVar(&f.strict)
	command.Flag("syntax-only", "Check the file alone, e.g. where the files with the credentials are not.").BoolVar(&f.syntaxOnly)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f checkFlags) run(ctx context.Context, s *session) error {
	if f.live && f.syntaxOnly {
		return errors.New("--live needs what --syntax-only leaves out; give one of the two")
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	warnings := cfg.Warnings()
	if !f.syntaxOnly {
		if err := cfg.CheckCredentials(); err != nil {
			return fmt.Errorf("configuration file %s:\n%w", s.file, err)
		}
		warnings = append(warnings, cfg.Exposed(s.file)...)
	}
	fmt.Fprintf(s.stdout, "%s is valid: %s\n", plain(s.file), summary(cfg))
	for _, w := range warnings {
		fmt.Fprintf(s.stdout, "warning: %s\n", plain(w.String()))
	}
	failed, short := 0, 0
	if !f.syntaxOnly {
		if failed, short, err = f.plan(ctx, s, cfg); err != nil {
			return err
		}
	}
	if failed > 0 || (f.strict && len(warnings)+short > 0) {
		return &exit{code: 1}
	}
	return nil
}

// plan prints what the clouds say, where they are to be asked, and the calls that the configuration needs. It returns how many
// questions failed, and how many rates do not suffice.
func (f checkFlags) plan(ctx context.Context, s *session, cfg *config.Config) (failed, short int, err error) {
	e, err := s.openWith(cfg, s.once())
	if err != nil {
		return 0, 0, err
	}
	defer e.Close()
	found := map[exporter.Place][]backup.Instance{}
	if f.live {
		if failed, err = checkLive(ctx, s, e, found); err != nil {
			return 0, 0, err
		}
	}
	if short, err = printPlan(s, e, found); err != nil {
		return 0, 0, err
	}
	if n := count(cfg); !f.live && n.discovering+n.listing > 0 {
		fmt.Fprintln(s.stdout, "Instances that discovery finds are not among them: --live asks for them.")
	}
	return failed, short, nil
}

// summary says in a line what a configuration watches.
func summary(cfg *config.Config) string {
	n := count(cfg)
	text := fmt.Sprintf("%s, %s (%d with discovery), %s by id", counted(n.accounts, "account"), counted(n.regions, "region"), n.discovering, counted(n.instances, "instance"))
	if n.listing > 0 {
		text += "; the cloud is asked for all regions of " + counted(n.listing, "account")
	}
	return text
}

// counted returns a number of things.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
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
	var listings []exporter.Check
	answered := 0
	var now stage
	now.is("the first question")
	stop := s.tellStage(ctx, &now)
	e.CheckLive(ctx, func(c exporter.Check) {
		answered++
		now.is("%s so far, the last of %s/%s", counted(answered, "answer"), c.Account, c.Region)
		if len(c.Found) > 0 {
			found[exporter.Place{Account: c.Account, Region: c.Region}] = c.Found
			listings = append(listings, c)
		}
		what, result, bad := outcome(c)
		if bad {
			failed++
		}
		rows.row(c.Account, c.Region, what, report.OrNone(c.InstanceID), result)
	})
	stop()
	if ctx.Err() != nil {
		return 0, errors.New("interrupted before all was asked")
	}
	if err := rows.print(); err != nil {
		return 0, err
	}
	printFound(s, listings)
	return failed, nil
}

// outcome says what was asked and what came of it. failed is true when that must not be.
func outcome(c exporter.Check) (what, result string, failed bool) {
	what = c.Scope.String()
	if c.Optional != "" {
		what = c.Optional
	}
	switch {
	case c.Err != nil && c.Optional != "":
		return what, "optional: " + c.Err.Error(), false
	case c.LeftOut:
		return what, "left out: the cloud does not offer this region to the account", false
	case c.NotOffered():
		return what, "not offered for this instance", false
	case c.Err != nil:
		return what, c.Err.Error(), true
	}
	return what, "ok", false
}

// mostLeftOut is how many instances are named of those that a region leaves out.
const mostLeftOut = 20

// printFound says what the regions list, and of what is not watched why.
func printFound(s *session, listings []exporter.Check) {
	for i, c := range listings {
		if i == 0 {
			fmt.Fprintln(s.stdout)
		}
		fmt.Fprintf(s.stdout, "%s lists %s, %d of them watched\n",
			plain(c.Account+"/"+c.Region), counted(len(c.Found), "instance"), len(c.Found)-len(c.Unwatched))
		for j, left := range c.Unwatched {
			if j == mostLeftOut {
				fmt.Fprintf(s.stdout, "  and %d more\n", len(c.Unwatched)-j)
				break
			}
			fmt.Fprintf(s.stdout, "  not watched: %s (%s): %s\n", plain(left.Instance.InstanceID), plain(report.OrNone(left.Instance.Name)), plain(left.Why))
		}
	}
}
