package alibaba_test

import (
	"testing"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	api "mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

func TestStartBackup(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{Alibaba: api.Variants{EmptyBackupID: true}}, func(f *fleet.Fleet) { f.Instance(sourcetest.EmptyID).Jobs = nil })
	empty := backup.Instance{Target: backup.Target{InstanceID: sourcetest.EmptyID}}
	created, err := b.StartBackup(t.Context(), empty, backup.ManualOrder{Method: "Snapshot", RetentionDays: 30})
	if err != nil || created.JobID == "" || created.BackupID != "" {
		t.Fatalf("StartBackup = %+v, %v; want a job alone", created, err)
	}
	jobs, err := b.Jobs(t.Context(), b.instances(t)[sourcetest.EmptyID])
	if err != nil || len(jobs) != 1 || jobs[0].ID != created.JobID || jobs[0].Trigger != backup.TriggerManual {
		t.Errorf("Jobs = %+v, %v; want the manual job %s", jobs, err, created.JobID)
	}
	_, err = b.StartBackup(t.Context(), empty, backup.ManualOrder{})
	if backup.ClassOf(err) != backup.ClassBusy {
		t.Errorf("a second backup: %v, want class busy", err)
	}
	before := sim.Count("CreateBackup")
	for _, kind := range []cloudsim.FaultKind{cloudsim.FaultServerError, cloudsim.FaultReset} {
		remove := sim.Inject(cloudsim.Fault{Operation: "CreateBackup", Kind: kind})
		if _, err := b.StartBackup(t.Context(), empty, backup.ManualOrder{}); err == nil {
			t.Errorf("%s: no error", kind)
		}
		remove()
	}
	if got := sim.Count("CreateBackup") - before; got != 2 {
		t.Errorf("%d calls for two that failed, want two: it must not be repeated", got)
	}
}
