package huawei_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/poll"
)

// movingProject is a project whose listings may lack an instance, and the poller that watches it.
type movingProject struct {
	*cloudsim.Sim
	poller *poll.Poller
	lacked atomic.Value // id that the next listing of the project lacks; "": none
	asked  atomic.Int64 // calls of ListInstances about one instance
	now    atomic.Int64 // seconds
}

func newMovingProject(t *testing.T, instances ...fleet.Instance) *movingProject {
	t.Helper()
	m := &movingProject{}
	m.lacked.Store("")
	m.now.Store(time.Now().Unix())
	now := func() time.Time { return time.Unix(m.now.Load(), 0) }
	m.Sim = cloudsim.New(cloudsim.Options{Fleet: fleet.Fleet{Accounts: []fleet.Account{account(instances...)}}, Now: now, WallNow: time.Now})
	server := httptest.NewServer(http.HandlerFunc(m.serve))
	t.Cleanup(server.Close)
	transport := cloudcall.NewTransport(16)
	t.Cleanup(transport.CloseIdleConnections)
	source, err := huawei.New(huawei.Options{
		Account: "suite", Region: region, Endpoint: server.URL, IAMEndpoint: server.URL, Transport: transport, Now: now,
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{Observer: silent{}, Now: time.Now, Classify: huawei.Classify, Timeout: time.Minute, MaxAttempts: 1}),
	})
	if err != nil {
		t.Fatal(err)
	}
	m.poller = poll.New(poll.Options{
		Now: now, Logger: log.NewNopLogger(), BackupsInterval: time.Minute, JobsInterval: time.Minute, PolicyInterval: time.Hour,
		RecoveryInterval: time.Hour, DiscoveryInterval: 10 * time.Minute, RoundTimeout: time.Minute, Lookback: 8 * 24 * time.Hour, StaleAfter: time.Hour,
	}, []poll.Region{{Cloud: backup.Huawei, Account: "suite", Region: region, Source: source, Concurrency: 8, Discover: true}})
	t.Cleanup(m.poller.Close)
	return m
}

// serve answers as the simulation does, and leaves the lacked instance out of the listing of the project.
func (m *movingProject) serve(w http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/instances") {
		m.ServeHTTP(w, r)
		return
	}
	if r.FormValue("id") != "" {
		m.asked.Add(1)
		m.ServeHTTP(w, r)
		return
	}
	lacked, _ := m.lacked.Swap("").(string)
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, r)
	var list struct {
		Instances []map[string]any `json:"instances"`
		Total     int              `json:"total_count"`
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &list) // an answer of another form has no instances
	list.Instances = slices.DeleteFunc(list.Instances, func(in map[string]any) bool { return in["id"] == lacked })
	list.Total = len(list.Instances)
	body, _ := json.Marshal(list)
	w.Header().Set("Content-Type", "application/json")
	_, _ = bytes.NewReader(body).WriteTo(w)
}

// after refreshes at every minute of a span, and returns the instances that are watched after each.
func (m *movingProject) after(t *testing.T, minutes int) []string {
	t.Helper()
	var watched []string
	for range minutes {
		m.now.Add(60)
		m.poller.Refresh(t.Context())
		var ids []string
		for _, in := range m.poller.Snapshot().Instances {
			ids = append(ids, in.Instance.InstanceID)
		}
		watched = append(watched, strings.Join(ids, " "))
	}
	return slices.Compact(watched)
}

// A list that moves while its pages are read lacks an instance that is there, with backups or without.
func TestInstanceThatOneListingLacksStays(t *testing.T) {
	for _, backups := range []int{0, 3} {
		m := newMovingProject(t, replicaSet("a1in02", 1), replicaSet("b1in02", backups), replicaSet("c1in02", 1))
		all := []string{"a1in02 b1in02 c1in02"}
		if diff := cmp.Diff(all, m.after(t, 10)); diff != "" {
			t.Fatalf("before (-want +got):\n%s", diff)
		}
		if n := m.asked.Load(); n != 0 {
			t.Errorf("%d questions about one instance while every listing has all", n)
		}
		m.lacked.Store("b1in02")
		if diff := cmp.Diff(all, m.after(t, 25)); diff != "" {
			t.Errorf("with %d backups (-want +got):\n%s", backups, diff)
		}
		if n := m.asked.Load(); n != 1 {
			t.Errorf("%d questions about the instance, want one for the listing that lacked it", n)
		}
	}
}

// One that was deleted ends with the first answer about it.
func TestDeletedInstanceEndsAtOnce(t *testing.T) {
	for _, backups := range []int{0, 3} {
		m := newMovingProject(t, replicaSet("a1in02", 1), replicaSet("b1in02", backups), replicaSet("c1in02", 1))
		m.after(t, 10)
		m.Update(func(f *fleet.Fleet) {
			a := &f.Accounts[0]
			a.Instances = slices.DeleteFunc(a.Instances, func(in fleet.Instance) bool { return in.ID == "b1in02" })
		})
		m.after(t, 1) // the listing
		if diff := cmp.Diff([]string{"a1in02 c1in02"}, m.after(t, 12)); diff != "" {
			t.Errorf("with %d backups, from a minute after the listing on (-want +got):\n%s", backups, diff)
		}
		if n := m.asked.Load(); n < 1 || n > 2 {
			t.Errorf("%d questions about the instance, want one or two", n)
		}
	}
}
