package cloudsim

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

const huaweiCreated = "2006-01-02T15:04:05" // UTC, without saying so

func (s *Sim) listInstances(req *request) answer {
	window, bad := huaweiPaging(req)
	if bad != nil {
		return *bad
	}
	mode := req.params.Get("mode")
	if !slices.Contains([]string{"", "Sharding", "ReplicaSet", "Single"}, mode) {
		return *huaweiBad(req, "DBS.280342", "The DB instance mode is invalid.")
	}
	tags := make(map[string]string)
	for pair := range strings.SplitSeq(req.params.Get("tags"), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			tags[key] = value
		}
	}
	var found []*Instance
	for i := range req.account.Instances {
		in := &req.account.Instances[i]
		if in.Region == req.region && wanted(req, "id", in.ID) && wanted(req, "mode", huaweiMode(in)) &&
			nameMatches(in.Name, req.params.Get("name")) && hasTags(in, tags) {
			found = append(found, in)
		}
	}
	slices.SortStableFunc(found, func(a, b *Instance) int { return b.CreatedAt.Compare(a.CreatedAt) })
	records := make([]any, 0, window.limit)
	for _, in := range sliceOf(found, window) {
		records = append(records, huaweiInstance(in))
	}
	a := huaweiOK(req, object{"instances": records, "total_count": len(found)})
	a.page = page{path: []string{"instances"}, total: "total_count", id: "id"}
	return a
}

// nameMatches compares a name; a pattern that starts with * asks for a part of it.
func nameMatches(name, pattern string) bool {
	if part, fuzzy := strings.CutPrefix(pattern, "*"); fuzzy {
		return strings.Contains(name, part)
	}
	return pattern == "" || pattern == name
}

func huaweiStatus(in *Instance) string {
	if in.Status == "" {
		return "normal"
	}
	return in.Status
}

func huaweiMode(in *Instance) string {
	switch in.Topology {
	case ShardedCluster:
		return "Sharding"
	case Standalone:
		return "Single"
	}
	return "ReplicaSet"
}

func huaweiInstance(in *Instance) object {
	created := ""
	if !in.CreatedAt.IsZero() {
		created = in.CreatedAt.UTC().Format(huaweiCreated)
	}
	keepDays := in.Policy.RetentionDays
	if in.Policy.Disabled {
		keepDays = 0
	}
	tags := make([]any, 0, len(in.Tags))
	for _, key := range slices.Sorted(maps.Keys(in.Tags)) {
		tags = append(tags, object{"key": key, "value": in.Tags[key]})
	}
	return object{
		"id": in.ID, "name": in.Name, "remark": "", "status": huaweiStatus(in), "mode": huaweiMode(in),
		"region": in.Region, "port": "8635", "engine": "wiredTiger", "ssl": 1, "db_user_name": "rwuser",
		"datastore":       object{"type": "DDS-Community", "version": in.Version, "patch_available": false, "whole_version": in.Version},
		"created":         created,
		"updated":         created,
		"backup_strategy": object{"start_time": in.Policy.hours(), "keep_days": keepDays},
		"groups":          huaweiGroups(in),
		"vpc_id":          "v", "subnet_id": "s", "security_group_id": "g", "maintenance_window": "18:00-22:00",
		"disk_encryption_id": "", "enterprise_project_id": "0", "time_zone": "UTC", "pay_mode": "0",
		"actions": []any{}, "tags": tags,
	}
}

// hours writes the daily window as "19:00-20:00".
func (p Policy) hours() string {
	return clock(p.StartsAt) + "-" + clock(p.StartsAt+p.Window)
}

func huaweiGroups(in *Instance) []any {
	group := func(kind, id string, volume any) object {
		node := object{
			"id": huaweiID("no02", in.ID, kind, id), "name": in.Name + "_" + kind + "_node_1", "status": "normal",
			"role": "Primary", "private_ip": "192.168.0.11", "public_ip": "", "spec_code": "dds.mongodb.c6.large.2." + kind,
			"availability_zone": in.Region + "a",
		}
		return object{"type": kind, "id": id, "name": kind + "_" + id, "status": "normal", "volume": volume, "nodes": []any{node}}
	}
	volume := object{"size": "100", "used": "12.5"} // GB, as strings
	switch in.Topology {
	case ShardedCluster:
		groups := []any{
			group("mongos", huaweiID("gr02", in.ID, "mongos"), nil), group("config", huaweiID("gr02", in.ID, "config"), volume),
		}
		for _, id := range in.Shards {
			groups = append(groups, group("shard", id, volume))
		}
		return groups
	case Standalone:
		return []any{group("single", "", volume)}
	}
	return []any{group("replica", "", volume)}
}

// showBackupPolicy shows the schedule: of one that is switched off, keep_days 0 and nothing else.
func (s *Sim) showBackupPolicy(req *request, in *Instance) answer {
	p := in.Policy
	if p.Disabled {
		return huaweiOK(req, object{"backup_policy": object{"keep_days": 0}})
	}
	days := make([]string, 0, len(p.Weekdays))
	for _, weekday := range p.Weekdays {
		n := int(weekday)
		if weekday == time.Sunday {
			n = 7
		}
		days = append(days, strconv.Itoa(n))
	}
	slices.Sort(days)
	return huaweiOK(req, object{"backup_policy": object{
		"keep_days": p.RetentionDays, "start_time": p.hours(), "period": strings.Join(days, ","),
		"enable_incremental_backup": p.LogBackup,
	}})
}

// listRestoreTimes shows the spans of point-in-time recovery on one day, in Unix milliseconds.
func (s *Sim) listRestoreTimes(req *request, in *Instance) answer {
	date, err := time.Parse(time.DateOnly, req.params.Get("date"))
	if err != nil {
		return *huaweiBad(req, "DBS.280068", "The date is invalid.")
	}
	if in.Topology == Standalone {
		return *huaweiBad(req, "DBS.280342", "The DB instance mode does not support this operation.")
	}
	spans := make([]any, 0, 1)
	for _, w := range in.recoveryAt(req.now) {
		start, end := later(w.Start, date), w.End
		if midnight := date.AddDate(0, 0, 1); end.After(midnight) {
			end = midnight
		}
		if start.Before(end) {
			spans = append(spans, object{"start_time": start.UnixMilli(), "end_time": end.UnixMilli()})
		}
	}
	a := huaweiOK(req, object{"restore_time": spans})
	a.page = page{path: []string{"restore_time"}, id: "start_time"}
	return a
}
