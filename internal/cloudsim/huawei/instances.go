package huawei

import (
	"maps"
	"slices"
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const instanceTime = "2006-01-02T15:04:05" // UTC, which the format does not say

func (api *API) listInstances(req *httpsim.Request) httpsim.Answer {
	page, bad := readPaging(req)
	if bad != nil {
		return *bad
	}
	if !validMode(req) {
		return invalidMode(req)
	}
	tags := requestedTags(req)
	var found []*fleet.Instance
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if !in.Recycled() && in.Region == req.Region && req.Allows("id", in.ID) && req.Allows("mode", topology(in)) &&
			nameMatches(in.Name, req.Params.Get("name")) && in.HasTags(tags) {
			found = append(found, in)
		}
	}
	slices.SortStableFunc(found, func(a, b *fleet.Instance) int { return b.CreatedAt.Compare(a.CreatedAt) })
	records := make([]any, 0, page.limit)
	for _, in := range pageOf(found, page) {
		records = append(records, api.instanceRecord(in))
	}
	total := len(found)
	if api.opts.Variants.LowTotal {
		total--
	}
	a := success(req, object{"instances": records, "total_count": total})
	a.Page = httpsim.Page{Path: []string{"instances"}, Total: "total_count", ID: "id"}
	return a
}

// requestedTags reads tags, written as "key=value,key=value".
func requestedTags(req *httpsim.Request) map[string]string {
	tags := make(map[string]string)
	for pair := range strings.SplitSeq(req.Params.Get("tags"), ",") {
		if key, value, ok := strings.Cut(pair, "="); ok {
			tags[key] = value
		}
	}
	return tags
}

// nameMatches reports whether a name matches. A pattern that starts with * matches a part of the name.
func nameMatches(name, pattern string) bool {
	if part, fuzzy := strings.CutPrefix(pattern, "*"); fuzzy {
		return strings.Contains(name, part)
	}
	return pattern == "" || pattern == name
}

func instanceStatus(in *fleet.Instance) string {
	if in.Status == "" {
		return "normal"
	}
	return in.Status
}

func validMode(req *httpsim.Request) bool {
	return slices.Contains([]string{"", "Sharding", "ReplicaSet", "Single"}, req.Params.Get("mode"))
}

func invalidMode(req *httpsim.Request) httpsim.Answer {
	return badRequest(req, "DBS.280342", "The DB instance mode is invalid.")
}

// topology returns what the API calls the mode of an instance.
func topology(in *fleet.Instance) string {
	switch in.Topology {
	case fleet.ShardedCluster:
		return "Sharding"
	case fleet.Standalone:
		return "Single"
	}
	return "ReplicaSet"
}

func (api *API) instanceRecord(in *fleet.Instance) object {
	created := ""
	if !in.CreatedAt.IsZero() {
		created = in.CreatedAt.UTC().Format(instanceTime)
	}
	keepDays := in.Policy.RetentionDays
	if in.Policy.Disabled {
		keepDays = 0
	}
	tags := make([]any, 0, len(in.Tags))
	for _, key := range slices.Sorted(maps.Keys(in.Tags)) {
		tags = append(tags, object{"key": key, "value": in.Tags[key]})
	}
	record := object{
		"id": in.ID, "name": in.Name, "remark": "", "status": instanceStatus(in), "mode": topology(in),
		"region": in.Region, "port": "8635", "engine": "wiredTiger", "ssl": 1, "db_user_name": "rwuser",
		"datastore":       object{"type": "DDS-Community", "version": in.Version, "patch_available": false, "whole_version": in.Version},
		"created":         created,
		"updated":         created,
		"backup_strategy": object{"start_time": api.dailyWindow(in.Policy), "keep_days": keepDays},
		"groups":          groups(in),
		"vpc_id":          "v", "subnet_id": "s", "security_group_id": "g", "maintenance_window": "18:00-22:00",
		"disk_encryption_id": "", "enterprise_project_id": "0", "time_zone": "UTC", "pay_mode": "0",
		"actions": []any{}, "tags": tags,
	}
	if api.opts.Variants.SwappedTypes {
		record["port"], record["ssl"] = 8635, "1"
	}
	return record
}

func groups(in *fleet.Instance) []any {
	group := func(kind, id string, volume any) object {
		node := object{
			"id": fleet.HuaweiID("no02", in.ID, kind, id), "name": in.Name + "_" + kind + "_node_1", "status": "normal",
			"role": "Primary", "private_ip": "192.168.0.11", "public_ip": "", "spec_code": "dds.mongodb.c6.large.2." + kind,
			"availability_zone": in.Region + "a",
		}
		return object{"type": kind, "id": id, "name": kind + "_" + id, "status": "normal", "volume": volume, "nodes": []any{node}}
	}
	volume := object{"size": "100", "used": "12.5"} // GB, as strings
	switch in.Topology {
	case fleet.ShardedCluster:
		groups := []any{
			group("mongos", fleet.HuaweiID("gr02", in.ID, "mongos"), nil), group("config", fleet.HuaweiID("gr02", in.ID, "config"), volume),
		}
		for _, id := range in.Shards {
			groups = append(groups, group("shard", id, volume))
		}
		return groups
	case fleet.Standalone:
		return []any{group("single", "", volume)}
	}
	return []any{group("replica", "", volume)}
}
