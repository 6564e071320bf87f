package alibaba

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// One shard has a part in the set that succeeded, the other has no part.
func TestSetAsBackupOfAShard(t *testing.T) {
	const logs, notYet = "cannot be restored, its logs are not attached: ", "cannot be restored yet, its logs are not attached: "
	type verdict struct {
		State    backup.State
		Unusable string
		None     bool // it is not known what the set is for the shard
	}
	unusable := func(why string) verdict { return verdict{State: backup.StateSuccess, Unusable: why} }
	usable, flagged := verdict{State: backup.StateSuccess}, unusable(backup.FlaggedUnusable)
	unknown, none, failed := verdict{State: backup.StateUnknown}, verdict{None: true}, verdict{State: backup.StateFailed}
	running := verdict{State: backup.StateRunning}
	tests := []struct {
		name    string
		set     string // fields, on top of OK, available and an end
		part    string // fields
		want    verdict
		missing verdict
	}{
		{"good", ``, ``, usable, none},
		{"good, and the part too", ``, `,"IsAvail":1`, usable, none},
		{"good, but not the part", ``, `,"IsAvail":0`, flagged, none},
		{"good, with a progress, as documented", `,"Progress":"50"`, ``, usable, none},
		{"good, in other words", `,"ClusterBackupStatus":"Success"`, `,"BackupStatus":"OK"`, usable, none},
		{"good, availability not set", `,"IsAvail":null`, ``, usable, none},
		{"availability set for the part only", `,"IsAvail":null`, `,"IsAvail":false`, flagged, none},
		{"incomplete, although the part is good", `,"IsAvail":0`, `,"IsAvail":1`, flagged, failed},
		{"incomplete, and finished", `,"IsAvail":0,"Progress":"100"`, ``, flagged, failed},
		{"not available yet, with a progress", `,"IsAvail":0,"Progress":"50"`, ``, running, running},
		{"not available yet, without an end", `,"IsAvail":0,"ClusterBackupEndTime":""`, ``, running, running},
		{"failed", `,"ClusterBackupStatus":"Failed","IsAvail":0`, ``, failed, failed},
		{"failed, in other words", `,"ClusterBackupStatus":"ERROR","IsAvail":0`, ``, failed, failed},
		{"failed, availability not set", `,"ClusterBackupStatus":"Failed","IsAvail":null`, ``, failed, failed},
		{"failed, with a progress and without an end", `,"ClusterBackupStatus":"Failed","IsAvail":0,"Progress":"50","ClusterBackupEndTime":""`, ``, failed, failed},
		{"failed, and yet available", `,"ClusterBackupStatus":"Failed"`, ``, failed, failed},
		{"running", `,"ClusterBackupStatus":"RUNNING","IsAvail":0,"Progress":"50","ClusterBackupEndTime":""`, ``, running, running},
		{"running, with an end", `,"ClusterBackupStatus":"RUNNING","IsAvail":0`, ``, running, running},
		{"of an unlisted status, with a progress", `,"ClusterBackupStatus":"Odd","IsAvail":0,"Progress":"50"`, ``, running, running},
		{"of an unlisted status, without an end", `,"ClusterBackupStatus":"Odd","IsAvail":0,"ClusterBackupEndTime":""`, ``, running, running},
		{"of an unlisted status", `,"ClusterBackupStatus":"Odd","IsAvail":0`, ``, unknown, none},
		{"of an unlisted status, but available", `,"ClusterBackupStatus":"Odd"`, ``, unknown, none},
		{"of an unlisted status, the part failed", `,"ClusterBackupStatus":"Odd","IsAvail":0`, `,"BackupStatus":"Failed"`, unknown, none},
		{"without a status", `,"ClusterBackupStatus":null`, ``, none, none},
		{"without a status, with a progress", `,"ClusterBackupStatus":null,"IsAvail":0,"Progress":"50"`, ``, running, running},

		{"logs attached", `,"AttachLogStatus":"Ready"`, ``, usable, none},
		{"no logs needed", `,"AttachLogStatus":"No_Need"`, ``, usable, none},
		{"logs not said", `,"AttachLogStatus":""`, ``, usable, none},
		{"logs not attached", `,"AttachLogStatus":"Failed"`, ``, unusable(logs + "Failed"), none},
		{"logs to be attached", `,"AttachLogStatus":"Init"`, ``, unusable(notYet + "Init"), none},
		{"logs being attached", `,"AttachLogStatus":"Running"`, ``, unusable(notYet + "Running"), none},
		{"logs of an unlisted status", `,"AttachLogStatus":"Odd"`, ``, unknown, none},
		{"logs not attached to an incomplete set", `,"AttachLogStatus":"Failed","IsAvail":0`, ``, flagged, failed},
		{"logs not attached to a running set", `,"ClusterBackupStatus":"RUNNING","AttachLogStatus":"Init","IsAvail":0`, ``, running, running},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const good = `"ClusterBackupStatus":"OK","IsAvail":1,"ClusterBackupStartTime":"2026-01-15T02:00:00Z","ClusterBackupEndTime":"2026-01-15T02:10:00Z"`
			const part = `{"InstanceName":"d-1","BackupId":"1","BackupStatus":"Success","BackupStartTime":"2026-01-15T02:00:00Z","BackupEndTime":"2026-01-15T02:10:00Z"`
			var rec clusterRecord
			if err := wire.Unmarshal(lastOfEach(t, `{"ClusterBackupId":"cb-1",`+good+tt.set+`,"Backups":[`+part+tt.part+`}]}`), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			set := convertSet(&rec, &r)
			of := func(node string) verdict {
				b, ok := set.forShard(node, []string{"d-1", "d-2"})
				if !ok || b.Unread {
					return verdict{None: true}
				}
				return verdict{State: b.State, Unusable: b.Unusable}
			}
			if diff := cmp.Diff([]verdict{tt.want, tt.missing}, []verdict{of("d-1"), of("d-2")}); diff != "" {
				t.Errorf("the shard with a part, the one without (-want +got):\n%s", diff)
			}
		})
	}
}

// lastOfEach returns a JSON object in which, of fields with the same name, only the last is left.
func lastOfEach(t *testing.T, object string) []byte {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(object), &fields); err != nil {
		t.Fatal(err)
	}
	return record(t, fields, nil)
}

// A record names its shard twice. Either name may be the shard's id.
func TestPartsBelongToShards(t *testing.T) {
	tests := []struct {
		name  string
		parts []string // "InstanceName ExtraInfo.NodeId"; "-" is not set
		want  map[string]string
		bad   []string
	}{
		{"by both names", []string{"d-1 d-1", "d-2 d-2"}, map[string]string{"d-1": "0", "d-2": "1"}, nil},
		{"by InstanceName", []string{"d-1 x-1", "d-2 x-2"}, map[string]string{"d-1": "0", "d-2": "1"}, nil},
		{"by NodeId", []string{"x-1 d-1", "x-2 d-2"}, map[string]string{"d-1": "0", "d-2": "1"}, nil},
		{"by the only name", []string{"d-1 -", "- d-2"}, map[string]string{"d-1": "0", "d-2": "1"}, nil},
		{"names of two shards", []string{"d-1 d-2"}, map[string]string{}, nil},
		{"a shard twice", []string{"d-1 x-1", "d-1 x-2", "d-2 x-3"}, map[string]string{"d-2": "2"}, nil},
		{"of no known shard", []string{"d-1 x-1", "x-8 x-9"}, map[string]string{"d-1": "0"}, []string{"InstanceName: the cluster has no shard x-8"}},
		{"without a name", []string{"d-1 d-1", "- -"}, map[string]string{"d-1": "0"}, []string{`InstanceName: "" is not an id`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rec := clusterRecord{
				ClusterBackupID:      text("cb-1"),
				ClusterBackupStatus:  text("OK"),
				ClusterBackupEndTime: text("2026-01-15T02:10:00Z"),
				IsAvail:              text("0"), // so that a part that is missing is a failure
			}
			for i, names := range tt.parts {
				name, node, _ := strings.Cut(names, " ")
				part := shardRecord{BackupID: text(strconv.Itoa(i)), BackupStatus: text("Success"), BackupEndTime: text("2026-01-15T02:10:00Z")}
				part.InstanceName, part.ExtraInfo.Value.NodeID = text(name), text(node)
				rec.Backups.Items = append(rec.Backups.Items, part)
			}
			var r wire.Reader
			set := convertSet(&rec, &r)
			got := map[string]string{}
			for _, node := range []string{"d-1", "d-2"} {
				if b, ok := set.forShard(node, []string{"d-1", "d-2"}); ok && !b.Unread {
					got[node] = b.ID
				}
			}
			strangers([]clusterSet{set}, []string{"d-1", "d-2"}, &r)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("id of the part by shard (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

// text returns a string; "-" is a missing field.
func text(s string) wire.Scalar {
	if s == "-" {
		return wire.Scalar{}
	}
	return wire.Scalar{Text: s, Kind: wire.String}
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
		lost      bool
		want      *backup.Backup // of the shard d-1; nil: nothing is known
		bad       []string
	}{
		{
			"a good set without an end", `{"ClusterBackupId":"cb","ClusterBackupStatus":"OK","Backups":[{"InstanceName":"d-1",` + part + `}],"IsAvail":1}`,
			false, success, nil,
		},
		{"a part without a shard", `{"ClusterBackupId":"cb","ClusterBackupStatus":"Failed","Backups":[{` + part + `}],"IsAvail":0}`, false, nil, []string{`InstanceName: "" is not an id`}},
		{"a part whose end cannot be read", `{"ClusterBackupId":"cb","ClusterBackupStatus":"Failed","Backups":[{"InstanceName":"d-1","BackupId":"1","BackupEndTime":"soon"}],"IsAvail":0}`, false, nil, []string{`BackupEndTime: "soon" is not a time`}},
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
			if err := wire.Unmarshal([]byte(tt.set), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			set := convertSet(&rec, &r)
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" || set.lost != tt.lost {
				t.Fatalf("lost %v, rejected (-want +got):\n%s", set.lost, diff)
			}
			var got *backup.Backup
			e, ok := set.forShard("d-1", []string{"d-1"})
			if ok && !e.Unread {
				got = &e.Backup
			}
			if e.Unread != (ok && tt.want == nil) {
				t.Errorf("unread %v", e.Unread)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("backup of the shard (-want +got):\n%s", diff)
			}
		})
	}
}
