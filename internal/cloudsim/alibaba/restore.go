package alibaba

import (
	"net/http"
	"slices"

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
