package cli

import (
	"context"
	"net"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/version"

	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	*webFlags
	lifecycle bool
}

func serveCommand(app *kingpin.Application) (string, action) {
	command := app.Command("serve", "Run the exporter.").Default()
	f := serveFlags{webFlags: addWebFlags(command, defaultAddress)}
	command.Flag("web.enable-lifecycle", "Allow a reload of the configuration by POST /-/reload.").BoolVar(&f.lifecycle)
	return command.FullCommand(), func(ctx context.Context, s *session) error { return f.run(ctx, s) }
}

func (f *serveFlags) run(ctx context.Context, s *session) error {
	hangups := make(chan os.Signal, 1) // from the start on: a SIGHUP ends a process that does not listen for it
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if err := f.check(); err != nil {
		return err
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	e, err := s.open(cfg)
	if err != nil {
		return err
	}
	defer e.Close()
	listeners, err := f.listen(ctx)
	if err != nil {
		return err
	}
	level.Info(s.logger).Log("msg", "Starting "+program, "version", version.Info(), "accounts", len(cfg.Accounts))
	reload := func() error { return e.Reload(s.load) }
	service := service{exporter: e, flags: f.webFlags, listeners: listeners}
	if f.lifecycle {
		service.reload = reload
	}
	var background sync.WaitGroup
	defer background.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	background.Go(func() { onHangup(ctx, hangups, reload) })
	return service.run(ctx, s)
}

// onHangup reloads on every hangup until ctx ends. What goes wrong is in the log and in a metric.
func onHangup(ctx context.Context, hangups <-chan os.Signal, reload func() error) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			_ = reload()
		}
	}
}

// service is an exporter that listens.
type service struct {
	exporter  *exporter.Exporter
	flags     *webFlags
	listeners []net.Listener
	reload    func() error // on POST /-/reload; nil: there is no such route
}

// run answers requests until ctx ends. The first refresh starts at once.
func (v service) run(ctx context.Context, s *session) error {
	handler, err := v.flags.handler(s, v.exporter, v.reload)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stop()
	background.Go(func() { v.exporter.Poller().Refresh(ctx) })
	return server.Serve(ctx, v.listeners, handler, v.flags.toolkit, s.logger)
}
