package alibaba

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// One shard has a part in the set that succeeded, the other has no part.
func TestSetAsBackupOfAShard(t *testing.T) {
	type verdict struct {
		State       backup.State
		Unavailable bool
		None        bool // it is not known what the set is for the shard
	}
	usable, useless := verdict{State: backup.StateSuccess}, verdict{State: backup.StateSuccess, Unavailable: true}
	unknown, none, failed := verdict{State: backup.StateUnknown}, verdict{None: true}, verdict{State: backup.StateFailed}
	tests := []struct {
		name    string
		set     string // fields
		part    string // fields
		want    verdict
		missing verdict
	}{
		{"good", `"ClusterBackupStatus":"OK","IsAvail":1`, ``, usable, none},
		{"good, and the part too", `"ClusterBackupStatus":"OK","IsAvail":1`, `,"IsAvail":1`, usable, none},
		{"good, but not the part", `"ClusterBackupStatus":"OK","IsAvail":1`, `,"IsAvail":0`, useless, none},
		{"availability set for the part only", `"ClusterBackupStatus":"OK"`, `,"IsAvail":false`, useless, none},
		{"of an unknown status, but available", `"ClusterBackupStatus":"Odd","IsAvail":1`, ``, usable, none},
		{"incomplete, although the part is good", `"ClusterBackupStatus":"OK","IsAvail":0`, `,"IsAvail":1`, useless, failed},
		{"good, availability not set", `"ClusterBackupStatus":"OK"`, ``, usable, none},
		{"incomplete", `"ClusterBackupStatus":"OK","IsAvail":0`, ``, useless, failed},
		{"failed and incomplete", `"ClusterBackupStatus":"Failed","IsAvail":0`, ``, useless, failed},
		{"failed, availability not set", `"ClusterBackupStatus":"Failed"`, ``, useless, failed},
		{"failed, and yet available", `"ClusterBackupStatus":"Failed","IsAvail":1`, ``, usable, none},
		{"of a status that is not known", `"ClusterBackupStatus":"Odd"`, ``, unknown, none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const times = `"ClusterBackupStartTime":"2026-01-15T02:00:00Z","ClusterBackupEndTime":"2026-01-15T02:10:00Z"`
			const part = `{"InstanceName":"d-1","BackupId":"1","BackupStatus":"Success","BackupStartTime":"2026-01-15T02:00:00Z","BackupEndTime":"2026-01-15T02:10:00Z"`
			var rec clusterRecord
			if err := json.Unmarshal([]byte(`{"ClusterBackupId":"cb-1",`+times+`,`+tt.set+`,"Backups":[`+part+tt.part+`}]}`), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			set, ok := convertSet(&rec, &r)
			if !ok {
				t.Fatal("the set was not read")
			}
			of := func(node string) verdict {
				b, ok := set.forShard(node)
				if !ok {
					return verdict{None: true}
				}
				return verdict{State: b.State, Unavailable: b.Unavailable}
			}
			if diff := cmp.Diff([]verdict{tt.want, tt.missing}, []verdict{of("d-1"), of("d-2")}); diff != "" {
				t.Errorf("the shard with a part, the one without (-want +got):\n%s", diff)
			}
		})
	}
}

// The documentation's example answer.
func TestDocumentedSets(t *testing.T) {
	a, err := wire.Decode[clusterBackupsAnswer](opDescribeClusterBackups, example(t, "describe_cluster_backups"))
	if err != nil || len(a.ClusterBackups.items) != 1 {
		t.Fatalf("%+v, %v; want one set", a, err)
	}
	var r wire.Reader
	set, ok := convertSet(&a.ClusterBackups.items[0], &r)
	if !ok || len(r.Rejected) != 0 {
		t.Fatalf("read %v, rejected %v", ok, problems(r))
	}
	got, ok := set.forShard("d-bp1aaaa")
	want := backup.Backup{
		ID: "1001", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
		StartedAt: at("2024-01-16T03:00:00Z"), EndedAt: at("2024-01-16T03:05:00Z"), SizeBytes: new(int64(1024)),
	}
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("read %v, backup of the shard (-want +got):\n%s", ok, diff)
	}
}

func TestConvertOddSets(t *testing.T) {
	const part = `"BackupId":"1","BackupStatus":"Success","BackupStartTime":"2026-01-15T02:00:00Z","BackupEndTime":"2026-01-15T02:05:00Z"`
	success := &backup.Backup{
		ID: "1", Kind: backup.KindFull, State: backup.StateSuccess,
		StartedAt: at("2026-01-15T02:00:00Z"), EndedAt: at("2026-01-15T02:05:00Z"),
	}
	running := &backup.Backup{ID: "cb", Kind: backup.KindFull, State: backup.StateRunning}
	tests := []struct {
		name, set string
		dropped   bool
		want      *backup.Backup // of the shard d-1; nil: nothing is known
		bad       []string
	}{
		{
			"the node id comes before the name", `{"ClusterBackupId":"cb","Backups":[{"InstanceName":"d-2","ExtraInfo":{"NodeId":"d-1"},` + part + `}],"IsAvail":1}`,
			false, success, nil,
		},
		{"a part without a shard", `{"ClusterBackupId":"cb","Backups":[{` + part + `}],"IsAvail":0}`, false, nil, []string{`InstanceName: "" is not an id`}},
		{"a part whose end cannot be read", `{"ClusterBackupId":"cb","Backups":[{"InstanceName":"d-1","BackupId":"1","BackupEndTime":"soon"}],"IsAvail":0}`, false, nil, []string{`BackupEndTime: "soon" is not a time`}},
		{"no id", `{"Backups":[{"InstanceName":"d-1",` + part + `}]}`, true, nil, []string{`ClusterBackupId: "" is not an id`}},
		{"an end that cannot be read", `{"ClusterBackupId":"cb","ClusterBackupEndTime":"soon","Backups":[{"InstanceName":"d-1",` + part + `}]}`, true, nil, []string{`ClusterBackupEndTime: "soon" is not a time`}},
		{
			"a running set with an end, and with a part", `{"ClusterBackupId":"cb","ClusterBackupStatus":"Running","ClusterBackupEndTime":"2026-01-15T02:10:00Z","Backups":[{"InstanceName":"d-1",` + part + `}]}`,
			false, running, nil,
		},
		{"a running set with an end, and without a part", `{"ClusterBackupId":"cb","ClusterBackupStatus":"Running","ClusterBackupEndTime":"2026-01-15T02:10:00Z"}`, false, running, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec clusterRecord
			if err := json.Unmarshal([]byte(tt.set), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			set, ok := convertSet(&rec, &r)
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" || ok == tt.dropped {
				t.Fatalf("read %v, rejected (-want +got):\n%s", ok, diff)
			}
			if tt.dropped {
				return
			}
			var got *backup.Backup
			if b, ok := set.forShard("d-1"); ok {
				got = &b
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("backup of the shard (-want +got):\n%s", diff)
			}
		})
	}
}
