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
		if b.Set != "" && req.Allows("BackupId", b.Set) && inRegion(req, in, b) && within.contains(api.filtered(b)) {
			parts[b.Set] = append(parts[b.Set], b)
		}
	}
	sets := slices.SortedFunc(maps.Keys(parts), func(a, b string) int {
		return cmp.Or(parts[b][0].Start.Compare(parts[a][0].Start), cmp.Compare(a, b))
	})
	if api.opts.Variants.OldestFirst {
		slices.Reverse(sets)
	}
	records := make([]any, 0, page.size)
	for _, id := range pageOf(req, sets, page) {
		record := api.setRecord(in, id, parts[id], req.Now)
		if req.Params.Get("IsOnlyGetClusterBackUp") == "true" {
			delete(record, "Backups")
		}
		records = append(records, record)
	}
	a := success(req, object{
		"ClusterBackups": records, "PageNumber": page.number, "PageSize": page.size, "MaxResults": len(records),
	})
	a.Page = httpsim.Page{Path: []string{"ClusterBackups"}, ID: "ClusterBackupId"}
	return a
}

// setRecord is the record of one set, which is available when the parts of all shards are.
func (api *API) setRecord(in *fleet.Instance, id string, parts []fleet.Backup, now time.Time) object {
	status := setStatus(parts)
	record := object{
		"ClusterBackupId": id, "ClusterBackupMode": mode(parts[0].Manual), "EngineVersion": in.Version, "IsAvail": 0,
		"ExtraInfo": object{"RegistryFromHistory": "0"},
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
		shards = append(shards, api.shardRecord(b))
	}
	record["Backups"] = shards
	if good >= len(in.Shards) {
		record["IsAvail"] = 1
	}
	record["ClusterBackupStartTime"], record["ClusterBackupEndTime"] = timeOf(first), timeOf(last)
	if status == fleet.StatusRunning {
		record["ClusterBackupEndTime"] = ""
	}
	api.addStatus(record, status, parts, now)
	record["ClusterBackupSize"] = strconv.FormatInt(size, 10)
	if expires := parts[0].ExpiresAt; !expires.IsZero() {
		record["BackupExpireTime"] = timeOf(expires)
	}
	for _, b := range parts {
		if b.SetOverride != nil {
			httpsim.Override(record, b.SetOverride)
			break
		}
	}
	return record
}

// setStatus returns the status of a set: running while a part runs, and failed when a part failed.
func setStatus(parts []fleet.Backup) string {
	status := fleet.StatusSuccess
	for _, b := range parts {
		switch b.Status {
		case fleet.StatusRunning:
			return fleet.StatusRunning
		case fleet.StatusFailed:
			status = fleet.StatusFailed
		}
	}
	return status
}

// addStatus adds what a record says of the state of its set. "OK" is the only documented status.
func (api *API) addStatus(record object, status string, parts []fleet.Backup, now time.Time) {
	v := api.opts.Variants
	word := map[string]string{fleet.StatusSuccess: "OK", fleet.StatusRunning: "RUNNING", fleet.StatusFailed: "Failed"}[status]
	if v.UnlistedSetWords && word != "OK" {
		word = "PENDING"
	}
	record["ClusterBackupStatus"] = word
	if status == fleet.StatusRunning || v.ProgressAlways {
		record["Progress"] = "50"
	}
	logs := "Ready"
	if status == fleet.StatusRunning {
		logs = "Init"
	}
	for _, b := range parts {
		if b.Status == fleet.StatusRunning && b.Length > 0 {
			record["Progress"] = strings.TrimSuffix(b.Progress(now), "%")
		}
		logs = cmp.Or(b.AttachLogs, logs)
	}
	if !v.NoAttachLogStatus {
		record["AttachLogStatus"] = logs
	}
}

// shardRecord is one shard's part of a set. The documentation's example has the newline after the name, too.
func (api *API) shardRecord(b fleet.Backup) object {
	v := api.opts.Variants
	isAvailable := "0"
	if available(b) {
		isAvailable = "1"
	}
	name, node := b.Node, b.Node
	if v.OtherInstanceName {
		name += "-host"
	}
	if v.OtherNodeID {
		node += "-node"
	}
	end := timeOf(b.End)
	if v.EndsWithoutZone {
		end = strings.TrimSuffix(end, "Z")
	}
	url := downloadURL(fleet.Backup{ID: b.ID, Status: b.Status}) // though it is a snapshot
	record := object{
		"BackupId": b.ID, "BackupName": b.Name, "InstanceName": name + "\n", "BackupStatus": api.partStatus(b.Status),
		"BackupSize": strconv.FormatInt(b.SizeBytes, 10), "IsAvail": isAvailable,
		"BackupStartTime": timeOf(b.Start), "BackupEndTime": end,
		"BackupDownloadURL": url, "BackupIntranetDownloadURL": url,
		"ExtraInfo": object{"NodeId": node, "NodeType": "db", "StorageSize": 20480, "InstanceClass": "mdb.shard.4x.large.d"},
	}
	httpsim.Override(record, b.Override)
	return record
}

func (api *API) partStatus(status string) string {
	word := backupStatus(status)
	if api.opts.Variants.SiblingPartWords {
		return cmp.Or(map[string]string{"Success": "OK", "Failed": "ERROR"}[word], word)
	}
	return word
}
