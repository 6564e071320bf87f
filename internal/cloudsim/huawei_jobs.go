package cloudsim

import (
	"net/http"
	"slices"
	"time"
)

const (
	taskTime     = "2006-01-02T15:04:05-0700"
	maxTaskRange = 30 * day
	keptFailures = 7 * day // failed tasks are forgotten after that
)

// task is a job of an instance as the task list knows it.
type task struct {
	Job
	in   *Instance
	name string
}

// listTasks lists jobs that started in a span of at most 30 days, newest first.
func (s *Sim) listTasks(req *request) answer {
	window, bad := huaweiPaging(req)
	if bad != nil {
		return *bad
	}
	start, err := time.Parse(taskTime, req.params.Get("start_time"))
	if err != nil {
		return *huaweiBad(req, "DBS.280067", "The start time is invalid.")
	}
	end, err := time.Parse(taskTime, req.params.Get("end_time"))
	if err != nil || end.Before(start) || end.Sub(start) > maxTaskRange {
		return *huaweiBad(req, "DBS.280068", "The end time is invalid.")
	}
	var found []task
	for _, t := range s.tasks(req) {
		if !t.Start.Before(start) && !t.Start.After(end) && wanted(req, "status", t.Status) &&
			wanted(req, "name", t.name) && wanted(req, "id", t.ID) {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b task) int { return b.Start.Compare(a.Start) })
	records := make([]any, 0, window.limit)
	for _, t := range sliceOf(found, window) {
		records = append(records, taskRecord(t))
	}
	a := huaweiOK(req, object{"jobs": records, "total_count": len(found)})
	a.page = page{path: []string{"jobs"}, total: "total_count", id: "id"}
	return a
}

func (s *Sim) showJobDetail(req *request) answer {
	for _, t := range s.tasks(req) {
		if t.ID == req.params.Get("id") {
			return huaweiOK(req, object{"job": jobDetail(t)})
		}
	}
	return huaweiError(req, http.StatusBadRequest, "DBS.200543", "The job does not exist.")
}

// tasks returns all jobs of the project: those of the fleet, and one for each full backup without.
func (s *Sim) tasks(req *request) []task {
	var list []task
	for i := range req.account.Instances {
		in := &req.account.Instances[i]
		if in.Region != req.region {
			continue
		}
		own := make([]task, 0, len(in.Jobs))
		for _, job := range in.Jobs {
			own = append(own, task{job.at(req.now), in, "MongodbSnapshotBackup"})
		}
		for _, b := range in.backupsAt(req.now) {
			known := func(t task) bool { return t.ID == b.jobID() || t.Start.Equal(b.Start) }
			if !b.Incremental && !slices.ContainsFunc(own, known) {
				own = append(own, task{taskOf(b, req.now), in, taskName(b.Method)})
			}
		}
		list = append(list, own...)
	}
	return slices.DeleteFunc(list, func(t task) bool {
		return t.Status == "Failed" && req.now.Sub(t.Start) > keptFailures
	})
}

func taskName(method string) string {
	if method == "Snapshot" {
		return "MongodbSnapshotEBackup"
	}
	return "MongodbSnapshotBackup"
}

// taskOf returns the job that made a backup.
func taskOf(b Backup, now time.Time) Job {
	job := Job{ID: b.jobID(), Manual: b.Manual, Start: b.Start, End: b.End, Reason: b.Reason}
	switch b.Status {
	case statusRunning:
		job.Status, job.Progress = "Running", progress(b.Start, b.Length, now)
	case statusFailed:
		job.Status = "Failed"
	default:
		job.Status = "Completed"
	}
	return job
}

func taskRecord(t task) object {
	return object{
		"id": t.ID, "name": t.name, "status": t.Status, "progress": t.Progress, "fail_reason": t.Reason,
		"instance_id": t.in.ID, "instance_name": t.in.Name,
		"created_at": taskTimeOf(t.Start), "ended_at": taskTimeOf(t.End),
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
