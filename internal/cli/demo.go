package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-kit/log/level"
	"github.com/prometheus/common/model"

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
	interval, staleAfter time.Duration
}

func demoCommand(app *kingpin.Application) (string, action) {
	command := app.Command("demo", "Run the exporter against simulated clouds on loopback: no account, no network.")
	f := demoFlags{webFlags: addWebFlags(command, "127.0.0.1"+defaultAddress)}
	command.Flag("demo.cloud-address", "Where the simulated clouds listen; /faults there takes faults.").Default("127.0.0.1:0").StringVar(&f.cloudAddress)
	command.Flag("demo.fleet", "demo: an instance per situation; healthy: all is well.").Default("demo").EnumVar(&f.fleet, "demo", "healthy")
	command.Flag("demo.interval", "How old a reading may be before a scrape asks again.").Default("10s").DurationVar(&f.interval)
	command.Flag("demo.stale-after", "From which age on, beyond its interval, a reading is withdrawn.").Default("1h").DurationVar(&f.staleAfter)
	return command.FullCommand(), daemon(func(ctx context.Context, s *session) error { return f.run(ctx, s) })
}

func (f *demoFlags) run(ctx context.Context, s *session) error {
	if err := f.check(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	clouds, fleet, err := startClouds(ctx, s, f.cloudAddress, f.fleet)
	if err != nil {
		return err
	}
	defer clouds.Close()
	cfg := demoConfig(fleet, "http://"+clouds.address, model.Duration(f.interval))
	cfg.Poll.StaleAfter = model.Duration(f.staleAfter)
	e, err := exporter.New(cfg, exporter.Options{Now: s.now, Logger: s.logger})
	if err != nil {
		return err
	}
	defer e.Close()
	opened, err := f.listen(ctx)
	if err != nil {
		return err
	}
	if err := introduce(ctx, s, e, demoAddresses{opened.main[0].Addr().String(), clouds.address}); err != nil {
		return err
	}
	return service{exporter: e, flags: f.webFlags, listeners: opened, config: cfg}.run(ctx, s) // there is no file to reload
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
func demoConfig(f fleet.Fleet, endpoint string, interval model.Duration) *config.Config {
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

// demoAddresses are where the demo listens.
type demoAddresses struct{ exporter, clouds string }

// introduce prints what there is to see: every target's verdict, and where to look.
func introduce(ctx context.Context, s *session, e *exporter.Exporter, at demoAddresses) error {
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
Clouds         http://%[2]s  (simulated; try a fault:
               curl -d '{"kind":"throttle","operation":"DescribeBackups"}' http://%[2]s/faults)
Stop with Ctrl-C.

`, at.exporter, at.clouds)
	return err
}
