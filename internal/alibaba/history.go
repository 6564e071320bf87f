package alibaba

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log/level"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/wire"
)

// The history of tasks is the only list with manual backup jobs that failed. It is optional: nothing waits for it for long,
// and nothing fails with it.
const (
	historyFor        = 48 * time.Hour   // how far back it is read
	historyInterval   = 10 * time.Minute // between two readings of a region, and after a failure
	historyRetryAfter = time.Hour        // after a refusal
	historyWait       = 3 * time.Second  // how long the jobs of an instance wait for it
	taskManualBackup  = "ManualBackupIns"
)

// history is what is known of the failed manual backups of a region.
type history struct {
	shared *cloudcall.Shared[map[string][]backup.Job] // by instance id

	mu     sync.Mutex
	failed map[string][]backup.Job // by instance id: as read last
	due    time.Time               // when it is read again
	told   bool                    // that it cannot be read was logged, and it has not been read since
	logged map[string]bool         // ids of the tasks of failed, all of which were logged
}

// failedManual returns an instance's manual backup jobs that failed in the last two days, as far as they are known.
func (s *Source) failedManual(ctx context.Context, instanceID string) []backup.Job {
	if s.history.isDue(s.now()) {
		limited, cancel := context.WithTimeout(ctx, historyWait)
		failed, err := s.history.shared.Get(limited, instanceID, time.Time{})
		cancel()
		if ctx.Err() == nil {
			s.learnHistory(failed, err)
		}
	}
	return s.history.of(instanceID, s.now())
}

// OptionalOperations returns what makes each operation once, by its name, without which less is known and no reading fails.
func (s *Source) OptionalOperations() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		opDescribeHistoryTasks: func(ctx context.Context) error {
			_, err := s.listFailedManual(ctx, time.Time{})
			return err
		},
	}
}

func (h *history) isDue(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !now.Before(h.due)
}

// of returns what is known of one instance. What was read stays known until it is too old.
func (h *history) of(instanceID string, now time.Time) []backup.Job {
	h.mu.Lock()
	defer h.mu.Unlock()
	var jobs []backup.Job
	for _, job := range h.failed[instanceID] {
		if now.Sub(job.StartedAt) <= historyFor {
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// learnHistory keeps a reading, or puts the next one off.
func (s *Source) learnHistory(failed map[string][]backup.Job, err error) {
	h := &s.history
	h.mu.Lock()
	defer h.mu.Unlock()
	h.due = s.now().Add(historyInterval)
	if err == nil {
		h.told = false
		h.failed = failed
		s.logFailures()
		return
	}
	if class := backup.ClassOf(err); class == backup.ClassPermission || class == backup.ClassUnsupported {
		h.due = s.now().Add(historyRetryAfter)
	}
	if h.told {
		return
	}
	h.told = true
	_ = level.Warn(s.logger).Log("msg", "the history of tasks cannot be read: manual backups that failed may be missing; logged once",
		"err", err, "hint", hintOf(err))
}

func hintOf(err error) string {
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok {
		return ""
	}
	return failure.Hint
}

// logFailures logs each failed task once. It forgets the tasks that are no longer listed. The mutex is held.
func (s *Source) logFailures() {
	logged := map[string]bool{}
	for _, instanceID := range slices.Sorted(maps.Keys(s.history.failed)) {
		for _, job := range s.history.failed[instanceID] {
			logged[job.ID] = true
			if !s.history.logged[job.ID] {
				_ = level.Warn(s.logger).Log("msg", "a manual backup failed; logged once", "target", s.target(instanceID),
					"began", job.StartedAt.Format(backup.MinuteLayout), "reason", cmp.Or(job.Reason, "the cloud does not say why"))
			}
		}
	}
	s.history.logged = logged
}

// listFailedManual lists the region's manual backups that failed, by instance id.
func (s *Source) listFailedManual(ctx context.Context, _ time.Time) (map[string][]backup.Job, error) {
	const op = opDescribeHistoryTasks
	now := s.now().UTC()
	params := map[string]string{
		"TaskType": taskManualBackup, "Status": "Failed",
		"FromStartTime": now.Add(-historyFor).Format(time.RFC3339), "ToStartTime": now.Format(time.RFC3339),
	}
	list := pageReader[historyRecord]{op: op, pages: newPages[historyRecord](), id: func(rec *historyRecord) string { return rec.TaskID.Text }}
	list.read = func(ctx context.Context, number int) (page[historyRecord], error) {
		a, err := ask[historyAnswer](ctx, s.client, operation{name: op, params: numbered(params, number)})
		if err != nil {
			return page[historyRecord]{}, err
		}
		return page[historyRecord]{a.Items.Items, a.TotalCount, a.PageSize, a.Extent}, nil
	}
	records, err := list.readAll(ctx)
	if err != nil {
		return nil, err
	}
	var r wire.Reader
	failed := map[string][]backup.Job{}
	for i := range records {
		if instanceID, job, ok := convertTask(&records[i], &r); ok {
			failed[instanceID] = append(failed[instanceID], job)
		}
	}
	s.rejects.Report(s.owner, r)
	return failed, nil
}

// convertTask returns false for anything but a manual backup that failed, and for a record without an id, an instance or a
// start. The cloud does not say why a task failed: ReasonCode is why it was started, and the details of a task are not
// documented. The step at which it stands is the nearest thing to a reason.
func convertTask(rec *historyRecord, r *wire.Reader) (instanceID string, job backup.Job, ok bool) {
	state := wire.Choice(r, "Status", rec.Status, map[string]backup.JobState{
		"scheduled": backup.JobScheduled, "waiting": backup.JobScheduled, "running": backup.JobRunning,
		"cancelling": backup.JobRunning, "canceled": backup.JobFinished, "succeed": backup.JobFinished, "failed": backup.JobFailed,
	})
	if state != backup.JobFailed || !strings.EqualFold(rec.TaskType.Text, taskManualBackup) {
		return "", job, false
	}
	job = backup.Job{State: state, Trigger: backup.TriggerManual, Reason: reasonOf(r.Text("CurrentStepName", rec.CurrentStepName))}
	if job.ID, ok = r.ID("TaskId", rec.TaskID); !ok {
		return "", job, false
	}
	if instanceID, ok = r.ID("InstanceId", rec.InstanceID); !ok {
		return "", job, false
	}
	job.StartedAt, ok = timeOf(r, "StartTime", rec.StartTime)
	return instanceID, job, ok && !job.StartedAt.IsZero()
}

// longestStep is how many bytes of the name of a step are shown.
const longestStep = 80

// reasonOf returns what a failed task's step says of its failure; "" when there is no step.
func reasonOf(step string) string {
	if step = wire.Clip(cloudcall.Redact(step), longestStep); step == "" {
		return ""
	}
	return "at the step " + step
}

// withFailed adds the manual jobs that failed to an instance's jobs. One that is there already as a failed job gets the
// reason: the two lists have different ids.
func withFailed(jobs, failed []backup.Job) []backup.Job {
	for _, task := range failed {
		i := slices.IndexFunc(jobs, func(j backup.Job) bool {
			return j.State == backup.JobFailed && j.StartedAt.Sub(task.StartedAt).Abs() <= sameJob
		})
		if i < 0 {
			jobs = append(jobs, task)
			continue
		}
		jobs[i].Reason = cmp.Or(jobs[i].Reason, task.Reason)
	}
	return jobs
}

// sameJob is how far apart the two lists may say that a job began.
const sameJob = 5 * time.Minute
