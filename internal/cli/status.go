package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// statusFlags are the flags of status.
type statusFlags struct {
	output, only, instance string
	timeout                time.Duration
	remote                 remote
	storage                string
	watch                  bool
	watchInterval          time.Duration
}

func statusCommand(app *kingpin.Application) (string, action) {
	command := app.Command("status", "Print a verdict per target: as one look at the clouds tells, or as a running exporter says (--url). "+
		"Exit code: 0 all ok or pending, 1 anything late, missed, failed or never or a critical finding, else 2 anything unknown or nothing found, 3 when it could not be asked.")
	var f statusFlags
	command.Flag("url", "Address of a running exporter to ask instead of the clouds, e.g. http://127.0.0.1"+defaultAddress+". Needs no configuration file.").StringVar(&f.remote.url)
	command.Flag("insecure", "With --url: accept any certificate, e.g. a self-signed one.").BoolVar(&f.remote.insecure)
	command.Flag("storage.path", "Directory of the catalog that a running exporter writes. It is only read: what is known there and not due again is not asked.").PlaceHolder("DIR").StringVar(&f.storage)
	command.Flag("instance", "Only the instance with this id or name.").PlaceHolder("ID|NAME").StringVar(&f.instance)
	command.Flag("only", "all, or bad: what is not ok or pending, or has a finding. The exit code is of all.").Default("all").EnumVar(&f.only, "all", "bad")
	command.Flag("output", "table, json or csv.").Short('o').Default("table").EnumVar(&f.output, "table", "json", "csv")
	command.Flag("timeout", "How long to wait for the clouds; what is not known by then is unknown.").Default("5m").DurationVar(&f.timeout)
	command.Flag("watch", "Look again and again until Ctrl-C. The exit code is of the last look.").BoolVar(&f.watch)
	command.Flag("watch-interval", "How long to wait between two looks.").Default("30s").DurationVar(&f.watchInterval)
	return command.FullCommand(), func(ctx context.Context, s *session) error {
		code, err := f.run(ctx, s)
		if err != nil {
			return &exit{3, err}
		}
		return code
	}
}

// look is one look at all that is wanted.
type look func(context.Context) (report.Report, error)

// run looks once, or again and again. The first result is the exit code that the last look has, nil for 0.
func (f *statusFlags) run(ctx context.Context, s *session) (code, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	look, end, err := f.open(ctx, s)
	if err != nil {
		return nil, err
	}
	defer end()
	for looked := false; ; looked = true {
		r, err := f.look(ctx, look)
		switch {
		case ctx.Err() != nil && looked: // ended while it looked again
			return code, nil
		case ctx.Err() != nil:
			return nil, errors.New("interrupted before all was known")
		case err != nil && !looked: // what is wrong at the start is not right later
			return nil, err
		case err != nil: // the next look may work
			code = &exit{code: 3}
			fmt.Fprintln(s.stderr, plain(err.Error()))
		default:
			if err := f.print(s, r); err != nil {
				return nil, err
			}
			code = verdict(r)
		}
		if !f.watch || !sleep(ctx, f.watchInterval) {
			return code, nil
		}
	}
}

// check reports flags that contradict each other.
func (f *statusFlags) check() error {
	switch {
	case f.timeout <= 0:
		return errors.New("--timeout must be longer than 0s")
	case f.watchInterval <= 0:
		return errors.New("--watch-interval must be longer than 0s")
	case f.remote.url != "" && f.storage != "":
		return errors.New("--url and --storage.path are two places to look; give one")
	case f.remote.url != "":
		return f.remote.check()
	}
	return nil
}

// look looks once, and keeps what is about the wanted instance.
func (f *statusFlags) look(ctx context.Context, look look) (report.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	r, err := look(ctx)
	if err == nil && f.instance != "" {
		err = ambiguous(r, f.instance)
	}
	return r, err
}

// open returns how to look. end is called when there is nothing more to look at.
func (f *statusFlags) open(ctx context.Context, s *session) (look look, end func(), err error) {
	if f.remote.url != "" {
		return func(ctx context.Context) (report.Report, error) { return f.remote.targets(ctx, f.instance) }, func() {}, nil
	}
	e, err := f.exporter(ctx, s)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (report.Report, error) { return f.ask(ctx, s, e), nil }, e.Close, nil
}

func (f *statusFlags) exporter(ctx context.Context, s *session) (*exporter.Exporter, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	opts := s.once()
	if f.storage != "" {
		opts.Catalog, err = exporter.ReadCatalog(ctx, f.storage, time.Duration(cfg.Poll.Lookback), s.now())
		if err != nil {
			return nil, err
		}
	}
	return s.openWith(cfg, opts)
}

// ask asks the clouds for what is due, and says on the way how far that is.
func (f *statusFlags) ask(ctx context.Context, s *session, e *exporter.Exporter) report.Report {
	stop := s.tellWaiting(ctx, e)
	defer stop()
	if f.instance == "" {
		e.Poller().Refresh(ctx)
		return report.New(e.Poller().Snapshot(), s.now())
	}
	e.RefreshInstance(ctx, f.instance)
	return report.Select(e.Poller().Snapshot(), report.Wanted{Instance: f.instance}, s.now()).OfTargets()
}

// ambiguous returns an error when the wanted name fits several instances.
func ambiguous(r report.Report, name string) error {
	var places []string
	seen := map[string]bool{}
	for _, t := range r.Targets {
		if t.InstanceID == name {
			return nil
		}
		place := fmt.Sprintf("%s (%s/%s)", t.InstanceID, t.Account, t.Region)
		if !seen[place] {
			places = append(places, place)
		}
		seen[place] = true
	}
	if len(places) < 2 {
		return nil
	}
	return fmt.Errorf("--instance: %d instances are called %s: %s; give the id of one", len(places), name, strings.Join(places, ", "))
}

func (f *statusFlags) print(s *session, r report.Report) error {
	all := len(r.Targets)
	if f.only == "bad" {
		r = r.Bad()
	}
	switch f.output {
	case "json":
		return report.WriteJSON(s.stdout, r)
	case "csv":
		return r.WriteCSV(s.stdout)
	}
	to := screenOf(s.stdout)
	var targets, below strings.Builder
	if err := errors.Join(printTargets(to.into(&targets), r), printRegions(to.into(&below), r)); err != nil {
		return err
	}
	if f.only == "bad" && len(r.Targets) > 0 {
		fmt.Fprintf(&below, "\n%d of %d targets\n", len(r.Targets), all)
	}
	shown := targets.String()
	if f.watch {
		to.clear()
		fmt.Fprintf(to, "%s, every %v; stop with Ctrl-C\n\n", r.ReadAt(), f.watchInterval)
		shown = to.beginning(shown, 3+strings.Count(below.String(), "\n")) // the two lines above, and that of the cursor
	}
	_, err := io.WriteString(to, shown+below.String())
	return err
}

// verdict turns a report into an exit code. Without any target there is nothing of which it could say that it is all right.
func verdict(r report.Report) error {
	if r.Critical() {
		return &exit{code: 1}
	}
	unknown := len(r.Targets) == 0
	for _, state := range backup.HealthStates() {
		switch {
		case r.Count(state) == 0:
		case state.Bad():
			return &exit{code: 1}
		case state == backup.HealthUnknown:
			unknown = true
		}
	}
	for _, region := range r.Regions {
		unknown = unknown || !region.Up || !region.Listed
	}
	if unknown {
		return &exit{code: 2}
	}
	return nil
}
