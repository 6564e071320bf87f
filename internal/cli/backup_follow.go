package cli

import (
	"context"
	"fmt"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/manual"
)

func backupFollowCommand(app *kingpin.Application) (string, action) {
	command := backupCommands(app).Command("follow", "Follow a backup that is running, whoever started it, until it has ended. "+
		"Exit code 0 only when it succeeded.")
	var at placeFlags
	at.add(command)
	job := command.Flag("job", "The job's id, as `backup create` printed it. Left out: the job that runs.").PlaceHolder("ID").String()
	var how followFlags
	how.add(command)
	return command.FullCommand(), func(ctx context.Context, s *session) error {
		if err := how.check(); err != nil {
			return err
		}
		how.file = s.file
		e, err := s.loadAndOpen()
		if err != nil {
			return err
		}
		defer e.Close()
		found, err := at.find(ctx, s, e.Find)
		if err != nil {
			return err
		}
		b, started, err := manual.Resume(ctx, found.Source, found.Instance, *job, s.now)
		if err != nil {
			return fmt.Errorf("%s: %w", found.Instance.Target, err)
		}
		if err := how.follow(ctx, screenOf(s.stdout), b, found.Instance, started); err != nil {
			return fmt.Errorf("%s: %w", found.Instance.Target, err)
		}
		return nil
	}
}
