package sourcetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/manual"
)

// Order is an order for a manual backup, and what is expected.
type Order struct {
	Name    string
	Order   backup.ManualOrder
	Refused string // the error, without any call to the cloud; "": the backup is started
}

// testStart checks how manual backups are started.
func testStart(t *testing.T, p Provider) {
	for _, o := range p.Orders {
		t.Run(o.Name, func(t *testing.T) {
			b := start(t, p, Fleet(p))
			if o.Refused != "" {
				checkRefused(t, b, o)
				return
			}
			checkStarted(t, b, o.Order)
		})
	}
	t.Run("busy", func(t *testing.T) {
		b := start(t, p, runningBackup(p))
		if started, err := b.order(t, backup.ManualOrder{}); backup.ClassOf(err) != backup.ClassBusy {
			t.Errorf("while a backup runs: StartBackup = %+v, %v; want class busy", started, err)
		}
	})
	for _, kind := range []cloudsim.FaultKind{cloudsim.FaultServerError, cloudsim.FaultReset} {
		t.Run("not repeated after "+string(kind), func(t *testing.T) { testStartedOnce(t, p, kind) })
	}
}

// order starts a backup of the instance that was never backed up.
func (b *bench) order(t *testing.T, order backup.ManualOrder) (backup.Started, error) {
	t.Helper()
	starter, ok := b.Source.(manual.Starter)
	if !ok {
		t.Fatalf("%T is no manual.Starter", b.Source)
	}
	return starter.StartBackup(t.Context(), b.instance(t, EmptyID), order)
}

func checkRefused(t *testing.T, b *bench, o Order) {
	t.Helper()
	started, err := b.order(t, o.Order)
	if errorText(err) != o.Refused || started != (backup.Started{}) {
		t.Errorf("StartBackup = %+v, %v; want nothing and %s", started, err, o.Refused)
	}
	if calls := b.Count(b.Provider.StartOperation); calls != 0 {
		t.Errorf("%d calls for an order that is refused", calls)
	}
}

func checkStarted(t *testing.T, b *bench, order backup.ManualOrder) {
	t.Helper()
	started, err := b.order(t, order)
	if err != nil || started.JobID == "" {
		t.Fatalf("StartBackup = %+v, %v; want a job", started, err)
	}
	jobs, err := b.Source.Jobs(t.Context(), b.instance(t, EmptyID))
	if err != nil || !slices.ContainsFunc(jobs, func(j backup.Job) bool { return j.ID == started.JobID }) {
		t.Errorf("Jobs = %+v, %v; want job %s among them", jobs, err, started.JobID)
	}
}

// testStartedOnce checks that a start is not repeated when it fails, and that the error says what may have happened.
func testStartedOnce(t *testing.T, p Provider, kind cloudsim.FaultKind) {
	b := start(t, p, Fleet(p))
	b.Inject(cloudsim.Fault{Operation: p.StartOperation, Kind: kind})
	_, err := b.order(t, backup.ManualOrder{})
	failure, ok := errors.AsType[*backup.Error](err)
	if !ok || !strings.Contains(failure.Hint, "a backup may have been started nevertheless") {
		t.Errorf("error = %v, want a hint that a backup may have been started", err)
	}
	if calls := b.Count(p.StartOperation); calls != 1 {
		t.Errorf("%d calls, want one", calls)
	}
}
