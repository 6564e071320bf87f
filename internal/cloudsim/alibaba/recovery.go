package alibaba

import (
	"strings"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

func (api *API) describeInstanceRecoverTime(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if in.Topology != fleet.ReplicaSet || !in.OnCloudDisk() {
		return unsupported(req)
	}
	return api.restoreRanges(req, in)
}

// describeClusterRecoverTime also answers for clusters of version 4.2 on local disks, though it is documented for later ones
// on cloud disks.
func (api *API) describeClusterRecoverTime(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	onLocalDisk := strings.HasPrefix(in.Storage, "local") && in.Version == "4.2"
	if in.Topology != fleet.ShardedCluster || !(in.ClusterBackup || onLocalDisk) {
		return unsupported(req)
	}
	return api.restoreRanges(req, in)
}

func (api *API) restoreRanges(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	ranges := make([]any, 0, 1)
	for _, w := range in.RecoveryAt(req.Now) {
		ranges = append(ranges, object{
			"RestoreBeginTime": w.Start.UTC().Format(secondTime),
			"RestoreEndTime":   w.End.UTC().Format(secondTime),
			"RestoreType":      "PointInTime",
		})
	}
	a := success(req, api.unlessEmpty("RestoreRanges", ranges))
	a.Page = httpsim.Page{Path: []string{"RestoreRanges"}, ID: "RestoreBeginTime"}
	return a
}
