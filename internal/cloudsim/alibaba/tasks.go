package alibaba

import (
	"cmp"
	"slices"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// finishedTaskKept is how long the list shows a finished task.
const finishedTaskKept = 5 * time.Minute

// describeBackupTasks lists jobs that are planned, running or recently finished.
func (api *API) describeBackupTasks(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	if !in.OnCloudDisk() {
		return unsupported(req)
	}
	records := make([]any, 0, 1)
	for _, job := range jobsAt(in, req.Now) {
		if req.Allows("BackupJobId", job.ID) {
			records = append(records, taskRecord(job))
		}
	}
	a := success(req, api.unlessEmpty("BackupJobs", records))
	a.Page = httpsim.Page{Path: []string{"BackupJobs"}, ID: "BackupjobId"}
	return a
}

func taskRecord(job fleet.Job) object {
	record := object{
		"BackupjobId":     job.ID, // the API writes the j in lower case
		"BackupSetStatus": job.Status,
		"BackupStartTime": timeOf(job.Start),
		"JobMode":         mode(job.Manual),
	}
	if job.Progress != "" {
		record["Progress"] = job.Progress
	}
	return record
}

// jobsAt returns the instance's own jobs, and one for each running or recently finished backup without a job of its own.
// The newest comes first.
func jobsAt(in *fleet.Instance, now time.Time) []fleet.Job {
	var list []fleet.Job
	for _, job := range in.Jobs {
		list = append(list, job.At(now))
	}
	for _, b := range in.BackupsAt(now) {
		job, shown := jobOf(b, now)
		same := func(j fleet.Job) bool { return j.Start.Equal(b.Start) || j.ID == job.ID }
		if shown && !slices.ContainsFunc(list, same) {
			list = append(list, job)
		}
	}
	slices.SortStableFunc(list, func(a, b fleet.Job) int {
		return cmp.Or(b.Start.Compare(a.Start), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// jobOf returns the job of a running or recently finished backup. For any other backup shown is false.
func jobOf(b fleet.Backup, now time.Time) (job fleet.Job, shown bool) {
	job = fleet.Job{ID: b.EffectiveJobID(), Manual: b.Manual, Start: b.Start, End: b.End, Length: b.Length}
	switch {
	case b.Status == fleet.StatusRunning:
		job.Status, job.Progress = "Backuping", b.Progress(now)
	case b.Status == fleet.StatusSuccess && b.Length > 0 && now.Sub(b.End) < finishedTaskKept:
		job.Status = "Finished"
	default:
		return job, false
	}
	return job, true
}
