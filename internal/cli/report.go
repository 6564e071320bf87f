package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report/evidence"
)

// openMetrics is the format that only what is known of the past itself can be written in.
const openMetrics = "openmetrics"

// reportFlags are the flags of report.
type reportFlags struct {
	since, until  string
	output, file  string
	instance      string
	remote        remote
	storage       string
	timeout       time.Duration
	step          model.Duration
	job, scrapeOf string
}

func reportCommand(app *kingpin.Application) (string, action) {
	command := app.Command("report", "Write evidence of the backups of a time: for how much of it the objectives were kept, and which controls were. "+
		"Exit code: 0 all controls kept, 1 one broken, else 2 something unknown, 3 a wrong flag, or a file that cannot be read or written.")
	var f reportFlags
	command.Flag("since", "Begin of the time: a time ago, like 90d, a day, like 2026-11-01, or a moment.").Default("90d").StringVar(&f.since)
	command.Flag("until", "End of the time, in the same way. Left out: now.").PlaceHolder("TIME").StringVar(&f.until)
	command.Flag("output", "html, markdown, csv, json, or openmetrics: history for promtool tsdb create-blocks-from.").Short('o').Default("markdown").
		EnumVar(&f.output, append(evidence.Formats(), openMetrics)...)
	command.Flag("instance", "Id or name of the only instance that is wanted.").PlaceHolder("ID|NAME").StringVar(&f.instance)
	command.Flag("out", "File to write to. Left out: the standard output.").PlaceHolder("FILE").StringVar(&f.file)
	command.Flag("storage.path", "Directory in which an exporter keeps what the clouds said. The clouds are not asked.").PlaceHolder("DIR").StringVar(&f.storage)
	command.Flag("url", "Address of a running exporter that is asked instead of the clouds. It knows as much of the past as it keeps: the last days (poll.lookback) in memory, more with serve --storage.path.").StringVar(&f.remote.url)
	command.Flag("insecure", "With --url: accept any certificate, e.g. a self-signed one.").BoolVar(&f.remote.insecure)
	command.Flag("timeout", "How long to wait for the clouds; what is not known by then is unknown.").Default("5m").DurationVar(&f.timeout)
	command.Flag("openmetrics.step", "Time from one sample to the next. Prometheus shows a sample for five minutes.").Default("4m").SetValue(&f.step)
	command.Flag("openmetrics.job", "Value of the label job.").Default("mongodb_backup").StringVar(&f.job)
	command.Flag("openmetrics.instance", "Value of the label instance.").Default("127.0.0.1" + defaultAddress).StringVar(&f.scrapeOf)
	return command.FullCommand(), func(ctx context.Context, s *session) error {
		result, err := f.run(ctx, s)
		switch {
		case err != nil:
			return &exit{3, err}
		case result == "broken":
			return &exit{code: 1}
		case result != "kept":
			return &exit{code: 2}
		}
		return nil
	}
}

// run writes the report and returns its result.
func (f *reportFlags) run(ctx context.Context, s *session) (result string, err error) {
	now := s.now()
	since, until, err := evidence.ReadSpan(f.since, f.until, now)
	if err != nil {
		return "", fmt.Errorf("--%w", err)
	}
	if err := f.check(); err != nil {
		return "", err
	}
	if f.output == openMetrics && f.file == "" && screenOf(s.stdout).terminal {
		return "", errors.New("--output=openmetrics is for programs, and long: name a file with --out, or write to a pipe")
	}
	out, err := create(f.file, s.stdout)
	if err != nil {
		return "", err
	}
	defer out.discard()
	if f.remote.url != "" {
		r, err := f.fetch(ctx, since, until)
		if err != nil {
			return "", err
		}
		return f.finish(out, r)
	}
	subjects, e, err := f.gather(ctx, s, since, until)
	if err != nil {
		return "", err
	}
	defer e.Close()
	r := subjects.New()
	if f.output == openMetrics {
		history := exporter.OpenMetrics{Since: since, Until: until, Step: time.Duration(f.step), Job: f.job, Instance: f.scrapeOf}
		if err := history.Write(out, subjects.Replay().At); err != nil {
			return "", fmt.Errorf("%s: %w", out.name, err)
		}
		return r.Result, out.commit()
	}
	return f.finish(out, &r)
}

// check refuses flags that do not go together.
func (f *reportFlags) check() error {
	step := time.Duration(f.step)
	switch {
	case f.storage != "" && f.remote.url != "":
		return errors.New("--storage.path and --url exclude each other: the report is made from one of them")
	case f.output == openMetrics && f.remote.url != "":
		return errors.New("--output=openmetrics needs what is known of the past itself: name the exporter's directory with --storage.path, or leave --url out")
	case f.timeout <= 0:
		return errors.New("--timeout must be longer than 0s")
	case step < time.Second || step%time.Second != 0:
		return errors.New("--openmetrics.step must be whole seconds, and at least one")
	case f.remote.url != "":
		return f.remote.check()
	}
	return nil
}

// finish writes a report.
func (f *reportFlags) finish(out *output, r *evidence.Report) (string, error) {
	if err := evidence.Write(out, r, f.output); err != nil {
		return "", fmt.Errorf("%s: %w", out.name, err)
	}
	return r.Result, out.commit()
}

// gather brings together what is known, from the catalog's file or from the clouds. The exporter is to be closed.
func (f *reportFlags) gather(ctx context.Context, s *session, since, until time.Time) (*evidence.Subjects, *exporter.Exporter, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, nil, err
	}
	opts := evidence.Options{Since: since, Until: until, Lookback: time.Duration(cfg.Poll.Lookback), Instance: f.instance}
	var e *exporter.Exporter
	if f.storage != "" {
		e, err = f.openRecord(ctx, s, cfg)
	} else {
		// What met the objective at the beginning began before it.
		opts.Reach = s.now().Sub(since) + opts.Lookback
		e, err = f.ask(ctx, s, cfg, opts.Reach)
	}
	if err != nil {
		return nil, nil, err
	}
	if f.storage != "" {
		opts.History = e.History()
	}
	opts.Snapshot, opts.Now = e.Poller().Snapshot(), s.now()
	subjects, err := evidence.Gather(ctx, opts)
	if err != nil {
		e.Close()
		if none, ok := errors.AsType[*evidence.InstanceError](err); ok && len(none.Fits) == 0 {
			err = fmt.Errorf("--instance: %w; `%s status` lists those that are watched", err, program)
		}
		return nil, nil, err
	}
	return subjects, e, nil
}

// openRecord wires an exporter that knows what the file of a directory has, and asks nobody.
func (f *reportFlags) openRecord(ctx context.Context, s *session, cfg *config.Config) (*exporter.Exporter, error) {
	record, err := exporter.OpenRecord(ctx, f.storage, time.Duration(cfg.Poll.Lookback), s.now())
	if err != nil {
		return nil, err
	}
	opts := s.once()
	opts.Record = record
	return s.openWith(cfg, opts)
}

// ask polls all accounts once, with lists that go back further than those of a verdict.
func (f *reportFlags) ask(ctx context.Context, s *session, cfg *config.Config, reach time.Duration) (*exporter.Exporter, error) {
	further := *cfg
	further.Poll.Lookback = config.Duration(reach)
	e, err := s.openWith(&further, s.once())
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	stop := s.tellWaiting(bounded, e)
	e.Poller().Refresh(bounded)
	e.Poller().Refresh(bounded) // what is asked about the answers of the first round
	stop()
	if ctx.Err() != nil { // what nobody waited for is no evidence
		e.Close()
		return nil, errors.New("interrupted before all was known; nothing was written")
	}
	return e, nil
}

// fetch asks a running exporter for the report.
func (f *reportFlags) fetch(ctx context.Context, since, until time.Time) (*evidence.Report, error) {
	query := url.Values{"since": {since.Format(time.RFC3339)}, "until": {until.Format(time.RFC3339)}}
	if f.instance != "" {
		query.Set("instance", f.instance)
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	var r evidence.Report
	err := f.remote.get(ctx, "report", query, func(from io.Reader) error {
		if err := json.NewDecoder(from).Decode(&r); err != nil {
			return err
		}
		return r.Check(since, until)
	})
	return &r, err
}

// output is where a command writes to. A file has its name only once all of it is written.
type output struct {
	io.Writer
	name string   // for errors
	file *os.File // nil: the standard output
	path string   // where a regular file goes at the end; "": it is written in place
	mode fs.FileMode
}

// create opens a file to write to; "": it is the standard output. What exists and is no regular file, like a device, is written to
// as it is.
func create(path string, stdout io.Writer) (*output, error) {
	if path == "" {
		return &output{Writer: stdout, name: "the standard output"}, nil
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	mode := fs.FileMode(0o644)
	switch info, err := os.Stat(path); {
	case err != nil: // it does not exist yet
	case info.IsDir():
		return nil, fmt.Errorf("--out: %s is a directory; name a file in it", path)
	case !info.Mode().IsRegular():
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("--out: %s cannot be written: %w; name another file, or let this user write there", path, err)
		}
		return &output{Writer: file, name: path, file: file}, nil
	default:
		mode = info.Mode().Perm()
	}
	if _, err := os.Stat(filepath.Dir(path)); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--out: there is no directory %s; make it, or name another file", filepath.Dir(path))
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return nil, fmt.Errorf("--out: %s cannot be written: %w; name another file, or let this user write there", path, err)
	}
	return &output{Writer: file, name: path, file: file, path: path, mode: mode}, nil
}

// commit gives the file its name.
func (o *output) commit() error {
	if o.file == nil {
		return nil
	}
	err := o.close()
	if err == nil && o.path != "" {
		err = os.Rename(o.file.Name(), o.path)
	}
	if err != nil {
		return fmt.Errorf("--out: %s cannot be written: %w; name another file, or see that the disk has room", o.name, err)
	}
	o.file = nil
	return nil
}

func (o *output) close() error {
	if o.path == "" {
		return o.file.Close()
	}
	return errors.Join(o.file.Chmod(o.mode), o.file.Close())
}

// discard removes what was not committed.
func (o *output) discard() {
	if o.file == nil {
		return
	}
	o.file.Close()
	if o.path != "" {
		_ = os.Remove(o.file.Name())
	}
}
