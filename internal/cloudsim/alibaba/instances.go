package alibaba

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// describeRegions lists the regions of the account. A region has a record for each group of its zones.
func describeRegions(req *httpsim.Request) httpsim.Answer {
	regions := slices.Clone(req.Account.Regions)
	for _, in := range req.Account.Instances {
		regions = append(regions, in.Region)
	}
	slices.Sort(regions)
	list := make([]any, 0, len(regions))
	for _, region := range slices.Compact(regions) {
		if !req.Allows("RegionId", region) {
			continue
		}
		for _, zone := range []string{"h", "i"} {
			list = append(list, object{
				"RegionId": region, "RegionName": region, "EndPoint": "mongodb." + region + ".aliyuncs.com",
				"Zones": object{"Zone": []any{object{"ZoneId": region + "-" + zone, "ZoneName": region + " zone " + zone, "VpcEnabled": true}}},
			})
		}
	}
	a := success(req, object{"Regions": object{"DdsRegion": list}})
	a.Page = httpsim.Page{Path: []string{"Regions", "DdsRegion"}, ID: "RegionId"}
	return a
}

func (api *API) describeDBInstances(req *httpsim.Request) httpsim.Answer {
	kind := cmp.Or(req.Params.Get("DBInstanceType"), "replicate")
	v := api.opts.Variants
	switch known := slices.Contains([]string{"replicate", "sharding", "serverless"}, kind); {
	case v.TypesIgnored && (!known || kind == "serverless"):
		kind = "replicate"
	case !known, v.ServerlessRefused && kind == "serverless":
		return badRequest(req, "InvalidDBInstanceType.ValueNotSupport", "The specified parameter DBInstanceType is not valid.")
	}
	page, bad := readPaging(req, "PageNumber")
	if bad != nil {
		return *bad
	}
	tags := requestedTags(req)
	var found []*fleet.Instance
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if v.ReleasedHidden && in.LockMode == fleet.Released {
			continue
		}
		if instanceType(in) == kind && req.Allows("RegionId", in.Region) && req.Allows("DBInstanceId", in.ID) &&
			req.Allows("DBInstanceStatus", instanceStatus(in)) && in.HasTags(tags) {
			found = append(found, in)
		}
	}
	records := make([]any, 0, page.size)
	for _, in := range pageOf(req, found, page) {
		records = append(records, instanceRecord(in))
	}
	a := success(req, object{
		"PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
		"DBInstances": api.listOf("DBInstance", records),
	})
	a.Page = httpsim.Page{Path: []string{"DBInstances", "DBInstance"}, Total: "TotalCount", ID: "DBInstanceId"}
	return a
}

func describeDBInstanceAttribute(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	record := instanceRecord(in)
	record["UseClusterBackup"] = in.ClusterBackup
	record["Encrypted"] = false
	record["SyncPercent"] = ""
	if in.Topology == fleet.ShardedCluster {
		record["ConfigserverList"] = object{"ConfigserverAttribute": []any{object{"NodeId": in.ID + "-cs"}}}
	}
	a := success(req, object{"DBInstances": object{"DBInstance": []any{record}}})
	a.Page = httpsim.Page{Path: []string{"DBInstances", "DBInstance"}, ID: "DBInstanceId"}
	return a
}

// requestedTags reads Tag.N.Key and Tag.N.Value. Without a value, the call asks for the key only.
func requestedTags(req *httpsim.Request) map[string]string {
	tags := make(map[string]string)
	for n := range 20 {
		if key := req.Params.Get(fmt.Sprintf("Tag.%d.Key", n+1)); key != "" {
			tags[key] = req.Params.Get(fmt.Sprintf("Tag.%d.Value", n+1))
		}
	}
	return tags
}

func instanceType(in *fleet.Instance) string {
	switch {
	case in.Serverless:
		return "serverless"
	case in.Topology == fleet.ShardedCluster:
		return "sharding"
	}
	return "replicate" // the API lists standalone instances as replica sets
}

func instanceStatus(in *fleet.Instance) string {
	if in.Status == "" {
		return "Running"
	}
	return in.Status
}

func instanceRecord(in *fleet.Instance) object {
	record := object{
		"DBInstanceId":          in.ID,
		"DBInstanceDescription": in.Name,
		"DBInstanceType":        instanceType(in),
		"DBInstanceStatus":      instanceStatus(in),
		"DBInstanceStorage":     100,
		"StorageType":           in.Storage,
		"Engine":                "MongoDB",
		"EngineVersion":         in.Version,
		"RegionId":              in.Region,
		"ZoneId":                in.Region + "-h",
		"NetworkType":           "VPC",
		"ChargeType":            "PostPaid",
		"LockMode":              cmp.Or(in.LockMode, "Unlock"),
		"KindCode":              "0",
		"ResourceGroupId":       "rg-acfmyiu4ekp****",
		"CreationTime":          instanceTime(in.CreatedAt),
		"ExpireTime":            "",
		"Tags":                  object{"Tag": tagRecords(in.Tags)},
	}
	if !in.ReleasedAt.IsZero() {
		record["ReleaseTime"] = instanceTime(in.ReleasedAt)
	}
	switch in.Topology {
	case fleet.ShardedCluster:
		mongos := object{"NodeId": in.ID + "-mongos", "NodeClass": "dds.mongos.standard"}
		record["MongosList"] = object{"MongosAttribute": []any{mongos}}
		record["ShardList"] = object{"ShardAttribute": shardNodes(in)}
	case fleet.Standalone:
		record["ReplicationFactor"] = "1"
	default:
		record["ReplicationFactor"] = "3"
	}
	return record
}

func shardNodes(in *fleet.Instance) []any {
	nodes := make([]any, 0, len(in.Shards))
	for _, id := range in.Shards {
		nodes = append(nodes, object{
			"NodeId": id, "NodeStorage": 100, "NodeClass": "dds.shard.standard", "ReadonlyReplicas": 0,
		})
	}
	return nodes
}

func instanceTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(minuteTime)
}

func tagRecords(tags map[string]string) []any {
	list := make([]any, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, object{"Key": key, "Value": tags[key]})
	}
	return list
}
