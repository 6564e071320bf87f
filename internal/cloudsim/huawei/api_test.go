package huawei_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/huawei"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestListBackupsFilters(t *testing.T) {
	for name, tc := range map[string]struct {
		params []string
		want   []any
	}{
		"no filter: full backups, newest first": {nil, []any{"a4br02", "b1br02", "a2br02", "a1br02"}},
		"one instance":                          {[]string{"instance_id", simtest.HuaweiSet}, []any{"a4br02", "a2br02", "a1br02"}},
		"unknown instance":                      {[]string{"instance_id", "unknownin02"}, []any{}},
		"empty id ignored":                      {[]string{"instance_id", ""}, []any{"a4br02", "b1br02", "a2br02", "a1br02"}},
		"incremental of one instance":           {[]string{"instance_id", simtest.HuaweiSet, "backup_type", "Incremental"}, []any{"a3br02"}},
		"automatic":                             {[]string{"backup_type", "Auto"}, []any{"a4br02", "b1br02", "a1br02"}},
		"manual":                                {[]string{"backup_type", "Manual"}, []any{"a2br02"}},
		"mode":                                  {[]string{"mode", "Sharding"}, []any{"b1br02"}},
		"status":                                {[]string{"backup_status", "BUILDING"}, []any{"a4br02"}},
		"part of the name":                      {[]string{"backup_name", "auto"}, []any{"a4br02", "b1br02", "a1br02"}},
		"instance name":                         {[]string{"instance_name", "io"}, []any{"b1br02"}},
		"span of starts": {
			[]string{"begin_time", "2026-08-06 10:00:00", "end_time", "2026-08-06 11:30:00"},
			[]any{"b1br02", "a2br02"},
		},
		"by name, ascending": {
			[]string{"order_field", "name", "order_rule", "asc"},
			[]any{"a1br02", "a4br02", "b1br02", "a2br02"},
		},
		"second page":  {[]string{"offset", "2", "limit", "1"}, []any{"a2br02"}},
		"past the end": {[]string{"offset", "9"}, []any{}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			got := simtest.GetHuawei(t, s, simtest.BackupsPath, tc.params...)
			if diff := cmp.Diff(tc.want, got.Column(t, "id", "backups")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestListBackupsRecord(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.GetHuawei(t, s, simtest.BackupsPath, "backup_id", "a1br02")
	want := map[string]any{"total_count": 1.0, "backups": []any{map[string]any{
		"id": "a1br02", "name": "auto-1", "instance_id": simtest.HuaweiSet, "instance_name": "crm",
		"datastore": map[string]any{"type": "DDS-Community", "version": "4.4"}, "type": "Auto",
		"begin_time": "2026-08-05 12:00:00", "end_time": "2026-08-05 12:01:00", "status": "COMPLETED", "size": 2803.0,
		"description": "", "instance_status": "normal", "instance_mode": "ReplicaSet", "is_instance_restoring": false,
		"backup_method": "Physical", "kms_enable": false, "deletable": false,
	}}}
	if diff := cmp.Diff(want, got.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	running := simtest.GetHuawei(t, s, simtest.BackupsPath, "backup_id", "a4br02").At(t, "backups", 0).(map[string]any)
	if running["end_time"] != "" || running["size"] != 0.0 || running["status"] != "BUILDING" {
		t.Errorf("running: %v", running)
	}
	if got := simtest.GetHuawei(t, s, simtest.BackupsPath, "backup_id", "b1br02").At(t, "backups", 0, "status"); got != "DISABLED" {
		t.Errorf("being deleted: %v", got)
	}
}

func TestRefusals(t *testing.T) {
	f := simtest.Fleet()
	f.Accounts[1].Denied = []string{"ShowBackupPolicy"}
	instances, v3 := "/v3/"+simtest.Project+"/instances", "/v3/"+simtest.Project
	cases := map[string]struct {
		path   string
		params []string
		status int
		code   string
	}{
		"limit 0":                         {simtest.BackupsPath, []string{"limit", "0"}, 400, "DBS.280439"},
		"limit 101":                       {simtest.BackupsPath, []string{"limit", "101"}, 400, "DBS.280439"},
		"limit of instances":              {instances, []string{"limit", "101"}, 400, "DBS.280439"},
		"negative offset":                 {simtest.BackupsPath, []string{"offset", "-1"}, 400, "DBS.280440"},
		"end without begin":               {simtest.BackupsPath, []string{"end_time", "2026-08-06 00:00:00"}, 400, "DBS.280067"},
		"begin without end":               {simtest.BackupsPath, []string{"begin_time", "2026-08-06 00:00:00"}, 400, "DBS.280068"},
		"begin after end":                 {simtest.BackupsPath, []string{"begin_time", "2026-08-06 00:00:00", "end_time", "2026-08-05 00:00:00"}, 400, "DBS.280068"},
		"time in another format":          {simtest.BackupsPath, []string{"begin_time", "2026-08-06T00:00:00Z", "end_time", "2026-08-07 00:00:00"}, 400, "DBS.280067"},
		"incremental project-wide":        {simtest.BackupsPath, []string{"backup_type", "Incremental"}, 400, "DBS.200001"},
		"type":                            {simtest.BackupsPath, []string{"backup_type", "Half"}, 400, "DBS.200001"},
		"mode":                            {simtest.BackupsPath, []string{"mode", "Cluster"}, 400, "DBS.280342"},
		"mode of instances":               {instances, []string{"mode", "Cluster"}, 400, "DBS.280342"},
		"order without rule":              {simtest.BackupsPath, []string{"order_field", "name"}, 400, "DBS.200001"},
		"denied operation":                {instances + "/unknownin02/backups/policy", nil, 403, "DBS.280063"},
		"recovery of an unknown instance": {instances + "/unknownin02/restore-time", []string{"date", "2026-08-06"}, 400, "DBS.280110"},
		"recovery without a date":         {instances + "/" + simtest.HuaweiSet + "/restore-time", nil, 400, "DBS.280068"},
		"tasks over 31 days":              {"/v3.1/" + simtest.Project + "/jobs", []string{"start_time", "2026-07-06T00:00:00+0000", "end_time", "2026-08-06T00:00:00+0000"}, 400, "DBS.280068"},
		"tasks without a start":           {"/v3.1/" + simtest.Project + "/jobs", nil, 400, "DBS.280067"},
		"unknown job":                     {v3 + "/jobs", []string{"id", "x"}, 400, "DBS.200543"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(f)
			if got := simtest.GetHuawei(t, s, tc.path, tc.params...); got.Status != tc.status || got.Code() != tc.code {
				t.Errorf("got %d %s, want %d %s", got.Status, got.Text, tc.status, tc.code)
			}
		})
	}
}

func TestVariants(t *testing.T) {
	s := cloudsim.New(cloudsim.Options{Fleet: simtest.Fleet(), Now: simtest.Start, Variants: cloudsim.Variants{Huawei: huawei.Variants{LowerCaseTypes: true, BuildingEndNull: true, UnknownInstanceRefused: true}}})
	running := simtest.GetHuawei(t, s, simtest.BackupsPath, "backup_id", "a4br02").At(t, "backups", 0).(map[string]any)
	if end, there := running["end_time"]; end != nil || !there || running["type"] != "auto" {
		t.Errorf("running: %v", running)
	}
	if got := simtest.GetHuawei(t, s, simtest.BackupsPath, "instance_id", "unknownin02"); got.Code() != "DBS.280110" {
		t.Errorf("unknown instance: %s", got.Text)
	}
}

func TestListInstances(t *testing.T) {
	path := "/v3/" + simtest.Project + "/instances"
	for name, tc := range map[string]struct {
		params []string
		want   []any
	}{
		"all, newest first": {nil, []any{simtest.HuaweiCluster, simtest.HuaweiSet}},
		"id":                {[]string{"id", simtest.HuaweiSet}, []any{simtest.HuaweiSet}},
		"mode":              {[]string{"mode", "Sharding"}, []any{simtest.HuaweiCluster}},
		"name":              {[]string{"name", "cr"}, []any{}},
		"part of the name":  {[]string{"name", "*cr"}, []any{simtest.HuaweiSet}},
		"tag":               {[]string{"tags", "env=prod"}, []any{simtest.HuaweiSet}},
		"another tag":       {[]string{"tags", "env=dev"}, []any{}},
		"page":              {[]string{"offset", "1", "limit", "1"}, []any{simtest.HuaweiSet}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			got := simtest.GetHuawei(t, s, path, tc.params...)
			if diff := cmp.Diff(tc.want, got.Column(t, "id", "instances")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	s, _ := simtest.New(simtest.Fleet())
	got := simtest.GetHuawei(t, s, path)
	if diff := cmp.Diff([]any{"mongos", "config", "shard", "shard"}, got.Column(t, "type", "instances", 0, "groups")); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if got.At(t, "instances", 0, "groups", 0, "volume") != nil {
		t.Error("mongos has a volume")
	}
	if diff := cmp.Diff(map[string]any{"start_time": "09:00-10:00", "keep_days": 7.0}, got.At(t, "instances", 1, "backup_strategy")); diff != "" {
		t.Errorf("strategy (-want +got):\n%s", diff)
	}
	if days := got.At(t, "instances", 0, "backup_strategy", "keep_days"); days != 0.0 {
		t.Errorf("disabled: keep_days %v", days)
	}
	if created := got.At(t, "instances", 1, "created"); created != "2026-07-06T12:00:00" {
		t.Errorf("created %v", created)
	}
}

func TestPolicyAndRecovery(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	of := func(id string) string { return "/v3/" + simtest.Project + "/instances/" + id }
	on := simtest.GetHuawei(t, s, of(simtest.HuaweiSet)+"/backups/policy")
	want := map[string]any{"backup_policy": map[string]any{"keep_days": 7.0, "start_time": "09:00-10:00", "period": "1,3,7", "enable_incremental_backup": true}}
	if diff := cmp.Diff(want, on.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	off := simtest.GetHuawei(t, s, of(simtest.HuaweiCluster)+"/backups/policy")
	if diff := cmp.Diff(map[string]any{"backup_policy": map[string]any{"keep_days": 0.0}}, off.Body); diff != "" {
		t.Errorf("disabled (-want +got):\n%s", diff)
	}
	for date, want := range map[string][]any{
		"2026-08-04": {},
		"2026-08-05": {map[string]any{"start_time": 1785931200000.0, "end_time": 1785974400000.0}},
		"2026-08-06": {map[string]any{"start_time": 1785974400000.0, "end_time": 1786017600000.0}},
	} {
		got := simtest.GetHuawei(t, s, of(simtest.HuaweiSet)+"/restore-time", "date", date)
		if diff := cmp.Diff(want, got.Body["restore_time"]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", date, diff)
		}
	}
}

func TestListTasks(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	path := "/v3.1/" + simtest.Project + "/jobs"
	span := []string{"start_time", "2026-08-05T00:00:00+0000", "end_time", "2026-08-07T00:00:00+0000"}
	got := simtest.GetHuawei(t, s, path, span...)
	if diff := cmp.Diff([]any{"Running", "Completed", "Failed", "Completed"}, got.Column(t, "status", "jobs")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	failed := simtest.GetHuawei(t, s, path, append(span, "status", "Failed")...)
	want := []any{map[string]any{
		"id": fleet.Backup{ID: "a2br02"}.EffectiveJobID(), "name": "MongodbSnapshotBackup", "status": "Failed", "progress": "",
		"fail_reason": "node abnormal", "instance_id": simtest.HuaweiSet, "instance_name": "crm",
		"created_at": "2026-08-06T10:00:00+0000", "ended_at": "2026-08-06T11:00:00+0000",
	}}
	if diff := cmp.Diff(want, failed.Body["jobs"]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	id, _ := got.At(t, "jobs", 0, "id").(string)
	job := simtest.GetHuawei(t, s, "/v3/"+simtest.Project+"/jobs", "id", id)
	wantJob := map[string]any{"job": map[string]any{
		"id": id, "name": "MongodbSnapshotBackup", "status": "Running", "progress": "25%", "fail_reason": nil,
		"created": "2026-08-06T11:59:00+0000", "ended": "", "instance": map[string]any{"id": simtest.HuaweiSet, "name": "crm"},
	}}
	if diff := cmp.Diff(wantJob, job.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	clock.Advance(7*24*time.Hour - 2*time.Hour + time.Second)
	r := simtest.HuaweiRequest(http.MethodGet, path, simtest.Query(append(span, "status", "Failed")...), "")
	r.Header.Set("X-Auth-Token", "user-token") // the signature is too old by now
	if got := simtest.Send(t, s, r); len(got.At(t, "jobs").([]any)) != 0 {
		t.Errorf("failures after a week: %s", got.Text)
	}
}

func TestCreateManualBackup(t *testing.T) {
	s, clock := simtest.New(simtest.Fleet())
	create := func(id, name, description string) simtest.Reply {
		body := fmt.Sprintf(`{"backup":{"instance_id":%q,"name":%q,"description":%q}}`+"\n", id, name, description)
		r := simtest.HuaweiRequest(http.MethodPost, simtest.BackupsPath, nil, body)
		simtest.SignHuawei(r, body, simtest.HuaweiSecret, "host", "x-sdk-date")
		return simtest.Send(t, s, r)
	}
	for name, tc := range map[string]struct{ got, code string }{
		"short name":               {create(simtest.HuaweiCluster, "abc", "").Code(), "DBS.280277"},
		"name with a space":        {create(simtest.HuaweiCluster, "my backup", "").Code(), "DBS.280277"},
		"name starts with a digit": {create(simtest.HuaweiCluster, "1backup", "").Code(), "DBS.280277"},
		"description":              {create(simtest.HuaweiCluster, "mybackup", "<b>").Code(), "DBS.280127"},
		"name in use":              {create(simtest.HuaweiCluster, "auto-1", "").Code(), "DBS.201201"},
		"unknown instance":         {create("unknownin02", "mybackup", "").Code(), "DBS.280110"},
		"backup runs already":      {create(simtest.HuaweiSet, "mybackup", "").Code(), "DBS.200019"},
	} {
		if tc.got != tc.code {
			t.Errorf("%s: %s, want %s", name, tc.got, tc.code)
		}
	}
	made := create(simtest.HuaweiCluster, "mybackup", "before the upgrade")
	job, _ := made.Body["job_id"].(string)
	backup, _ := made.Body["backup_id"].(string)
	if made.Status != 200 || job == "" || backup == "" {
		t.Fatalf("%d %s", made.Status, made.Text)
	}
	clock.Advance(10 * time.Second)
	if got := simtest.GetHuawei(t, s, "/v3/"+simtest.Project+"/jobs", "id", job); got.At(t, "job", "progress") != "25%" {
		t.Errorf("at a quarter: %s", got.Text)
	}
	clock.Advance(30 * time.Second)
	got := simtest.GetHuawei(t, s, simtest.BackupsPath, "backup_id", backup).At(t, "backups", 0).(map[string]any)
	if got["status"] != "COMPLETED" || got["type"] != "Manual" || got["name"] != "mybackup" || got["end_time"] != "2026-08-06 12:00:40" {
		t.Errorf("at the end: %v", got)
	}
	if got := simtest.GetHuawei(t, s, "/v3/"+simtest.Project+"/jobs", "id", job); got.At(t, "job", "status") != "Completed" {
		t.Errorf("the job at the end: %s", got.Text)
	}
}
