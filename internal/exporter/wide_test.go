package exporter

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// wide is an exporter of an account with an entry for all regions, on simulated clouds. Its instances are in cn-beijing
// and cn-hangzhou; eu-west-1 is there without any.
type wide struct {
	*Exporter
	sim   *cloudsim.Sim
	clock *simtest.Clock
	log   bytes.Buffer
	url   string
}

func newWide(t *testing.T, regions string) *wide {
	t.Helper()
	f := simtest.Fleet()
	f.Accounts[0].Regions = []string{"eu-west-1"}
	w := &wide{clock: new(simtest.Clock)}
	w.sim = cloudsim.New(cloudsim.Options{Fleet: f, Now: w.clock.Now, WallNow: time.Now}) // the SDK signs with its own clock
	server := httptest.NewServer(w.sim)
	t.Cleanup(server.Close)
	w.url = server.URL
	var err error
	w.Exporter, err = New(w.config(t, regions), Options{Now: w.clock.Now, Logger: log.NewLogfmtLogger(log.NewSyncWriter(&w.log))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

const allRegions = `[{id: all, endpoint: URL, owner_tag: team, discovery: {enabled: true}}]`

func (w *wide) config(t *testing.T, regions string) *config.Config {
	t.Helper()
	return load(t, `accounts: [{name: prod, cloud: alibaba, credentials: {access_key_id: `+simtest.AlibabaKey+`, access_key_secret: `+
		simtest.AlibabaSecret+`}, regions: `+strings.ReplaceAll(regions, "URL", `"`+w.url+`"`)+`}]`)
}

// refreshAfter polls once, some time later.
func (w *wide) refreshAfter(t *testing.T, d time.Duration) *backup.Snapshot {
	t.Helper()
	w.clock.Advance(d)
	w.Poller().Refresh(t.Context())
	return w.Poller().Snapshot()
}

// fault lets an operation of a region fail until the returned function is called; "": of any region.
func (w *wide) fault(op, region, code string, status int) (heal func()) {
	return w.sim.Inject(cloudsim.Fault{Operation: op, Region: region, Kind: cloudsim.FaultErrorJSON, Status: status, Code: code})
}

// lists changes the regions without instances.
func (w *wide) lists(regions ...string) {
	w.sim.Update(func(f *fleet.Fleet) { f.Accounts[0].Regions = regions })
}

// logged ends the exporter and returns its log: the last lines are written after a refresh has returned.
func (w *wide) logged() string {
	w.Close()
	return w.log.String()
}

func names(s *backup.Snapshot) []string {
	var list []string
	for _, r := range s.Regions {
		list = append(list, r.Region)
	}
	return list
}

func wantRegions(t *testing.T, when string, s *backup.Snapshot, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, names(s)); diff != "" {
		t.Errorf("%s: regions (-want +got):\n%s", when, diff)
	}
}

// gathered returns the values of the series about regions, by family and region.
func gathered(t *testing.T, from prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, label := range m.GetLabel() {
				if label.GetName() == "region" {
					values[strings.TrimPrefix(family.GetName(), "mongodb_backup_")+" "+label.GetValue()] = m.GetGauge().GetValue()
				}
			}
		}
	}
	return values
}
