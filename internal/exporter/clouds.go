package exporter

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/poll"
)

// cloud is what the wiring knows of one cloud. To add a cloud, add a row to clouds.
type cloud struct {
	name string // as in the configuration and in the label cloud
	// rate is the number of calls per second where the configuration does not say.
	rate float64
	// together is true where one rate holds for all calls of an account. Otherwise each operation of each region has a
	// rate of its own.
	together bool
	// restores is true where a few calls a day tell of all restores, so that they are asked for without a switch.
	restores bool
	// policyFirst is true where the policy tells whether an instance has point-in-time recovery.
	policyFirst bool
	// refusals is the time within which at most five calls in a row may be refused.
	refusals time.Duration
	// classify finds the class of a failed call.
	classify func(op string, err error) *backup.Error
	// notOffered reports whether a failed listing says that the account does not have the region; nil: regions are not listed.
	notOffered func(err error) bool
	// costs says which calls a question costs.
	costs poll.Costs
	// open returns the Source of one account in one region. It makes no call.
	open func(sourceOptions) (poll.Source, error)
}

// sourceOptions are what a cloud gets to open a Source.
type sourceOptions struct {
	account   string
	region    config.Region
	keys      cloudcall.KeySource // nil: a profile or the SDK's default chain
	assume    config.Credentials  // the profile, and the role or agency to assume
	call      cloudcall.Options   // how the calls are made
	transport http.RoundTripper
	logger    log.Logger
	now       func() time.Time
	fullRead  time.Duration // how often all of a long list is read
}

// clouds returns the supported clouds. Alibaba Cloud limits each operation of a region. Huawei Cloud limits all calls
// of a user together, to about 60 a minute, and locks a key for five minutes at the sixth refused call in a row.
func clouds() []cloud {
	return []cloud{
		{name: backup.Alibaba, rate: 10, together: false, refusals: 30 * time.Second, classify: alibaba.Classify, costs: alibaba.Costs, notOffered: alibaba.RegionNotOffered, open: openAlibaba},
		{name: backup.Huawei, rate: 1, together: true, restores: true, policyFirst: true, refusals: 5*time.Minute + 10*time.Second, classify: huawei.Classify, costs: huawei.Costs, open: openHuawei},
	}
}

// findCloud returns the cloud of that name.
func findCloud(all []cloud, name string) (cloud, error) {
	i := slices.IndexFunc(all, func(c cloud) bool { return c.name == name })
	if i >= 0 {
		return all[i], nil
	}
	names := make([]string, 0, len(all))
	for _, c := range all {
		names = append(names, c.name)
	}
	return cloud{}, fmt.Errorf("unknown cloud %q; supported are %s", name, strings.Join(names, ", "))
}

func openAlibaba(o sourceOptions) (poll.Source, error) {
	region := o.region.ID
	if region == config.AllRegions {
		region = "" // their list is in no region
	}
	return alibaba.New(alibaba.Options{
		Account: o.account, Region: region, Endpoint: o.region.Endpoint, Profile: o.assume.Profile,
		Role: alibaba.Role{ARN: o.assume.RoleARN, ExternalID: o.assume.ExternalID, Endpoint: o.assume.STSEndpoint},
		Keys: o.keys, Caller: cloudcall.New(o.call), Transport: o.transport, Logger: o.logger, Now: o.now,
	})
}

func openHuawei(o sourceOptions) (poll.Source, error) {
	return huawei.New(huawei.Options{
		Account: o.account, Region: o.region.ID, Endpoint: o.region.Endpoint,
		ProjectID: o.region.ProjectID, IAMEndpoint: o.region.IAMEndpoint,
		Agency: huawei.Agency{Name: o.assume.AgencyName, Domain: o.assume.AgencyDomain},
		Keys:   o.keys, Caller: cloudcall.New(o.call), Transport: o.transport, Logger: o.logger, Now: o.now,
		FullReadInterval: o.fullRead,
	})
}
