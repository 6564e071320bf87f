package exporter

import (
	"fmt"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// account is what the regions of one account share.
type account struct {
	cloud       cloud
	conf        config.Account
	concurrency int           // calls in flight, over all regions
	timeout     time.Duration // of one call
	perSecond   float64       // the rate of a budget
	transport   *cloudcall.Transport
	keys        cloudcall.KeySource // nil: the SDK's default chain
	gate        *cloudcall.Gate
	together    *cloudcall.Budget // for all calls of the account; nil: a budget per region
}

func newAccount(c cloud, poll config.Poll, conf config.Account, now func() time.Time) *account {
	a := &account{
		cloud:       c,
		conf:        conf,
		concurrency: firstSet(conf.Concurrency, poll.Concurrency),
		timeout:     time.Duration(poll.CallTimeout),
		perSecond:   firstSet(conf.RequestsPerSecond, poll.RequestsPerSecond, c.rate),
		keys:        keySource(conf.Credentials),
	}
	a.transport = cloudcall.NewTransport(a.concurrency)
	a.gate = cloudcall.NewGate(now, fingerprint(a.keys))
	if c.together {
		a.together = cloudcall.NewBudget(a.perSecond, true)
	}
	return a
}

// firstSet returns the first value that is not zero.
func firstSet[T int | float64](values ...T) T {
	for _, v := range values {
		if v != 0 {
			return v
		}
	}
	return 0
}

// keySource returns what reads the configured credentials; nil where the SDK's default chain is to find them.
func keySource(credentials config.Credentials) cloudcall.KeySource {
	if credentials.IsZero() {
		return nil
	}
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

// fingerprint returns a function whose value changes with the credentials; nil where they cannot be read.
func fingerprint(keys cloudcall.KeySource) func() string {
	if keys == nil {
		return nil
	}
	return func() string {
		now, err := keys()
		if err != nil {
			return ""
		}
		return now.Fingerprint()
	}
}

// budget returns the rate limit of one region.
func (a *account) budget() *cloudcall.Budget {
	if a.together != nil {
		return a.together
	}
	return cloudcall.NewBudget(a.perSecond, false)
}

// source opens the account's Source for one region.
func (a *account) source(r config.Region, p parts) (poll.Source, error) {
	place := cloudcall.Place{Cloud: a.cloud.name, Account: a.conf.Name, Region: r.ID}
	source, err := a.cloud.open(sourceOptions{
		account: a.conf.Name, region: r, keys: a.keys, transport: a.transport, now: p.now,
		logger: log.With(p.logger, "cloud", place.Cloud, "account", place.Account, "region", place.Region),
		call: cloudcall.Options{
			Place: place, Observer: observer{p.metrics}, Now: p.now, Classify: a.cloud.classify,
			Gate: a.gate, Budget: a.budget(), Timeout: a.timeout,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("account %s, region %s: %w", a.conf.Name, r.ID, err)
	}
	return source, nil
}

// region returns what the poller is to watch in a region, without its Source. The account's concurrency is divided among
// its regions, so that a region that hangs takes nothing from the others.
func (a *account) region(cfg *config.Config, r config.Region) poll.Region {
	watched := poll.Region{
		Cloud: a.cloud.name, Account: a.conf.Name, Region: r.ID,
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
