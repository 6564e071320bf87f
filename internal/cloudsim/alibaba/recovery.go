package alibaba

import (
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

func describeInstanceRecoverTime(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if in.Topology != fleet.ReplicaSet || !in.OnCloudDisk() {
		return unsupported(req)
	}
	return restoreRanges(req, in)
}

func describeClusterRecoverTime(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if in.Topology != fleet.ShardedCluster || !in.ClusterBackup {
		return unsupported(req)
	}
	return restoreRanges(req, in)
}

func restoreRanges(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	ranges := make([]any, 0, 1)
	for _, w := range in.RecoveryAt(req.Now) {
		ranges = append(ranges, object{
			"RestoreBeginTime": w.Start.UTC().Format(secondTime),
			"RestoreEndTime":   w.End.UTC().Format(secondTime),
			"RestoreType":      "PointInTime",
		})
	}
	a := success(req, object{"RestoreRanges": ranges})
	a.Page = httpsim.Page{Path: []string{"RestoreRanges"}, ID: "RestoreBeginTime"}
	return a
}
