package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/exporter"
)

const (
	program        = "mongodb_backup_exporter"
	defaultAddress = ":10217"
	defaultFile    = program + ".yml"
)

// Environment is what a process gives to the program. All fields are required.
type Environment struct {
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// Run parses the command line and runs the command that it names, until that ends or ctx does. It prints what went wrong
// and returns the exit code.
func Run(ctx context.Context, args []string, env Environment) int {
	err := run(ctx, args, env)
	if err == nil {
		return 0
	}
	end, ok := errors.AsType[*exit](err)
	if !ok {
		end = &exit{1, err}
	}
	if end.cause != nil {
		fmt.Fprintf(env.Stderr, "%s: error: %s\n", program, err)
	}
	return end.code
}

// exit is an error with an exit code of its own. One without a cause has been printed already.
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
	file   string // the configuration file
	now    func() time.Time
	logger log.Logger
	stdout io.Writer
}

// action runs one command.
type action func(context.Context, *session) error

// commands add themselves to the application. Each returns its full name and what it does.
func commands() []func(*kingpin.Application) (string, action) {
	return []func(*kingpin.Application) (string, action){
		serveCommand, checkConfigCommand, statusCommand, backupCreateCommand, demoCommand,
	}
}

func run(ctx context.Context, args []string, env Environment) error {
	app := kingpin.New(program, "Prometheus exporter for the backup health of managed MongoDB: ApsaraDB for MongoDB and Huawei Cloud DDS.")
	app.UsageWriter(env.Stdout).ErrorWriter(env.Stderr).HelpFlag.Short('h')
	app.Version(version.Print(program)).VersionFlag.Short('v')
	s := &session{now: env.Now, stdout: env.Stdout}
	app.Flag("config.file", "Configuration file.").Default(defaultFile).StringVar(&s.file)
	logLevel := app.Flag("log.level", "Least severe messages to log.").Default("info").Enum("debug", "info", "warn", "error")
	logFormat := app.Flag("log.format", "Format of the log.").Default("logfmt").Enum("logfmt", "json")

	actions := map[string]action{}
	for _, add := range commands() {
		name, do := add(app)
		actions[name] = do
	}
	chosen, err := app.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; try --help", err)
	}
	s.logger = newLogger(env.Stderr, *logLevel, *logFormat)
	return actions[chosen](ctx, s)
}

// newLogger returns the logger that everything logs through.
func newLogger(to io.Writer, least, format string) log.Logger {
	logger := log.NewLogfmtLogger(log.NewSyncWriter(to))
	if format == "json" {
		logger = log.NewJSONLogger(log.NewSyncWriter(to))
	}
	logger = level.NewFilter(logger, level.Allow(level.ParseDefault(least, level.InfoValue())))
	return log.With(logger, "ts", log.DefaultTimestampUTC)
}

// load reads the configuration. The error says which file is meant.
func (s *session) load() (*config.Config, error) {
	cfg, err := config.LoadFile(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the configuration file %s does not exist; name another with --config.file, or see `%s demo`", s.file, program)
	case err != nil:
		return nil, fmt.Errorf("configuration file %s:\n%w", s.file, err)
	}
	return cfg, nil
}

// open wires an exporter for a configuration that was loaded.
func (s *session) open(cfg *config.Config) (*exporter.Exporter, error) {
	e, err := exporter.New(cfg, exporter.Options{Now: s.now, Logger: s.logger})
	if err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", s.file, err)
	}
	return e, nil
}

// loadAndOpen loads the configuration and wires an exporter for it.
func (s *session) loadAndOpen() (*exporter.Exporter, error) {
	cfg, err := s.load()
	if err != nil {
		return nil, err
	}
	return s.open(cfg)
}
