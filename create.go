package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/poll"
)

// createFlags are the flags of backup create.
type createFlags struct {
	instance, account, region string
	method, name              string
	retentionDays             int
	wait                      bool
	timeout, interval         time.Duration
}

func backupCreateCommand(app *kingpin.Application) (string, func(context.Context, *environment) error) {
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
	return command.FullCommand(), func(ctx context.Context, env *environment) error { return f.run(ctx, env) }
}

func (f *createFlags) run(ctx context.Context, env *environment) error {
	if f.interval <= 0 {
		return errors.New("--interval must be longer than 0s")
	}
	cfg, err := loadConfig(env.file)
	if err != nil {
		return err
	}
	e, err := newExporter(env, cfg)
	if err != nil {
		return err
	}
	defer e.close()
	source, in, err := f.find(ctx, e)
	if err != nil {
		return err
	}
	b, err := manual.Prepare(ctx, source, in, env.now)
	if err != nil {
		return fmt.Errorf("%s: list the backups before starting one: %w", in.Target, err)
	}
	started, err := f.start(ctx, source, in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Target, err)
	}
	fmt.Fprintf(env.stdout, "started a backup of %s (%s), job %s\n", in.Target, orDash(in.Name), orDash(started.JobID))
	if !f.wait {
		return nil
	}
	return f.follow(ctx, env, b, started)
}

// find finds the instance in the accounts and regions of the configuration.
func (f *createFlags) find(ctx context.Context, e *exporter) (poll.Source, backup.Instance, error) {
	var source poll.Source
	var found backup.Instance
	var failures []error
	for _, r := range e.regions {
		if (f.account != "" && r.Account != f.account) || (f.region != "" && r.Region != f.region) {
			continue
		}
		instances, err := r.Source.Instances(ctx)
		if err != nil {
			failures = append(failures, fmt.Errorf("%s/%s: %w", r.Account, r.Region, err))
		}
		for _, in := range instances {
			if in.InstanceID != f.instance {
				continue
			}
			if source != nil {
				return nil, found, fmt.Errorf("both %s and %s/%s have instance %s; say which with --account and --region", found.Target, r.Account, r.Region, f.instance)
			}
			source, found = r.Source, in
			found.Target = backup.Target{Cloud: r.Cloud, Account: r.Account, Region: r.Region, InstanceID: in.InstanceID}
		}
	}
	if source == nil {
		return nil, found, errors.Join(append([]error{fmt.Errorf("no account of %s lists instance %s; check --instance, --account and --region", e.file, f.instance)}, failures...)...)
	}
	return source, found, nil
}

// start asks the cloud for the backup.
func (f *createFlags) start(ctx context.Context, source poll.Source, in backup.Instance) (manual.Started, error) {
	none := manual.Started{}
	switch cloud := source.(type) {
	case *alibaba.Source:
		if f.name != "" {
			return none, errors.New("--name: Alibaba Cloud names backups itself; leave it out")
		}
		created, err := cloud.CreateBackup(ctx, in.InstanceID, alibaba.CreateOptions{Method: f.method, RetentionDays: f.retentionDays})
		return manual.Started{JobID: created.JobID}, err // its BackupID is deprecated, and of one shard only
	case *huawei.Source:
		if f.method != "" || f.retentionDays != 0 {
			return none, errors.New("--method and --retention-days: Huawei Cloud DDS chooses the method itself and keeps manual backups until they are deleted; leave them out")
		}
		created, err := cloud.CreateBackup(ctx, in.InstanceID, huawei.CreateOptions{Name: f.name, Description: "started by " + program})
		return manual.Started(created), err
	}
	return none, fmt.Errorf("%s cannot start backups", in.Cloud)
}

// follow shows the progress and returns how it ended.
func (f *createFlags) follow(ctx context.Context, env *environment, b *manual.Backup, started manual.Started) error {
	bounded, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	show := plainProgress(env.stdout)
	if isTerminal(env.stdout) {
		show = progressBar(env.stdout)
	}
	err := b.Follow(bounded, started, f.interval, show)
	if isTerminal(env.stdout) {
		fmt.Fprintln(env.stdout)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the backup has not ended after %v; it goes on, see `%s status`", f.timeout, program)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted; the backup goes on, see `%s status`", program)
	case err != nil:
		return err
	}
	fmt.Fprintln(env.stdout, "the backup succeeded")
	return nil
}

// plainProgress prints a line whenever something changed.
func plainProgress(to io.Writer) func(manual.Progress) {
	last := ""
	return func(p manual.Progress) {
		line := describe(p)
		if line != last {
			fmt.Fprintf(to, "%s after %v\n", line, p.Elapsed.Round(time.Second))
		}
		last = line
	}
}

// progressBar draws over the same line of a terminal.
func progressBar(to io.Writer) func(manual.Progress) {
	const width = 30
	return func(p manual.Progress) {
		filled := 0
		if p.Percent != nil {
			filled = int(*p.Percent / 100 * width)
		}
		if p.Done == p.Targets {
			filled = width
		}
		filled = min(max(filled, 0), width)
		fmt.Fprintf(to, "\r\x1b[K[%s%s] %s, %v", strings.Repeat("#", filled), strings.Repeat(".", width-filled), describe(p), p.Elapsed.Round(time.Second))
	}
}

func describe(p manual.Progress) string {
	switch {
	case p.Err != nil:
		return "cannot look: " + p.Err.Error()
	case p.Done == p.Targets:
		return "done"
	}
	line := "running"
	if p.Percent != nil {
		line = fmt.Sprintf("%.0f %%", *p.Percent)
	}
	if p.Targets > 1 {
		line += fmt.Sprintf(", %d of %d shards done", p.Done, p.Targets)
	}
	return line
}

// isTerminal reports whether a person watches.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
