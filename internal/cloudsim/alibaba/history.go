package alibaba

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// manualBackup is the TaskType of manual backups. The history has no automatic ones.
const manualBackup = "ManualBackupIns"

// describeHistoryTasks lists the manual backups of the region, newest first: also those that failed.
func (api *API) describeHistoryTasks(req *httpsim.Request) httpsim.Answer {
	page, bad := readHistoryPaging(req)
	if bad != nil {
		return *bad
	}
	var span [2]time.Time
	for i, name := range []string{"FromStartTime", "ToStartTime"} {
		text := req.Params.Get(name)
		at, err := time.Parse(secondTime, text)
		switch {
		case text == "":
			return missingParameter(req, name)
		case err != nil:
			return invalidParameter(req, name)
		}
		span[i] = at
	}
	var records []any
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if !req.Allows("RegionId", in.Region) || !among(req.Params.Get("InstanceId"), in.ID) {
			continue
		}
		for _, job := range manualJobs(in, req.Now) {
			record := historyRecord(in, job)
			listed := !job.Start.Before(span[0]) && !job.Start.After(span[1])
			if listed && among(req.Params.Get("TaskType"), manualBackup) && among(req.Params.Get("Status"), record["Status"].(string)) {
				records = append(records, record)
			}
		}
	}
	total := len(records)
	body := api.unlessEmpty("Items", append([]any{}, pageOf(req, records, page)...))
	body["PageNumber"], body["PageSize"], body["TotalCount"] = page.number, page.size, total
	a := success(req, body)
	a.Page = httpsim.Page{Path: []string{"Items"}, Total: "TotalCount", ID: "TaskId"}
	return a
}

// among reports whether a list of values that are separated by commas names the value. An empty list names all.
func among(list, value string) bool {
	return list == "" || slices.Contains(strings.Split(list, ","), value)
}

// readHistoryPaging reads PageNumber and PageSize, which is between 10 and 100 here.
func readHistoryPaging(req *httpsim.Request) (paging, *httpsim.Answer) {
	p := paging{number: 1, size: 10}
	for name, into := range map[string]*int{"PageNumber": &p.number, "PageSize": &p.size} {
		text := req.Params.Get(name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || (into == &p.size && (n < 10 || n > 100)) {
			return p, new(invalidParameter(req, name))
		}
		*into = n
	}
	return p, nil
}

// manualJobs returns the manual jobs of an instance, and one for each manual backup without a job of its own. The newest
// comes first.
func manualJobs(in *fleet.Instance, now time.Time) []fleet.Job {
	var list []fleet.Job
	for _, job := range in.Jobs {
		if job.Manual {
			list = append(list, job.At(now))
		}
	}
	for _, b := range in.BackupsAt(now) {
		same := func(j fleet.Job) bool { return j.Start.Equal(b.Start) }
		if b.Manual && b.CopiedTo == "" && !slices.ContainsFunc(list, same) {
			list = append(list, fleet.Job{ID: b.EffectiveJobID(), Status: b.Status, Manual: true, Start: b.Start, End: b.End, Reason: b.Reason})
		}
	}
	slices.SortStableFunc(list, func(a, b fleet.Job) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// historyRecord writes a manual job as the history shows it. The step of one that failed is its Reason.
func historyRecord(in *fleet.Instance, job fleet.Job) object {
	status, ok := map[string]string{
		"Scheduled": "Scheduled", "Checking": "Running", "Backuping": "Running", fleet.StatusRunning: "Running",
		"Failed": "Failed", fleet.StatusFailed: "Failed",
	}[job.Status]
	progress := 0.0
	if !ok {
		status, progress = "Succeed", 100
	}
	return object{
		"TaskId": "t-" + job.ID, "TaskType": manualBackup, "Status": status, "Progress": progress,
		"CurrentStepName": cmp.Or(job.Reason, "exec_task"), "ReasonCode": "", "TaskDetail": "{}", "ActionInfo": "{}",
		"InstanceId": in.ID, "InstanceName": in.Name, "InstanceType": "Instance", "RegionId": in.Region,
		"DbType": "mongodb", "Product": "dds", "CallerSource": "User", "RemainTime": 0,
		"StartTime": timeOf(job.Start), "EndTime": timeOf(job.End),
	}
}
