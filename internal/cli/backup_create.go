package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/report"
)

// createFlags are the flags of backup create.
type createFlags struct {
	placeFlags
	followFlags
	order           backup.ManualOrder
	allLate, dryRun bool
	wait            bool
	output          string
}

func backupCreateCommand(app *kingpin.Application) (string, action) {
	command := backupCommands(app).Command("create", "Start a manual backup of one instance, or of all that are late, and, with --wait, follow it. "+
		"Needs the permission to create backups, which the exporter itself does not need. "+
		"Exit code 0 only when every backup was started and, with --wait, succeeded; with --all-late only where every instance could be seen, too.")
	var f createFlags
	f.placeFlags.add(command)
	command.Flag("all-late", "Instead of --instance: every instance with a target that is late or never, unless a backup of it is running.").BoolVar(&f.allLate)
	command.Flag("dry-run", "Say what would be started, and start nothing.").BoolVar(&f.dryRun)
	command.Flag("method", "Alibaba Cloud: Snapshot, Physical or Logical. Left out: the cloud's default for the instance.").PlaceHolder("METHOD").EnumVar(&f.order.Method, "Snapshot", "Physical", "Logical")
	command.Flag("retention-days", "Alibaba Cloud, cloud disks: 7 to 730, or -1 to keep it for ever. Left out: as the policy says.").PlaceHolder("DAYS").IntVar(&f.order.RetentionDays)
	command.Flag("name", "Huawei Cloud: the backup's name, unique in the project. Left out: made from the time.").PlaceHolder("NAME").StringVar(&f.order.Name)
	command.Flag("wait", "Follow the backup until it has ended.").BoolVar(&f.wait)
	command.Flag("output", "text, or json: one object at the end, and the progress on standard error.").Short('o').Default("text").EnumVar(&f.output, "text", "json")
	f.followFlags.add(command)
	f.order.Description = "started by " + program
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

// creation is a backup that is to be started, and what came of it.
type creation struct {
	Cloud      string `json:"cloud"`
	Account    string `json:"account"`
	Region     string `json:"region"`
	InstanceID string `json:"instance_id"`
	Name       string `json:"instance_name"`
	JobID      string `json:"job_id"`    // "": not started, or the cloud gave none
	BackupID   string `json:"backup_id"` // the same
	Outcome    string `json:"outcome"`   // planned, started, succeeded or failed
	Error      string `json:"error,omitempty"`

	of      exporter.Found
	backup  *manual.Backup
	started backup.Started
}

func newCreation(of exporter.Found) *creation {
	in := of.Instance
	return &creation{
		Cloud: in.Cloud, Account: in.Account, Region: in.Region, InstanceID: in.InstanceID, Name: in.Name,
		Outcome: "planned", of: of,
	}
}

// failed notes why, and returns the reason with the instance.
func (c *creation) failed(err error) error {
	c.Outcome, c.Error = "failed", err.Error()
	return fmt.Errorf("%s: %w", c.of.Instance.Target, err)
}

func (f *createFlags) run(ctx context.Context, s *session) error {
	if err := f.followFlags.check(); err != nil {
		return err
	}
	if f.allLate && f.instance != "" {
		return errors.New("--all-late and --instance are two choices; give one")
	}
	if days := f.order.RetentionDays; days != 0 && days != -1 && (days < 7 || days > 730) {
		return fmt.Errorf("--retention-days: %d is not 7 to 730, nor -1 for ever", days)
	}
	if f.allLate && f.order.Name != "" {
		return errors.New("--name is that of one backup: leave it out with --all-late")
	}
	e, err := s.loadAndOpen()
	if err != nil {
		return err
	}
	defer e.Close()
	to := screenOf(s.stdout)
	if f.output == "json" {
		to = screenOf(s.stderr)
	}
	all, unseen, err := f.choose(ctx, s, e, to)
	if err != nil {
		return err
	}
	f.file = s.file
	err = errors.Join(f.create(ctx, to, s.now, all), unseen)
	if f.output == "json" {
		err = errors.Join(err, printCreations(s.stdout, all))
	}
	return err
}

func printCreations(to io.Writer, all []*creation) error {
	if all == nil {
		all = []*creation{}
	}
	return report.WriteJSON(to, map[string]any{"backups": all})
}

// choose returns what to start backups of, and why that may not be all.
func (f *createFlags) choose(ctx context.Context, s *session, e *exporter.Exporter, to screen) (all []*creation, unseen, err error) {
	if f.allLate {
		all, unseen = f.chooseLate(ctx, s, e, to)
		return all, unseen, nil
	}
	find := e.Find
	if !f.wait { // an order needs no more than the id
		find = e.FindUnlisted
	}
	found, err := f.find(ctx, s, find)
	if err != nil {
		return nil, nil, err
	}
	return []*creation{newCreation(found)}, nil, nil
}

// chooseLate returns the instances that have a target that is late or never, the worst first, and why there may be others.
func (f *createFlags) chooseLate(ctx context.Context, s *session, e *exporter.Exporter, to screen) (all []*creation, unseen error) {
	stop := s.tellWaiting(ctx, e)
	e.Poller().Refresh(ctx)
	stop()
	snapshot := e.Poller().Snapshot()
	late := report.Select(snapshot, report.Wanted{
		States: []backup.HealthState{backup.HealthNever, backup.HealthLate}, Account: f.account, Region: f.region,
	}, s.now())
	unseen = f.unlisted(snapshot, s)
	if unknown := late.Count(backup.HealthUnknown); unknown > 0 {
		unseen = errors.Join(unseen, fmt.Errorf("targets of which it was not found out whether they are late: %d; see `%s status`", unknown, program))
	}
	if len(late.Targets) == 0 && unseen == nil {
		fmt.Fprintln(to, "nothing is late")
	}
	seen := map[backup.Target]bool{}
	for _, t := range late.Targets {
		of := backup.Target{Cloud: t.Cloud, Account: t.Account, Region: t.Region, InstanceID: t.InstanceID}
		if seen[of] {
			continue
		}
		seen[of] = true
		if t.Running {
			fmt.Fprintf(to, "left out, a backup is running: %s (%s)\n", of, plain(report.OrNone(t.InstanceName)))
			continue
		}
		if found, ok := e.FindWatched(of); ok {
			all = append(all, newCreation(found))
		}
	}
	return all, unseen
}

// unlisted says of which of the wanted regions it is not known which instances they have, and that there is no such region.
func (f *createFlags) unlisted(snapshot *backup.Snapshot, s *session) error {
	var unseen []error
	found := false
	for _, r := range snapshot.Regions {
		if f.account != "" && f.account != r.Account || f.region != "" && f.region != r.Region && !r.OfRegions {
			continue
		}
		found = found || f.region == "" || !r.OfRegions
		if r.Discovers && !r.Unmonitored.OK(s.now()) {
			unseen = append(unseen, fmt.Errorf("%s/%s: not all that is late is known: %w", r.Account, r.Region, cmp.Or(r.Err, r.Unmonitored.Err, errNotListed)))
		}
	}
	if !found && len(unseen) == 0 {
		return fmt.Errorf("%s watches no such account and region; check --account and --region", s.file)
	}
	return errors.Join(unseen...)
}

// errNotListed is why a region is not known that gave no other reason.
var errNotListed = errors.New("its instances have not been listed")

// create starts all, then follows them where that is wanted. One that fails does not keep the others from being started.
func (f *createFlags) create(ctx context.Context, to screen, now func() time.Time, all []*creation) error {
	var failures []error
	for _, c := range all {
		if err := manual.Possible(c.of.Instance); err != nil {
			failures = append(failures, c.failed(err))
			continue
		}
		if f.dryRun {
			fmt.Fprintf(to, "would start a backup of %s (%s)\n", c.of.Instance.Target, plain(report.OrNone(c.Name)))
			continue
		}
		if err := f.start(ctx, to, now, c); err != nil {
			failures = append(failures, c.failed(err))
		}
	}
	for _, c := range all {
		if !f.wait || c.Outcome != "started" {
			continue
		}
		if len(all) > 1 {
			fmt.Fprintf(to, "following the backup of %s (%s)\n", c.of.Instance.Target, plain(report.OrNone(c.Name)))
		}
		if err := f.follow(ctx, to, c.backup, c.of.Instance, c.started); err != nil {
			failures = append(failures, c.failed(err))
			continue
		}
		c.Outcome = "succeeded"
	}
	return errors.Join(failures...)
}

// start starts one backup.
func (f *createFlags) start(ctx context.Context, to screen, now func() time.Time, c *creation) error {
	c.backup = manual.New(c.of.Source, c.of.Instance, now)
	if f.wait {
		if err := c.backup.Prepare(ctx); err != nil {
			return fmt.Errorf("list the backups before starting one: %w", err)
		}
	}
	started, err := c.backup.Start(ctx, f.order, func(pause time.Duration, throttled error) {
		fmt.Fprintf(to, "the cloud did not take the order, it is given again in %v: %s\n", pause, plain(throttled.Error()))
	})
	if err != nil {
		return err
	}
	c.started, c.JobID, c.BackupID, c.Outcome = started, started.JobID, started.BackupID, "started"
	fmt.Fprintf(to, "started a backup of %s (%s), job %s\n", c.of.Instance.Target, plain(report.OrNone(c.Name)), report.OrNone(started.JobID))
	return nil
}
