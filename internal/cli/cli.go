package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/logs"
)

const (
	program        = "mongodb_backup_exporter"
	defaultAddress = ":10217"
	defaultFile    = program + ".yml"
)

// Environment is what the program gets from its process. All fields but Parsed are required. OfProcess makes one.
type Environment struct {
	Stdout, Stderr io.Writer
	Now            func() time.Time
	Parsed         func() // is called once the command line was read, before the command runs; nil: nothing is
}

// Run parses the command line and runs the command that it names until the command or ctx ends. It prints the error that
// ended the command, and returns the exit code.
func Run(ctx context.Context, args []string, env Environment) int {
	return finish(env.Stderr, run(ctx, args, env))
}

// finish prints the error that ended a command, and returns the exit code. nil: the command succeeded.
func finish(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	end, ok := errors.AsType[*exit](err)
	if !ok {
		end = &exit{1, err}
	}
	if end.cause != nil {
		fmt.Fprintf(stderr, "%s: error: %s\n", program, onLines(err))
	}
	return end.code
}

// onLines returns the text of an error, which may have several lines. Names in it do not command a terminal.
func onLines(err error) string {
	all := strings.Split(err.Error(), "\n")
	for i := range all {
		all[i] = plain(all[i])
	}
	return strings.Join(all, "\n")
}

// exit is an error with an exit code of its own. Without a cause there is nothing to print.
type exit struct {
	code  int
	cause error
}

// Error returns the cause, or else the exit code.
func (e *exit) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

// Unwrap returns the cause.
func (e *exit) Unwrap() error { return e.cause }

// session is what every command gets.
type session struct {
	file           string // the configuration file
	now            func() time.Time
	stdout, stderr io.Writer

	level, format string     // of the log
	leveled       bool       // the user says from which level on
	logger        log.Logger // what everything logs through
	thin          *logs.Thin // the same for what clients and libraries cause
}

// action runs one command.
type action func(context.Context, *session) error

// commands returns a function for each command. It adds the command to the application, and returns the command's full
// name and what it does.
func commands() []func(*kingpin.Application) (string, action) {
	return []func(*kingpin.Application) (string, action){
		serveCommand, checkConfigCommand, statusCommand, reportCommand, backupCreateCommand, backupListCommand, backupFollowCommand, healthCommand, rulesCommand, demoCommand,
	}
}

func run(ctx context.Context, args []string, env Environment) error {
	args = completionWords(args)
	app := kingpin.New(program, "Prometheus exporter for the backup health of managed MongoDB: ApsaraDB for MongoDB and Huawei Cloud DDS.")
	app.UsageWriter(env.Stdout).ErrorWriter(env.Stderr).HelpFlag.Short('h')
	app.Version(version.Print(program)).VersionFlag.Short('v')
	s := &session{now: env.Now, stdout: env.Stdout, stderr: env.Stderr}
	app.Flag("config.file", "Configuration file.").Default(defaultFile).StringVar(&s.file)
	app.Flag("log.level", "Least severe messages to log. Left out: info for serve and demo; for what asks the clouds once, error, since it prints what it finds.").
		Default("info").IsSetByUser(&s.leveled).EnumVar(&s.level, "debug", "info", "warn", "error")
	app.Flag("log.format", "Format of the log.").Default("logfmt").EnumVar(&s.format, "logfmt", "json")

	actions := map[string]action{}
	for _, add := range commands() {
		name, do := add(app)
		actions[name] = do
	}
	if !completesCommand(args) {
		app.GetCommand("serve").Default()
	}
	nameFlags(app)
	chosen, err := app.Parse(args)
	if err != nil {
		return misused(app, args, err)
	}
	if env.Parsed != nil {
		env.Parsed()
	}
	s.logTo(env.Stderr)
	defer s.thin.Close()
	s.ignoreDebug()
	return actions[chosen](ctx, s)
}

// misused returns the error of a wrong command line, with what was probably meant. A script that asks for evidence must be able
// to tell it from a verdict.
func misused(app *kingpin.Application, args []string, err error) error {
	chosen := ""
	if parsed, _ := app.ParseContext(args); parsed != nil && parsed.SelectedCommand != nil {
		chosen = parsed.SelectedCommand.FullCommand()
	}
	code := 1
	if chosen == "status" || chosen == "report" {
		code = 3
	}
	return &exit{code, fmt.Errorf("%w%s", err, misspelled(app, chosen, err))}
}

// load reads the configuration file. The error names the file.
func (s *session) load() (*config.Config, error) {
	cfg, err := config.LoadFile(s.file)
	switch {
	case s.file == "":
		return nil, errors.New("--config.file is empty; name the configuration file")
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the configuration file %s does not exist; name another with --config.file, or see `%s demo`", s.file, program)
	case err != nil:
		return nil, fmt.Errorf("configuration file %s:\n%w", s.file, err)
	}
	return cfg, nil
}

// open wires an exporter for a loaded configuration. storage is where its catalog is kept; nil: in memory only.
func (s *session) open(cfg *config.Config, storage *exporter.Storage) (*exporter.Exporter, error) {
	return s.openWith(cfg, exporter.Options{Now: s.now, Logger: s.logger, Storage: storage})
}

func (s *session) openWith(cfg *config.Config, opts exporter.Options) (*exporter.Exporter, error) {
	e, err := exporter.New(cfg, opts)
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", s.file, err)
	}
	return e, nil
}

// loadAndOpen loads the configuration and wires an exporter for a command that asks once.
func (s *session) loadAndOpen() (*exporter.Exporter, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	return s.openWith(cfg, s.once())
}

// once returns the options of an exporter that asks once, for somebody who reads what is printed.
func (s *session) once() exporter.Options {
	logger := s.logger
	if !s.leveled {
		logger = level.NewFilter(logger, level.AllowError())
	}
	return exporter.Options{Now: s.now, Logger: logger, Once: true}
}
