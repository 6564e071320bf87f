package cli

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// statusFlags are the flags of status.
type statusFlags struct {
	output  string
	timeout time.Duration
}

func statusCommand(app *kingpin.Application) (string, action) {
	command := app.Command("status", "Ask the clouds once and print a verdict per target. "+
		"Exit code: 0 all ok or pending, 1 anything late, missed, failed or never or a critical finding, else 2 anything unknown or nothing found, 3 when it could not be asked.")
	var f statusFlags
	command.Flag("output", "table or json.").Short('o').Default("table").EnumVar(&f.output, "table", "json")
	command.Flag("timeout", "How long to wait for the clouds; what is not known by then is unknown.").Default("5m").DurationVar(&f.timeout)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f *statusFlags) run(ctx context.Context, s *session) error {
	r, err := f.ask(ctx, s)
	if err == nil {
		err = f.print(s, r)
	}
	if err != nil {
		return &exit{3, err}
	}
	return verdict(r)
}

// ask polls all accounts once.
func (f *statusFlags) ask(ctx context.Context, s *session) (report.Report, error) {
	if f.timeout <= 0 {
		return report.Report{}, errors.New("--timeout must be longer than 0s")
	}
	e, err := s.loadAndOpen()
	if err != nil {
		return report.Report{}, err
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	e.Poller().Refresh(ctx)
	return report.New(e.Poller().Snapshot(), s.now()), nil
}

func (f *statusFlags) print(s *session, r report.Report) error {
	if f.output != "json" {
		return printReport(s.stdout, r)
	}
	encoder := json.NewEncoder(s.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
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
