package alibaba

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// example reads one of the documentation's example answers.
func example(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// record returns the JSON object {field: value, …} on top of base; a value of "omit" leaves the field out.
func record(t *testing.T, base, with map[string]any) []byte {
	t.Helper()
	all := map[string]any{}
	for _, fields := range []map[string]any{base, with} {
		for key, value := range fields {
			if all[key] = value; value == "omit" {
				delete(all, key)
			}
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// problems lists rejections as "field: problem".
func problems(r wire.Reader) []string {
	var out []string
	for _, bad := range r.Rejected {
		out = append(out, bad.Field+": "+bad.Problem)
	}
	return out
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestConvertBackup(t *testing.T) {
	base := map[string]any{
		"BackupId": "1", "BackupStatus": "Success", "BackupType": "FullBackup", "BackupMode": "Automated", "BackupMethod": "Physical",
		"BackupSize": 1024, "BackupStartTime": "2026-01-14T03:00:00Z", "BackupEndTime": "2026-01-14T03:01:30Z",
		"BackupDownloadURL": "http://oss/?Signature=SIGNED",
	}
	whole := backup.Backup{
		ID: "1", Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, Method: "Physical", State: backup.StateSuccess,
		StartedAt: at("2026-01-14T03:00:00Z"), EndedAt: at("2026-01-14T03:01:30Z"), SizeBytes: new(int64(1024)),
	}
	but := func(change func(*backup.Backup)) *backup.Backup {
		b := whole
		change(&b)
		return &b
	}
	noSize := but(func(b *backup.Backup) { b.SizeBytes = nil })
	sized := func(n int64) *backup.Backup { return but(func(b *backup.Backup) { b.SizeBytes = &n }) }
	tests := []struct {
		name string
		with map[string]any
		want *backup.Backup // nil: the record is dropped
		bad  []string
	}{
		{"as documented", nil, &whole, nil},
		{"id is a number", map[string]any{"BackupId": 11111111}, but(func(b *backup.Backup) { b.ID = "11111111" }), nil},
		{"id is a long number", map[string]any{"BackupId": json.Number("123456789012345678901234567890")}, but(func(b *backup.Backup) { b.ID = "123456789012345678901234567890" }), nil},
		{"id ends with a newline", map[string]any{"BackupId": "170034\n"}, but(func(b *backup.Backup) { b.ID = "170034" }), nil},
		{"id is null", map[string]any{"BackupId": nil}, nil, []string{`BackupId: "" is not an id`}},
		{"id is missing", map[string]any{"BackupId": "omit"}, nil, []string{`BackupId: "" is not an id`}},
		{"id is empty", map[string]any{"BackupId": " "}, nil, []string{`BackupId: "" is not an id`}},
		{"id is a boolean", map[string]any{"BackupId": true}, nil, []string{`BackupId: "true" is not an id`}},
		{"id is an object", map[string]any{"BackupId": map[string]any{"a": 1}}, nil, []string{"BackupId: an object or list is not an id"}},

		{"size is numeric text", map[string]any{"BackupSize": "335520510"}, sized(335520510), nil},
		{"size is numeric text with spaces", map[string]any{"BackupSize": " 12\n"}, sized(12), nil},
		{"size is zero", map[string]any{"BackupSize": 0}, sized(0), nil},
		{"size is the largest number", map[string]any{"BackupSize": json.Number("9223372036854775807")}, sized(9223372036854775807), nil},
		{"size is null", map[string]any{"BackupSize": nil}, noSize, nil},
		{"size is missing", map[string]any{"BackupSize": "omit"}, noSize, nil},
		{"size is empty", map[string]any{"BackupSize": ""}, noSize, nil},
		{"size has a unit", map[string]any{"BackupSize": "12 GB"}, noSize, []string{`BackupSize: "12 GB" is not a whole number`}},
		{"size in scientific notation", map[string]any{"BackupSize": json.RawMessage("33e7")}, sized(330000000), nil},
		{"size with a fraction of zero", map[string]any{"BackupSize": json.RawMessage("2803.0")}, sized(2803), nil},
		{"size has a fraction", map[string]any{"BackupSize": json.RawMessage("12.5")}, noSize, []string{`BackupSize: "12.5" is not a whole number`}},
		{"size is too large", map[string]any{"BackupSize": json.Number("9223372036854775808")}, noSize, []string{`BackupSize: "9223372036854775808" is not a whole number`}},
		{"size is negative", map[string]any{"BackupSize": -1}, noSize, []string{`BackupSize: "-1" is not a size`}},
		{"size is a boolean", map[string]any{"BackupSize": true}, noSize, []string{`BackupSize: "true" is not a whole number`}},
		{"size is a list", map[string]any{"BackupSize": []int{1}}, noSize, []string{"BackupSize: an object or list is not a whole number"}},

		{"end is missing", map[string]any{"BackupEndTime": "omit"}, nil, []string{`BackupEndTime: "" is not the end of a success`}},
		{"end is a word", map[string]any{"BackupEndTime": "yesterday"}, nil, []string{`BackupEndTime: "yesterday" is not a time`}},
		{"end is an epoch", map[string]any{"BackupEndTime": 1552451697}, nil, []string{`BackupEndTime: "1552451697" is not a time`}},
		{"end is the epoch's zero", map[string]any{"BackupEndTime": "1970-01-01T00:00:00Z"}, nil, []string{`BackupEndTime: "1970-01-01T00:00:00Z" is not a time`}},
		{"end is Go's zero", map[string]any{"BackupEndTime": "0001-01-01T00:00:00Z"}, nil, []string{`BackupEndTime: "0001-01-01T00:00:00Z" is not a time`}},
		{"end in another zone", map[string]any{"BackupEndTime": "2026-01-14T11:01:30+08:00"}, &whole, nil},
		{"end without a zone", map[string]any{"BackupEndTime": "2026-01-14T03:01:30"}, &whole, nil},
		{"end without a zone, with a space", map[string]any{"BackupEndTime": "2026-01-14 03:01:30"}, &whole, nil},
		{"start is missing", map[string]any{"BackupStartTime": "omit"}, but(func(b *backup.Backup) { b.StartedAt = time.Time{} }), nil},
		{"start is a word", map[string]any{"BackupStartTime": "x"}, but(func(b *backup.Backup) { b.StartedAt = time.Time{} }), []string{`BackupStartTime: "x" is not a time`}},
		{"start after the end", map[string]any{"BackupStartTime": "2026-01-14T04:00:00Z"}, but(func(b *backup.Backup) { b.StartedAt = time.Time{} }), []string{`BackupStartTime: "2026-01-14T04:00:00Z" is not before the end`}},

		{"status in lower case", map[string]any{"BackupStatus": "success"}, &whole, nil},
		{"status unknown", map[string]any{"BackupStatus": "Pondering"}, but(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateUnknown, nil }), []string{`BackupStatus: "Pondering" is not known`}},
		{"status missing", map[string]any{"BackupStatus": "omit"}, nil, nil},
		{"status null", map[string]any{"BackupStatus": nil}, nil, nil},
		{"status is a number", map[string]any{"BackupStatus": 0}, nil, []string{`BackupStatus: "0" is not known`}},
		{"failed", map[string]any{"BackupStatus": "Failed", "IsAvail": false}, but(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil }), nil},
		{
			"failed without end and size",
			map[string]any{"BackupStatus": "Failed", "BackupEndTime": "", "BackupSize": nil},
			but(func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateFailed, nil, time.Time{} }), nil,
		},
		{"failed with an end that is no time", map[string]any{"BackupStatus": "Failed", "BackupEndTime": "x"}, nil, []string{`BackupEndTime: "x" is not a time`}},

		{"incremental", map[string]any{"BackupType": "IncrementalBackup"}, but(func(b *backup.Backup) { b.Kind = backup.KindIncremental }), nil},
		{"type unknown", map[string]any{"BackupType": "Other"}, but(func(b *backup.Backup) { b.Kind = backup.KindUnknown }), []string{`BackupType: "Other" is not known`}},
		{"manual", map[string]any{"BackupMode": "Manual"}, but(func(b *backup.Backup) { b.Trigger = backup.TriggerManual }), nil},
		{"mode missing", map[string]any{"BackupMode": "omit"}, but(func(b *backup.Backup) { b.Trigger = backup.TriggerUnknown }), nil},

		{"available", map[string]any{"IsAvail": true}, &whole, nil},
		{"not available", map[string]any{"IsAvail": false}, but(func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }), nil},
		{"not available, as a number in text", map[string]any{"IsAvail": "0"}, but(func(b *backup.Backup) { b.Unusable = backup.FlaggedUnusable }), nil},
		{"availability unreadable", map[string]any{"IsAvail": "perhaps"}, &whole, []string{`IsAvail: "perhaps" is not true or false`}},
		{"of the instance", map[string]any{"BackupScale": "DBInstance"}, &whole, nil},
		{"of the instance, in lower case", map[string]any{"BackupScale": "dbinstance"}, &whole, nil},
		{"scale is empty", map[string]any{"BackupScale": ""}, &whole, nil},
		{"scale is null", map[string]any{"BackupScale": nil}, &whole, nil},
		{"of some tables", map[string]any{"BackupScale": "DBTable"}, but(func(b *backup.Backup) { b.Part = "DBTable" }), nil},
		{"scale is a list", map[string]any{"BackupScale": []int{1}}, nil, []string{"BackupScale: an object or list is not text"}},
		{"status OK", map[string]any{"BackupStatus": "OK"}, &whole, nil},
		{"status ERROR", map[string]any{"BackupStatus": "ERROR"}, but(func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil }), nil},
		{"expires", map[string]any{"BackupExpireTime": "2026-02-14T03:00:00Z"}, but(func(b *backup.Backup) { b.ExpiresAt = at("2026-02-14T03:00:00Z") }), nil},
		{"never expires", map[string]any{"BackupExpireTime": "9999-01-01T00:00:00Z"}, but(func(b *backup.Backup) { b.ExpiresAt = backup.Never }), nil},
		{"never expires, at the end of the year 9999", map[string]any{"BackupExpireTime": "9999-12-31T23:59:59Z"}, but(func(b *backup.Backup) { b.ExpiresAt = backup.Never }), nil},
		{"expires in the year before that", map[string]any{"BackupExpireTime": "9998-12-31T00:00:00Z"}, but(func(b *backup.Backup) { b.ExpiresAt = at("9998-12-31T00:00:00Z") }), nil},
		{"a URL where none belongs", map[string]any{"BackupExpireTime": "http://oss/?Signature=SIGNED"}, &whole, []string{`BackupExpireTime: "(URL)" is not a time`}},
		{"invalid UTF-8", map[string]any{"BackupMethod": json.RawMessage("\"Phys\xffical\"")}, but(func(b *backup.Backup) { b.Method = "Phys\ufffdical" }), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rec backupRecord
			if err := wire.Unmarshal(record(t, base, tt.with), &rec); err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertBackup(&rec, &r)
			if ok != (tt.want != nil) {
				t.Fatalf("kept = %v, want %v; %v", ok, tt.want != nil, problems(r))
			}
			if ok {
				if diff := cmp.Diff(*tt.want, got); diff != "" {
					t.Errorf("backup (-want +got):\n%s", diff)
				}
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLifecycle(t *testing.T) {
	tests := []struct {
		status, lock string
		want         backup.Lifecycle
		word         string
	}{
		{"Running", "Unlock", backup.LifecycleRunning, "Running"},
		{"Running", "", backup.LifecycleRunning, "Running"},
		{"", "", backup.LifecycleRunning, ""},
		{"Creating", "Unlock", backup.LifecycleCreating, "Creating"},
		{"Deleting", "Unlock", backup.LifecycleDeleting, "Deleting"},
		{"deleting", "LockByExpiration", backup.LifecycleDeleting, "deleting"},
		{"Running", "LockByExpiration", backup.LifecycleFrozen, "LockByExpiration"},
		{"Running", "ManualLock", backup.LifecycleFrozen, "ManualLock"},
		{"Rebooting", "lockbydiskquota", backup.LifecycleFrozen, "lockbydiskquota"},
		{"Running", "LockByRestoration", backup.LifecycleFrozen, "LockByRestoration"},
		{"Running", "Released", backup.LifecycleReleased, "Released"},
		{"Deleting", "Released", backup.LifecycleReleased, "Released"},
		{"TempDBInstanceCreating", "Unlock", backup.LifecycleRunning, "TempDBInstanceCreating"}, // of a temporary instance beside this one
		{"Pondering", "LockOfTheFuture", backup.LifecycleRunning, "Pondering"},
	}
	for _, tt := range tests {
		t.Run(tt.status+" "+tt.lock, func(t *testing.T) {
			rec := instanceRecord{DBInstanceID: text("dds-1"), DBInstanceStatus: text(tt.status), LockMode: text(tt.lock)}
			var r wire.Reader
			in, _ := convertInstance(&rec, backup.Target{}, replicate, &r)
			if in.Lifecycle != tt.want || in.Status != tt.word || len(r.Rejected) != 0 {
				t.Errorf("lifecycle %v, status %q, rejected %v; want %v and %q", in.Lifecycle, in.Status, problems(r), tt.want, tt.word)
			}
		})
	}
}

func TestConvertOddInstances(t *testing.T) {
	tests := []struct {
		name, kind, body string
		topology         string // "": the record is dropped
		nodes            []string
		bad              []string
	}{
		{"standalone", replicate, `{"DBInstanceId":"a","ReplicationFactor":"1"}`, backup.TopologyStandalone, nil, nil},
		{"standalone by number", replicate, `{"DBInstanceId":"a","ReplicationFactor":1}`, backup.TopologyStandalone, nil, nil},
		{"replica set of five", replicate, `{"DBInstanceId":"a","ReplicationFactor":"5"}`, backup.TopologyReplicaSet, nil, nil},
		{"only an id", replicate, `{"DBInstanceId":"a"}`, backup.TopologyReplicaSet, nil, nil},
		{"no id", replicate, `{}`, "", nil, []string{`DBInstanceId: "" is not an id`}},
		{"shard named twice", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[{"NodeId":"d-1"},{"NodeId":"d-1\n"}]}}`, backup.TopologyShardedCluster, []string{"d-1"}, nil},
		{"bad shard", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[{"NodeId":"d-1"},{"NodeId":[]}]}}`, "", nil, []string{"NodeId: an object or list is not an id", "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"a shard that is none", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[{"NodeId":"d-1"},7]}}`, "", nil, []string{`NodeId: "" is not an id`, "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"shards that are no list", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":{}}}`, "", nil, []string{"ShardAttribute: not of the form that is known", "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"a list of shards that is none", sharding, `{"DBInstanceId":"a","ShardList":[]}`, "", nil, []string{"ShardList: not of the form that is known", "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"shards given twice", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[],"ShardAttribute":[{"NodeId":"d-1"}]}}`, "", nil, []string{"ShardAttribute: given more than once", "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"a thousand shards", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[` + strings.Repeat(`{"NodeId":"d-1"},`, 999) + `{"NodeId":"d-1"}]}}`, backup.TopologyShardedCluster, []string{"d-1"}, nil},
		{"a shard too many", sharding, `{"DBInstanceId":"a","ShardList":{"ShardAttribute":[` + strings.Repeat(`{"NodeId":"d-1"},`, 1000) + `{"NodeId":"d-1"}]}}`, "", nil, []string{"ShardAttribute: more than 1000 entries", "DBInstanceId: a is left out, because its shards cannot all be read"}},
		{"no shards", sharding, `{"DBInstanceId":"a"}`, backup.TopologyShardedCluster, nil, []string{"ShardList: a sharded cluster without shards"}},
		{"tags that are none", replicate, `{"DBInstanceId":"a","Tags":"x"}`, backup.TopologyReplicaSet, nil, []string{"Tags: not of the form that is known"}},
		{"bad tag", replicate, `{"DBInstanceId":"a","Tags":{"Tag":[{"Key":"k","Value":{}}]}}`, backup.TopologyReplicaSet, nil, []string{"Value: an object or list is not text"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := wire.Decode[instancesAnswer]("Op", []byte(`{"DBInstances":{"DBInstance":[`+tt.body+`]}}`))
			if err != nil {
				t.Fatal(err)
			}
			var r wire.Reader
			got, ok := convertInstance(&a.DBInstances.Value.DBInstance.Items[0], backup.Target{}, tt.kind, &r)
			if ok != (tt.topology != "") {
				t.Fatalf("kept = %v, want %v", ok, tt.topology != "")
			}
			if !ok {
				got = backup.Instance{}
			}
			if got.Topology != tt.topology {
				t.Errorf("topology %q, want %q", got.Topology, tt.topology)
			}
			if lack := strings.Contains(tt.name, "tag"); got.TagsLack != lack {
				t.Errorf("tags that could not be read: %v, want %v", got.TagsLack, lack)
			}
			if diff := cmp.Diff(tt.nodes, got.Nodes); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}
