package alibaba_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	api "mongodb_backup_exporter/internal/cloudsim/alibaba"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/sourcetest"
)

// bench is a Source on a simulated cloud, or on any handler.
type bench struct {
	*alibaba.Source
	log bytes.Buffer

	mu       sync.Mutex
	rejected []string
	clock    time.Time
}

func (b *bench) Request(cloudcall.Place, string, string, time.Duration) {}

func (b *bench) Rejected(field string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rejected = append(b.rejected, field)
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.clock
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clock = b.clock.Add(d)
}

// on returns a Source on handler. change may change its options.
func on(t testing.TB, handler http.Handler, change ...func(*alibaba.Options)) *bench {
	t.Helper()
	server := httptest.NewServer(handler)
	transport := cloudcall.NewTransport(4)
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	b := &bench{clock: sourcetest.Now}
	opts := alibaba.Options{
		Account: "prod", Region: "cn-hangzhou", Endpoint: server.URL, Transport: transport, Now: b.now,
		Logger: log.NewLogfmtLogger(&b.log),
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "suite-secret"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Place: cloudcall.Place{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou"}, Observer: b, Now: time.Now,
			Classify: alibaba.Classify, FirstRetry: time.Millisecond,
		}),
	}
	for _, f := range change {
		f(&opts)
	}
	source, err := alibaba.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	b.Source = source
	return b
}

// simulate returns the suite's fleet after a change, and a Source on it.
func simulate(t testing.TB, variants cloudsim.Variants, change func(*fleet.Fleet)) (*cloudsim.Sim, *bench) {
	t.Helper()
	fleet := sourcetest.Fleet(provider())
	change(&fleet)
	var b *bench
	sim := cloudsim.New(cloudsim.Options{
		Fleet: fleet, Variants: variants, WallNow: time.Now, Now: func() time.Time { return b.now() },
	})
	b = on(t, sim)
	return sim, b
}

// instances returns the listed instances by id.
func (b *bench) instances(t testing.TB) map[string]backup.Instance {
	t.Helper()
	listing, err := b.Instances(t.Context())
	if err != nil || listing.Unread > 0 {
		t.Fatalf("%d unread, error %v", listing.Unread, err)
	}
	out := map[string]backup.Instance{}
	for _, in := range listing.Instances {
		out[in.InstanceID] = in
	}
	return out
}

func since() time.Time { return sourcetest.Now.AddDate(0, 0, -8) }

func TestPointInTimeRecovery(t *testing.T) {
	window := backup.Window{Start: sourcetest.Now.AddDate(0, 0, -7), End: sourcetest.Now.Add(-5 * time.Minute)}
	tests := []struct {
		name   string
		change func(*fleet.Fleet)
		id     string
		want   backup.Window
		class  backup.Class
		asked  string // the operation that must have been asked; "": none
	}{
		{"replica set", func(*fleet.Fleet) {}, sourcetest.ReplicaSetID, window, "", "DescribeInstanceRecoverTime"},
		{"not on now", func(*fleet.Fleet) {}, sourcetest.EmptyID, backup.Window{}, "", "DescribeInstanceRecoverTime"},
		{"cluster in cluster-backup mode", clusterMode(), sourcetest.ShardedID, window, "", "DescribeClusterRecoverTime"},
		{"cluster in the old mode", func(*fleet.Fleet) {}, sourcetest.ShardedID, backup.Window{}, backup.ClassUnsupported, ""},
		{"cluster on local disks", func(f *fleet.Fleet) { f.Instance(sourcetest.ShardedID).Storage = "local_ssd" }, sourcetest.ShardedID, backup.Window{}, backup.ClassUnsupported, ""},
		{"local disk", func(f *fleet.Fleet) { f.Instance(sourcetest.ReplicaSetID).Storage = "local_ssd" }, sourcetest.ReplicaSetID, backup.Window{}, backup.ClassUnsupported, ""},
		{"standalone", func(f *fleet.Fleet) { f.Instance(sourcetest.EmptyID).Topology = fleet.Standalone }, sourcetest.EmptyID, backup.Window{}, backup.ClassUnsupported, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, tt.change)
			got, err := b.Recovery(t.Context(), b.instances(t)[tt.id])
			if got != tt.want || backup.ClassOf(err) != tt.class {
				t.Errorf("Recovery = %v, %v; want %v and class %q", got, err, tt.want, tt.class)
			}
			for _, op := range []string{"DescribeInstanceRecoverTime", "DescribeClusterRecoverTime"} {
				if asked := sim.Count(op); (asked == 1) != (op == tt.asked) {
					t.Errorf("%s was asked %d times", op, asked)
				}
			}
		})
	}
}

func TestJobsNeedCloudDisks(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, func(f *fleet.Fleet) { f.Instance(sourcetest.ReplicaSetID).Storage = "local_ssd" })
	in := b.instances(t)[sourcetest.ReplicaSetID]
	_, err := b.Jobs(t.Context(), in)
	if want := "DescribeBackupTasks: unsupported: the cloud lists no backup jobs for instances on local disks"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
	if n := sim.Count("DescribeBackupTasks"); n != 0 {
		t.Errorf("%d calls, want none", n)
	}
	in.Storage = "" // not known: the cloud decides
	if _, err := b.Jobs(t.Context(), in); backup.ClassOf(err) != backup.ClassUnsupported || sim.Count("DescribeBackupTasks") != 1 {
		t.Errorf("with unknown storage: %v after %d calls; want class unsupported after one", err, sim.Count("DescribeBackupTasks"))
	}
}

// One odd refusal must not take away what a verdict may rest on.
func TestUndocumentedRefusalIsAFailure(t *testing.T) {
	for code, want := range map[string]backup.Class{
		"InvalidParameter.Engine":               backup.ClassBadRequest,
		"":                                      backup.ClassBadRequest,
		"StorageTypeOrInstanceTypeNotSupported": backup.ClassUnsupported,
	} {
		t.Run(code, func(t *testing.T) {
			b := on(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"Code":%q,"Message":"not for you","RequestId":"R"}`, code)
			}))
			in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1"}
			if _, err := b.Jobs(t.Context(), in); backup.ClassOf(err) != want {
				t.Errorf("jobs: %v, want class %s", err, want)
			}
			if _, err := b.Recovery(t.Context(), in); backup.ClassOf(err) != want {
				t.Errorf("recovery: %v, want class %s", err, want)
			}
		})
	}
}

func TestClusterWithoutShards(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, func(f *fleet.Fleet) { f.Instance(sourcetest.ShardedID).Shards = nil })
	in := b.instances(t)[sourcetest.ShardedID]
	_, err := b.Backups(t.Context(), in, "", since())
	want := "DescribeBackups: bad_request: the cloud lists no shards of this cluster; name them as nodes of the instance in the configuration"
	if err == nil || err.Error() != want || sim.Count("DescribeBackups") != 0 {
		t.Errorf("error = %v after %d calls, want %s", err, sim.Count("DescribeBackups"), want)
	}
}

func TestUnknownInstance(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(*fleet.Fleet) {})
	in := backup.Instance{Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "dds-gone"}}
	_, err1 := b.Backups(t.Context(), in, "", since())
	_, err2 := b.Backups(t.Context(), in, "d-1", since())
	_, err3 := b.Jobs(t.Context(), in)
	_, err4 := b.Policy(t.Context(), in)
	_, err5 := b.Recovery(t.Context(), in)
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if backup.ClassOf(err) != backup.ClassNotFound {
			t.Errorf("call %d: %v, want class not_found", i+1, err)
		}
	}
}

func TestWhatTheDocumentationLeavesOpen(t *testing.T) {
	t.Run("an empty list is an empty object", func(t *testing.T) {
		_, b := simulate(t, cloudsim.Variants{Alibaba: api.Variants{BareEmptyList: true}}, func(*fleet.Fleet) {})
		list, err := b.Backups(t.Context(), b.instances(t)[sourcetest.EmptyID], "", since())
		if err != nil || len(list.Backups) != 0 {
			t.Errorf("Backups = %v, %v; want none", list, err)
		}
	})
	t.Run("an end in the future is refused", func(t *testing.T) {
		sim, b := simulate(t, cloudsim.Variants{Alibaba: api.Variants{FutureEndRejected: true}}, func(*fleet.Fleet) {})
		in := b.instances(t)[sourcetest.ReplicaSetID]
		for want := 2; want <= 3; want++ {
			list, err := b.Backups(t.Context(), in, "", since())
			if err != nil || len(list.Backups) != 3 {
				t.Errorf("%d backups and %v, want 3", len(list.Backups), err)
			}
			if got := sim.Count("DescribeBackups"); got != want {
				t.Errorf("%d calls, want %d: the refusal is remembered", got, want)
			}
		}
	})
}

// That the cloud refuses an end in the future is known only when the same call works with another end.
func TestRefusedEndIsRememberedOnlyWhenAnotherOneWorks(t *testing.T) {
	var ends []string
	broken := true
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		end := r.FormValue("EndTime")
		ends = append(ends, end[len("2026-01-15T"):])
		if broken || end > "2026-01-15T10:30Z" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"Code":"InvalidEndTime.Malformed","Message":"x"}`)
			return
		}
		_, _ = io.WriteString(w, `{"Backups":{"Backup":[]}}`)
	}))
	for _, broken = range []bool{true, false, false} {
		if _, err := b.Backups(t.Context(), replicaSet, "", since()); (err != nil) != broken {
			t.Errorf("error = %v, want one: %v", err, broken)
		}
	}
	want := []string{"10:31Z", "10:30Z", "10:31Z", "10:30Z", "10:30Z"}
	if diff := cmp.Diff(want, ends); diff != "" {
		t.Errorf("ends asked for (-want +got):\n%s", diff)
	}
}

func TestBadValuesAreLoggedOnce(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(f *fleet.Fleet) {
		f.Instance(sourcetest.ReplicaSetID).Backups[0].Override = map[string]any{"BackupSize": "12 GB"}
		f.Instance(sourcetest.ReplicaSetID).Backups[2].Override = map[string]any{"BackupSize": "13 GB"}
	})
	in := b.instances(t)[sourcetest.ReplicaSetID]
	for range 2 {
		if _, err := b.Backups(t.Context(), in, "", since()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"BackupSize", "BackupSize", "BackupSize", "BackupSize"}, b.rejected); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	want := `level=warn msg="cannot read a value of the cloud's answer; logged once" target=alibaba/prod/cn-hangzhou/dds-bp1replica ` +
		`field=BackupSize problem="\"13 GB\" is not a whole number"` + "\n"
	if diff := cmp.Diff(want, b.log.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestDownloadURLsAreNotKept(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(*fleet.Fleet) {})
	list, err := b.Backups(t.Context(), b.instances(t)[sourcetest.ReplicaSetID], "", since())
	if text := fmt.Sprintf("%+v %v", list, b.Source); err != nil || strings.Contains(text, "SIGNEDURLSECRET") || strings.Contains(text, "suite-secret") {
		t.Errorf("%v, or a secret in %s", err, text)
	}
}
