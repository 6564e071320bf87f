package exporter

import (
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/turn"
)

func clock() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// opened is what the wiring gave to a cloud for one region.
type opened struct {
	Place    cloudcall.Place
	Region   config.Region
	Budget   string // its limit
	Timeout  time.Duration
	Key      string // the access key id; "": the default chain
	Together int    // regions with the same number share a budget
	Account  int    // regions with the same number share a transport
}

// numbers gives each distinct value a number, in the order of first sight.
type numbers map[any]int

func (n numbers) of(value any) int {
	if _, ok := n[value]; !ok {
		n[value] = len(n) + 1
	}
	return n[value]
}

// unasked is a Source that is asked nothing.
type unasked struct{ poll.Source }

func (unasked) Skew() (time.Duration, bool) { return 0, false }

// recording returns the clouds with an open that makes no working Source and notes what it was given.
func recording(t *testing.T, into *[]opened) []cloud {
	t.Helper()
	budgets, transports := numbers{}, numbers{}
	rows := clouds()
	for i := range rows {
		name := rows[i].name
		rows[i].open = func(o sourceOptions) (poll.Source, error) {
			if name != o.call.Place.Cloud || o.account != o.call.Place.Account || o.region.ID != o.call.Place.Region {
				t.Errorf("%s opened %s/%s for the place %+v", name, o.account, o.region.ID, o.call.Place)
			}
			seen := opened{
				Place: o.call.Place, Region: o.region, Budget: o.call.Budget.String(), Timeout: o.call.Timeout,
				Together: budgets.of(o.call.Budget), Account: transports.of(o.transport),
			}
			if o.keys != nil {
				keys, err := o.keys()
				if err != nil {
					t.Error(err)
				}
				seen.Key = keys.AccessKeyID
			}
			*into = append(*into, seen)
			return unasked{}, nil
		}
	}
	return rows
}

func load(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Load([]byte(text), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

const wired = `
poll: {backups_interval: 1m, jobs_interval: 2m, policy_interval: 3m, recovery_interval: 4m, discovery_interval: 5m, idle_interval: 6m, full_read_interval: 7h,
  call_timeout: 6s, round_timeout: 7m, concurrency: 8, requests_per_second: 9, lookback: 10d, stale_after: 11m}
objectives: {rpo: 12h, rpo_grace: 13m, rpo_default: 14h, min_retention: 15d, max_duration: 16h, min_size_ratio: 0.17}
accounts:
- name: one
  cloud: alibaba
  credentials: {access_key_id: first, access_key_secret: secret}
  concurrency: 20
  restore_check: true
  requests_per_second: 21
  regions:
  - {id: cn-hangzhou, endpoint: "http://a.example", discovery: {enabled: true, tags: {env: prod}, exclude: [dds-bp1scratch, {name: "tmp-*", tags: {env: dev}}]}, owner_tag: team}
  - {id: cn-beijing, instances: [{id: dds-bp1a, nodes: [d-1, d-2], objectives: {rpo: 18h}}, {id: dds-bp1b}]}
- name: two
  cloud: huawei
  regions:
  - {id: cn-north-4, project_id: 0123456789abcdef0123456789abcdef, iam_endpoint: "http://iam.example", discovery: {enabled: true}}
  - {id: cn-east-3, discovery: {enabled: true}}
  - {id: cn-south-1, discovery: {enabled: true}}
`

func TestWiring(t *testing.T) {
	var sources []opened
	e, err := newExporter(load(t, wired), Options{Now: clock, Logger: log.NewNopLogger()}, recording(t, &sources))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	own := backup.Objectives{
		RPO: 12 * time.Hour, RPOGrace: 13 * time.Minute, RPODefault: 14 * time.Hour,
		MinRetention: 15 * 24 * time.Hour, MaxDuration: 16 * time.Hour, MinSizeRatio: 0.17,
	}
	looser := own
	looser.RPO = 18 * time.Hour

	want := []poll.Region{
		{
			Cloud: "alibaba", Account: "one", Region: "cn-hangzhou", Concurrency: 10, Discover: true, RestoreCheck: true, Restores: true, Tags: map[string]string{"env": "prod"}, Objectives: own,
			Exclude: []poll.Exclusion{{ID: "dds-bp1scratch"}, {Name: "tmp-*", Tags: map[string]string{"env": "dev"}}}, OwnerTag: "team",
		},
		{
			Cloud: "alibaba", Account: "one", Region: "cn-beijing", Concurrency: 10, Objectives: own, RestoreCheck: true, Restores: true,
			Instances: []poll.Instance{{ID: "dds-bp1a", Nodes: []string{"d-1", "d-2"}, Objectives: looser}, {ID: "dds-bp1b", Objectives: own}},
		},
		{Cloud: "huawei", Account: "two", Region: "cn-north-4", Concurrency: 2, Discover: true, Restores: true, PolicyFirst: true, Objectives: own},
		{Cloud: "huawei", Account: "two", Region: "cn-east-3", Concurrency: 2, Discover: true, Restores: true, PolicyFirst: true, Objectives: own},
		{Cloud: "huawei", Account: "two", Region: "cn-south-1", Concurrency: 2, Discover: true, Restores: true, PolicyFirst: true, Objectives: own},
	}
	for i := range want {
		want[i].Source = unasked{}
	}
	if diff := cmp.Diff(want, e.Regions(), cmpopts.IgnoreFields(poll.Region{}, "Budget", "Costs")); diff != "" {
		t.Errorf("regions (-want +got):\n%s", diff)
	}
	limits := map[poll.Budget][]string{}
	for _, r := range e.Regions() {
		limits[r.Budget] = append(limits[r.Budget], r.Region)
		if rate, _ := r.Budget.Rate("Op"); rate != map[string]float64{"one": 21, "two": 9}[r.Account] || r.Budget.Together() != (r.Account == "two") {
			t.Errorf("%s: the rate is %v, together: %v", r.Region, rate, r.Budget.Together())
		}
		if costs := r.Costs(backup.ScopePolicy, backup.Instance{}, turn.Fleet{}); len(costs) != 1 {
			t.Errorf("%s: a policy costs %v", r.Region, costs)
		}
	}
	if len(limits) != 3 {
		t.Errorf("limits are shared by %v, want one for the account in Huawei Cloud and one for each region in Alibaba Cloud", limits)
	}

	const each, together = "21/s for each operation", "9/s for all operations together"
	wantSources := []opened{
		{Place: cloudcall.Place{Cloud: "alibaba", Account: "one", Region: "cn-hangzhou"}, Region: config.Region{Endpoint: "http://a.example", OwnerTag: "team"}, Budget: each, Key: "first", Together: 1, Account: 1},
		{Place: cloudcall.Place{Cloud: "alibaba", Account: "one", Region: "cn-beijing"}, Budget: each, Key: "first", Together: 2, Account: 1},
		{
			Place: cloudcall.Place{Cloud: "huawei", Account: "two", Region: "cn-north-4"}, Region: config.Region{ProjectID: "0123456789abcdef0123456789abcdef", IAMEndpoint: "http://iam.example"},
			Budget: together, Together: 3, Account: 2,
		},
		{Place: cloudcall.Place{Cloud: "huawei", Account: "two", Region: "cn-east-3"}, Budget: together, Together: 3, Account: 2},
		{Place: cloudcall.Place{Cloud: "huawei", Account: "two", Region: "cn-south-1"}, Budget: together, Together: 3, Account: 2},
	}
	for i := range wantSources {
		wantSources[i].Region.ID, wantSources[i].Timeout = wantSources[i].Place.Region, 6*time.Second
	}
	if diff := cmp.Diff(wantSources, sources, cmpopts.IgnoreFields(config.Region{}, "Discovery", "Instances")); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}

	wantPoll := poll.Options{
		BackupsInterval: time.Minute, JobsInterval: 2 * time.Minute, PolicyInterval: 3 * time.Minute, RecoveryInterval: 4 * time.Minute, IdleInterval: 6 * time.Minute, FullReadInterval: 7 * time.Hour,
		DiscoveryInterval: 5 * time.Minute, RoundTimeout: 7 * time.Minute, Lookback: 10 * 24 * time.Hour, StaleAfter: 11 * time.Minute,
	}
	if diff := cmp.Diff(wantPoll, e.pollOptions(load(t, wired).Poll), cmpopts.IgnoreFields(poll.Options{}, "Now", "Logger", "Catalog")); diff != "" {
		t.Errorf("poll options (-want +got):\n%s", diff)
	}
}

// TestRates states which rate holds: the account's, or else that of poll, or else the cloud's own.
func TestRates(t *testing.T) {
	account := func(cloud, rate string) string {
		return "{name: a, cloud: " + cloud + rate + ", regions: [{id: r-1, discovery: {enabled: true}}]}"
	}
	for _, c := range []struct{ name, poll, account, want string }{
		{"Alibaba Cloud's own", "{}", account("alibaba", ""), "10/s for each operation"},
		{"Huawei Cloud's own", "{}", account("huawei", ""), "1/s for all operations together"},
		{"of poll", "{requests_per_second: 3}", account("huawei", ""), "3/s for all operations together"},
		{"of the account", "{requests_per_second: 3}", account("alibaba", ", requests_per_second: 2.5"), "2.5/s for each operation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sources []opened
			cfg := load(t, "poll: "+c.poll+"\naccounts: ["+c.account+"]")
			e, err := newExporter(cfg, Options{Now: clock, Logger: log.NewNopLogger()}, recording(t, &sources))
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if got := sources[0].Budget; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestConcurrencyIsDivided states how many calls a region may have in flight: two at least, unless the account may have one.
func TestConcurrencyIsDivided(t *testing.T) {
	regions := strings.Repeat("{id: ID, discovery: {enabled: true}}, ", 3)
	for _, id := range []string{"r-1", "r-2", "r-3"} {
		regions = strings.Replace(regions, "ID", id, 1)
	}
	for concurrency, want := range map[string]int{"16": 5, "3": 2, "2": 2, "1": 1} {
		var sources []opened
		cfg := load(t, "poll: {concurrency: "+concurrency+"}\naccounts: [{name: a, cloud: alibaba, regions: ["+regions+"]}]")
		e, err := newExporter(cfg, Options{Now: clock, Logger: log.NewNopLogger()}, recording(t, &sources))
		if err != nil {
			t.Fatal(err)
		}
		if got := e.Regions()[0].Concurrency; got != want {
			t.Errorf("%s over 3 regions: %d each, want %d", concurrency, got, want)
		}
		e.Close()
	}
}

func TestUnknownCloud(t *testing.T) {
	cfg := load(t, wired)
	cfg.Accounts[1].Cloud = "other" // the configuration refuses it too; the wiring does not rely on that
	_, err := New(cfg, Options{Now: clock, Logger: log.NewNopLogger()})
	const want = `account two: unknown cloud "other"; supported are alibaba, huawei`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestReload states that a configuration is put in force whole, or not at all.
func TestReload(t *testing.T) {
	var sources []opened
	e, err := newExporter(load(t, wired), Options{Now: clock, Logger: log.NewNopLogger()}, recording(t, &sources))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	wrong := load(t, wired)
	wrong.Accounts[1].Cloud = "other"
	if err := e.Reload(func() (*config.Config, error) { return wrong, nil }); err == nil {
		t.Error("a configuration with an unknown cloud was taken")
	}
	if n := len(e.Regions()); n != 5 {
		t.Errorf("after a failed reload %d regions, want the former 5", n)
	}
	fewer := load(t, wired)
	fewer.Accounts = fewer.Accounts[:1]
	if err := e.Reload(func() (*config.Config, error) { return fewer, nil }); err != nil {
		t.Fatal(err)
	}
	if n := len(e.Regions()); n != 2 {
		t.Errorf("after the reload %d regions, want 2", n)
	}
	if n := len(e.Poller().Snapshot().Regions); n != 2 {
		t.Errorf("the poller watches %d regions, want 2", n)
	}
	masked, err := e.Masked()
	if err != nil || strings.Contains(string(masked), "two") || !strings.Contains(string(masked), "one") {
		t.Errorf("the masked configuration is not the new one: %v\n%s", err, masked)
	}
}
