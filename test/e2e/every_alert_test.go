package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// trouble is an alert about an instance of its own, which is healthy before and after. To add an alert, add a row.
type trouble struct {
	alert, severity string
	objectives      string // of the instance in the configuration, as YAML; "": the defaults
	cluster         bool
	shard           string                           // letter of the shard that the alert names; "": none
	base            func(*fleet.Instance, time.Time) // changes the instance before and after too; nil: nothing
	change          func(*fleet.Instance, time.Time) // makes the trouble of a healthy instance
	reported        []string                         // further alerts of that trouble, as "NAME SEVERITY"
	suppressed      []string                         // the same, which Alertmanager suppresses; with " SHARD" after them
}

func (tr trouble) name() string {
	return strings.ToLower(strings.TrimPrefix(tr.alert, "MongoDBBackup"))
}

func (tr trouble) instance(now time.Time) fleet.Instance {
	in := newInstance(tr.name(), now)
	if tr.cluster {
		in = newCluster(tr.name(), now)
	}
	if tr.base != nil {
		tr.base(&in, now)
	}
	return in
}

func troubles() []trouble {
	last := func(in *fleet.Instance) *fleet.Backup { return &in.Backups[len(in.Backups)-1] }
	fail := func(b *fleet.Backup) { b.Status, b.SizeBytes, b.ExpiresAt = fleet.StatusFailed, 0, time.Time{} }
	removed := []string{"MongoDBBackupSetsRemovedEarly warning"} // a trouble that is made by taking backups away
	drop := func(in *fleet.Instance, gone func(fleet.Backup) bool) {
		in.Backups = slices.DeleteFunc(in.Backups, gone)
	}
	return []trouble{
		{
			alert: "MongoDBBackupLate", severity: "critical",
			change: func(in *fleet.Instance, now time.Time) {
				drop(in, func(b fleet.Backup) bool { return now.Sub(b.Start) < 48*time.Hour })
			},
			reported: removed,
		},
		{
			alert: "MongoDBBackupNever", severity: "critical",
			change:   func(in *fleet.Instance, _ time.Time) { in.Backups = nil },
			reported: removed,
		},
		{
			alert: "MongoDBBackupScheduleMissed", severity: "warning",
			base: func(in *fleet.Instance, now time.Time) { // a window a week, which opened four to five hours ago
				opened := now.UTC().Add(-4 * time.Hour).Truncate(time.Hour)
				in.Policy.Weekdays, in.Policy.StartsAt = []time.Weekday{opened.Weekday()}, opened.Sub(opened.Truncate(24*time.Hour))
			},
			change: func(in *fleet.Instance, now time.Time) {
				drop(in, func(b fleet.Backup) bool { return now.Sub(b.Start) < 24*time.Hour })
			},
			reported: removed,
		},
		{
			alert: "MongoDBBackupLastUsableExpiring", severity: "critical",
			change: func(in *fleet.Instance, now time.Time) {
				in.Policy.Disabled = true
				for i := range in.Backups {
					in.Backups[i].ExpiresAt = now.UTC().Truncate(time.Second).Add(2 * time.Hour)
				}
			},
			reported: []string{"MongoDBBackupAutomaticOff warning"},
		},
		{
			alert: "MongoDBBackupAutomaticOff", severity: "warning",
			change: func(in *fleet.Instance, _ time.Time) { in.Policy.Disabled = true },
		},
		{
			alert: "MongoDBBackupLastAttemptFailed", severity: "warning", objectives: "rpo: 60h",
			change: func(in *fleet.Instance, _ time.Time) { fail(last(in)) },
		},
		{
			alert: "MongoDBBackupFailingRepeatedly", severity: "warning", objectives: "rpo: 60h",
			change: func(in *fleet.Instance, _ time.Time) {
				fail(last(in))
				fail(&in.Backups[len(in.Backups)-2])
			},
			suppressed: []string{"MongoDBBackupLastAttemptFailed warning"},
		},
		{
			alert: "MongoDBBackupSetsRemovedEarly", severity: "warning",
			change: func(in *fleet.Instance, _ time.Time) { in.Backups = slices.Delete(in.Backups, 2, 4) },
		},
		{
			alert: "MongoDBBackupSizeDropped", severity: "warning",
			change: func(in *fleet.Instance, _ time.Time) { last(in).SizeBytes /= 5 },
		},
		{
			alert: "MongoDBBackupRunningTooLong", severity: "warning", objectives: "max_duration: 10m",
			change: func(in *fleet.Instance, now time.Time) {
				// One percent in 36 seconds: it moves.
				in.Backups = append(in.Backups, fleet.Backup{
					ID: "2000000001", Method: "Snapshot", Manual: true, Status: fleet.StatusRunning, JobID: "2000000002",
					Start: now.UTC().Truncate(time.Second).Add(-20 * time.Minute), Length: time.Hour,
				})
			},
		},
		{
			alert: "MongoDBBackupProgressStuck", severity: "warning",
			change: func(in *fleet.Instance, now time.Time) {
				in.Jobs = []fleet.Job{{
					ID: "2000000003", Status: "Scheduled", Start: now.UTC().Truncate(time.Second).Add(-2 * time.Hour),
				}}
			},
		},
		{
			alert: "MongoDBBackupRetentionBelowObjective", severity: "warning",
			change: func(in *fleet.Instance, _ time.Time) { in.Policy.RetentionDays = 5 },
		},
		{
			alert: "MongoDBBackupLogBackupStalled", severity: "warning",
			base: func(in *fleet.Instance, now time.Time) {
				in.Policy.LogBackup = true
				in.Recovery = []fleet.Window{{Start: in.Backups[0].End, End: now.UTC().Truncate(time.Minute)}}
			},
			change: func(in *fleet.Instance, now time.Time) {
				in.Recovery = []fleet.Window{{Start: in.Backups[0].End, End: now.UTC().Truncate(time.Minute).Add(-5 * time.Hour)}}
			},
		},
		{
			alert: "MongoDBBackupTookTooLong", severity: "warning", objectives: "max_duration: 10m",
			change: func(in *fleet.Instance, _ time.Time) { last(in).End = last(in).Start.Add(30 * time.Minute) },
		},
		{
			alert: "MongoDBBackupCreationStuck", severity: "warning",
			change: func(in *fleet.Instance, _ time.Time) { in.Status = "Creating" },
		},
		{
			alert: "MongoDBBackupClusterInconsistent", severity: "warning", cluster: true,
			base: func(in *fleet.Instance, now time.Time) {
				in.ClusterBackup, in.Policy.LogBackup = true, true
				in.Recovery = []fleet.Window{{Start: in.Backups[0].End, End: now.UTC().Truncate(time.Minute)}}
				for i := range in.Backups {
					in.Backups[i].Set = "cb-" + in.Backups[i].Start.Format("200601021504")
				}
			},
			change: func(in *fleet.Instance, now time.Time) {
				in.Recovery = nil
				for i := range in.Backups {
					if now.Sub(in.Backups[i].Start) < 48*time.Hour {
						in.Backups[i].AttachLogs = "Failed"
					}
				}
			},
			reported: []string{
				"MongoDBBackupLate critical a", "MongoDBBackupLate critical b", "MongoDBBackupLate critical c",
				"MongoDBBackupLogBackupStalled warning",
			},
		},
		{
			alert: "MongoDBBackupShardMissing", severity: "critical", cluster: true,
			change: func(in *fleet.Instance, _ time.Time) {
				drop(in, func(b fleet.Backup) bool { return strings.HasSuffix(b.Node, "c") })
			},
			reported:   []string{"MongoDBBackupSetsRemovedEarly warning c"},
			suppressed: []string{"MongoDBBackupNever critical c"},
		},
		{
			alert: "MongoDBBackupShardsSpread", severity: "warning", cluster: true, objectives: "rpo: 60h",
			change: func(in *fleet.Instance, now time.Time) {
				drop(in, func(b fleet.Backup) bool { return strings.HasSuffix(b.Node, "c") && now.Sub(b.Start) < 24*time.Hour })
			},
			reported: []string{"MongoDBBackupSetsRemovedEarly warning c"},
		},
	}
}

// alerts returns the alerts of a list like trouble.reported.
func (tr trouble) alerts(list []string) []alert {
	var all []alert
	for _, text := range list {
		words := append(strings.Fields(text), "")
		all = append(all, alert{words[0], tr.name(), tr.node(words[2]), words[1]})
	}
	return all
}

func (tr trouble) node(letter string) string {
	if letter == "" {
		return ""
	}
	return "d-bp1" + tr.name() + letter
}

// incident is an alert about an account, a region or an exporter, or one that a fault causes.
type incident struct {
	alert
	also       []alert // further ones, which the same cause has
	begin, end func(t *testing.T)
}

// TestEveryAlert: every alert fires because of its own cause, reaches the receiver, and ends with the cause. Targets have
// foreign labels. What the other tests of this package receive both ways needs no row here: TestMain compares all of it with
// the rules.
func TestEveryAlert(t *testing.T) {
	t.Parallel()
	now := time.Now()
	rows := troubles()
	scene := newScene(t, rows, now)
	s := start(t, setup{configs: scene.configs, labels: foreignLabels})
	incidents := scene.incidents(s, now)
	wait(t, patience, func() string { return s.ready(len(rows)) })

	var reported, suppressed []alert
	for _, tr := range rows {
		in := tr.instance(now)
		tr.change(&in, now)
		scene.main.put(t, in)
		reported = append(append(reported, alert{tr.alert, tr.name(), tr.node(tr.shard), tr.severity}), tr.alerts(tr.reported)...)
		suppressed = append(suppressed, tr.alerts(tr.suppressed)...)
	}
	for _, i := range incidents {
		i.begin(t)
		reported = append(append(reported, i.alert), i.also...)
	}
	suppressed = append(suppressed, alert{"MongoDBBackupPollFailing", "skewed", "", "warning"}) // its readings do not count either
	s.expect(t, reported, suppressed)

	for _, tr := range rows {
		scene.main.put(t, tr.instance(now))
	}
	for _, i := range incidents {
		i.end(t)
	}
	s.expect(t, nil, nil)
	s.assertReported(t, reported, "MongoDBBackupPollFailing")
}

// ready is a condition: everything is known and in order, so that every alert has a beginning.
func (s *stack) ready(targets int) string {
	ok, err := s.number(`sum(mongodb_backup:target_health:current{state="ok",account="main"})`)
	if err != nil {
		return err.Error()
	}
	if ok < float64(targets) {
		return fmt.Sprintf("%v targets are ok, want at least %d", ok, targets)
	}
	if firing, err := s.firing(); err != nil || len(firing) > 0 {
		return fmt.Sprintf("firing before anything happens: %v %v", firing, err)
	}
	return ""
}

// scene is three exporters and their clouds: the first watches nearly everything, the second an account of its own, and the
// third one that the first watches too.
type scene struct {
	main, skewed world
	configs      []string
	secret       string // file of the third exporter
	narrowed     string // the first configuration, with half a call a second for an account that needs one
}

func newScene(t *testing.T, rows []trouble, now time.Time) *scene {
	t.Helper()
	var list []fleet.Instance
	var objectives []string
	for _, tr := range rows {
		list = append(list, tr.instance(now))
		if tr.objectives != "" {
			objectives = append(objectives, fmt.Sprintf("{id: %s, objectives: {%s}}", instanceID(tr.name()), tr.objectives))
		}
	}
	watchedOne, unread := newInstance("watched", now), newInstance("unread", now)
	watchedOne.Region = otherRegion
	sc := &scene{secret: write(t, "secret", newAccount("pair").AccessKeySecret)}
	sc.main = newWorld(t,
		newAccount("main", append(list, unread, watchedOne)...),
		newAccount("small", smallFleet(now)...),
		newAccount("alone", newInstance("alone", now)),
		newAccount("narrow", newInstance("narrow", now)),
		newAccount("pair", newInstance("pair", now)))
	sc.skewed = newWorld(t, newAccount("skewed", newInstance("skewed", now)))
	first := func(rate string) string {
		return configuration(
			watched{
				account: "main", world: sc.main,
				regions: "discovery: {enabled: true}, instances: [" + strings.Join(objectives, ", ") + "]",
				other:   "instances: [{id: " + watchedOne.ID + "}]",
			},
			watched{account: "small", world: sc.main}, watched{account: "pair", world: sc.main},
			watched{account: "narrow", world: sc.main, rate: rate})
	}
	sc.narrowed = first("0.5")
	sc.configs = []string{
		first(""),
		configuration(watched{account: "alone", world: sc.main}),
		configuration(watched{account: "pair", world: sc.main, secret: sc.secret}, watched{account: "skewed", world: sc.skewed}),
	}
	return sc
}

func smallFleet(now time.Time) []fleet.Instance {
	return []fleet.Instance{newInstance("small-a", now), newInstance("small-b", now)}
}

func (sc *scene) incidents(s *stack, now time.Time) []incident {
	var healPolicy func()
	third := func() exporter { return s.exporters[2] }
	reload := func(t *testing.T, e exporter, want int) {
		t.Helper()
		s.request(t, http.MethodPost, "http://"+e.address+"/-/reload", "", want)
	}
	overwrite := func(t *testing.T, file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return []incident{
		{
			alert{"MongoDBBackupRegionEmptied", "small/" + worldRegion, "", "critical"},
			nil,
			func(*testing.T) { sc.main.instances("small") },
			func(*testing.T) { sc.main.instances("small", smallFleet(now)...) },
		},
		{
			alert{"MongoDBBackupInstanceNotMonitored", "main/" + otherRegion, "", "warning"},
			nil,
			func(*testing.T) { sc.forgotten(now, 1) },
			func(*testing.T) { sc.forgotten(now, 0) },
		},
		{
			alert{"MongoDBBackupPollFailing", "unread", "", "warning"},
			nil,
			func(*testing.T) {
				healPolicy = sc.main.Inject(cloudsim.Fault{
					Kind: cloudsim.FaultForbidden, Operation: "DescribeBackupPolicy", InstanceID: instanceID("unread"),
				})
			},
			func(*testing.T) { healPolicy() },
		},
		{
			alert{"MongoDBBackupAccountUncovered", "alone/" + worldRegion, "", "critical"},
			nil,
			func(t *testing.T) { s.exporters[1].process.kill(t) },
			func(t *testing.T) { s.startExporter(t, 1) },
		},
		{
			alert{"MongoDBBackupExporterBlind", third().address, "", "warning"},
			nil,
			func(t *testing.T) { overwrite(t, sc.secret, "wrong") },
			func(t *testing.T) { overwrite(t, sc.secret, newAccount("pair").AccessKeySecret) },
		},
		{
			alert{"MongoDBBackupClockSkewed", third().address, "", "warning"},
			[]alert{{"MongoDBBackupDataStale", "skewed", "", "warning"}, {"MongoDBBackupDiscoveryFailing", "skewed/" + worldRegion, "", "warning"}},
			func(*testing.T) { sc.skewed.setClock(10 * time.Minute) },
			func(*testing.T) { sc.skewed.setClock(0) },
		},
		{
			alert{"MongoDBBackupApiBudgetExceeded", "narrow/" + worldRegion, "", "warning"},
			nil,
			func(t *testing.T) {
				overwrite(t, s.exporters[0].file, sc.narrowed)
				reload(t, s.exporters[0], http.StatusOK)
			},
			func(t *testing.T) {
				overwrite(t, s.exporters[0].file, sc.configs[0])
				reload(t, s.exporters[0], http.StatusOK)
			},
		},
		{
			alert{"MongoDBBackupConfigReloadFailed", third().address, "", "warning"},
			nil,
			func(t *testing.T) {
				overwrite(t, third().file, "accounts: []")
				reload(t, third(), http.StatusInternalServerError)
			},
			func(t *testing.T) {
				overwrite(t, third().file, sc.configs[2])
				reload(t, third(), http.StatusOK)
			},
		},
	}
}

// forgotten puts instances that nobody watches into the second region.
func (sc *scene) forgotten(now time.Time, many int) {
	sc.main.Update(func(f *fleet.Fleet) {
		list := &f.Accounts[0].Instances
		*list = slices.DeleteFunc(*list, func(in fleet.Instance) bool { return strings.HasPrefix(in.Name, "forgotten") })
		for i := range many {
			in := newInstance(fmt.Sprintf("forgotten-%d", i), now)
			in.Region = otherRegion
			*list = append(*list, in)
		}
	})
}
