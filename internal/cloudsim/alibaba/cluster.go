package alibaba

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// describeClusterBackups lists the sets of an instance in cluster-backup mode. The API pages by PageNo here and sends
// no total.
func (api *API) describeClusterBackups(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if in.Topology != fleet.ShardedCluster || !in.ClusterBackup {
		return unsupported(req)
	}
	page, within, bad := api.readListing(req, "PageNo")
	if bad != nil {
		return *bad
	}
	parts := make(map[string][]fleet.Backup)
	for _, b := range in.BackupsAt(req.Now) {
		if b.Set != "" && req.Allows("BackupId", b.Set) && within.contains(b.Start) {
			parts[b.Set] = append(parts[b.Set], b)
		}
	}
	sets := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(parts[b][0].Start.Compare(parts[a][0].Start), cmp.Compare(a, b))
	})
	records := make([]any, 0, page.size)
	for _, id := range pageOf(req, sets, page) {
		records = append(records, setRecord(in, id, parts[id], req.Now))
	}
	a := success(req, object{
		"ClusterBackups": records, "PageNumber": page.number, "PageSize": page.size, "MaxResults": len(sets),
	})
	a.Page = httpsim.Page{Path: []string{"ClusterBackups"}, ID: "ClusterBackupId"}
	return a
}

// setRecord is the record of one set, which is available when the parts of all shards are.
func setRecord(in *fleet.Instance, id string, parts []fleet.Backup, now time.Time) object {
	record := object{
		"ClusterBackupId": id, "ClusterBackupMode": mode(parts[0].Manual), "EngineVersion": in.Version, "IsAvail": 0,
		"AttachLogStatus": "No_Need", "ExtraInfo": object{"RegistryFromHistory": "0"},
	}
	first, last := parts[0].Start, parts[0].End
	var size int64
	var shards []any
	good := 0
	for _, b := range parts {
		if b.Start.Before(first) {
			first = b.Start
		}
		if b.End.After(last) {
			last = b.End
		}
		if available(b) {
			good++
		}
		size += b.SizeBytes
		shards = append(shards, shardRecord(b))
	}
	record["Backups"] = shards
	if good >= len(in.Shards) {
		record["IsAvail"] = 1
	}
	record["ClusterBackupStartTime"], record["ClusterBackupEndTime"] = timeOf(first), timeOf(last)
	record["ClusterBackupStatus"], record["Progress"] = setStatus(parts, now)
	if record["ClusterBackupStatus"] == "Running" {
		record["ClusterBackupEndTime"] = ""
	}
	record["ClusterBackupSize"] = strconv.FormatInt(size, 10)
	if expires := parts[0].ExpiresAt; !expires.IsZero() {
		record["BackupExpireTime"] = timeOf(expires)
	}
	return record
}

// setStatus returns the status and the progress of a set. "OK" is the only documented status.
func setStatus(parts []fleet.Backup, now time.Time) (status, progress string) {
	status, progress = "OK", "100"
	for _, b := range parts {
		switch b.Status {
		case fleet.StatusRunning:
			status, progress = "Running", strings.TrimSuffix(b.Progress(now), "%")
		case fleet.StatusFailed:
			status = "Failed"
		}
	}
	return status, progress
}

// shardRecord is one shard's part of a set. The documentation's example has the newline after the name, too.
func shardRecord(b fleet.Backup) object {
	isAvailable := "0"
	if available(b) {
		isAvailable = "1"
	}
	return object{
		"BackupId": b.ID, "BackupName": b.Name, "InstanceName": b.Node + "\n", "BackupStatus": backupStatus(b.Status),
		"BackupSize": strconv.FormatInt(b.SizeBytes, 10), "IsAvail": isAvailable,
		"BackupStartTime": timeOf(b.Start), "BackupEndTime": timeOf(b.End),
		"ExtraInfo": object{"NodeId": b.Node, "InstanceId": b.Node, "NodeType": "db"},
	}
}
