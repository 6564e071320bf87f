package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
	"mongodb_backup_exporter/internal/server"
)

// listed is what a region lists: an instance per word, "!" after those that are not watched.
func listed(account, region, words string) backup.Region {
	r := backup.Region{Cloud: backup.Alibaba, Account: account, Region: region, Asked: true, Up: true}
	for word := range strings.FieldsSeq(words) {
		id, unwatched := strings.CutSuffix(word, "!")
		one := backup.ListedInstance{Instance: backup.Instance{
			Target: backup.Target{Cloud: backup.Alibaba, Account: account, Region: region, InstanceID: id},
		}}
		if unwatched {
			one.Unwatched = "it is excluded"
		}
		r.Instances = append(r.Instances, one)
	}
	return r
}

func TestInstancesThatAreWanted(t *testing.T) {
	p := &poller{}
	p.snapshot.Regions = []backup.Region{listed("prod", "r1", "a b!"), listed("prod", "r2", "c!"), listed("test", "r1", "d")}
	tests := []struct{ query, instances, regions string }{
		{"", "a b c d", "prod/r1 prod/r2 test/r1"},
		{"?monitored=true", "a d", "prod/r1 prod/r2 test/r1"},
		{"?monitored=false", "b c", "prod/r1 prod/r2 test/r1"},
		{"?account=prod&region=r1", "a b", "prod/r1"},
		{"?region=r1&monitored=true", "a d", "prod/r1 test/r1"},
		{"?account=none", "", ""},
	}
	for _, tt := range tests {
		var got report.Instances
		if err := json.Unmarshal(get(t, server.New(options(p)), "/api/v1/instances"+tt.query).Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		var ids, regions []string
		for _, in := range got.Instances {
			ids = append(ids, in.InstanceID)
		}
		for _, r := range got.Regions {
			regions = append(regions, r.Account+"/"+r.Region)
		}
		if strings.Join(ids, " ") != tt.instances || strings.Join(regions, " ") != tt.regions {
			t.Errorf("%q: %v of %v, want %s of %s", tt.query, ids, regions, tt.instances, tt.regions)
		}
	}
	if w := get(t, server.New(options(p)), "/api/v1/instances?monitored=no"); w.Code != http.StatusBadRequest {
		t.Errorf("a value that is neither true nor false: %d", w.Code)
	}
}

func TestFieldsOfAnInstance(t *testing.T) {
	p := &poller{}
	full := backup.ListedInstance{Instance: backup.Instance{
		Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "r1", InstanceID: "a"},
		Name:   "orders", Version: "6.0", Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1", Status: "Running",
		Owner: "team-a", Tags: map[string]string{"team": "team-a"}, CreatedAt: now.Add(-time.Hour),
	}}
	p.snapshot.Regions = []backup.Region{listed("prod", "r1", "b!")}
	p.snapshot.Regions[0].Instances = append([]backup.ListedInstance{full}, p.snapshot.Regions[0].Instances...)
	var got struct{ Instances []map[string]any }
	if err := json.Unmarshal(get(t, server.New(options(p)), "/api/v1/instances").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{
			"cloud": "alibaba", "account": "prod", "region": "r1", "instance_id": "a", "instance_name": "orders",
			"topology": "replica_set", "engine_version": "6.0", "storage": "cloud_essd1", "status": "Running", "owner": "team-a",
			"created_at": "2026-11-22T11:00:00Z", "tags": map[string]any{"team": "team-a"}, "monitored": true,
		},
		{
			"cloud": "alibaba", "account": "prod", "region": "r1", "instance_id": "b", "instance_name": "", "topology": "",
			"engine_version": "", "storage": "", "status": "", "owner": "", "created_at": nil, "tags": map[string]any{},
			"monitored": false, "unmonitored_reason": "it is excluded",
		},
	}
	if diff := cmp.Diff(want, got.Instances); diff != "" {
		t.Errorf("instances (-want +got):\n%s", diff)
	}
}
