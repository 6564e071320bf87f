package collector

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"mongodb_backup_exporter/internal/backup"
)

// values returns the values of one family of a snapshot, in the order of the text format.
func values(t *testing.T, s *backup.Snapshot, name string) []float64 {
	t.Helper()
	metrics := make(chan prometheus.Metric, 10_000)
	c := New(func() *backup.Snapshot { return s }, noon)
	c.Collect(metrics)
	close(metrics)
	i := slices.IndexFunc(c.families, func(d described) bool { return d.name == name })
	if i < 0 {
		t.Fatalf("no family %s", name)
	}
	var found []float64
	for m := range metrics {
		var sample dto.Metric
		if err := m.Write(&sample); err != nil {
			t.Fatal(err)
		}
		if m.Desc() == c.families[i].desc {
			found = append(found, sample.GetGauge().GetValue())
		}
	}
	return found
}

func TestRegionsWithoutInstancesAreShown(t *testing.T) {
	s := snapshotOf(replicaSet("a", "dds-1"))
	s.Instances = nil
	for name, want := range map[string]float64{
		"account_up": 1, "discovery_success": 1, "unmonitored_instances": 0, "exporter_poll_duration_seconds": 1.5,
	} {
		if got := values(t, s, name); !slices.Equal(got, []float64{want}) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// What the cloud does not offer has no series, also while asking for it fails. What it once answered keeps its series
// until the cloud is believed not to offer it any more.
func TestWhatIsNotOfferedHasNoSeries(t *testing.T) {
	failed := failure(backup.ClassServer)
	notOffered := unsupported[[]backup.Job]()
	broken, doubted := notOffered, fresh([]backup.Job{{State: backup.JobFinished}})
	broken.Err, doubted.Err = failed, failure(backup.ClassUnsupported)
	for _, tt := range []struct {
		name    string
		jobs    backup.Reading[[]backup.Job]
		series  int
		success float64
	}{
		{"not offered", notOffered, 0, 1},
		{"not offered, and asking failed", broken, 0, 0},
		{"offered before, and not believed", doubted, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet("a", "dds-1")
			in.Jobs = tt.jobs
			s := snapshotOf(in)
			if got := values(t, s, "jobs"); len(got) != tt.series {
				t.Errorf("%d series of jobs, want %d", len(got), tt.series)
			}
			if want := []float64{1, tt.success, 1, 1}; !slices.Equal(values(t, s, "poll_success"), want) { // backups, jobs, policy, recovery
				t.Errorf("poll_success is %v, want %v", values(t, s, "poll_success"), want)
			}
		})
	}
}

// Every scope but the listing of a region's instances has its own series of poll_success.
func TestEveryScopeHasAPoll(t *testing.T) {
	families, err := pedantic(t, snapshotOf(checked("a"))).Gather()
	if err != nil {
		t.Fatal(err)
	}
	shown := []backup.Scope{backup.ScopeDiscovery}
	for _, family := range families {
		if family.GetName() != namespace+"poll_success" {
			continue
		}
		for _, m := range family.GetMetric() {
			for _, pair := range m.GetLabel() {
				if pair.GetName() == "scope" {
					shown = append(shown, backup.Scope(pair.GetValue()))
				}
			}
		}
	}
	want := slices.Sorted(slices.Values(backup.Scopes()))
	slices.Sort(shown)
	if !slices.Equal(shown, want) {
		t.Errorf("scopes %v, want %v", shown, want)
	}
}

func TestObjectivesOfZeroAreAbsent(t *testing.T) {
	in := replicaSet("a", "dds-1")
	in.Objectives.MinRetention, in.Objectives.MaxDuration, in.Objectives.MinSizeRatio = 0, 0, 0
	for _, name := range []string{"min_retention_seconds", "max_duration_seconds", "min_size_ratio"} {
		if got := values(t, snapshotOf(in), name); len(got) > 0 {
			t.Errorf("%s: %v, want no sample", name, got)
		}
	}
}

func TestPolicyWithoutAScheduleHasNoInterval(t *testing.T) {
	in := replicaSet("a", "dds-1")
	in.Policy.Value.Schedules = nil
	if got := values(t, snapshotOf(in), "policy_interval_seconds"); len(got) > 0 {
		t.Errorf("%v, want no sample", got)
	}
}

func TestDurationOfTheLastSuccess(t *testing.T) {
	start, end := ago(9*time.Hour), ago(8*time.Hour)
	tests := []struct {
		name       string
		start, end time.Time
		want       []float64
	}{
		{"known", start, end, []float64{3600}},
		{"none", start, start, []float64{0}},
		{"start unknown", time.Time{}, end, nil},
		{"end unknown", start, time.Time{}, nil},
		{"end before start", end, start, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet("a", "dds-1")
			list := nightly(9*time.Hour, 1)
			list.Backups[0].StartedAt, list.Backups[0].EndedAt = tt.start, tt.end
			in.Nodes[0].Backups = fresh(list)
			if got := values(t, snapshotOf(in), "last_success_duration_seconds"); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
			finished := tt.end
			if finished.IsZero() {
				finished = tt.start
			}
			want := []float64{float64(finished.Unix())}
			if got := values(t, snapshotOf(in), "last_success_timestamp_seconds"); !slices.Equal(got, want) {
				t.Errorf("last success %v, want %v", got, want)
			}
		})
	}
}

func TestRunningJob(t *testing.T) {
	job := func(state backup.JobState, started time.Time, progress float64) backup.Job {
		return backup.Job{State: state, StartedAt: started, Progress: &progress}
	}
	tests := []struct {
		name string
		jobs []backup.Job
		want []float64 // progress
	}{
		{"none", []backup.Job{job(backup.JobFinished, ago(time.Hour), 100)}, nil},
		{"start unknown", []backup.Job{job(backup.JobRunning, time.Time{}, 10)}, []float64{10}},
		{"the newer of two", []backup.Job{
			job(backup.JobRunning, ago(2*time.Hour), 10), job(backup.JobRunning, ago(time.Hour), 20),
		}, []float64{20}},
		{"in any order", []backup.Job{
			job(backup.JobRunning, ago(time.Hour), 20), job(backup.JobRunning, ago(2*time.Hour), 10),
		}, []float64{20}},
		{"a known start before an unknown one", []backup.Job{
			job(backup.JobRunning, time.Time{}, 10), job(backup.JobRunning, ago(time.Hour), 20),
		}, []float64{20}},
		{"a newer one that has ended", []backup.Job{
			job(backup.JobRunning, ago(2*time.Hour), 10), job(backup.JobFailed, ago(time.Hour), 20),
		}, []float64{10}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet("a", "dds-1")
			in.Jobs = fresh(tt.jobs)
			if got := values(t, snapshotOf(in), "job_progress_percent"); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

func TestPointInTimeWindow(t *testing.T) {
	window := backup.Window{Start: ago(3 * time.Hour), End: ago(30 * time.Minute)}
	tests := []struct {
		name  string
		read  backup.Reading[backup.Window]
		shown bool
	}{
		{"known", fresh(window), true},
		{"the newest poll failed", failing(backup.ClassServer, window), true},
		{"none", fresh(backup.Window{}), false},
		{"too old", withdrawn(window), false},
		{"not offered", unsupported[backup.Window](), false},
		{"an end that is not believed", fresh(backup.Window{Start: window.Start, End: ago(-time.Hour)}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet("a", "dds-1")
			in.Recovery = tt.read
			for name, at := range map[string]time.Time{"pitr_start_timestamp_seconds": window.Start, "pitr_end_timestamp_seconds": window.End} {
				var want []float64
				if tt.shown {
					want = []float64{float64(at.Unix())}
				}
				if got := values(t, snapshotOf(in), name); !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", name, got, want)
				}
			}
		})
	}
}

// A count of 0 says that there is no such backup, of what the target has and the exporter asks for.
func TestSets(t *testing.T) {
	both, full := []backup.Kind{backup.KindFull, backup.KindIncremental}, []backup.Kind{backup.KindFull}
	success, failed := set(time.Hour, backup.StateSuccess, 1), set(2*time.Hour, backup.StateFailed, 0)
	increment := success
	increment.Kind = backup.KindIncremental
	tests := []struct {
		name string
		list backup.List
		want []float64 // by status, then by type
	}{
		{"none", backup.List{Asked: both}, []float64{0, 0}},
		{"none, and full ones are not asked for", backup.List{}, nil},
		{"a success", backup.List{Asked: both, Backups: []backup.Backup{success}}, []float64{0, 1}},
		{"a failure", backup.List{Asked: both, Backups: []backup.Backup{failed}}, []float64{1, 0}},
		{"one that is running", backup.List{Asked: both, Backups: []backup.Backup{set(time.Hour, backup.StateRunning, 0)}}, []float64{0, 1, 0}},
		{"incremental ones", backup.List{Asked: both, Backups: []backup.Backup{increment, success}}, []float64{0, 0, 1, 1}},
		{"incremental ones that nobody asks for", backup.List{Asked: full, Backups: []backup.Backup{increment, success}}, []float64{0, 1, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := replicaSet("a", "dds-1")
			in.Nodes[0].Backups = fresh(tt.list)
			if got := values(t, snapshotOf(in), "sets"); !slices.Equal(got, tt.want) {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}

// The polls of the copies of all shards are one: it is as good as the worst of them. Its age is shown while it failed.
func TestPollsOfDetails(t *testing.T) {
	good, bad := fresh(backup.Copies{}), failing(backup.ClassServer, backup.Copies{})
	never := neverWorked[backup.Copies](backup.ClassServer)
	for _, tt := range []struct {
		name   string
		copies []backup.Reading[backup.Copies]
		ok, at []float64
	}{
		{"nobody asks", make([]backup.Reading[backup.Copies], 2), nil, nil},
		{"all good", []backup.Reading[backup.Copies]{good, good}, []float64{1}, nil},
		{"one not asked yet", []backup.Reading[backup.Copies]{{}, good}, []float64{1}, nil},
		{"one failed", []backup.Reading[backup.Copies]{good, bad}, []float64{0}, []float64{float64(bad.At.Unix())}},
		{"the other failed", []backup.Reading[backup.Copies]{bad, good}, []float64{0}, []float64{float64(bad.At.Unix())}},
		{"one never worked", []backup.Reading[backup.Copies]{good, never}, []float64{0}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list := fresh(nightly(9*time.Hour, 5))
			in := shards(replicaSet("a", "dds-1"), list, list)
			for i := range in.Nodes {
				in.Nodes[i].Copies = tt.copies[i]
			}
			s := snapshotOf(in)
			const others = 5 // jobs, policy, recovery, and the lists of both shards
			if got := values(t, s, "poll_success"); !slices.Equal(got[:len(got)-others], tt.ok) {
				t.Errorf("poll_success is %v, want %v", got, tt.ok)
			}
			if got := values(t, s, "poll_success_timestamp_seconds"); !slices.Equal(got[:len(got)-others], tt.at) {
				t.Errorf("poll_success_timestamp_seconds is %v, want %v", got, tt.at)
			}
		})
	}
}
