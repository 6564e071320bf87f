package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

// history is what was kept of any target; err: it cannot be read.
type history struct {
	kept backup.Kept
	gone []backup.InstanceState
	err  error
}

func (h history) Kept(context.Context, backup.Target, time.Time) (backup.Kept, error) {
	return h.kept, h.err
}

func (h history) Gone(context.Context, time.Time) ([]backup.InstanceState, error) {
	return h.gone, h.err
}

// reported is a server whose instance has a backup in its list, and had another one.
func reported(h history) *server.Server {
	p := &poller{}
	one := func(id string, began time.Time) backup.Backup {
		return backup.Backup{
			ID: id, Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Physical", State: backup.StateSuccess,
			StartedAt: began, EndedAt: began.Add(time.Hour), SizeBytes: new(int64(1 << 30)),
		}
	}
	in := instance("dds-1", "prod", now, nil)
	in.Instance.Name, in.Instance.CreatedAt = "orders", now.AddDate(0, -1, 0)
	in.Objectives = backup.Objectives{RPO: 26 * time.Hour, RPODefault: 26 * time.Hour, MaxDuration: 6 * time.Hour}
	in.Nodes[0].Backups = backup.Reading[backup.List]{
		Value: backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{one("b2", now.Add(-10*time.Hour))}},
		At:    now, TriedAt: now, GoodUntil: now.Add(time.Hour),
	}
	p.snapshot.Instances = []backup.InstanceState{in}
	p.snapshot.Regions = []backup.Region{listed("prod", "r1", "dds-1 dds-2!")}
	h.kept.Sets = append(h.kept.Sets, backup.PastSet{
		Backup: one("b1", now.Add(-34*time.Hour)), FirstSeen: now.Add(-33 * time.Hour), LastSeen: now.Add(-2 * time.Hour), LeftAt: now.Add(-time.Hour),
	})
	h.kept.Reads = []time.Time{now.Add(-33 * time.Hour), now.Add(-2 * time.Hour)}
	opts := options(p)
	opts.History = h
	return server.New(opts)
}

func TestReport(t *testing.T) {
	w := get(t, reported(history{}), "/api/v1/report?since=2d&instance=orders")
	if w.Code != http.StatusOK {
		t.Fatalf("HTTP %d: %s", w.Code, w.Body)
	}
	var got struct {
		Since, Until time.Time
		Result       string
		Targets      []map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if !got.Since.Equal(now.Add(-48*time.Hour)) || !got.Until.Equal(now) || got.Result != "unknown" || len(got.Targets) != 1 {
		t.Fatalf("%+v", got)
	}
	target := got.Targets[0]
	// The first backup was there from 33 hours ago; before, nothing is known.
	if ratio := target["unknown_ratio"].(float64); ratio < 15.0/48-0.001 || ratio > 15.0/48+0.001 || target["within_rpo_ratio"].(float64) != 1 {
		t.Errorf("unknown %v, within %v", ratio, target["within_rpo_ratio"])
	}
	fields := slices.Sorted(func(yield func(string) bool) {
		for name := range target {
			if !yield(name) {
				return
			}
		}
	})
	want := strings.Fields(`account backups broken_seconds cloud control_evidence controls early_removals expected expected_unknown failed failures
		gaps gone health hit increments instance_id instance_name kept_seconds kept_spans known_since largest_size_bytes last_size_bytes late
		longest_duration_seconds made median_duration_seconds missed node_id not_due_seconds policy_changes reason region result rpo_seconds
		smallest_size_bytes succeeded unknown_ratio unknown_seconds unknown_spans unsuccessful watched_since windows within_rpo_ratio`)
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestBackups(t *testing.T) {
	w := get(t, reported(history{}), "/api/v1/backups?instance_id=dds-1&since=2d")
	var got struct{ Backups []map[string]any }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err, w.Body)
	}
	common := func(own map[string]any) map[string]any {
		all := map[string]any{
			"cloud": "alibaba", "account": "prod", "region": "cn-hangzhou", "instance_id": "dds-1", "node_id": "", "state": "success", "type": "full",
			"trigger": "automatic", "size_bytes": float64(1 << 30), "note": "", "method": "Physical", "expires": nil, "kept_forever": false,
			"first_seen": nil, "last_seen": nil, "left_at": nil, "removed_early": false,
		}
		maps.Copy(all, own)
		return all
	}
	want := []map[string]any{
		common(map[string]any{"id": "b2", "began": "2026-11-22T02:00:00Z", "ended": "2026-11-22T03:00:00Z", "listed": true}),
		common(map[string]any{
			"id": "b1", "began": "2026-11-21T02:00:00Z", "ended": "2026-11-21T03:00:00Z", "listed": false,
			"first_seen": "2026-11-21T03:00:00Z", "last_seen": "2026-11-22T10:00:00Z", "left_at": "2026-11-22T11:00:00Z",
		}),
	}
	if diff := cmp.Diff(want, got.Backups); diff != "" {
		t.Errorf("backups (-want +got):\n%s", diff)
	}
}

// What is asked for may be in a region that cannot be listed.
func TestReportOfAnUnlistedInstance(t *testing.T) {
	p := &poller{}
	p.snapshot.Regions = []backup.Region{{Cloud: backup.Alibaba, Account: "prod", Region: "r1", Discovers: true}}
	for _, path := range []string{"/api/v1/report?instance=x", "/api/v1/backups?instance_id=x"} {
		w := get(t, server.New(options(p)), path)
		if got := w.Body.String(); w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(got, `whether an instance has the id or the name "x" is not known`) {
			t.Errorf("%s: %d %s", path, w.Code, got)
		}
	}
}

func TestReportRefuses(t *testing.T) {
	broken := history{err: errors.New("disk full")}
	two := history{gone: []backup.InstanceState{{Instance: backup.Instance{Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "old"}, Name: "orders"}}}}
	tests := []struct {
		history history
		path    string
		status  int
		text    string
	}{
		{history{}, "/api/v1/report?since=soon", http.StatusBadRequest, `the parameter since: "soon" is neither a time ago`},
		{history{}, "/api/v1/report?since=2d&until=3d", http.StatusBadRequest, "it must be before until"},
		{history{}, "/api/v1/report?since=2099-01-01", http.StatusBadRequest, "is still to come"},
		{history{}, "/api/v1/report?since=20y", http.StatusBadRequest, "three years at most"},
		{history{}, "/api/v1/report?until=9", http.StatusBadRequest, "the parameter until"},
		{history{}, "/api/v1/report?instance=nobody", http.StatusNotFound, `no instance has the id or the name "nobody"`},
		{two, "/api/v1/report?instance=orders", http.StatusBadRequest, `several instances are called "orders": alibaba/prod/cn-hangzhou/dds-1, alibaba/prod/r1/old`},
		{broken, "/api/v1/report", http.StatusInternalServerError, "what was kept cannot be read: disk full"},
		{history{}, "/api/v1/backups", http.StatusBadRequest, "the parameter instance_id"},
		{history{}, "/api/v1/backups?instance_id=nobody", http.StatusNotFound, "no instance has the id"},
		{history{}, "/api/v1/backups?instance_id=dds-1&since=-1", http.StatusBadRequest, "the parameter since"},
		{broken, "/api/v1/backups?instance_id=dds-1", http.StatusInternalServerError, "disk full"},
	}
	for _, tt := range tests {
		if w := get(t, reported(tt.history), tt.path); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
			t.Errorf("%s: HTTP %d %s, want %d with %q", tt.path, w.Code, w.Body, tt.status, tt.text)
		}
	}
}
