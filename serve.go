package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/server"
)

// webFlags are the flags of the commands that listen.
type webFlags struct {
	toolkit       *web.FlagConfig
	telemetryPath string
	timeoutOffset time.Duration
	lifecycle     bool
	pprof         bool
}

func addWebFlags(command *kingpin.CmdClause, address string) *webFlags {
	f := &webFlags{toolkit: &web.FlagConfig{}}
	f.toolkit.WebListenAddresses = command.Flag("web.listen-address", "Address to listen on. Repeatable.").Default(address).Strings()
	f.toolkit.WebConfigFile = command.Flag("web.config.file", "File that enables TLS or authentication: "+
		"https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md").Default("").String()
	command.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&f.telemetryPath)
	command.Flag("web.timeout-offset", "How much earlier than Prometheus gives up a scrape is answered.").Default("500ms").DurationVar(&f.timeoutOffset)
	command.Flag("web.enable-pprof", "Serve profiles under /debug/pprof/.").BoolVar(&f.pprof)
	return f
}

// check says which flag is wrong, before anything is started.
func (f *webFlags) check() error {
	if err := server.CheckTelemetryPath(f.telemetryPath); err != nil {
		return fmt.Errorf("--web.telemetry-path: %w", err)
	}
	if f.timeoutOffset < 0 {
		return fmt.Errorf("--web.timeout-offset: %v is negative; 500ms is a good value", f.timeoutOffset)
	}
	if err := web.Validate(*f.toolkit.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file: %w", err)
	}
	return nil
}

func serveCommand(app *kingpin.Application) (string, func(context.Context, *environment) error) {
	command := app.Command("serve", "Run the exporter.").Default()
	flags := addWebFlags(command, defaultAddress)
	command.Flag("web.enable-lifecycle", "Allow a reload of the configuration by POST /-/reload.").BoolVar(&flags.lifecycle)
	return command.FullCommand(), func(ctx context.Context, env *environment) error {
		hangups := make(chan os.Signal, 1) // from the start on: a SIGHUP ends a process that does not listen for it
		signal.Notify(hangups, syscall.SIGHUP)
		defer signal.Stop(hangups)
		if err := flags.check(); err != nil {
			return err
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
		listeners, err := listen(ctx, "web.listen-address", *flags.toolkit.WebListenAddresses)
		if err != nil {
			return err
		}
		level.Info(env.logger).Log("msg", "Starting "+program, "version", version.Info(), "accounts", len(cfg.Accounts))
		return e.serve(ctx, env, flags, listeners, hangups)
	}
}

// serve answers requests until ctx ends, and reads the configuration again on every hangup; nil: never. The first
// refresh starts at once.
func (e *exporter) serve(ctx context.Context, env *environment, flags *webFlags, listeners []net.Listener, hangups <-chan os.Signal) error {
	handler, err := e.handler(env, flags)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { e.poller.Refresh(ctx) })
	background.Go(func() { e.reloadOn(ctx, hangups) })
	return server.Serve(ctx, listeners, handler, flags.toolkit, env.logger)
}

func (e *exporter) handler(env *environment, flags *webFlags) (http.Handler, error) {
	gatherer, err := e.gatherer()
	if err != nil {
		return nil, err
	}
	opts := server.Options{
		Poller: e.poller, Metrics: gatherer, Probe: e.probe, Config: e.masked,
		Now: env.now, Logger: env.logger, Version: version.Version,
		TelemetryPath: flags.telemetryPath, TimeoutOffset: flags.timeoutOffset, Pprof: flags.pprof,
	}
	if flags.lifecycle {
		opts.Reload = e.reload
	}
	return server.New(opts), nil
}

func (e *exporter) reloadOn(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			if err := e.reload(); err != nil {
				continue // told in the log and in a metric
			}
		}
	}
}

// listen opens every address, or none. flag is where the addresses come from.
func listen(ctx context.Context, flag string, addresses []string) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			for _, open := range listeners {
				open.Close()
			}
			return nil, fmt.Errorf("listen on %s: %w; choose another with --%s", address, err, flag)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// loadConfig reads the configuration and says which file is meant.
func loadConfig(file string) (*config.Config, error) {
	cfg, err := config.LoadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the configuration file %s does not exist; name another with --config.file, or see `%s demo`", file, program)
	case err != nil:
		return nil, fmt.Errorf("configuration file %s:\n%w", file, err)
	}
	return cfg, nil
}
