package cloudsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describeBackups lists finished backups: a running one is a task, not a backup.
func (s *Sim) describeBackups(req *request, in *Instance) answer {
	if in.Topology == ShardedCluster && req.nodeID == "" {
		return missingParameter(req, "NodeId")
	}
	if in.Topology == ShardedCluster && !slices.Contains(in.Shards, req.nodeID) {
		return alibabaError(req, 404, "InvalidNodeId.NotFound", "The specified node Id does not exist.")
	}
	window, bad := alibabaPaging(req, "PageNumber")
	if bad != nil {
		return *bad
	}
	start, end, bad := s.timeRange(req)
	if bad != nil {
		return *bad
	}
	ids := strings.FieldsFunc(req.params.Get("BackupId"), func(r rune) bool { return r == ',' })
	var found []Backup
	for _, b := range in.backupsAt(req.now) {
		inRange := !b.Start.Before(start) && b.Start.Before(end)
		if len(ids) > 0 {
			inRange = slices.Contains(ids, b.ID)
		}
		if inRange && b.Status != statusRunning && b.Node == nodeOf(in, req.nodeID) &&
			wanted(req, "BackupJobId", b.jobID()) {
			found = append(found, b)
		}
	}
	newestFirst(found)
	records := make([]any, 0, window.size)
	for _, b := range pageOf(req, found, window) {
		records = append(records, alibabaBackup(in, b))
	}
	a := alibabaOK(req, object{
		"PageNumber": window.number, "PageSize": window.size, "TotalCount": len(found),
		"Backups": s.listOf("Backup", records),
	})
	a.page = page{path: []string{"Backups", "Backup"}, total: "TotalCount", id: "BackupId"}
	return a
}

// nodeOf returns the node whose backups are meant: NodeId counts for sharded clusters only.
func nodeOf(in *Instance, nodeID string) string {
	if in.Topology == ShardedCluster {
		return nodeID
	}
	return ""
}

func newestFirst(list []Backup) {
	slices.SortStableFunc(list, func(a, b Backup) int { return b.Start.Compare(a.Start) })
}

func alibabaBackup(in *Instance, b Backup) object {
	record := object{
		"BackupId":        b.ID,
		"BackupJobId":     b.jobID(),
		"BackupName":      b.Name,
		"BackupStatus":    alibabaBackupStatus(b.Status),
		"BackupType":      "FullBackup",
		"BackupMode":      jobMode(b.Manual),
		"BackupMethod":    b.Method,
		"BackupScale":     "DBInstance",
		"BackupSize":      b.SizeBytes,
		"BackupStartTime": alibabaTimeOf(b.Start),
		"BackupEndTime":   alibabaTimeOf(b.End),
		"BackupDBNames":   "database",
		"IsAvail":         b.Status == statusSuccess && !b.Unavailable,
		"EngineVersion":   in.Version,
		// Signed URLs let anybody read the backup: a client must not keep them.
		"BackupDownloadURL":         downloadURL(b),
		"BackupIntranetDownloadURL": downloadURL(b),
	}
	if b.Incremental {
		record["BackupType"] = "IncrementalBackup"
	}
	if !b.ExpiresAt.IsZero() {
		record["BackupExpireTime"] = alibabaTimeOf(b.ExpiresAt)
	}
	override(record, b.Override)
	return record
}

func downloadURL(b Backup) string {
	if b.Status != statusSuccess || b.Method == "Snapshot" {
		return ""
	}
	return "http://rdslog-hz-v3.oss-cn-hangzhou.aliyuncs.com/backup/" + b.ID + ".tar.gz?Expires=1547626498&OSSAccessKeyId=AKDOWNLOAD&Signature=SIGNEDURLSECRET"
}

func alibabaBackupStatus(status string) string {
	switch status {
	case statusSuccess:
		return "Success"
	case statusFailed:
		return "Failed"
	}
	return status
}

func alibabaTimeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(alibabaTime)
}

func jobMode(manual bool) string {
	if manual {
		return "Manual"
	}
	return "Automated"
}

// describeBackupTasks lists jobs that are planned, at work or lately finished.
func (s *Sim) describeBackupTasks(req *request, in *Instance) answer {
	if !onCloudDisk(in) {
		return unsupported(req)
	}
	records := make([]any, 0, 1)
	for _, job := range in.jobsAt(req.now) {
		if !wanted(req, "BackupJobId", job.ID) {
			continue
		}
		record := object{
			"BackupjobId":     job.ID, // the lower-case j is theirs
			"BackupSetStatus": job.Status,
			"BackupStartTime": alibabaTimeOf(job.Start),
			"JobMode":         jobMode(job.Manual),
		}
		if job.Progress != "" {
			record["Progress"] = job.Progress
		}
		records = append(records, record)
	}
	a := alibabaOK(req, object{"BackupJobs": records})
	a.page = page{path: []string{"BackupJobs"}, id: "BackupjobId"}
	return a
}

// describeClusterBackups lists the sets of an instance in cluster-backup mode. It pages by PageNo and has no total.
func (s *Sim) describeClusterBackups(req *request, in *Instance) answer {
	if in.Topology != ShardedCluster || !in.ClusterBackup {
		return unsupported(req)
	}
	window, bad := alibabaPaging(req, "PageNo")
	if bad != nil {
		return *bad
	}
	start, end, bad := s.timeRange(req)
	if bad != nil {
		return *bad
	}
	parts := make(map[string][]Backup)
	for _, b := range in.backupsAt(req.now) {
		if b.Set != "" && wanted(req, "BackupId", b.Set) && !b.Start.Before(start) && b.Start.Before(end) {
			parts[b.Set] = append(parts[b.Set], b)
		}
	}
	sets := make([]string, 0, len(parts))
	for id := range parts {
		sets = append(sets, id)
	}
	slices.SortFunc(sets, func(a, b string) int {
		return cmp.Or(parts[b][0].Start.Compare(parts[a][0].Start), cmp.Compare(a, b))
	})
	records := make([]any, 0, window.size)
	for _, id := range pageOf(req, sets, window) {
		records = append(records, clusterBackup(in, id, parts[id], req.now))
	}
	a := alibabaOK(req, object{
		"ClusterBackups": records, "PageNumber": window.number, "PageSize": window.size, "MaxResults": len(sets),
	})
	a.page = page{path: []string{"ClusterBackups"}, id: "ClusterBackupId"}
	return a
}

// clusterBackup is one set: available when every shard's part succeeded. "OK" is the only documented status.
func clusterBackup(in *Instance, id string, parts []Backup, now time.Time) object {
	record := object{
		"ClusterBackupId": id, "ClusterBackupStatus": "OK", "ClusterBackupMode": jobMode(parts[0].Manual),
		"EngineVersion": in.Version, "AttachLogStatus": "No_Need", "Progress": "100",
		"ExtraInfo": object{"RegistryFromHistory": "0"},
	}
	first, last := parts[0].Start, parts[0].End
	var size int64
	var nodes []any
	good := 0
	for _, b := range parts {
		if b.Start.Before(first) {
			first = b.Start
		}
		if b.End.After(last) {
			last = b.End
		}
		size += b.SizeBytes
		switch {
		case b.Status == statusRunning:
			record["ClusterBackupStatus"] = "Running"
			record["Progress"] = strings.TrimSuffix(progress(b.Start, b.Length, now), "%")
		case b.Status == statusSuccess && !b.Unavailable:
			good++
		case b.Status == statusFailed:
			record["ClusterBackupStatus"] = "Failed"
		}
		nodes = append(nodes, shardBackup(b))
	}
	record["Backups"] = nodes
	record["IsAvail"] = 0
	if good >= len(in.Shards) {
		record["IsAvail"] = 1
	}
	record["ClusterBackupStartTime"], record["ClusterBackupEndTime"] = alibabaTimeOf(first), alibabaTimeOf(last)
	if record["ClusterBackupStatus"] == "Running" {
		record["ClusterBackupEndTime"] = ""
	}
	record["ClusterBackupSize"] = strconv.FormatInt(size, 10)
	if expires := parts[0].ExpiresAt; !expires.IsZero() {
		record["BackupExpireTime"] = alibabaTimeOf(expires)
	}
	return record
}

// shardBackup is one shard's part of a set; the newline after its name is in the documentation's example.
func shardBackup(b Backup) object {
	available := "0"
	if b.Status == statusSuccess && !b.Unavailable {
		available = "1"
	}
	return object{
		"BackupId": b.ID, "BackupName": b.Name, "InstanceName": b.Node + "\n", "BackupStatus": alibabaBackupStatus(b.Status),
		"BackupSize": strconv.FormatInt(b.SizeBytes, 10), "IsAvail": available,
		"BackupStartTime": alibabaTimeOf(b.Start), "BackupEndTime": alibabaTimeOf(b.End),
		"ExtraInfo": object{"NodeId": b.Node, "InstanceId": b.Node, "NodeType": "db"},
	}
}

// override puts the record's own oddities into it.
func override(record object, with map[string]any) {
	for key, value := range with {
		if value == Omit {
			delete(record, key)
			continue
		}
		record[key] = value
	}
}
