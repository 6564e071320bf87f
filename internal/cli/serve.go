package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/version"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// serveFlags are the flags of serve.
type serveFlags struct {
	*webFlags
	lifecycle bool
	storage   string         // directory of the catalog's file; "": in memory only
	retention model.Duration // of the file
}

func serveCommand(app *kingpin.Application) (string, action) {
	command := app.Command("serve", "Run the exporter: this is what the program does without a command. It ends on SIGTERM or Ctrl-C, and reads the configuration again on SIGHUP.")
	f := serveFlags{webFlags: addWebFlags(command, defaultAddress)}
	command.Flag("web.enable-lifecycle", "Allow a reload of the configuration by POST /-/reload.").BoolVar(&f.lifecycle)
	command.Flag("storage.path", "Directory for what the clouds said, so that a start without them shows what was known. Left out: it is in memory only.").PlaceHolder("DIR").StringVar(&f.storage)
	command.Flag("storage.retention", "How long the directory keeps what the clouds do not list any more.").Default("400d").SetValue(&f.retention)
	return command.FullCommand(), daemon(func(ctx context.Context, s *session) error { return f.run(ctx, s) })
}

// open wires an exporter with the catalog in a file, if there is to be one.
func (f *serveFlags) open(ctx context.Context, s *session, cfg *config.Config) (*exporter.Exporter, error) {
	if f.storage == "" {
		return s.open(cfg, nil)
	}
	storage, err := exporter.OpenStorage(ctx, exporter.StorageOptions{
		Path: f.storage, Retention: time.Duration(f.retention), Lookback: time.Duration(cfg.Poll.Lookback), Now: s.now, Logger: s.logger,
	})
	if err != nil {
		return nil, err
	}
	e, err := s.open(cfg, storage)
	if err != nil {
		storage.Close()
	}
	return e, err
}

func (f *serveFlags) run(ctx context.Context, s *session) error {
	hangups := make(chan os.Signal, 1) // from the start on: a SIGHUP ends a process that does not listen for it
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if err := f.check(); err != nil {
		return err
	}
	if f.retention <= 0 {
		return errors.New("--storage.retention must be longer than 0s")
	}
	cfg, err := s.load()
	if err != nil {
		return err
	}
	e, err := f.open(ctx, s, cfg)
	if err != nil {
		return err
	}
	defer e.Close()
	opened, err := f.listen(ctx)
	if err != nil {
		return err
	}
	reload := func() error { return e.Reload(s.load) }
	service := service{exporter: e, flags: f.webFlags, listeners: opened, file: s.file, config: cfg}
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

// onHangup reloads on every hangup until ctx ends. The exporter logs failures and shows them as a metric.
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
	listeners listeners
	reload    func() error   // on POST /-/reload; nil: there is no such route
	file      string         // the configuration file; "": none
	config    *config.Config // at the start
	scrapes   time.Duration  // how often it scrapes itself; 0: never
}

// run answers requests until ctx ends. The first refresh starts at once.
func (v service) run(ctx context.Context, s *session) error {
	handler, err := v.flags.handler(s, v.exporter, v.reload)
	if err != nil {
		return err
	}
	polling, stop := context.WithCancel(ctx)
	var background sync.WaitGroup
	background.Go(func() {
		v.exporter.Poller().Refresh(polling)
		for v.scrapes > 0 && sleep(polling, v.scrapes) {
			handler.Scrape(polling)
		}
	})
	err = server.Service{
		Listeners: v.listeners.main, Handler: handler, Web: v.flags.toolkit,
		Health: v.listeners.health, HealthHandler: handler.Health(),
		Logger: s.thin, Started: func(encrypted bool) { v.announce(s, encrypted) },
	}.Run(ctx)
	stop()
	background.Wait()
	v.exporter.Close()
	s.thin.Close()
	if err == nil {
		level.Info(s.logger).Log("msg", "Stopped")
	}
	return err
}

// announce logs where the exporter listens and what it watches.
func (v service) announce(s *session, encrypted bool) {
	var addresses []string
	for _, l := range v.listeners.main {
		addresses = append(addresses, l.Addr().String())
	}
	line := []any{"msg", "Listening", "address", strings.Join(addresses, ","), "tls", encrypted}
	if v.listeners.health != nil {
		line = append(line, "health_address", v.listeners.health.Addr())
	}
	if v.file != "" {
		line = append(line, "config_file", v.file)
	}
	watched := count(v.config)
	if watched.listing > 0 {
		line = append(line, "accounts_with_all_regions", watched.listing)
	}
	level.Info(s.logger).Log(append(line,
		"accounts", watched.accounts, "regions", watched.regions, "regions_with_discovery", watched.discovering,
		"configured_targets", watched.targets, "version", version.Info())...)
}
