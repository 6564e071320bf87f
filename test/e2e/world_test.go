package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Names in the worlds of these tests.
const (
	worldRegion = "cn-hangzhou"
	otherRegion = "cn-beijing"
)

// world is simulated clouds that a test can change.
type world struct {
	*cloudsim.Sim
	url   string
	ahead *atomic.Int64 // of the clock in the header Date, in nanoseconds
}

// newWorld lets simulated clouds with the given accounts listen until the test ends.
func newWorld(t *testing.T, accounts ...fleet.Account) world {
	t.Helper()
	w := world{Sim: cloudsim.New(cloudsim.Options{Fleet: fleet.Fleet{Accounts: accounts}, Now: time.Now}), ahead: new(atomic.Int64)}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.ServeHTTP(dated{rw, time.Duration(w.ahead.Load())}, r)
	}))
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// setClock sets how far the clock of the clouds is ahead.
func (w world) setClock(ahead time.Duration) { w.ahead.Store(int64(ahead)) }

// dated sends answers with a header Date that is ahead.
type dated struct {
	http.ResponseWriter
	ahead time.Duration
}

// WriteHeader sends the header.
func (d dated) WriteHeader(status int) {
	d.Header().Set("Date", time.Now().Add(d.ahead).UTC().Format(http.TimeFormat))
	d.ResponseWriter.WriteHeader(status)
}

// Unwrap returns the writer below, for faults that take the connection over.
func (d dated) Unwrap() http.ResponseWriter { return d.ResponseWriter }

// newAccount returns a customer of Alibaba Cloud. Its key follows from its name.
func newAccount(name string, instances ...fleet.Instance) fleet.Account {
	key := "AKE2E" + strings.ToUpper(name)
	return fleet.Account{Cloud: fleet.Alibaba, AccessKeyID: key, AccessKeySecret: "secret-of-" + key, Instances: instances}
}

// newInstance returns a healthy replica set with daily backups, the newest of which began one to two hours ago.
func newInstance(name string, now time.Time) fleet.Instance {
	now = now.UTC().Truncate(time.Second)
	in := fleet.Instance{
		ID: instanceID(name), Name: name, Region: worldRegion, Topology: fleet.ReplicaSet, Storage: "cloud_essd1", Version: "6.0",
		CreatedAt: now.AddDate(0, 0, -90),
	}
	opened := now.Add(-time.Hour).Truncate(time.Hour)
	in.Policy = fleet.Policy{
		StartsAt: opened.Sub(opened.Truncate(24 * time.Hour)), Window: time.Hour, RetentionDays: 14,
		Weekdays: []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday},
	}
	for days := 7; days >= 0; days-- {
		start := opened.AddDate(0, 0, -days).Add(5 * time.Minute)
		in.Backups = append(in.Backups, fleet.Backup{
			ID: fmt.Sprintf("10%d%07d", days, start.Unix()%1e7), Method: "Snapshot", Status: fleet.StatusSuccess,
			Start: start, End: start.Add(9 * time.Minute), SizeBytes: 40 << 30, ExpiresAt: start.AddDate(0, 0, 14),
		})
	}
	return in
}

func instanceID(name string) string { return "dds-bp1" + strings.ReplaceAll(name, "-", "") }

// newCluster returns a healthy sharded cluster of three shards, which are backed up one by one, 9 hours ago and daily before.
func newCluster(name string, now time.Time) fleet.Instance {
	in := newInstance(name, now.Add(-8*time.Hour))
	in.Topology = fleet.ShardedCluster
	whole := in.Backups
	in.Backups = nil
	for _, letter := range "abc" {
		shard := "d-bp1" + strings.ReplaceAll(name, "-", "") + string(letter)
		in.Shards = append(in.Shards, shard)
		for _, b := range whole {
			b.Node, b.ID = shard, fmt.Sprintf("%s%d", b.ID, letter)
			in.Backups = append(in.Backups, b)
		}
	}
	return in
}

// put puts an instance into the place of the one with its id.
func (w world) put(t *testing.T, in fleet.Instance) {
	t.Helper()
	w.Update(func(f *fleet.Fleet) {
		place := f.Instance(in.ID)
		if place == nil {
			t.Errorf("there is no instance %s", in.ID)
			return
		}
		*place = in
	})
}

// instances gives an account other instances.
func (w world) instances(account string, list ...fleet.Instance) {
	w.Update(func(f *fleet.Fleet) {
		i := slices.IndexFunc(f.Accounts, func(a fleet.Account) bool { return a.AccessKeyID == newAccount(account).AccessKeyID })
		f.Accounts[i].Instances = list
	})
}

// watched is one account in a configuration.
type watched struct {
	account string
	world   world
	secret  string // file with the secret; "": the right secret stands in the configuration
	regions string // further keys of the region; "": discovery
	other   string // the same of otherRegion; "": it is not watched
	rate    string // calls a second of each operation; "": 100
}

// configuration returns the file of an exporter that asks as often as it is scraped.
func configuration(accounts ...watched) string {
	var b strings.Builder
	b.WriteString(`poll: {backups_interval: 1s, jobs_interval: 1s, policy_interval: 6s, recovery_interval: 6s, discovery_interval: 3s}
accounts:
`)
	for _, a := range accounts {
		key := newAccount(a.account)
		secret := "access_key_secret: " + key.AccessKeySecret
		if a.secret != "" {
			secret = "access_key_secret_file: " + a.secret
		}
		if a.rate == "" {
			a.rate = "100"
		}
		fmt.Fprintf(&b, "  - name: %s\n    cloud: alibaba\n    credentials: {access_key_id: %s, %s}\n    requests_per_second: %s\n    regions:\n", a.account, key.AccessKeyID, secret, a.rate)
		if a.regions == "" {
			a.regions = "discovery: {enabled: true}"
		}
		fmt.Fprintf(&b, "      - {id: %s, endpoint: %q, %s}\n", worldRegion, a.world.url, a.regions)
		if a.other != "" {
			fmt.Fprintf(&b, "      - {id: %s, endpoint: %q, %s}\n", otherRegion, a.world.url, a.other)
		}
	}
	return b.String()
}
