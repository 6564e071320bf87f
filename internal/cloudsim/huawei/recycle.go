package huawei

import (
	"slices"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// recycledFor is how many days an instance stays in the recycle bin.
const recycledFor = 7

// listRecycleInstances lists the deleted instances that can still be brought back, the last deleted one first.
func (api *API) listRecycleInstances(req *httpsim.Request) httpsim.Answer {
	page, bad := readPaging(req)
	if bad != nil {
		return *bad
	}
	var found []*fleet.Instance
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if in.Recycled() && in.Region == req.Region && req.Now.Before(in.DeletedAt.AddDate(0, 0, recycledFor)) {
			found = append(found, in)
		}
	}
	slices.SortStableFunc(found, func(a, b *fleet.Instance) int { return b.DeletedAt.Compare(a.DeletedAt) })
	records := make([]any, 0, page.limit)
	for _, in := range pageOf(found, page) {
		records = append(records, api.recycledRecord(in))
	}
	a := success(req, object{"instances": records, "total_count": len(found)})
	a.Page = httpsim.Page{Path: []string{"instances"}, Total: "total_count", ID: "id"}
	return a
}

func (api *API) recycledRecord(in *fleet.Instance) object {
	datastore, payMode, createdAt := "datastore", "pay_mode", "created_at"
	if api.opts.Variants.RecycledAsOld {
		datastore, payMode, createdAt = "data_store", "pay_model", "create_at"
	}
	return object{
		"id": in.ID, "name": in.Name, "mode": topology(in),
		datastore: object{"type": "DDS-Community", "version": in.Version},
		payMode:   "0", "enterprise_project_id": "0", "backup_id": fleet.HuaweiID("br02", in.ID, "recycled"),
		createdAt: in.CreatedAt.UTC().Format(instanceTime), "deleted_at": in.DeletedAt.UTC().Format(instanceTime),
		"retained_until": in.DeletedAt.AddDate(0, 0, recycledFor).UTC().Format(instanceTime), "status": "Active",
	}
}

// showQuotas shows how many instances of each mode there may be. There is no quota for backups.
func showQuotas(req *httpsim.Request) httpsim.Answer {
	const quota = 50
	used := map[string]int{}
	for i := range req.Account.Instances {
		if in := &req.Account.Instances[i]; in.Region == req.Region && !in.Recycled() {
			used[topology(in)]++
		}
	}
	resources := make([]any, 0, 3)
	for _, mode := range []string{"Single", "ReplicaSet", "Sharding"} {
		resources = append(resources, object{"type": "instance", "mode": mode, "quota": quota, "used": used[mode]})
	}
	return success(req, object{"quotas": object{"resources": resources}})
}

// showBackupDownloadLink refuses, as the exporter's policy does not allow it; a variant gives out a link that opens nothing.
func (api *API) showBackupDownloadLink(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if !api.opts.Variants.Downloads {
		return forbidden(req)
	}
	for _, b := range in.BackupsAt(req.Now) {
		if b.ID == req.Params.Get("backup_id") {
			file := object{
				"name": b.ID + ".tar.gz", "size": (b.SizeBytes + 1023) / 1024, "download_link": "https://obs.example.com/bucket/" + b.ID,
				"link_expired_time": req.Now.AddDate(0, 0, 1).UTC().Format(taskTime),
			}
			return success(req, object{"files": []any{file}, "bucket": "bucket"})
		}
	}
	return badRequest(req, "DBS.201214", "The backup does not exist.")
}
