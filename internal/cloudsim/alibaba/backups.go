package alibaba

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// describeBackups lists finished backups: a running one is a task, not a backup.
func (api *API) describeBackups(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	node := "" // NodeId counts for sharded clusters only
	if in.Topology == fleet.ShardedCluster {
		if node = req.NodeID; node == "" {
			return missingParameter(req, "NodeId")
		}
		if !slices.Contains(in.Shards, node) {
			return failure(req, http.StatusNotFound, "InvalidNodeId.NotFound", "The specified node Id does not exist.")
		}
	}
	page, within, bad := api.readListing(req, "PageNumber")
	if bad != nil {
		return *bad
	}
	found := slices.DeleteFunc(in.BackupsAt(req.Now), func(b fleet.Backup) bool {
		return b.Status == fleet.StatusRunning || b.Node != node || !inRegion(req, in, b) || !api.selected(req, b, within) ||
			api.opts.Variants.SetsApart && b.Set != "" || api.opts.Variants.FrequentUnlisted && in.Policy.HighFrequency(b)
	})
	fleet.SortNewestFirst(found)
	if api.opts.Variants.OldestFirst {
		slices.Reverse(found)
	}
	records := make([]any, 0, page.size)
	for _, b := range pageOf(req, found, page) {
		records = append(records, backupRecord(in, b))
	}
	a := success(req, object{
		"PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
		"Backups": api.listOf("Backup", records),
	})
	a.Page = httpsim.Page{Path: []string{"Backups", "Backup"}, Total: "TotalCount", ID: "BackupId"}
	return a
}

// selected reports whether a DescribeBackups call asks for the backup. The span of time counts only without BackupId.
func (api *API) selected(req *httpsim.Request, b fleet.Backup, within timeRange) bool {
	if !req.Allows("BackupJobId", b.EffectiveJobID()) {
		return false
	}
	ids := strings.FieldsFunc(req.Params.Get("BackupId"), func(r rune) bool { return r == ',' })
	if len(ids) > 0 {
		return slices.Contains(ids, b.ID)
	}
	return within.contains(api.filtered(b))
}

// filtered returns the time of a backup that StartTime and EndTime are compared with.
func (api *API) filtered(b fleet.Backup) time.Time {
	if api.opts.Variants.FilteredByEnd && !b.End.IsZero() {
		return b.End
	}
	return b.Start
}

// inRegion reports whether a backup is in the region that a call asks for: with DestRegion the copies there, and otherwise
// those in the region of the instance.
func inRegion(req *httpsim.Request, in *fleet.Instance, b fleet.Backup) bool {
	from, to := req.Params.Get("SrcRegion"), req.Params.Get("DestRegion")
	if to == in.Region {
		to = ""
	}
	return (from == "" || from == in.Region) && b.CopiedTo == to
}

func backupRecord(in *fleet.Instance, b fleet.Backup) object {
	record := object{
		"BackupId":        b.ID,
		"BackupJobId":     b.EffectiveJobID(),
		"BackupName":      b.Name,
		"BackupStatus":    backupStatus(b.Status),
		"BackupType":      "FullBackup",
		"BackupMode":      mode(b.Manual),
		"BackupMethod":    b.Method,
		"BackupScale":     "DBInstance",
		"BackupSize":      b.SizeBytes,
		"BackupStartTime": timeOf(b.Start),
		"BackupEndTime":   timeOf(b.End),
		"BackupDBNames":   "database",
		"IsAvail":         available(b),
		"EngineVersion":   in.Version,
		// Signed URLs let anybody read the backup: a client must not keep them.
		"BackupDownloadURL":         downloadURL(b),
		"BackupIntranetDownloadURL": downloadURL(b),
	}
	if b.Incremental {
		record["BackupType"] = "IncrementalBackup"
	}
	if !b.ExpiresAt.IsZero() {
		record["BackupExpireTime"] = timeOf(b.ExpiresAt)
	}
	httpsim.Override(record, b.Override)
	return record
}

// available reports whether the backup can be restored from.
func available(b fleet.Backup) bool { return b.Status == fleet.StatusSuccess && !b.Unavailable }

func downloadURL(b fleet.Backup) string {
	if b.Status != fleet.StatusSuccess || b.Method == "Snapshot" {
		return ""
	}
	return "http://rdslog-hz-v3.oss-cn-hangzhou.aliyuncs.com/backup/" + b.ID +
		".tar.gz?Expires=1547626498&OSSAccessKeyId=AKDOWNLOAD&Signature=SIGNEDURLSECRET"
}

func backupStatus(status string) string {
	switch status {
	case fleet.StatusSuccess:
		return "Success"
	case fleet.StatusFailed:
		return "Failed"
	}
	return status
}

func mode(manual bool) string {
	if manual {
		return "Manual"
	}
	return "Automated"
}

// describeBackupStorage adds up the sizes of the backups: of the instance, or of the shard that NodeId names.
func describeBackupStorage(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if !in.OnCloudDisk() {
		return unsupported(req)
	}
	if in.Topology == fleet.ShardedCluster && req.NodeID == "" {
		return missingParameter(req, "NodeId")
	}
	var full int64
	for _, b := range in.BackupsAt(req.Now) {
		if b.Status == fleet.StatusSuccess && req.Allows("NodeId", b.Node) {
			full += b.SizeBytes
		}
	}
	return success(req, object{"FullStorageSize": full, "LogStorageSize": full / 20, "FreeSize": full * 2})
}
