// Command mongodb_backup_exporter tells Prometheus whether the backups of managed MongoDB on Alibaba Cloud and Huawei
// Cloud are good.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"
)

const (
	program        = "mongodb_backup_exporter"
	defaultAddress = ":10217"
	defaultFile    = program + ".yml"
)

// exit is an error with an exit code of its own. One without a cause is said already.
type exit struct {
	code  int
	cause error
}

func (e *exit) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exit) Unwrap() error { return e.cause }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err == nil {
		return
	}
	end, ok := errors.AsType[*exit](err)
	if !ok {
		end = &exit{1, err}
	}
	if end.cause != nil {
		fmt.Fprintf(os.Stderr, "%s: error: %s\n", program, err)
	}
	os.Exit(end.code)
}

// environment is what every command gets.
type environment struct {
	file   string // the configuration file
	now    func() time.Time
	logger log.Logger
	stdout io.Writer
}

// run parses the command line and runs the command that it names.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	app := kingpin.New(program, "Prometheus exporter for the backup health of managed MongoDB: ApsaraDB for MongoDB and Huawei Cloud DDS.")
	app.UsageWriter(stdout).ErrorWriter(stderr).HelpFlag.Short('h')
	app.Version(version.Print(program)).VersionFlag.Short('v')
	env := &environment{now: time.Now, stdout: stdout}
	app.Flag("config.file", "Configuration file.").Default(defaultFile).StringVar(&env.file)
	logLevel := app.Flag("log.level", "Least severe messages to log.").Default("info").Enum("debug", "info", "warn", "error")
	logFormat := app.Flag("log.format", "Format of the log.").Default("logfmt").Enum("logfmt", "json")

	commands := map[string]func(context.Context, *environment) error{}
	for _, add := range []func(*kingpin.Application) (string, func(context.Context, *environment) error){
		serveCommand, checkConfigCommand, statusCommand, backupCreateCommand, demoCommand,
	} {
		name, command := add(app)
		commands[name] = command
	}
	chosen, err := app.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; try --help", err)
	}
	env.logger = newLogger(stderr, *logLevel, *logFormat)
	return commands[chosen](ctx, env)
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
