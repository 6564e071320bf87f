package huawei_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/huawei"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

const (
	v3        = "/v3/" + simtest.Project
	tasksPath = "/v3.1/" + simtest.Project + "/jobs"
)

func varied(v huawei.Variants, change func(*fleet.Fleet)) *cloudsim.Sim {
	f := simtest.Fleet()
	if change != nil {
		change(&f)
	}
	return cloudsim.New(cloudsim.Options{Fleet: f, Now: simtest.Start, Variants: cloudsim.Variants{Huawei: v}})
}

// Each variant changes one value of one answer.
func TestEachVariant(t *testing.T) {
	set := v3 + "/instances/" + simtest.HuaweiSet
	span := []string{"start_time", "2026-08-05T00:00:00+0000", "end_time", "2026-08-07T00:00:00+0000"}
	incremental := []string{"instance_id", simtest.HuaweiSet, "backup_type", "Incremental"}
	one := func(id string) []string { return []string{"backup_id", id} }
	midnight := func(f *fleet.Fleet) { f.Instance(simtest.HuaweiSet).Policy.StartsAt = 23 * time.Hour }
	recycled := func(f *fleet.Fleet) { f.Instance(simtest.HuaweiSet).DeletedAt = simtest.Start().Add(-time.Hour) }
	tests := []struct {
		name    string
		variant huawei.Variants
		change  func(*fleet.Fleet)
		path    string
		params  []string
		at      []any // the value that changes
		usual   any
		want    any
	}{
		{"LowerCaseTypes", huawei.Variants{LowerCaseTypes: true}, nil, simtest.BackupsPath, one("a1br02"), []any{"backups", 0, "type"}, "Auto", "auto"},
		{"BuildingEndNull", huawei.Variants{BuildingEndNull: true}, nil, simtest.BackupsPath, one("a4br02"), []any{"backups", 0, "end_time"}, "", nil},
		{"BuildingEndLeftOut", huawei.Variants{BuildingEndLeftOut: true}, nil, simtest.BackupsPath, one("a4br02"), []any{"backups", 0, "end_time"}, "", nil},
		{"BuildingEndGuessed", huawei.Variants{BuildingEndGuessed: true}, nil, simtest.BackupsPath, one("a4br02"), []any{"backups", 0, "end_time"}, "", "2026-08-06 12:59:00"},
		{"DeletingStatus", huawei.Variants{DeletingStatus: true}, nil, simtest.BackupsPath, one("b1br02"), []any{"backups", 0, "status"}, "DISABLED", "DELETING"},
		{"SizeAsText", huawei.Variants{SizeAsText: true}, nil, simtest.BackupsPath, one("a1br02"), []any{"backups", 0, "size"}, 2803.0, "2803"},
		{"OldRecords", huawei.Variants{OldRecords: true}, nil, simtest.BackupsPath, one("a1br02"), []any{"backups", 0, "backup_method"}, "Physical", nil},
		{"OldRecords of a policy", huawei.Variants{OldRecords: true}, nil, set + "/backups/policy", nil, []any{"backup_policy", "enable_incremental_backup"}, true, nil},
		{"UnknownInstanceRefused", huawei.Variants{UnknownInstanceRefused: true}, nil, simtest.BackupsPath, []string{"instance_id", "xin02"}, []any{"error_code"}, nil, "DBS.280110"},
		{"IncrementalRefused", huawei.Variants{IncrementalRefused: true}, nil, simtest.BackupsPath, incremental, []any{"error_code"}, nil, "DBS.200001"},
		{"IncrementalIgnored", huawei.Variants{IncrementalIgnored: true}, nil, simtest.BackupsPath, incremental, []any{"total_count"}, 1.0, 3.0},
		{"RecycleBinBackups", huawei.Variants{RecycleBinBackups: true}, recycled, simtest.BackupsPath, nil, []any{"total_count"}, 1.0, 2.0},
		{"TaskTotal", huawei.Variants{TaskTotal: true}, nil, tasksPath, span, []any{"total_count"}, nil, 4.0},
		{"RunningEnds", huawei.Variants{RunningEnds: true}, nil, tasksPath, span, []any{"jobs", 0, "ended_at"}, "", "2026-08-06T11:59:10+0000"},
		{"NoTaskList", huawei.Variants{NoTaskList: true}, nil, tasksPath, span, []any{"error_code"}, nil, "APIGW.0101"},
		{"DayEndsAt24", huawei.Variants{DayEndsAt24: true}, midnight, set + "/backups/policy", nil, []any{"backup_policy", "start_time"}, "23:00-00:00", "23:00-24:00"},
		{"DayEndsAt24, another hour", huawei.Variants{DayEndsAt24: true}, nil, set + "/backups/policy", nil, []any{"backup_policy", "start_time"}, "09:00-10:00", "09:00-10:00"},
		{"SwappedTypes", huawei.Variants{SwappedTypes: true}, nil, v3 + "/instances", nil, []any{"instances", 0, "port"}, "8635", 8635.0},
		{"SwappedTypes of SSL", huawei.Variants{SwappedTypes: true}, nil, v3 + "/instances", nil, []any{"instances", 0, "ssl"}, 1.0, "1"},
		{"LowTotal", huawei.Variants{LowTotal: true}, nil, v3 + "/instances", nil, []any{"total_count"}, 2.0, 1.0},
		{"RecycledAsOld", huawei.Variants{RecycledAsOld: true}, recycled, v3 + "/recycle-instances", nil, []any{"instances", 0, "create_at"}, nil, "2026-07-06T12:00:00"},
		{
			"Downloads",
			huawei.Variants{Downloads: true},
			nil, simtest.BackupsPath + "/download-file",
			append(one("a1br02"), "instance_id", simtest.HuaweiSet),
			[]any{"bucket"},
			nil, "bucket",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for variant, want := range map[huawei.Variants]any{{}: tt.usual, tt.variant: tt.want} {
				got := simtest.GetHuawei(t, varied(variant, tt.change), tt.path, tt.params...)
				if diff := cmp.Diff(want, got.At(t, tt.at...)); diff != "" {
					t.Errorf("%+v: %s (-want +got):\n%s", variant, got.Text, diff)
				}
			}
		})
	}
}

func TestRecycleBin(t *testing.T) {
	deleted := simtest.Start().Add(-6 * 24 * time.Hour)
	s := varied(huawei.Variants{}, func(f *fleet.Fleet) { f.Instance(simtest.HuaweiSet).DeletedAt = deleted })
	got := simtest.GetHuawei(t, s, v3+"/recycle-instances")
	want := map[string]any{"total_count": 1.0, "instances": []any{map[string]any{
		"id": simtest.HuaweiSet, "name": "crm", "mode": "ReplicaSet", "datastore": map[string]any{"type": "DDS-Community", "version": "4.4"},
		"pay_mode": "0", "enterprise_project_id": "0", "backup_id": fleet.HuaweiID("br02", simtest.HuaweiSet, "recycled"),
		"created_at": "2026-07-06T12:00:00", "deleted_at": "2026-07-31T12:00:00", "retained_until": "2026-08-07T12:00:00", "status": "Active",
	}}}
	if diff := cmp.Diff(want, got.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := simtest.GetHuawei(t, s, v3+"/instances"); len(got.At(t, "instances").([]any)) != 1 {
		t.Errorf("the list of instances still has it: %s", got.Text)
	}
	if got := simtest.GetHuawei(t, s, v3+"/instances/"+simtest.HuaweiSet+"/backups/policy"); got.Code() != "DBS.280110" {
		t.Errorf("its policy: %s", got.Text)
	}
	s.Update(func(f *fleet.Fleet) { f.Instance(simtest.HuaweiSet).DeletedAt = deleted.Add(-24 * time.Hour) })
	if got := simtest.GetHuawei(t, s, v3+"/recycle-instances"); len(got.At(t, "instances").([]any)) != 0 {
		t.Errorf("after a week: %s", got.Text)
	}
}

func TestQuotasCatalogAndDownloads(t *testing.T) {
	s := varied(huawei.Variants{}, nil)
	quotas := simtest.GetHuawei(t, s, v3+"/quotas")
	for i, want := range []map[string]any{
		{"type": "instance", "mode": "Single", "quota": 50.0, "used": 0.0},
		{"type": "instance", "mode": "ReplicaSet", "quota": 50.0, "used": 1.0},
		{"type": "instance", "mode": "Sharding", "quota": 50.0, "used": 1.0},
	} {
		if diff := cmp.Diff(want, quotas.At(t, "quotas", "resources", i)); diff != "" {
			t.Errorf("quota %d (-want +got):\n%s", i, diff)
		}
	}
	catalog := simtest.GetHuawei(t, s, "/v3/auth/catalog")
	endpoint := catalog.At(t, "catalog", 0, "endpoints", 0).(map[string]any)
	if endpoint["region"] != "cn-north-4" || endpoint["url"] != "http://dds.example"+v3 {
		t.Errorf("catalog: %s", catalog.Text)
	}
	link := simtest.GetHuawei(t, s, simtest.BackupsPath+"/download-file", "instance_id", simtest.HuaweiSet, "backup_id", "a1br02")
	if link.Status != 403 || link.Code() != "DBS.280063" {
		t.Errorf("download: %d %s", link.Status, link.Text)
	}
	given := simtest.GetHuawei(t, varied(huawei.Variants{Downloads: true}, nil), simtest.BackupsPath+"/download-file",
		"instance_id", simtest.HuaweiSet, "backup_id", "a1br02")
	if got := given.At(t, "files", 0, "download_link"); got != "https://obs.example.com/bucket/a1br02" {
		t.Errorf("link %v: it must have no signature", got)
	}
}
