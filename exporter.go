package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/poll"
)

// exporter is the parts of a running exporter, wired together for one configuration at a time.
type exporter struct {
	file    string // where the configuration came from
	now     func() time.Time
	logger  log.Logger
	metrics *collector.Metrics
	poller  *poll.Poller

	reloading sync.Mutex // one at a time, so that the newest file wins

	mu         sync.Mutex
	running    *config.Config
	regions    []poll.Region // of the running configuration
	transports []*cloudcall.Transport
}

func newExporter(env *environment, cfg *config.Config) (*exporter, error) {
	e := &exporter{file: env.file, now: env.now, logger: env.logger, metrics: collector.NewMetrics(env.now())}
	e.poller = poll.New(e.pollOptions(cfg), nil)
	if err := e.apply(cfg); err != nil {
		return nil, fmt.Errorf("configuration file %s: %w", env.file, err)
	}
	return e, nil
}

// apply puts a configuration in force, whole or not at all.
func (e *exporter) apply(cfg *config.Config) error {
	regions, transports, err := e.sources(cfg)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.poller.Replace(e.pollOptions(cfg), regions)
	for _, former := range e.transports {
		former.CloseIdleConnections()
	}
	e.running, e.regions, e.transports = cfg, regions, transports
	return nil
}

// reload reads the configuration file again. What is wrong with it leaves everything as it was.
func (e *exporter) reload() error {
	e.reloading.Lock()
	defer e.reloading.Unlock()
	cfg, err := loadConfig(e.file)
	if err == nil {
		err = e.apply(cfg)
	}
	if err != nil {
		e.metrics.ReloadFailed()
		level.Error(e.logger).Log("msg", "Reloading failed; the running configuration stays in force", "err", err)
		return err
	}
	e.metrics.ReloadSucceeded(e.now())
	level.Info(e.logger).Log("msg", "Configuration reloaded", "file", e.file)
	return nil
}

// masked returns the running configuration without secrets.
func (e *exporter) masked() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running.Masked()
}

func (e *exporter) close() {
	e.poller.Close()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.transports {
		t.CloseIdleConnections()
	}
}

// gatherer returns what /metrics shows.
func (e *exporter) gatherer() (prometheus.Gatherer, error) {
	return collector.NewRegistry(collector.New(e.poller.Snapshot, e.now), e.metrics)
}

// probe returns what /probe shows of a snapshot.
func (e *exporter) probe(snapshot *backup.Snapshot) prometheus.Gatherer {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector.New(func() *backup.Snapshot { return snapshot }, e.now))
	return registry
}

func (e *exporter) pollOptions(cfg *config.Config) poll.Options {
	p := cfg.Poll
	return poll.Options{
		Now: e.now, Logger: e.logger,
		BackupsInterval:   time.Duration(p.BackupsInterval),
		JobsInterval:      time.Duration(p.JobsInterval),
		PolicyInterval:    time.Duration(p.PolicyInterval),
		RecoveryInterval:  time.Duration(p.RecoveryInterval),
		DiscoveryInterval: time.Duration(p.DiscoveryInterval),
		RoundTimeout:      time.Duration(p.RoundTimeout),
		Lookback:          time.Duration(p.Lookback),
		StaleAfter:        time.Duration(p.StaleAfter),
	}
}

// sources makes a Source for every account and region.
func (e *exporter) sources(cfg *config.Config) ([]poll.Region, []*cloudcall.Transport, error) {
	var regions []poll.Region
	var transports []*cloudcall.Transport
	for _, a := range cfg.Accounts {
		account := e.newAccount(cfg, a)
		transports = append(transports, account.transport)
		for _, r := range a.Regions {
			source, err := account.source(r)
			if err != nil {
				return nil, nil, fmt.Errorf("account %s, region %s: %w", a.Name, r.ID, err)
			}
			regions = append(regions, account.region(cfg, r, source))
		}
	}
	return regions, transports, nil
}

// account is what the regions of one account share.
type account struct {
	exporter    *exporter
	conf        config.Account
	concurrency int
	timeout     time.Duration
	transport   *cloudcall.Transport
	keys        cloudcall.KeySource // nil: the SDK's default chain
	gate        *cloudcall.Gate
	perSecond   float64
	together    *cloudcall.Budget // Huawei Cloud counts all calls of a user together; nil: a budget per region
}

// Requests per second where the configuration does not say: Alibaba Cloud limits each operation of a region, Huawei
// Cloud allows a user about 60 calls a minute.
const (
	alibabaRate = 10
	huaweiRate  = 1
)

func (e *exporter) newAccount(cfg *config.Config, conf config.Account) *account {
	a := &account{
		exporter:    e,
		conf:        conf,
		concurrency: firstSet(conf.Concurrency, cfg.Poll.Concurrency),
		timeout:     time.Duration(cfg.Poll.CallTimeout),
		perSecond:   firstSet(conf.RequestsPerSecond, cfg.Poll.RequestsPerSecond),
	}
	a.transport = cloudcall.NewTransport(a.concurrency)
	var fingerprint func() string
	if !conf.Credentials.IsZero() {
		a.keys = keySource(conf.Credentials)
		fingerprint = func() string {
			keys, err := a.keys()
			if err != nil {
				return ""
			}
			return keys.Fingerprint()
		}
	}
	a.gate = cloudcall.NewGate(e.now, fingerprint)
	if conf.Cloud == backup.Huawei {
		a.together = cloudcall.NewBudget(firstSet(a.perSecond, huaweiRate), true)
	}
	return a
}

func firstSet[T int | float64](values ...T) T {
	for _, v := range values {
		if v != 0 {
			return v
		}
	}
	return 0
}

func keySource(credentials config.Credentials) cloudcall.KeySource {
	return func() (cloudcall.Keys, error) {
		keys, err := credentials.Read()
		if err != nil {
			return cloudcall.Keys{}, err
		}
		return cloudcall.Keys{
			AccessKeyID:     keys.AccessKeyID.Reveal(),
			AccessKeySecret: keys.AccessKeySecret.Reveal(),
			SecurityToken:   keys.SecurityToken.Reveal(),
			AuthToken:       keys.AuthToken.Reveal(),
		}, nil
	}
}

// source returns the account's Source for one region.
func (a *account) source(r config.Region) (poll.Source, error) {
	logger := log.With(a.exporter.logger, "cloud", a.conf.Cloud, "account", a.conf.Name, "region", r.ID)
	place := cloudcall.Place{Cloud: a.conf.Cloud, Account: a.conf.Name, Region: r.ID}
	if a.conf.Cloud == backup.Huawei {
		return huawei.New(huawei.Options{
			Account: a.conf.Name, Region: r.ID, Endpoint: r.Endpoint, ProjectID: r.ProjectID, IAMEndpoint: r.IAMEndpoint,
			Keys: a.keys, Caller: a.caller(place, a.together, huawei.Classify), Transport: a.transport, Logger: logger, Now: a.exporter.now,
		})
	}
	budget := cloudcall.NewBudget(firstSet(a.perSecond, alibabaRate), false)
	return alibaba.New(alibaba.Options{
		Account: a.conf.Name, Region: r.ID, Endpoint: r.Endpoint,
		Keys: a.keys, Caller: a.caller(place, budget, alibaba.Classify), Transport: a.transport, Logger: logger, Now: a.exporter.now,
	})
}

func (a *account) caller(place cloudcall.Place, budget *cloudcall.Budget, classify func(string, error) *backup.Error) *cloudcall.Caller {
	return cloudcall.New(cloudcall.Options{
		Place: place, Observer: observer{a.exporter.metrics}, Now: a.exporter.now, Classify: classify,
		Gate: a.gate, Budget: budget, Timeout: a.timeout,
	})
}

// region returns what the poller is to watch there. The account's concurrency is shared out among its regions, so that
// one that hangs takes nothing from the others.
func (a *account) region(cfg *config.Config, r config.Region, source poll.Source) poll.Region {
	watched := poll.Region{
		Cloud: a.conf.Cloud, Account: a.conf.Name, Region: r.ID,
		Source:      source,
		Concurrency: max(1, a.concurrency/len(a.conf.Regions)),
		Discover:    r.Discovery.Enabled,
		Tags:        r.Discovery.Tags,
		Exclude:     r.Discovery.Exclude,
		Objectives:  backup.Objectives(cfg.ObjectivesFor(config.Instance{})),
	}
	for _, in := range r.Instances {
		watched.Instances = append(watched.Instances, poll.Instance{
			ID: in.ID, Nodes: in.Nodes, Objectives: backup.Objectives(cfg.ObjectivesFor(in)),
		})
	}
	return watched
}

// observer passes what the calls to a cloud report to the metrics.
type observer struct{ metrics *collector.Metrics }

func (o observer) Request(place cloudcall.Place, operation, result string, elapsed time.Duration) {
	o.metrics.Request(collector.Call{
		Cloud: place.Cloud, Account: place.Account, Region: place.Region, Operation: operation, Result: result, Elapsed: elapsed,
	})
}

func (o observer) Rejected(field string) { o.metrics.Rejected(field) }
