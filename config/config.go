package config

import (
	"time"
)

// Config is the whole file. The zero value is not valid; [Default] returns the values of an empty file.
type Config struct {
	Poll       Poll       `yaml:"poll"`
	Objectives Objectives `yaml:"objectives"`
	Accounts   []Account  `yaml:"accounts"`
}

// Poll says how old a reading may be before a scrape asks the cloud again, and limits the calls to the cloud.
type Poll struct {
	BackupsInterval   Duration `yaml:"backups_interval"`
	JobsInterval      Duration `yaml:"jobs_interval"`
	PolicyInterval    Duration `yaml:"policy_interval"`
	RecoveryInterval  Duration `yaml:"recovery_interval"`
	DiscoveryInterval Duration `yaml:"discovery_interval"`
	IdleInterval      Duration `yaml:"idle_interval"`       // of backups, jobs and windows while nothing is expected
	FullReadInterval  Duration `yaml:"full_read_interval"`  // of lists of more than a page; between, their end is read
	CallTimeout       Duration `yaml:"call_timeout"`        // of one API call
	RoundTimeout      Duration `yaml:"round_timeout"`       // of all calls of one refresh of one target
	Concurrency       int      `yaml:"concurrency"`         // calls in flight per account
	RequestsPerSecond float64  `yaml:"requests_per_second"` // 0: the cloud's default
	Lookback          Duration `yaml:"lookback"`            // how far back backup lists are read
	StaleAfter        Duration `yaml:"stale_after"`         // readings older than this plus their interval are withdrawn
}

// Objectives is the promise to check. A nil field of an instance takes the value of the file; a nil field of the file
// takes the default. [Config.ObjectivesFor] combines the three.
type Objectives struct {
	RPO          *RPO      `yaml:"rpo,omitempty"`
	RPODefault   *Duration `yaml:"rpo_default,omitempty"`
	RPOGrace     *Duration `yaml:"rpo_grace,omitempty"`
	MinRetention *Duration `yaml:"min_retention,omitempty"`
	MaxDuration  *Duration `yaml:"max_duration,omitempty"`
	MinSizeRatio *float64  `yaml:"min_size_ratio,omitempty"`
}

// RPO is a recovery point objective: a duration, or whatever follows from the cloud's own schedule.
type RPO struct {
	FromPolicy bool     // the file says policy
	Duration   Duration // meaningful unless FromPolicy
}

// Account is one set of credentials of one cloud.
type Account struct {
	Name              string      `yaml:"name"`
	Cloud             string      `yaml:"cloud"` // a name of backup.Clouds
	Credentials       Credentials `yaml:"credentials,omitempty"`
	Concurrency       int         `yaml:"concurrency,omitempty"`         // 0: as in poll
	RequestsPerSecond float64     `yaml:"requests_per_second,omitempty"` // 0: as in poll
	RestoreCheck      bool        `yaml:"restore_check,omitempty"`       // alibaba: ask daily whether the newest backups can be restored
	Regions           []Region    `yaml:"regions"`
}

// Credentials is how the account authenticates. The zero value leaves it to the default chain of the cloud's SDK. Load
// makes the paths of files relative to the working directory. It is comparable: accounts with equal Credentials are
// the same user to the cloud.
type Credentials struct {
	AccessKeyID         Secret `yaml:"access_key_id,omitempty"` // not secret, but masked like the rest
	AccessKeyIDFile     string `yaml:"access_key_id_file,omitempty"`
	AccessKeySecret     Secret `yaml:"access_key_secret,omitempty"`
	AccessKeySecretFile string `yaml:"access_key_secret_file,omitempty"`
	SecurityToken       Secret `yaml:"security_token,omitempty"`
	SecurityTokenFile   string `yaml:"security_token_file,omitempty"`
	TokenFile           string `yaml:"token_file,omitempty"` // huawei: X-Auth-Token
	Profile             string `yaml:"profile,omitempty"`    // alibaba: of the cloud's own command-line tool

	// A role or an agency is assumed with the credentials above, or with those of the default chain.
	RoleARN      string `yaml:"role_arn,omitempty"`      // alibaba
	ExternalID   string `yaml:"external_id,omitempty"`   // alibaba: what the role's trust policy asks for
	STSEndpoint  string `yaml:"sts_endpoint,omitempty"`  // alibaba; "": sts.aliyuncs.com
	AgencyName   string `yaml:"agency_name,omitempty"`   // huawei
	AgencyDomain string `yaml:"agency_domain,omitempty"` // huawei: name of the account that the agency belongs to
}

// Region is one region of an account and what is watched there.
type Region struct {
	ID          string     `yaml:"id"`                     // AllRegions: every region without an entry of its own
	Endpoint    string     `yaml:"endpoint,omitempty"`     // "": the cloud's own
	ProjectID   string     `yaml:"project_id,omitempty"`   // huawei; "": looked up through IAM
	IAMEndpoint string     `yaml:"iam_endpoint,omitempty"` // huawei; "": the cloud's own
	OwnerTag    string     `yaml:"owner_tag,omitempty"`    // name of the tag that says who owns an instance; "": none
	Instances   []Instance `yaml:"instances,omitempty"`
	Discovery   Discovery  `yaml:"discovery,omitempty"`
}

// Instance is one instance to watch, whether or not the cloud lists it.
type Instance struct {
	ID         string     `yaml:"id"`
	Nodes      []string   `yaml:"nodes,omitempty"` // ids of the shards; nil: the cloud lists them
	Objectives Objectives `yaml:"objectives,omitempty"`
}

// Discovery watches the instances that the cloud lists. The zero value is off.
type Discovery struct {
	Enabled bool              `yaml:"enabled"`
	Tags    map[string]string `yaml:"tags,omitempty"`    // an instance must have all of them
	Exclude []Exclusion       `yaml:"exclude,omitempty"` // instances not to watch
}

// Exclusion describes instances that are not watched. All of what is set must match. The file may write an id alone as
// a word.
type Exclusion struct {
	ID   string            `yaml:"id,omitempty"`
	Name string            `yaml:"name,omitempty"` // pattern: * is any text, ? any character, [a-z] one of a range
	Tags map[string]string `yaml:"tags,omitempty"` // an instance must have all of them
}

// Default returns every default, and no account. Each call returns new values that share nothing with earlier ones.
func Default() Config {
	return Config{
		Poll: Poll{
			BackupsInterval:   duration(time.Minute),
			JobsInterval:      duration(time.Minute),
			PolicyInterval:    duration(time.Hour),
			RecoveryInterval:  duration(10 * time.Minute),
			DiscoveryInterval: duration(10 * time.Minute),
			IdleInterval:      duration(30 * time.Minute),
			FullReadInterval:  duration(6 * time.Hour),
			CallTimeout:       duration(10 * time.Second),
			RoundTimeout:      duration(5 * time.Minute),
			Concurrency:       16,
			Lookback:          duration(8 * 24 * time.Hour),
			StaleAfter:        duration(time.Hour),
		},
		Objectives: Objectives{
			RPO:          &RPO{FromPolicy: true},
			RPODefault:   new(duration(26 * time.Hour)),
			RPOGrace:     new(duration(2 * time.Hour)),
			MinRetention: new(duration(7 * 24 * time.Hour)),
			MaxDuration:  new(duration(6 * time.Hour)),
			MinSizeRatio: new(0.5),
		},
	}
}

func duration(d time.Duration) Duration { return Duration(d) }
