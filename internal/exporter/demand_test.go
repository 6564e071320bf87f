package exporter

import (
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// The demand that is known beforehand is about what the clouds are asked: neither ratio nor plan may mislead. Simulated clouds
// of both kinds are polled for six hours, with what a fleet has: clusters, high-frequency backups, and some in trouble.
func TestDemandIsWhatIsAsked(t *testing.T) {
	const warmUp = 40
	hours := 3
	if testing.Short() { // as the race detector runs
		hours = 1
	}
	clock := new(simtest.Clock)
	all := fleet.Generate(7, clock.Now(), 60)
	for i := range all.Accounts {
		for j := range all.Accounts[i].Instances {
			in := &all.Accounts[i].Instances[j]
			in.Live = &fleet.Schedule{Since: clock.Now(), Length: 9 * time.Minute, SizeBytes: 1 << 35}
			if all.Accounts[i].Cloud == fleet.Alibaba && !in.ClusterBackup {
				in.Live.Shards = in.Shards
			}
		}
	}
	sim := cloudsim.New(cloudsim.Options{Fleet: all, Now: clock.Now, WallNow: time.Now})
	server := httptest.NewServer(sim)
	defer server.Close()
	cfg := load(t, strings.NewReplacer("URL", server.URL).Replace(`
poll: {requests_per_second: 10000}
accounts:
- name: a
  cloud: alibaba
  credentials: {access_key_id: `+all.Accounts[0].AccessKeyID+`, access_key_secret: `+all.Accounts[0].AccessKeySecret+`}
  regions: [{id: cn-hangzhou, endpoint: "URL", discovery: {enabled: true}}, {id: cn-beijing, endpoint: "URL", discovery: {enabled: true}}]
- name: h
  cloud: huawei
  credentials: {access_key_id: `+all.Accounts[1].AccessKeyID+`, access_key_secret: `+all.Accounts[1].AccessKeySecret+`}
  regions: [{id: cn-north-4, endpoint: "URL", iam_endpoint: "URL", project_id: 0123456789abcdef0123456789abcdef, discovery: {enabled: true}}]
`))
	e, err := New(cfg, Options{Now: clock.Now, Logger: log.NewNopLogger()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()

	made := func(operation string) float64 {
		if operation != backup.AllOperations {
			return float64(sim.Count(operation))
		}
		n := 0
		for _, op := range []string{"ListInstances", "ListBackups", "ListTasks", "ShowBackupPolicy", "ListRestoreTimes"} { // Huawei Cloud's
			n += sim.Count(op)
		}
		return float64(n)
	}
	demand, before := map[string]float64{}, map[string]float64{}
	for minute := range warmUp + hours*60 {
		if minute == warmUp {
			for op := range demand {
				before[op] = made(op)
			}
			clear(demand)
		}
		e.Poller().Refresh(t.Context())
		for _, r := range e.Poller().Snapshot().Regions {
			for _, d := range r.Demand {
				demand[d.Operation] += d.Asked * 60
			}
		}
		clock.Advance(time.Minute)
	}
	if len(demand) < 6 {
		t.Errorf("the demand for %v is known, want that for five operations and for all together", slices.Sorted(maps.Keys(demand)))
	}
	for op, asked := range demand {
		if got := made(op) - before[op]; asked < 0.75*got || asked > 1.33*got {
			t.Errorf("%s: the demand was for %.0f calls in %d hours, and %.0f were made", op, asked, hours, got)
		} else {
			t.Logf("%s: demand %.0f, made %.0f", op, asked, got)
		}
	}
}
