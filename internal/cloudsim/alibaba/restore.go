package alibaba

import (
	"net/http"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// checkRecoveryCondition says whether a backup, or a moment of point-in-time recovery, could be restored.
func checkRecoveryCondition(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	id := req.Params.Get("BackupId")
	switch {
	case id == "" && req.Params.Get("RestoreTime") == "":
		return missingParameter(req, "BackupId")
	case id == "":
		return success(req, object{"DBInstanceName": in.ID, "IsValid": len(in.RecoveryAt(req.Now)) > 0})
	case in.Topology == fleet.ShardedCluster:
		return failure(req, http.StatusForbidden, "IncorrectDBInstanceType",
			"Current DB instance engine and type does not support operations.")
	}
	list := in.BackupsAt(req.Now)
	i := slices.IndexFunc(list, func(b fleet.Backup) bool { return b.ID == id })
	switch {
	case i < 0:
		return failure(req, http.StatusNotFound, "InvalidBackupSetID.NotFound", "Specified backup set ID does not exist.")
	case list[i].RestoreCode == "" || list[i].RestoreCode == "false":
		return success(req, object{"DBInstanceName": in.ID, "IsValid": list[i].RestoreCode == "" && available(list[i])})
	}
	return failure(req, http.StatusForbidden, list[i].RestoreCode, "Current backup set state does not support operations.")
}

// describeRestores lists the instances that were made from backups of the instance in the last seven days.
func (api *API) describeRestores(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	page, bad := readPaging(req, "PageNumber")
	if bad != nil {
		return *bad
	}
	after, err := time.Parse(secondTime, req.Params.Get("CreationTimeAfter"))
	if err != nil || !after.Equal(after.Truncate(time.Hour)) || after.Before(req.Now.AddDate(0, 0, -7)) {
		return invalidParameter(req, "CreationTimeAfter")
	}
	found := slices.DeleteFunc(slices.Clone(in.Restores), func(r fleet.Restore) bool { return r.At.Before(after) || r.At.After(req.Now) })
	records := make([]any, 0, page.size)
	for _, r := range pageOf(req, found, page) {
		deleted := 0
		if r.Deleted {
			deleted = 1
		}
		records = append(records, object{
			"DBInstanceId": r.InstanceID, "DBInstanceDescription": "", "DBInstanceType": instanceType(in), "DBInstanceStatus": "Running",
			"EngineVersion": in.Version, "RegionId": in.Region, "ZoneId": in.Region + "-g", "LockMode": "Unlock",
			"CreationTime": timeOf(r.At), "IsDeleted": deleted,
		})
	}
	a := success(req, object{
		"PageNumber": page.number, "PageSize": page.size, "TotalCount": len(found),
		"DBInstances": api.listOf("DBInstance", records),
	})
	a.Page = httpsim.Page{Path: []string{"DBInstances", "DBInstance"}, Total: "TotalCount", ID: "DBInstanceId"}
	return a
}
