package alibaba

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// keepForever is the retention period of a backup that never expires.
const keepForever = -1

// createBackup starts a manual backup of the instance. Of a sharded cluster it starts one of each shard.
func (api *API) createBackup(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if bad := refuseBackup(req, in); bad != nil {
		return *bad
	}
	method := req.Params.Get("BackupMethod")
	if method == "" || in.OnCloudDisk() {
		method = in.DefaultMethod()
	}
	b := fleet.Backup{
		ID: api.newID(), JobID: api.newID(), Manual: true, Method: method,
		Start: req.Now.Truncate(time.Second), Length: api.opts.BackupLength,
	}
	b.ExpiresAt = expiry(b.Start, req.Params.Get("BackupRetentionPeriod"), in.Policy)
	nodes := []string{""}
	if in.Topology == fleet.ShardedCluster {
		nodes = in.Shards
	}
	in.StartBackup(b, nodes)
	id := b.ID
	if api.opts.Variants.EmptyBackupID {
		id = ""
	}
	return success(req, object{"BackupId": id, "BackupJobId": b.JobID})
}

// expiry returns when a backup expires. When its retention period is not a number, that of the policy counts.
func expiry(start time.Time, retention string, policy fleet.Policy) time.Time {
	days, err := strconv.Atoi(retention)
	if err != nil {
		days = policy.RetentionDays
	}
	if days == keepForever {
		return time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	return start.AddDate(0, 0, days)
}

// refuseBackup returns the error for a backup that cannot be started. It returns nil for one that can.
func refuseBackup(req *httpsim.Request, in *fleet.Instance) *httpsim.Answer {
	methods := []string{"", "Snapshot", "Physical", "Logical"}
	if in.OnCloudDisk() {
		methods = methods[:2]
	}
	switch {
	case in.Serverless:
		return new(badRequest(req, "IncorrectDBInstanceType", "Current DB instance type does not support this operation."))
	case instanceStatus(in) != "Running":
		return new(failure(req, http.StatusForbidden, "OperationDenied.DBInstanceStatus",
			"The operation is not permitted due to status of instance."))
	case !slices.Contains(methods, req.Params.Get("BackupMethod")):
		return new(badRequest(req, "InvalidBackupMethod.ValueNotSupport",
			"The specified parameter BackupMethod is not valid."))
	case !validRetention(req.Params.Get("BackupRetentionPeriod"), in):
		return new(invalidParameter(req, "BackupRetentionPeriod"))
	case in.BusyAt(req.Now):
		return new(failure(req, http.StatusForbidden, "OperationDenied.BackupJobExists",
			"The operation is not permitted due to backup job exist."))
	}
	return nil
}

// validRetention reports whether the parameter may be sent: not at all, or on cloud disks as 7 to 730 days or -1.
func validRetention(text string, in *fleet.Instance) bool {
	if text == "" {
		return true
	}
	days, err := strconv.Atoi(text)
	return err == nil && in.OnCloudDisk() && (days == keepForever || (days >= 7 && days <= 730))
}
