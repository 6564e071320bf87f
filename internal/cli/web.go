package cli

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// webFlags are the flags of the commands that listen.
type webFlags struct {
	toolkit       *web.FlagConfig
	telemetryPath string
	timeoutOffset time.Duration
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

// listen opens every --web.listen-address.
func (f *webFlags) listen(ctx context.Context) ([]net.Listener, error) {
	return listen(ctx, "web.listen-address", *f.toolkit.WebListenAddresses)
}

// handler returns all routes of an exporter. reload reads its configuration again; nil: there is no such route.
func (f *webFlags) handler(s *session, e *exporter.Exporter, reload func() error) (http.Handler, error) {
	gatherer, err := e.Gatherer()
	if err != nil {
		return nil, err
	}
	return server.New(server.Options{
		Poller: e.Poller(), Metrics: gatherer, Probe: e.Probe, Config: e.Masked, Reload: reload,
		Now: s.now, Logger: s.logger, Version: version.Version,
		TelemetryPath: f.telemetryPath, TimeoutOffset: f.timeoutOffset, Pprof: f.pprof,
	}), nil
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
