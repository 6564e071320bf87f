package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/coreos/go-systemd/v22/activation"
	"github.com/prometheus/common/version"
	"github.com/prometheus/exporter-toolkit/web"

	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/server"
)

// webFlags are the flags of the commands that listen.
type webFlags struct {
	toolkit       *web.FlagConfig
	healthAddress string // "": none
	telemetryPath string
	timeoutOffset time.Duration
	maxRequests   int
	pprof         bool
}

func addWebFlags(command *kingpin.CmdClause, address string) *webFlags {
	systemd := false
	f := &webFlags{toolkit: &web.FlagConfig{WebSystemdSocket: &systemd}}
	f.toolkit.WebListenAddresses = command.Flag("web.listen-address", "Address to listen on. Repeatable.").Default(address).Strings()
	if runtime.GOOS == "linux" {
		command.Flag("web.systemd-socket", "Listen on the sockets that systemd passes, instead of --web.listen-address (Linux only).").BoolVar(&systemd)
	}
	f.toolkit.WebConfigFile = command.Flag("web.config.file", "File that enables TLS or authentication: "+
		"https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md").Default("").String()
	command.Flag("web.health-address", "A further address, for /-/healthy and /-/ready alone, without TLS and password. Left out: none.").PlaceHolder("HOST:PORT").StringVar(&f.healthAddress)
	command.Flag("web.telemetry-path", "Path of the metrics.").Default("/metrics").StringVar(&f.telemetryPath)
	command.Flag("web.timeout-offset", "How long before Prometheus' timeout a scrape is answered.").Default("500ms").DurationVar(&f.timeoutOffset)
	command.Flag("web.max-requests", "How many scrapes are answered at the same time; 0: no limit.").Default("40").IntVar(&f.maxRequests)
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
	if f.maxRequests < 0 {
		return fmt.Errorf("--web.max-requests: %d is negative; 40 is a good value, 0 means no limit", f.maxRequests)
	}
	if err := web.Validate(*f.toolkit.WebConfigFile); err != nil {
		return fmt.Errorf("--web.config.file: %w; correct the file or its path, see --help for what it may hold, or leave the flag out for neither TLS nor authentication", err)
	}
	return nil
}

// listeners are where an exporter listens.
type listeners struct {
	main   []net.Listener // one at least
	health net.Listener   // nil: none
}

// listen opens every address, or none.
func (f *webFlags) listen(ctx context.Context) (listeners, error) {
	var opened listeners
	var err error
	if *f.toolkit.WebSystemdSocket {
		opened.main, err = systemdSockets()
	} else {
		opened.main, err = listen(ctx, "web.listen-address", *f.toolkit.WebListenAddresses)
	}
	if err != nil || f.healthAddress == "" {
		return opened, err
	}
	health, err := listen(ctx, "web.health-address", []string{f.healthAddress})
	if err != nil {
		closeAll(opened.main)
		return opened, err
	}
	opened.health = health[0]
	return opened, nil
}

// listen opens every address, or none. flag is where the addresses come from.
func listen(ctx context.Context, flag string, addresses []string) ([]net.Listener, error) {
	var opened []net.Listener
	for _, address := range addresses {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
		if err != nil {
			closeAll(opened)
			return nil, fmt.Errorf("listen on %s: %w; choose another with --%s", address, err, flag)
		}
		opened = append(opened, l)
	}
	return opened, nil
}

func closeAll(opened []net.Listener) {
	for _, l := range opened {
		l.Close()
	}
}

// systemdSockets returns the sockets that systemd opened for this process.
func systemdSockets() ([]net.Listener, error) {
	passed, err := activation.Listeners()
	if err != nil {
		return nil, fmt.Errorf("--web.systemd-socket: %w; start the exporter through its .socket unit, or leave the flag out", err)
	}
	var usable []net.Listener
	for _, l := range passed {
		if l == nil {
			closeAll(usable)
			return nil, errors.New("--web.systemd-socket: systemd passed a socket that takes no connections; use ListenStream= in the .socket unit")
		}
		usable = append(usable, l)
	}
	if len(usable) == 0 {
		return nil, errors.New("--web.systemd-socket: systemd passed no socket; start the exporter through its .socket unit, or leave the flag out")
	}
	return usable, nil
}

// handler returns what answers the requests to an exporter. reload reads its configuration again; nil: there is no such
// route.
func (f *webFlags) handler(s *session, e *exporter.Exporter, reload func() error) (*server.Server, error) {
	gatherer, err := e.Gatherer()
	if err != nil {
		return nil, err
	}
	return server.New(server.Options{
		Poller: e.Poller(), Metrics: gatherer, Probe: e.Probe, Config: e.Masked, Reload: reload, History: e.History(), Lookback: e.Lookback,
		Now: s.now, Logger: s.thin, Version: version.Version,
		TelemetryPath: f.telemetryPath, TimeoutOffset: f.timeoutOffset, MaxRequests: f.maxRequests, Pprof: f.pprof,
	}), nil
}
