package exporter

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
)

// account is what the regions of one account share.
type account struct {
	parts
	workshop    *workshop
	cloud       cloud
	conf        config.Account
	concurrency int           // calls in flight, over all regions
	timeout     time.Duration // of one call
	perSecond   float64       // the rate of a budget
	fullRead    time.Duration // how often all of a long list is read
	reapply     func() error  // puts newly found regions in force
	catalog     *catalog.Catalog
}

func (e *Exporter) newAccount(c cloud, poll config.Poll, conf config.Account) *account {
	return &account{
		parts: e.parts, workshop: &e.workshop, cloud: c, conf: conf,
		concurrency: firstSet(conf.Concurrency, poll.Concurrency),
		timeout:     time.Duration(poll.CallTimeout),
		perSecond:   firstSet(conf.RequestsPerSecond, poll.RequestsPerSecond, c.rate),
		fullRead:    time.Duration(poll.FullReadInterval),
		reapply:     e.reapply,
		catalog:     e.catalog,
	}
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

// keySource returns what reads the configured keys; nil where a profile or the SDK's default chain is to find them.
func keySource(credentials config.Credentials) cloudcall.KeySource {
	if !credentials.HasKeys() {
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

// fingerprint returns a function that gives the fingerprint of the credentials now; nil where they cannot be read.
func fingerprint(keys cloudcall.KeySource) func() cloudcall.Fingerprint {
	if keys == nil {
		return nil
	}
	return func() cloudcall.Fingerprint {
		now, err := keys()
		if err != nil {
			return cloudcall.Fingerprint{}
		}
		return now.Fingerprint()
	}
}

// identity returns whose key signs the calls. A role or an agency is assumed with a key, whose refusals count together
// over all roles.
func (a *account) identity() identity {
	key := a.conf.Credentials
	key.RoleARN, key.ExternalID, key.STSEndpoint, key.AgencyName, key.AgencyDomain = "", "", "", "", ""
	return identity{a.cloud.name, key}
}

// gate returns the breaker's gate for a region: what works for one role may be refused for another.
func (a *account) gate(b *cloudcall.Breaker, r config.Region) *cloudcall.Gate {
	c := a.conf.Credentials
	name := strings.Join([]string{r.ID, r.Endpoint, c.RoleARN, c.AgencyName, c.AgencyDomain}, " ")
	if c.RoleARN != "" || c.AgencyName != "" {
		return b.RoleRegion(name)
	}
	return b.Region(name)
}

// budgetKey returns what the rate limit of a region is made from.
func (a *account) budgetKey(region string) budgetKey {
	if a.cloud.together {
		region = ""
	}
	return budgetKey{identity{a.cloud.name, a.conf.Credentials}, region, a.perSecond}
}

func (a *account) transportKey() transportKey {
	return transportKey{a.cloud.name, a.conf.Name, a.concurrency}
}

func (a *account) newTransport() *cloudcall.Transport {
	t := cloudcall.NewTransport(a.concurrency)
	if a.dial != nil {
		t.DialWith(a.dial)
	}
	return t
}

// burstOfOnce is how many calls of an operation may be sent at once where the exporter asks once: they are few enough for any
// limit of a minute, and somebody waits for the answer.
const burstOfOnce = 100

// budget returns the rate limit of a region; nil: none.
func (a *account) budget(region string) *cloudcall.Budget {
	return a.workshop.budgets.get(a.budgetKey(region), func() *cloudcall.Budget {
		budget := cloudcall.NewBudget(a.perSecond, a.cloud.together)
		if a.once && !a.cloud.together {
			budget.StartWith(burstOfOnce)
		}
		return budget
	})
}

// source returns the account's Source for one region.
func (a *account) source(r config.Region) (poll.Source, error) {
	w := a.workshop
	keys := keySource(a.conf.Credentials)
	breaker := w.breakers.get(a.identity(), func() *cloudcall.Breaker {
		return cloudcall.NewBreaker(a.now, fingerprint(keys), a.cloud.refusals, w.memory(a.cloud.name))
	})
	budget := a.budget(r.ID)
	transport := w.transports.get(a.transportKey(), a.newTransport)
	key := sourceKey{
		transportKey: a.transportKey(), budgetKey: a.budgetKey(r.ID),
		region: r.ID, endpoint: r.Endpoint, projectID: r.ProjectID, iamEndpoint: r.IAMEndpoint, timeout: a.timeout, fullRead: a.fullRead,
	}
	if source, ok := w.sources.find(key); ok {
		return source, nil
	}
	place := cloudcall.Place{Cloud: a.cloud.name, Account: a.conf.Name, Region: r.ID}
	logger := log.With(a.logger, "cloud", place.Cloud, "account", place.Account, "region", place.Region)
	source, err := a.cloud.open(sourceOptions{
		account: a.conf.Name, region: r, keys: keys, assume: a.conf.Credentials, transport: transport, now: a.now, logger: logger, fullRead: a.fullRead,
		call: cloudcall.Options{
			Place: place, Logger: logger, Observer: observer{a.metrics}, Now: a.now, Classify: a.cloud.classify,
			Gate: a.gate(breaker, r), Budget: budget, Timeout: a.timeout,
		},
	})
	if err == nil && r.ID == config.AllRegions {
		source, err = a.ofRegions(source)
	}
	if err != nil {
		return nil, fmt.Errorf("account %s, region %s: %w", a.conf.Name, r.ID, err)
	}
	w.sources.next[key] = source
	return source, nil
}

// region returns what the poller is to watch in a region, without its Source. The account's concurrency is divided among
// its regions, so that a region that hangs takes nothing from the others. The regions of one entry for all of them count
// as one: most have no instance, and would take their share from those that have. A region has two at least, so that an
// operation that hangs leaves room for the others.
func (a *account) region(cfg *config.Config, r entry) poll.Region {
	watched := poll.Region{
		Cloud: a.cloud.name, Account: a.conf.Name, Region: r.ID,
		Concurrency:  max(min(2, a.concurrency), a.concurrency/len(a.conf.Regions)),
		Discover:     r.Discovery.Enabled,
		Tags:         r.Discovery.Tags,
		RestoreCheck: a.conf.RestoreCheck,
		Restores:     a.conf.RestoreCheck || a.cloud.restores,
		PolicyFirst:  a.cloud.policyFirst,
		OwnerTag:     r.OwnerTag,
		OfRegions:    r.lists(),
		Objectives:   backup.Objectives(cfg.ObjectivesFor(config.Instance{})),
	}
	if !watched.OfRegions {
		watched.Budget, watched.Costs = a.budget(r.ID), a.cloud.costs
	}
	if r.found {
		watched.NotOffered = a.cloud.notOffered
	}
	for _, e := range r.Discovery.Exclude {
		watched.Exclude = append(watched.Exclude, poll.Exclusion(e))
	}
	for _, in := range r.Instances {
		watched.Instances = append(watched.Instances, poll.Instance{
			ID: in.ID, Nodes: in.Nodes, Objectives: backup.Objectives(cfg.ObjectivesFor(in)),
		})
	}
	return watched
}
