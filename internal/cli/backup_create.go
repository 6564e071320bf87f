package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/report"
)

// createFlags are the flags of backup create.
type createFlags struct {
	instance, account, region string
	method, name              string
	retentionDays             int
	wait                      bool
	timeout, interval         time.Duration
}

func backupCreateCommand(app *kingpin.Application) (string, action) {
	command := app.Command("backup", "Backups by hand.").Command("create", "Start a manual backup of one instance and, with --wait, follow it. "+
		"Needs the permission to create backups, which the exporter itself does not need. Exit code 0 only when the backup was started and, with --wait, succeeded.")
	var f createFlags
	command.Flag("instance", "The instance's id.").Required().StringVar(&f.instance)
	command.Flag("account", "Account of the configuration to look in; needed when several have the instance.").StringVar(&f.account)
	command.Flag("region", "Region to look in.").StringVar(&f.region)
	command.Flag("method", "Alibaba Cloud: Snapshot, Physical or Logical. Left out: the cloud's default for the instance.").EnumVar(&f.method, "Snapshot", "Physical", "Logical")
	command.Flag("retention-days", "Alibaba Cloud, cloud disks: 7 to 730, or -1 to keep it for ever. Left out: as the policy says.").IntVar(&f.retentionDays)
	command.Flag("name", "Huawei Cloud: the backup's name, unique in the project. Left out: made from the time.").StringVar(&f.name)
	command.Flag("wait", "Follow the backup until it has ended.").BoolVar(&f.wait)
	command.Flag("timeout", "How long to follow; the backup itself goes on.").Default("6h").DurationVar(&f.timeout)
	command.Flag("interval", "How often to look.").Default("10s").DurationVar(&f.interval)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f *createFlags) run(ctx context.Context, s *session) error {
	if f.interval <= 0 {
		return errors.New("--interval must be longer than 0s")
	}
	e, err := s.loadAndOpen()
	if err != nil {
		return err
	}
	defer e.Close()
	source, in, err := e.Find(ctx, f.instance, exporter.Place{Account: f.account, Region: f.region})
	if none, ok := errors.AsType[*exporter.NotListedError](err); ok {
		err = fmt.Errorf("no account of %s lists instance %s; check --instance, --account and --region", s.file, f.instance)
		return errors.Join(append([]error{err}, none.Failures...)...)
	}
	if err != nil {
		return err
	}
	b, err := manual.Prepare(ctx, source, in, s.now)
	if err != nil {
		return fmt.Errorf("%s: list the backups before starting one: %w", in.Target, err)
	}
	started, err := b.Start(ctx, backup.ManualOrder{
		Method: f.method, RetentionDays: f.retentionDays, Name: f.name, Description: "started by " + program,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", in.Target, err)
	}
	fmt.Fprintf(s.stdout, "started a backup of %s (%s), job %s\n", in.Target, report.OrNone(in.Name), report.OrNone(started.JobID))
	if !f.wait {
		return nil
	}
	return f.follow(ctx, s, b, started)
}

// follow shows the progress and returns how it ended.
func (f *createFlags) follow(ctx context.Context, s *session, b *manual.Backup, started backup.Started) error {
	bounded, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	show, end := showProgress(screenOf(s.stdout))
	err := b.Follow(bounded, started, f.interval, show)
	end()
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the backup has not ended after %v; it goes on, see `%s status`", f.timeout, program)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted; the backup goes on, see `%s status`", program)
	case err != nil:
		return err
	}
	fmt.Fprintln(s.stdout, "the backup succeeded")
	return nil
}
