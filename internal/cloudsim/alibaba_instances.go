package cloudsim

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

func (s *Sim) describeRegions(req *request) answer {
	regions := make(map[string]bool)
	for _, in := range req.account.Instances {
		regions[in.Region] = true
	}
	list := make([]any, 0, len(regions))
	for _, region := range slices.Sorted(maps.Keys(regions)) {
		zone := object{"ZoneId": region + "-h", "ZoneName": region + " zone H", "VpcEnabled": true}
		list = append(list, object{
			"RegionId": region, "RegionName": region, "EndPoint": "mongodb." + region + ".aliyuncs.com",
			"Zones": object{"Zone": []any{zone}},
		})
	}
	return alibabaOK(req, object{"Regions": object{"DdsRegion": list}})
}

func (s *Sim) describeDBInstances(req *request) answer {
	kind := req.params.Get("DBInstanceType")
	if kind == "" {
		kind = "replicate"
	}
	if !slices.Contains([]string{"replicate", "sharding", "serverless"}, kind) {
		return invalidParameter(req, "DBInstanceType")
	}
	window, bad := alibabaPaging(req, "PageNumber")
	if bad != nil {
		return *bad
	}
	tags := requestedTags(req)
	var found []*Instance
	for i := range req.account.Instances {
		in := &req.account.Instances[i]
		if instanceType(in) == kind && wanted(req, "RegionId", in.Region) && wanted(req, "DBInstanceId", in.ID) &&
			wanted(req, "DBInstanceStatus", alibabaStatus(in)) && hasTags(in, tags) {
			found = append(found, in)
		}
	}
	records := make([]any, 0, window.size)
	for _, in := range pageOf(req, found, window) {
		records = append(records, alibabaInstance(in))
	}
	a := alibabaOK(req, object{
		"PageNumber": window.number, "PageSize": window.size, "TotalCount": len(found),
		"DBInstances": s.listOf("DBInstance", records),
	})
	a.page = page{path: []string{"DBInstances", "DBInstance"}, total: "TotalCount", id: "DBInstanceId"}
	return a
}

func (s *Sim) describeDBInstanceAttribute(req *request, in *Instance) answer {
	record := alibabaInstance(in)
	record["UseClusterBackup"] = in.ClusterBackup
	record["Encrypted"] = false
	record["SyncPercent"] = ""
	if in.Topology == ShardedCluster {
		record["ConfigserverList"] = object{"ConfigserverAttribute": []any{object{"NodeId": in.ID + "-cs"}}}
	}
	a := alibabaOK(req, object{"DBInstances": object{"DBInstance": []any{record}}})
	a.page = page{path: []string{"DBInstances", "DBInstance"}, id: "DBInstanceId"}
	return a
}

// wanted reports whether the call's filter, if it has one, lets value pass.
func wanted(req *request, param, value string) bool {
	filter := req.params.Get(param)
	return filter == "" || filter == value
}

// requestedTags reads Tag.N.Key and Tag.N.Value; a value of "" asks for the key alone.
func requestedTags(req *request) map[string]string {
	tags := make(map[string]string)
	for n := range 20 {
		if key := req.params.Get(fmt.Sprintf("Tag.%d.Key", n+1)); key != "" {
			tags[key] = req.params.Get(fmt.Sprintf("Tag.%d.Value", n+1))
		}
	}
	return tags
}

func hasTags(in *Instance, tags map[string]string) bool {
	for key, value := range tags {
		have, ok := in.Tags[key]
		if !ok || (value != "" && have != value) {
			return false
		}
	}
	return true
}

func instanceType(in *Instance) string {
	if in.Topology == ShardedCluster {
		return "sharding"
	}
	return "replicate" // standalone instances too
}

func alibabaStatus(in *Instance) string {
	if in.Status == "" {
		return "Running"
	}
	return in.Status
}

func onCloudDisk(in *Instance) bool { return strings.HasPrefix(in.Storage, "cloud_") }

func alibabaInstance(in *Instance) object {
	record := object{
		"DBInstanceId":          in.ID,
		"DBInstanceDescription": in.Name,
		"DBInstanceType":        instanceType(in),
		"DBInstanceStatus":      alibabaStatus(in),
		"DBInstanceStorage":     100,
		"StorageType":           in.Storage,
		"Engine":                "MongoDB",
		"EngineVersion":         in.Version,
		"RegionId":              in.Region,
		"ZoneId":                in.Region + "-h",
		"NetworkType":           "VPC",
		"ChargeType":            "PostPaid",
		"LockMode":              "Unlock",
		"KindCode":              "0",
		"ResourceGroupId":       "rg-acfmyiu4ekp****",
		"CreationTime":          instanceTime(in.CreatedAt),
		"ExpireTime":            "",
		"Tags":                  object{"Tag": alibabaTags(in.Tags)},
	}
	if in.Topology == ShardedCluster {
		shards := make([]any, 0, len(in.Shards))
		for _, id := range in.Shards {
			shards = append(shards, object{"NodeId": id, "NodeStorage": 100, "NodeClass": "dds.shard.standard", "ReadonlyReplicas": 0})
		}
		record["ShardList"] = object{"ShardAttribute": shards}
		record["MongosList"] = object{"MongosAttribute": []any{object{"NodeId": in.ID + "-mongos", "NodeClass": "dds.mongos.standard"}}}
		return record
	}
	record["ReplicationFactor"] = "3"
	if in.Topology == Standalone {
		record["ReplicationFactor"] = "1"
	}
	return record
}

func instanceTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(minuteTime)
}

func alibabaTags(tags map[string]string) []any {
	list := make([]any, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, object{"Key": key, "Value": tags[key]})
	}
	return list
}

// listOf wraps records the way the API wraps its lists.
func (s *Sim) listOf(key string, records []any) object {
	if len(records) == 0 && s.opts.Variants.BareEmptyList {
		return object{}
	}
	return object{key: records}
}

// describeBackupStorage adds up what the instance's, or the shard's, backups occupy.
func (s *Sim) describeBackupStorage(req *request, in *Instance) answer {
	if !onCloudDisk(in) {
		return unsupported(req)
	}
	if in.Topology == ShardedCluster && req.nodeID == "" {
		return missingParameter(req, "NodeId")
	}
	var full int64
	for _, b := range in.backupsAt(req.now) {
		if b.Status == statusSuccess && wanted(req, "NodeId", b.Node) {
			full += b.SizeBytes
		}
	}
	return alibabaOK(req, object{"FullStorageSize": full, "LogStorageSize": full / 20, "FreeSize": full * 2})
}

func (s *Sim) describeInstanceRecoverTime(req *request, in *Instance) answer {
	if in.Topology != ReplicaSet || !onCloudDisk(in) {
		return unsupported(req)
	}
	return restoreRanges(req, in)
}

func (s *Sim) describeClusterRecoverTime(req *request, in *Instance) answer {
	if in.Topology != ShardedCluster || !in.ClusterBackup {
		return unsupported(req)
	}
	return restoreRanges(req, in)
}

func restoreRanges(req *request, in *Instance) answer {
	ranges := make([]any, 0, 1)
	for _, w := range in.recoveryAt(req.now) {
		ranges = append(ranges, object{
			"RestoreBeginTime": w.Start.UTC().Format(alibabaTime),
			"RestoreEndTime":   w.End.UTC().Format(alibabaTime),
			"RestoreType":      "PointInTime",
		})
	}
	a := alibabaOK(req, object{"RestoreRanges": ranges})
	a.status = http.StatusOK
	a.page = page{path: []string{"RestoreRanges"}, id: "RestoreBeginTime"}
	return a
}
