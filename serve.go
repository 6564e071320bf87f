package main

import (
	"context"
	"fmt"
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
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

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
	f := &webFlags{toolkit: kingpinflag.AddFlags(command, address)}
	command.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&f.telemetryPath)
	command.Flag("web.timeout-offset", "How much earlier than Prometheus gives up a scrape is answered.").Default("500ms").DurationVar(&f.timeoutOffset)
	command.Flag("web.enable-lifecycle", "Allow a reload of the configuration by POST /-/reload.").BoolVar(&f.lifecycle)
	command.Flag("web.enable-pprof", "Serve profiles under /debug/pprof/.").BoolVar(&f.pprof)
	return f
}

func serveCommand(app *kingpin.Application) (string, func(context.Context, *environment) error) {
	command := app.Command("serve", "Run the exporter.").Default()
	flags := addWebFlags(command, defaultAddress)
	return command.FullCommand(), func(ctx context.Context, env *environment) error {
		cfg, err := config.LoadFile(env.file)
		if err != nil {
			return invalidConfig(env.file, err)
		}
		e, err := newExporter(env, cfg)
		if err != nil {
			return invalidConfig(env.file, err)
		}
		defer e.close()
		listeners, err := listen(ctx, *flags.toolkit.WebListenAddresses)
		if err != nil {
			return err
		}
		level.Info(env.logger).Log("msg", "Starting "+program, "version", version.Info(), "accounts", len(cfg.Accounts))
		return e.serve(ctx, env, flags, listeners)
	}
}

// serve answers requests until ctx ends, and reloads on SIGHUP. The first refresh starts at once.
func (e *exporter) serve(ctx context.Context, env *environment, flags *webFlags, listeners []net.Listener) error {
	handler, err := e.handler(env, flags)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { e.poller.Refresh(ctx) })
	background.Go(func() { e.reloadOnHangup(ctx, env.file) })
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
		opts.Reload = func() error { return e.reload(env.file) }
	}
	return server.New(opts), nil
}

func (e *exporter) reloadOnHangup(ctx context.Context, file string) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			if err := e.reload(file); err != nil {
				continue // told in the log and in a metric
			}
		}
	}
}

// listen opens every address, or none.
func listen(ctx context.Context, addresses []string) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, address := range addresses {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			for _, open := range listeners {
				open.Close()
			}
			return nil, fmt.Errorf("listen on %s: %w; choose another with --web.listen-address", address, err)
		}
		listeners = append(listeners, l)
	}
	return listeners, nil
}

// invalidConfig names the file in front of what is wrong with it.
func invalidConfig(file string, err error) error {
	return fmt.Errorf("configuration file %s:\n%w", file, err)
}
