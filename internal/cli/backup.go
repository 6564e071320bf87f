package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/report"
)

// backupCommands returns the command that the commands about backups are below.
func backupCommands(app *kingpin.Application) *kingpin.CmdClause {
	if group := app.GetCommand("backup"); group != nil {
		return group
	}
	return app.Command("backup", "Backups by hand, and what there is of them.")
}

// placeFlags say which instance is meant.
type placeFlags struct{ instance, account, region string }

func (f *placeFlags) add(command *kingpin.CmdClause) {
	command.Flag("instance", "The instance's id or name.").PlaceHolder("ID|NAME").StringVar(&f.instance)
	command.Flag("account", "Account of the configuration to look in; needed when several have the instance. Left out: all of them.").PlaceHolder("NAME").StringVar(&f.account)
	command.Flag("region", "Region to look in. Left out: all of them.").PlaceHolder("ID").StringVar(&f.region)
}

// place returns where to look.
func (f *placeFlags) place() exporter.Place {
	return exporter.Place{Account: f.account, Region: f.region}
}

// find is how an instance is looked for.
type find func(ctx context.Context, idOrName string, at exporter.Place) (exporter.Found, error)

// find looks for the instance. The error says what to check.
func (f *placeFlags) find(ctx context.Context, s *session, find find) (exporter.Found, error) {
	if f.instance == "" {
		return exporter.Found{}, fmt.Errorf("--instance is missing: the id or name of an instance; `%s status` lists them", program)
	}
	var now stage
	now.is("where %s is", f.instance)
	stop := s.tellStage(ctx, &now)
	found, err := find(ctx, f.instance, f.place())
	stop()
	if ctx.Err() != nil {
		return found, errors.New("interrupted before the instance was found")
	}
	if none, ok := errors.AsType[*exporter.NotListedError](err); ok {
		err = fmt.Errorf("no account of %s lists an instance with the id or name %s; check --instance, --account and --region, or see `%s status`", s.file, f.instance, program)
		err = errors.Join(append([]error{err}, none.Failures...)...)
	}
	return found, err
}

// followFlags say how a backup is followed.
type followFlags struct {
	timeout, interval time.Duration
	file              string // the configuration file, for the command to go on with
}

func (f *followFlags) add(command *kingpin.CmdClause) {
	command.Flag("timeout", "How long to follow; the backup itself goes on.").Default("6h").DurationVar(&f.timeout)
	command.Flag("interval", "How often to look.").Default("10s").DurationVar(&f.interval)
}

func (f *followFlags) check() error {
	if f.interval <= 0 {
		return errors.New("--interval must be longer than 0s")
	}
	return nil
}

// follow shows the progress and returns how the backup ended.
func (f *followFlags) follow(ctx context.Context, to screen, b *manual.Backup, of backup.Instance, started backup.Started) error {
	bounded, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	show, end := showProgress(to)
	err := b.Follow(bounded, started, f.interval, show)
	end()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the backup has not ended after %v; it goes on, see `%s`", f.timeout, following(f.file, of, started))
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted; the backup goes on, see `%s`", following(f.file, of, started))
	case err != nil:
		return err
	}
	fmt.Fprintln(to, "the backup succeeded")
	return nil
}

// following returns the command that follows a backup, with the configuration file where that is not the default.
func following(file string, of backup.Instance, started backup.Started) string {
	command := program + " backup follow"
	if file != defaultFile {
		command += " --config.file=" + inShell(file)
	}
	command += " --instance=" + of.InstanceID
	if started.JobID != "" {
		command += " --job=" + started.JobID
	}
	return command
}

// inShell returns a text as one word for a shell, as it is where that needs no quotes.
func inShell(text string) string {
	if report.Plain(strings.ReplaceAll(text, "/", ".")) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
