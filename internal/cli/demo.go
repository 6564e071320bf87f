package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/exporter"
	"mongodb_backup_exporter/internal/report"
)

// demoFlags are the flags of demo.
type demoFlags struct {
	*webFlags
	cloudAddress, fleet  string
	configFile           string // what the other commands can use; "": none is written
	interval, staleAfter time.Duration
	chosen               bool // the user says where to listen
}

func demoCommand(app *kingpin.Application) (string, action) {
	command := app.Command("demo", "Run the exporter against simulated clouds on loopback: no account, no network.")
	f := demoFlags{webFlags: addWebFlags(command, "127.0.0.1"+defaultAddress)}
	command.GetFlag("web.listen-address").IsSetByUser(&f.chosen)
	command.Flag("demo.cloud-address", "Where the simulated clouds listen. /console there is a page with faults, /faults takes them from scripts.").Default("127.0.0.1:0").StringVar(&f.cloudAddress)
	command.Flag("demo.fleet", "demo: an instance per situation; healthy: all is well.").Default("demo").EnumVar(&f.fleet, "demo", "healthy")
	command.Flag("demo.config-file", "Where to write a configuration for the other commands. It is removed at the end, and has a number where another demo that runs has the file. Empty: none is written.").Default(program + "-demo.yml").StringVar(&f.configFile)
	command.Flag("demo.interval", "How old a reading may be before it is asked again. The demo scrapes itself this often.").Default("10s").DurationVar(&f.interval)
	command.Flag("demo.stale-after", "From which age on, beyond its interval, a reading is withdrawn.").Default("1h").DurationVar(&f.staleAfter)
	return command.FullCommand(), daemon(func(ctx context.Context, s *session) error { return f.run(ctx, s) })
}

// check returns what is wrong with the flags.
func (f *demoFlags) check() error {
	switch {
	case f.interval <= 0:
		return errors.New("--demo.interval must be longer than 0s")
	case f.staleAfter <= 0:
		return errors.New("--demo.stale-after must be longer than 0s")
	}
	return f.webFlags.check()
}

func (f *demoFlags) run(ctx context.Context, s *session) error {
	if err := f.check(); err != nil {
		return err
	}
	clouds, fleet, err := startClouds(ctx, s, f.cloudAddress, f.fleet)
	if err != nil {
		return err
	}
	defer clouds.Close()
	cfg := demoConfig(fleet, "http://"+clouds.address, config.Duration(f.interval))
	cfg.Poll.StaleAfter = config.Duration(f.staleAfter)
	e, err := exporter.New(cfg, exporter.Options{Now: s.now, Logger: s.logger})
	if err != nil {
		return err
	}
	defer e.Close()
	opened, err := f.listen(ctx, s)
	if err != nil {
		return err
	}
	file := f.writeConfig(ctx, s, cfg)
	if file != "" {
		defer removeDemoConfig(file)
	}
	if err := introduce(ctx, s, e, demoPlaces{opened.main[0].Addr().String(), clouds.address, file}); err != nil {
		return err
	}
	running := service{exporter: e, flags: f.webFlags, listeners: opened, config: cfg, scrapes: f.interval}
	return running.run(ctx, s) // there is no file to reload
}

// listen listens where the user says, or else on the usual port or, where that is taken, on a free one.
func (f *demoFlags) listen(ctx context.Context, s *session) (listeners, error) {
	opened, err := f.webFlags.listen(ctx)
	if f.chosen || !errors.Is(err, syscall.EADDRINUSE) {
		return opened, err
	}
	fmt.Fprintf(s.stdout, "Port %s is taken; the demo listens on a free one.\n", strings.TrimPrefix(defaultAddress, ":"))
	*f.toolkit.WebListenAddresses = []string{"127.0.0.1:0"}
	return f.webFlags.listen(ctx)
}

// writeConfig writes the configuration for other commands and returns the file; "" where it cannot be written, which does not
// keep the demo from running.
func (f *demoFlags) writeConfig(ctx context.Context, s *session, cfg *config.Config) string {
	if f.configFile == "" {
		return ""
	}
	file, err := writeDemoConfig(ctx, f.configFile, cfg)
	if err != nil {
		fmt.Fprintf(s.stderr, "No configuration for other commands was written: %v\n", err)
		return ""
	}
	return file
}

// simulated is the simulated clouds at work.
type simulated struct {
	*http.Server
	address string
}

// startClouds lets the simulated clouds listen, with their control routes beside them.
func startClouds(ctx context.Context, s *session, address, kind string) (*simulated, fleet.Fleet, error) {
	f := fleet.Demo(s.now())
	if kind == "healthy" {
		f = fleet.Healthy(s.now())
	}
	listeners, err := listen(ctx, "demo.cloud-address", []string{address})
	if err != nil {
		return nil, f, err
	}
	sim := cloudsim.New(cloudsim.Options{Fleet: f, Now: s.now})
	mux := http.NewServeMux()
	mux.Handle("/", sim)
	for _, path := range []string{"/faults", "/faults/", "/calls"} {
		mux.Handle(path, sim.Admin())
	}
	mux.Handle(consolePath, sim.Console(consolePath))
	if at, ok := listeners[0].Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		fmt.Fprintf(s.stderr, "The simulated clouds listen on %v: everybody who reaches that address can inject faults.\n", at)
	}
	clouds := &simulated{
		Server:  &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }},
		address: listeners[0].Addr().String(),
	}
	go func() {
		if err := clouds.Serve(listeners[0]); !errors.Is(err, http.ErrServerClosed) {
			level.Error(s.logger).Log("msg", "The simulated clouds stopped", "err", err)
		}
	}()
	return clouds, f, nil
}

// demoConfig watches everything that a fleet holds.
func demoConfig(f fleet.Fleet, endpoint string, interval config.Duration) *config.Config {
	cfg := config.Default()
	cfg.Poll.BackupsInterval, cfg.Poll.JobsInterval, cfg.Poll.IdleInterval = interval, interval, interval
	cfg.Poll.PolicyInterval, cfg.Poll.RecoveryInterval, cfg.Poll.DiscoveryInterval = 6*interval, 6*interval, 6*interval
	cfg.Poll.RequestsPerSecond = 100 // the simulated clouds have no limit to respect
	for i, a := range f.Accounts {
		account := config.Account{
			Name: fmt.Sprintf("demo-%s", a.Cloud), Cloud: a.Cloud, RestoreCheck: a.Cloud == backup.Alibaba,
			Credentials: config.Credentials{
				AccessKeyID: config.Secret(a.AccessKeyID), AccessKeySecret: config.Secret(a.AccessKeySecret), SecurityToken: config.Secret(a.SecurityToken),
			},
		}
		if slices.ContainsFunc(f.Accounts[:i], func(former fleet.Account) bool { return former.Cloud == a.Cloud }) {
			account.Name += fmt.Sprintf("-%d", i)
		}
		for _, id := range regionsOf(a) {
			region := config.Region{ID: id, Endpoint: endpoint, Discovery: config.Discovery{Enabled: true}, OwnerTag: "team"}
			if id == fleet.DemoSecondRegion { // instances by id, and one that was forgotten
				region.Discovery = config.Discovery{}
				region.Instances = []config.Instance{{ID: fleet.DemoWatched}}
			}
			if a.Cloud == backup.Huawei {
				region.ProjectID, region.IAMEndpoint = a.ProjectIDs[id], endpoint
			}
			account.Regions = append(account.Regions, region)
		}
		cfg.Accounts = append(cfg.Accounts, account)
	}
	return &cfg
}

func regionsOf(a fleet.Account) []string {
	var ids []string
	for _, in := range a.Instances {
		ids = append(ids, in.Region)
	}
	slices.SortFunc(ids, cmp.Compare)
	return slices.Compact(ids)
}

// consolePath is that of the page with faults, at the address of the simulated clouds.
const consolePath = "/console"

// demoPlaces are where the demo listens, and the configuration that it wrote; "": none.
type demoPlaces struct{ exporter, clouds, file string }

// introduce prints what there is to see: every target's verdict, and where to look.
func introduce(ctx context.Context, s *session, e *exporter.Exporter, at demoPlaces) error {
	bounded, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	e.Poller().Refresh(bounded)
	if err := printReport(screenOf(s.stdout), report.New(e.Poller().Snapshot(), s.now())); err != nil {
		return err
	}
	_, err := fmt.Fprintf(s.stdout, `
Status page    http://%[1]s/
Metrics        http://%[1]s/metrics
JSON           http://%[1]s/api/v1/targets
Faults         http://%[2]s%[3]s  (buttons that break the simulated clouds)
`, at.exporter, at.clouds, consolePath)
	if err == nil && at.file != "" {
		_, err = fmt.Fprintf(s.stdout, `
In another terminal:
  %[1]s status --config.file=%[2]s --only=bad
  %[1]s check-config --live --config.file=%[2]s
  %[1]s backup create --config.file=%[2]s --instance=orders-prod --wait
`, self(), at.file)
	}
	if err == nil {
		_, err = fmt.Fprint(s.stdout, "\nStop with Ctrl-C.\n\n")
	}
	return err
}
