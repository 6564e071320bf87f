package huawei

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const (
	taskTime     = "2006-01-02T15:04:05-0700"
	maxTaskRange = 30 * 24 * time.Hour
	keptFailures = 7 * 24 * time.Hour // how long the list shows a failed task
)

// task is a job as the task list shows it.
type task struct {
	fleet.Job
	in   *fleet.Instance
	name string
	of   string // the instance that it names; "": in
}

// listTasks lists jobs that started in a span of at most 30 days, newest first. The list has no total.
func (api *API) listTasks(req *httpsim.Request) httpsim.Answer {
	if api.opts.Variants.NoTaskList {
		return noSuchAPI(req)
	}
	page, bad := readPaging(req)
	if bad != nil {
		return *bad
	}
	start, err := time.Parse(taskTime, req.Params.Get("start_time"))
	if err != nil {
		return badRequest(req, "DBS.280067", "The start time is invalid.")
	}
	end, err := time.Parse(taskTime, req.Params.Get("end_time"))
	if err != nil || end.Before(start) || end.Sub(start) > maxTaskRange {
		return badRequest(req, "DBS.280068", "The end time is invalid.")
	}
	var found []task
	for _, t := range append(tasks(req), api.restores(req)...) {
		if !t.Start.Before(start) && !t.Start.After(end) && req.Allows("status", t.Status) &&
			req.Allows("name", t.name) && req.Allows("id", t.ID) {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b task) int { return b.Start.Compare(a.Start) })
	records := make([]any, 0, page.limit)
	for _, t := range pageOf(found, page) {
		records = append(records, api.taskRecord(t))
	}
	a := success(req, object{"jobs": records})
	a.Page = httpsim.Page{Path: []string{"jobs"}, ID: "id"}
	if api.opts.Variants.TaskTotal {
		a = success(req, object{"jobs": records, "total_count": len(found)})
		a.Page = httpsim.Page{Path: []string{"jobs"}, Total: "total_count", ID: "id"}
	}
	return a
}

func showJobDetail(req *httpsim.Request) httpsim.Answer {
	for _, t := range tasks(req) {
		if t.ID == req.Params.Get("id") {
			return success(req, object{"job": jobDetail(t)})
		}
	}
	return failure(req, http.StatusBadRequest, "DBS.200543", "The job does not exist.")
}

// tasks returns all jobs of the project: those of the fleet, and one for each full backup without a job of its own.
func tasks(req *httpsim.Request) []task {
	var list []task
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if in.Region != req.Region || in.Recycled() {
			continue
		}
		own := make([]task, 0, len(in.Jobs))
		for _, job := range in.Jobs {
			own = append(own, task{Job: job.At(req.Now), in: in, name: "MongodbSnapshotBackup"})
		}
		for _, b := range in.BackupsAt(req.Now) {
			id := b.EffectiveJobID()
			known := func(t task) bool { return t.ID == id || t.Start.Equal(b.Start) }
			if !b.Incremental && !slices.ContainsFunc(own, known) {
				own = append(own, task{Job: taskOf(b, req.Now), in: in, name: taskName(b.Method)})
			}
		}
		list = append(list, own...)
	}
	return slices.DeleteFunc(list, func(t task) bool {
		return t.Status == "Failed" && req.Now.Sub(t.Start) > keptFailures
	})
}

// restores returns the tasks of restores to new instances.
func (api *API) restores(req *httpsim.Request) []task {
	var list []task
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if in.Region != req.Region {
			continue
		}
		name := "RestoreMongoDB_Replica"
		if in.Topology == fleet.ShardedCluster {
			name = "RestoreMongoDB"
		}
		for _, r := range in.Restores {
			t := task{Job: fleet.Job{ID: "restore-" + r.InstanceID, Status: "Completed", Start: r.At, End: r.At.Add(10 * time.Minute)}, in: in, name: name}
			if api.opts.Variants.NewInstance {
				t.of = r.InstanceID
			}
			if !r.At.After(req.Now) {
				list = append(list, t)
			}
		}
	}
	return list
}

func taskName(method string) string {
	if method == "Snapshot" {
		return "MongodbSnapshotEBackup"
	}
	return "MongodbSnapshotBackup"
}

// taskOf returns the job that made a backup.
func taskOf(b fleet.Backup, now time.Time) fleet.Job {
	job := fleet.Job{ID: b.EffectiveJobID(), Manual: b.Manual, Start: b.Start, End: b.End, Reason: b.Reason}
	switch b.Status {
	case fleet.StatusRunning:
		job.Status, job.Progress = "Running", b.Progress(now)
	case fleet.StatusFailed:
		job.Status = "Failed"
	default:
		job.Status = "Completed"
	}
	return job
}

func (api *API) taskRecord(t task) object {
	end := t.End
	if api.opts.Variants.RunningEnds && end.IsZero() {
		end = t.Start.Add(10 * time.Second)
	}
	return object{
		"id": t.ID, "name": t.name, "status": t.Status, "progress": t.Progress, "fail_reason": t.Reason,
		"instance_id": cmp.Or(t.of, t.in.ID), "instance_name": t.in.Name,
		"created_at": taskTimeOf(t.Start), "ended_at": taskTimeOf(end),
	}
}

func jobDetail(t task) object {
	record := object{
		"id": t.ID, "name": t.name, "status": t.Status, "progress": t.Progress, "fail_reason": nil,
		"created": taskTimeOf(t.Start), "ended": taskTimeOf(t.End),
		"instance": object{"id": t.in.ID, "name": t.in.Name},
	}
	if t.Reason != "" {
		record["fail_reason"] = t.Reason
	}
	return record
}

// taskTimeOf writes the zone without a colon: "2021-07-12T09:22:04+0000".
func taskTimeOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(taskTime)
}
