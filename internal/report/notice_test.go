package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

func TestNoticeSaysWhyThereIsNoTarget(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	region := func(listed int) backup.Region {
		return backup.Region{Region: "r", Asked: true, Up: true, Unmonitored: reading(0, at), Listed: reading(listed, at)}
	}
	down, failing, unasked := region(3), region(3), backup.Region{Region: "r"}
	down.Up = false
	failing.Unmonitored.Err = &backup.Error{Op: "ListInstances", Class: backup.ClassPermission}
	watched := []backup.InstanceState{{Nodes: []backup.NodeState{{}}}}
	for _, test := range []struct {
		name      string
		regions   []backup.Region
		instances []backup.InstanceState
		want      string
	}{
		{"nothing listed", []backup.Region{region(0), region(0)}, nil, "No instance was found: the configuration names none, and the clouds list none."},
		{
			"nothing watched",
			[]backup.Region{region(0), region(2), region(1)},
			nil,
			"No instance was found to watch: the clouds list 3, and none of them is watched.",
		},
		{"down", []backup.Region{region(2), down}, nil, "No instance was found: not everything could be listed."},
		{"cannot be listed", []backup.Region{failing}, nil, "No instance was found: not everything could be listed."},
		{"not asked", []backup.Region{unasked}, nil, "No instance was found yet: the first refresh is still under way."},
		{"a target", []backup.Region{down}, watched, ""},
	} {
		r := report.New(&backup.Snapshot{At: at, Regions: test.regions, Instances: test.instances}, at)
		if r.Notice != test.want {
			t.Errorf("%s: %q, want %q", test.name, r.Notice, test.want)
		}
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"notice"`) != (test.want != "") {
			t.Errorf("%s: the JSON is %s", test.name, text)
		}
	}
}
