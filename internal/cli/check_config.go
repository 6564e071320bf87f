package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/report"
)

func checkConfigCommand(app *kingpin.Application) (string, action) {
	command := app.Command("check-config", "Check the configuration file, and with --live what each account may do.")
	live := command.Flag("live", "Also make one call per account, region and operation.").Bool()
	return command.FullCommand(), func(ctx context.Context, s *session) error {
		cfg, err := s.load()
		if err != nil {
			return err
		}
		if err := cfg.CheckCredentials(); err != nil {
			return fmt.Errorf("configuration file %s:\n%w", s.file, err)
		}
		fmt.Fprintf(s.stdout, "%s is valid: %s\n", s.file, summary(cfg))
		if !*live {
			return nil
		}
		return checkLive(ctx, s, cfg)
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

// checkLive asks each scope in every region, about one instance of each kind, and prints what came of it. The exit code
// is 1 when one failed.
func checkLive(ctx context.Context, s *session, cfg *config.Config) error {
	e, err := s.open(cfg)
	if err != nil {
		return err
	}
	defer e.Close()
	rows := newTable(s.stdout, "ACCOUNT", "REGION", "SCOPE", "INSTANCE", "RESULT")
	failed := 0
	for _, r := range e.Regions() {
		for _, c := range checkRegion(ctx, r, s.now()) {
			result := "ok"
			switch {
			case c.scope.Optional() && backup.ClassOf(c.err) == backup.ClassUnsupported:
				result = "not offered for this instance"
			case c.err != nil:
				result = c.err.Error()
				failed++
			}
			rows.row(r.Account, r.Region, c.scope.String(), report.OrNone(c.asked), result)
		}
	}
	if err := rows.print(); err != nil {
		return err
	}
	if failed > 0 {
		return &exit{code: 1}
	}
	return nil
}

// check is what came of asking one scope.
type check struct {
	scope backup.Scope
	asked string // the instance it was asked about; "": none
	err   error
}

func checkRegion(ctx context.Context, r poll.Region, now time.Time) []check {
	listing, err := r.Source.Instances(ctx)
	checks := []check{{scope: backup.ScopeDiscovery, err: cmp.Or(err, listing.Err())}}
	for _, in := range samples(r, listing.Instances) {
		id := in.InstanceID
		_, backups := r.Source.Backups(ctx, in, in.Targets()[0].NodeID, now.Add(-24*time.Hour))
		_, jobs := r.Source.Jobs(ctx, in)
		_, policy := r.Source.Policy(ctx, in)
		_, recovery := r.Source.Recovery(ctx, in)
		checks = append(checks,
			check{backup.ScopeBackups, id, backups}, check{backup.ScopeJobs, id, jobs},
			check{backup.ScopePolicy, id, policy}, check{backup.ScopeRecovery, id, recovery},
		)
	}
	return checks
}

// samples chooses the instances to ask about: one of each topology and storage, as these need different operations,
// those first that the configuration names. A named instance that is not listed is asked about, too.
func samples(r poll.Region, found []backup.Instance) []backup.Instance {
	type kind struct{ topology, storage string }
	seen := map[kind]bool{}
	var chosen []backup.Instance
	choose := func(in backup.Instance) {
		if k := (kind{in.Topology, in.Storage}); !seen[k] {
			seen[k] = true
			chosen = append(chosen, in)
		}
	}
	for _, want := range r.Instances {
		i := slices.IndexFunc(found, func(in backup.Instance) bool { return in.InstanceID == want.ID })
		if i < 0 {
			in := backup.Instance{Nodes: want.Nodes}
			in.Target = backup.Target{Cloud: r.Cloud, Account: r.Account, Region: r.Region, InstanceID: want.ID}
			chosen = append(chosen, in)
			continue
		}
		choose(found[i])
	}
	if r.Discover {
		for _, in := range found {
			choose(in)
		}
	}
	return chosen
}
