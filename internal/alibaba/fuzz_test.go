package alibaba

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/wire"
)

// seed adds the examples of the documentation, and bodies that are known to be odd.
func seed(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	if err != nil || len(files) == 0 {
		f.Fatal("no examples", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, body := range []string{
		`{}`, `null`, `{"Backups":{"Backup":[null,"x",{}]}}`, `{"Code":"Throttling","RequestId":"R"}`,
		`{"Backups":{"Backup":[{"BackupId":{},"BackupStatus":[],"BackupEndTime":1e9,"BackupSize":33e7}]}}`,
		`{"PreferredBackupPeriod":",,Monday","PreferredBackupTime":"-","BackupRetentionPeriod":"-1","BackupInterval":99999999999}`,
		`{"ClusterBackups":[{"ClusterBackupId":"1","ClusterBackupStatus":"Running","Backups":[{"InstanceName":"d\n"}]}]}`,
		`{"DBInstances":{"DBInstance":[{"DBInstanceId":"a","ShardList":{"ShardAttribute":[{"NodeId":"d-1"}]},"Tags":{"Tag":[{"Key":"k","Value":"\u0000"}]}}]}}`,
		`{"Backups":{"Backup":[{"BackupId":"1","BackupStatus":"Failed","BackupStatus":"Success","BackupSize":2.8e3,"BackupEndTime":"2024-01-01T00:00:00Z"}]}}`,
		`{"Regions":{"DdsRegion":[{"RegionId":"cn-hangzhou"},{"RegionId":"cn-hangzhou"},{"RegionId":"example.com/x-1"},{"RegionId":1},null]}}`,
		`{"Items":[{"TaskId":"t-1","TaskType":"ManualBackupIns","InstanceId":"dds-1","Status":"Failed","CurrentStepName":"a\n\u0000b","StartTime":"2026-02-11T02:33Z"}]}`,
		`{"RestoreRanges":[{"RestoreBeginTime":"2024-01-01T00:00:00Z","RestoreEndTime":"9999-12-31T23:59:59Z"}]}`,
	} {
		f.Add([]byte(body))
	}
}

// checkTimes fails unless every time is in UTC and plausible.
func checkTimes(t *testing.T, times ...time.Time) {
	t.Helper()
	for _, at := range times {
		if !at.IsZero() && (at.Year() < 2000 || at.Year() > 9999 || at.Location() != time.UTC) {
			t.Errorf("time %v", at)
		}
	}
}

func checkBackup(t *testing.T, b backup.Backup) {
	t.Helper()
	checkTimes(t, b.StartedAt, b.EndedAt, b.ExpiresAt)
	if b.ID == "" {
		t.Error("a backup without an id")
	}
	checkText(t, b.ID, b.Method)
	if b.SizeBytes != nil && (*b.SizeBytes < 0 || b.State != backup.StateSuccess) {
		t.Errorf("size %d in state %v", *b.SizeBytes, b.State)
	}
	if b.State == backup.StateSuccess && (b.EndedAt.IsZero() || b.StartedAt.After(b.EndedAt)) {
		t.Errorf("a success from %v to %v", b.StartedAt, b.EndedAt)
	}
	if b.Unusable != "" && b.State != backup.StateSuccess {
		t.Errorf("unavailable in state %v", b.State)
	}
}

// FuzzDecode reads any body as the answer to every operation. Nothing may panic, every error has a class, and every value
// keeps the promises of the domain.
func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var r wire.Reader
		if a, err := wire.Decode[backupsAnswer](opDescribeBackups, body); classified(t, err) {
			for i := range a.Backups.Value.Backup.Items {
				if b, ok := convertBackup(&a.Backups.Value.Backup.Items[i], &r); ok {
					checkBackup(t, b)
				}
			}
		}
		if a, err := wire.Decode[clusterBackupsAnswer](opDescribeClusterBackups, body); classified(t, err) {
			for i := range a.ClusterBackups.Items {
				fuzzSet(t, &a.ClusterBackups.Items[i], &r)
			}
		}
		if a, err := wire.Decode[instancesAnswer](opDescribeDBInstances, body); classified(t, err) {
			for i := range a.DBInstances.Value.DBInstance.Items {
				if in, ok := convertInstance(&a.DBInstances.Value.DBInstance.Items[i], backup.Target{}, sharding, &r); ok {
					checkInstance(t, in)
				}
			}
		}
		if a, err := wire.Decode[tasksAnswer](opDescribeBackupTasks, body); classified(t, err) {
			for i := range a.BackupJobs.Items {
				job, ok := convertJob(&a.BackupJobs.Items[i], &r)
				if ok && (job.ID == "" || (job.Progress != nil && !(*job.Progress >= 0 && *job.Progress <= 100))) {
					t.Errorf("job %+v", job)
				}
				checkTimes(t, job.StartedAt)
			}
		}
		if a, err := wire.Decode[historyAnswer](opDescribeHistoryTasks, body); classified(t, err) {
			for i := range a.Items.Items {
				if instanceID, job, ok := convertTask(&a.Items.Items[i], &r); ok {
					if instanceID == "" || job.ID == "" || job.State != backup.JobFailed || job.StartedAt.IsZero() {
						t.Errorf("task %+v of %q", job, instanceID)
					}
					checkTimes(t, job.StartedAt)
					checkText(t, job.Reason)
				}
			}
		}
		if a, err := wire.Decode[policyAnswer](opDescribeBackupPolicy, body); classified(t, err) {
			p := convertPolicy(a, &r)
			if p.Schedules[0].Retention < 0 || p.Schedules[len(p.Schedules)-1].Interval < 0 || p.Schedules[0].Window < 0 || p.Schedules[0].Window >= 24*time.Hour || p.Schedules[0].StartsAt < 0 || p.Schedules[0].StartsAt >= 24*time.Hour {
				t.Errorf("policy %+v", p)
			}
			checkTimes(t, p.NextAt)
		}
		_, err := wire.Decode[recoveryConditionAnswer](opCheckRecoveryCondition, body)
		classified(t, err)
		if a, err := wire.Decode[recoverTimeAnswer](opDescribeInstanceRecoverTime, body); classified(t, err) {
			w, _ := convertRanges(a.RestoreRanges.Items, at("2026-01-15T12:00:00Z"), &r)
			checkTimes(t, w.Start, w.End)
			if w.End.Before(w.Start) {
				t.Errorf("window %+v", w)
			}
		}
		if a, err := wire.Decode[regionsAnswer](opDescribeRegions, body); classified(t, err) {
			ids, unread := regionIDs(a.Regions.Value.DdsRegion.Items, &r)
			for _, id := range ids {
				if host, err := url.Parse("https://" + hostOf(id) + "/"); err != nil || host.Hostname() != "mongodb."+id+".aliyuncs.com" || id == "" {
					t.Errorf("region %q", id)
				}
			}
			if len(ids) == 0 && unread == 0 {
				t.Error("a list without regions")
			}
		}
		if a, err := wire.Decode[createAnswer](opCreateBackup, body); classified(t, err) && a.BackupJobID.Text+a.BackupID.Text == "" {
			t.Error("a backup was started without an id")
		}
		checkRejections(t, r)
	})
}

func checkInstance(t *testing.T, in backup.Instance) {
	t.Helper()
	if in.InstanceID == "" || slices.Contains(in.Nodes, "") {
		t.Errorf("instance %q with shards %q", in.InstanceID, in.Nodes)
	}
	checkText(t, in.InstanceID, in.Name, in.Engine, in.Version, in.Storage, in.Status)
	checkText(t, in.Nodes...)
	for key, value := range in.Tags {
		checkText(t, key, value)
	}
	checkTimes(t, in.CreatedAt)
}

// checkText fails unless every text is fit for a label: valid UTF-8 that prints, and not too long.
func checkText(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		n := utf8.RuneCountInString(text)
		for _, r := range text {
			if unicode.IsControl(r) || n > wire.LongestText || !utf8.ValidString(text) {
				t.Fatalf("text %q", text)
			}
		}
	}
}

func checkRejections(t *testing.T, r wire.Reader) {
	t.Helper()
	for _, bad := range r.Rejected {
		checkText(t, bad.Problem)
		if bad.Field == "" || bad.Problem == "" {
			t.Errorf("rejection %+v", bad)
		}
	}
}

func fuzzSet(t *testing.T, rec *clusterRecord, r *wire.Reader) {
	t.Helper()
	set := convertSet(rec, r)
	if set.lost {
		if e, ok := set.forShard("d-1", []string{"d-1"}); !ok || !e.Unread {
			t.Errorf("a set that cannot be read is %+v, %v", e, ok)
		}
		return
	}
	for _, part := range set.parts {
		b := part.backup
		if b.State == backup.StateRunning {
			checkTimes(t, b.StartedAt)
			continue
		}
		checkBackup(t, b)
	}
	if b, ok := set.forShard("no such node", []string{"no such node"}); ok && !b.Unread && b.State == backup.StateSuccess {
		t.Error("a shard that is not in the set has a success")
	}
}

// classified reports whether err is nil. It fails for an error without a class.
func classified(t *testing.T, err error) bool {
	t.Helper()
	if err == nil {
		return true
	}
	if failure, ok := errors.AsType[*backup.Error](err); !ok || failure.Class == "" || !utf8.ValidString(err.Error()) || len(err.Error()) > 2000 {
		t.Errorf("error %T %q", err, err)
	}
	return false
}
