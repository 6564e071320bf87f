package exporter

import (
	"fmt"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// Options make an Exporter. Now and Logger are required.
type Options struct {
	Now     func() time.Time
	Logger  log.Logger
	Dial    cloudcall.Dial   // opens the connections to the clouds; nil: as the operating system does
	Storage *Storage         // where the catalog is kept; the exporter closes it. nil: in memory only
	Catalog *catalog.Catalog // what is known already, see [ReadCatalog]; nil: what Storage knows, or nothing
	Record  *Record          // where the catalog is read from and its history stays open; the exporter closes it. nil: nowhere
	Once    bool             // the clouds are asked once, for somebody who waits: a limit for each operation begins with a burst
}

// parts are what accounts, regions and sources need of their exporter.
type parts struct {
	now     func() time.Time
	logger  log.Logger
	metrics *collector.Metrics
	dial    cloudcall.Dial // nil: the network's own
	once    bool           // Options.Once
}

// Exporter is the parts of a running exporter, wired together for one configuration at a time. It is safe for
// concurrent use. Close it to end its work.
type Exporter struct {
	parts
	clouds  []cloud
	poller  *poll.Poller
	reload  *joiner
	catalog *catalog.Catalog
	storage *Storage // nil: the catalog is in memory only
	record  *Record  // nil: the catalog was not read from a file that another process writes

	applying sync.Mutex // one configuration at a time; guards workshop
	workshop workshop

	mu      sync.Mutex
	running *config.Config
	regions []poll.Region // of the running configuration
}

// New returns an Exporter for a valid configuration. It makes no call.
func New(cfg *config.Config, opts Options) (*Exporter, error) {
	return newExporter(cfg, opts, clouds())
}

func newExporter(cfg *config.Config, opts Options, clouds []cloud) (*Exporter, error) {
	e := &Exporter{
		parts:   parts{now: opts.Now, logger: opts.Logger, metrics: collector.NewMetrics(opts.Now()), dial: opts.Dial, once: opts.Once},
		clouds:  clouds,
		reload:  newJoiner(),
		catalog: catalogOf(opts, time.Duration(cfg.Poll.Lookback)),
		storage: opts.Storage, record: opts.Record,
	}
	if e.storage != nil {
		e.metrics.ShowCatalog(e.storage.state)
	}
	e.poller = poll.New(e.pollOptions(cfg.Poll), nil)
	if err := e.apply(cfg); err != nil {
		return nil, err
	}
	return e, nil
}

// apply puts a configuration in force, whole or not at all.
func (e *Exporter) apply(cfg *config.Config) error {
	e.applying.Lock()
	defer e.applying.Unlock()
	return e.put(cfg)
}

// reapply puts the running configuration in force again, with the regions that are known now.
func (e *Exporter) reapply() error {
	e.applying.Lock()
	defer e.applying.Unlock()
	e.mu.Lock()
	running := e.running
	e.mu.Unlock()
	return e.put(running)
}

// put is apply for a caller that holds the lock.
func (e *Exporter) put(cfg *config.Config) error {
	regions, err := e.wire(cfg)
	if err != nil {
		return err
	}
	e.catalog.Hold(time.Duration(cfg.Poll.Lookback))
	e.poller.Replace(e.pollOptions(cfg.Poll), regions)
	e.workshop.commit()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running, e.regions = cfg, regions
	return nil
}

// Reload puts the configuration in force that load returns. What is wrong with it leaves everything as it was, is
// logged, shown as a metric, and returned. One reload runs at a time. Those that are asked for meanwhile are done
// together after it, so that each sees a configuration that was loaded after it was asked for.
func (e *Exporter) Reload(load func() (*config.Config, error)) error {
	return e.reload.do(func() error { return e.reloadNow(load) })
}

func (e *Exporter) reloadNow(load func() (*config.Config, error)) error {
	cfg, err := load()
	if err == nil {
		err = e.apply(cfg)
	}
	if err != nil {
		e.metrics.ReloadFailed()
		level.Error(e.logger).Log("msg", "Reloading failed; the running configuration stays in force", "err", err)
		return err
	}
	e.metrics.ReloadSucceeded(e.now())
	level.Info(e.logger).Log("msg", "Configuration reloaded", "accounts", len(cfg.Accounts))
	return nil
}

// Masked returns the running configuration as YAML, without secrets.
func (e *Exporter) Masked() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running.Masked()
}

// Poller returns what refreshes the readings and takes snapshots of them.
func (e *Exporter) Poller() *poll.Poller { return e.poller }

// Regions returns what is watched, in the order of the configuration. After an entry for all regions come those that are
// known, without those that the configuration names.
func (e *Exporter) Regions() []poll.Region {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.regions
}

// Lookback returns how far back a verdict looks, by the running configuration.
func (e *Exporter) Lookback() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return time.Duration(e.running.Poll.Lookback)
}

// Close cancels the work in flight, waits for its end, and writes what the catalog has learned.
func (e *Exporter) Close() {
	e.poller.Close()
	if e.storage != nil {
		e.storage.Close()
	}
	if e.record != nil {
		_ = e.record.reader.Close() // nothing was written
	}
	e.applying.Lock()
	defer e.applying.Unlock()
	e.workshop.close()
}

// Gatherer returns what /metrics shows.
func (e *Exporter) Gatherer() (prometheus.Gatherer, error) {
	return collector.NewExposition(collector.New(e.poller.Snapshot, e.now), e.metrics)
}

// Probe returns what /probe shows of a snapshot.
func (e *Exporter) Probe(snapshot *backup.Snapshot) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.New(func() *backup.Snapshot { return snapshot }, e.now))
	return registry
}

func (e *Exporter) pollOptions(p config.Poll) poll.Options {
	return poll.Options{
		Now: e.now, Logger: e.logger,
		BackupsInterval:   time.Duration(p.BackupsInterval),
		JobsInterval:      time.Duration(p.JobsInterval),
		PolicyInterval:    time.Duration(p.PolicyInterval),
		RecoveryInterval:  time.Duration(p.RecoveryInterval),
		DiscoveryInterval: time.Duration(p.DiscoveryInterval),
		IdleInterval:      time.Duration(p.IdleInterval),
		FullReadInterval:  time.Duration(p.FullReadInterval),
		RoundTimeout:      time.Duration(p.RoundTimeout),
		Lookback:          time.Duration(p.Lookback),
		StaleAfter:        time.Duration(p.StaleAfter),
		Catalog:           e.catalog,
	}
}

// wire makes a Source for every account and region, or takes the one that was made from the same.
func (e *Exporter) wire(cfg *config.Config) ([]poll.Region, error) {
	e.workshop.begin()
	var regions []poll.Region
	for _, conf := range cfg.Accounts {
		c, err := findCloud(e.clouds, conf.Cloud)
		if err != nil {
			return nil, fmt.Errorf("account %s: %w", conf.Name, err)
		}
		a := e.newAccount(c, cfg.Poll, conf)
		for _, en := range a.entries() {
			watched := a.region(cfg, en)
			if watched.Source, err = a.source(en.Region); err != nil {
				return nil, err
			}
			if knows, ok := watched.Source.(poll.Costing); ok && watched.Costs != nil {
				watched.Costs = knows.Costs
			}
			regions = append(regions, watched)
		}
	}
	return regions, nil
}
