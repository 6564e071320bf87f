package alibaba_test

import (
	"bytes"
	"errors"
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
	"golang.org/x/sync/errgroup"

	"mongodb_backup_exporter/internal/alibaba"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
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

// on returns a Source that talks to handler; change, if any, sees its options first.
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
func simulate(t testing.TB, variants cloudsim.Variants, change func(*cloudsim.Fleet)) (*cloudsim.Sim, *bench) {
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
	list, err := b.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]backup.Instance{}
	for _, in := range list {
		out[in.InstanceID] = in
	}
	return out
}

func since() time.Time { return sourcetest.Now.AddDate(0, 0, -8) }

// set returns a backup of the whole sharded cluster, one part for each shard.
func set(id string, begin time.Time, change func(shard int, part *cloudsim.Backup)) []cloudsim.Backup {
	var parts []cloudsim.Backup
	for i, shard := range []string{"d-bp1bbbb", "d-bp1aaaa"} {
		part := cloudsim.Backup{
			ID: fmt.Sprintf("%s-%d", id, i), Set: id, Node: shard, Method: "Snapshot", Status: "success", SizeBytes: int64(1000 + i),
			Start: begin.Add(time.Duration(i) * time.Minute), End: begin.Add(10 * time.Minute), ExpiresAt: begin.AddDate(0, 0, 7),
		}
		change(i, &part)
		parts = append(parts, part)
	}
	return parts
}

// clusterMode puts the sharded cluster into cluster-backup mode, with the given sets.
func clusterMode(sets ...[]cloudsim.Backup) func(*cloudsim.Fleet) {
	return func(f *cloudsim.Fleet) {
		in := f.Instance(sourcetest.ShardedID)
		in.ClusterBackup = true
		in.Backups = nil
		for _, parts := range sets {
			in.Backups = append(in.Backups, parts...)
		}
		in.Recovery = f.Instance(sourcetest.ReplicaSetID).Recovery
	}
}

func TestSetsOfClusters(t *testing.T) {
	begin := sourcetest.Now.Truncate(24 * time.Hour)
	good := func(int, *cloudsim.Backup) {}
	part := func(id string, minute int, size int64) backup.Backup {
		return backup.Backup{
			ID: id, Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
			StartedAt: begin.Add(time.Duration(minute) * time.Minute), EndedAt: begin.Add(10 * time.Minute),
			ExpiresAt: begin.AddDate(0, 0, 7), SizeBytes: &size,
		}
	}
	but := func(b backup.Backup, change func(*backup.Backup)) backup.Backup {
		change(&b)
		return b
	}
	tests := []struct {
		name string
		set  []cloudsim.Backup
		want map[string][]backup.Backup // by shard
	}{
		{"complete", set("cb-1", begin, good), map[string][]backup.Backup{
			"d-bp1bbbb": {part("cb-1-0", 0, 1000)}, "d-bp1aaaa": {part("cb-1-1", 1, 1001)},
		}},
		{"one part failed: none can be restored", set("cb-1", begin, func(i int, p *cloudsim.Backup) {
			if i == 1 {
				p.Status = "failed"
			}
		}), map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1-0", 0, 1000), func(b *backup.Backup) { b.Unavailable = true })},
			"d-bp1aaaa": {but(part("cb-1-1", 1, 1001), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })},
		}},
		{"one part is missing: that shard's backup failed", set("cb-1", begin, good)[:1], map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1-0", 0, 1000), func(b *backup.Backup) { b.Unavailable = true })},
			"d-bp1aaaa": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes = backup.StateFailed, nil })},
		}},
		{"under way", set("cb-1", begin, func(i int, p *cloudsim.Backup) {
			if i == 1 {
				p.Status, p.End = "running", time.Time{}
			}
		}), map[string][]backup.Backup{
			"d-bp1bbbb": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateRunning, nil, time.Time{} })},
			"d-bp1aaaa": {but(part("cb-1", 0, 0), func(b *backup.Backup) { b.State, b.SizeBytes, b.EndedAt = backup.StateRunning, nil, time.Time{} })},
		}},
		{"none", nil, map[string][]backup.Backup{"d-bp1bbbb": {}, "d-bp1aaaa": {}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sim, b := simulate(t, cloudsim.Variants{}, clusterMode(tt.set))
			in := b.instances(t)[sourcetest.ShardedID]
			got := map[string][]backup.Backup{}
			for _, node := range in.Nodes {
				list, err := b.Backups(t.Context(), in, node, since())
				if err != nil {
					t.Fatal(err)
				}
				got[node] = list.Backups
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || len(b.rejected) != 0 {
				t.Errorf("rejected %v, backups by shard (-want +got):\n%s", b.rejected, diff)
			}
			if lists, asked := sim.Count("DescribeClusterBackups"), sim.Count("DescribeDBInstanceAttribute"); lists != 1 || asked != 1 {
				t.Errorf("%d listings and %d questions for the mode, want one of each for both shards", lists, asked)
			}
		})
	}
}

func TestSetsAreSharedByShardsOfOneMoment(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, clusterMode(set("cb-1", sourcetest.Now.Add(-time.Hour), func(int, *cloudsim.Backup) {})))
	in := b.instances(t)[sourcetest.ShardedID]
	round := func() {
		t.Helper()
		var shards errgroup.Group
		for _, node := range in.Nodes {
			shards.Go(func() error {
				list, err := b.Backups(t.Context(), in, node, since())
				if err == nil && len(list.Backups) != 1 {
					err = fmt.Errorf("%d backups of %s, want one", len(list.Backups), node)
				}
				return err
			})
		}
		if err := shards.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 3; n++ {
		round()
		if got := sim.Count("DescribeClusterBackups"); got != n {
			t.Fatalf("%d listings after %d rounds, want one a round", got, n)
		}
	}
	if got := sim.Count("DescribeDBInstanceAttribute"); got != 1 {
		t.Errorf("asked %d times for the mode, want once an hour", got)
	}
	b.advance(61 * time.Minute)
	round()
	if got := sim.Count("DescribeDBInstanceAttribute"); got != 2 {
		t.Errorf("asked %d times for the mode after an hour, want twice", got)
	}
	if sim.Count("DescribeBackups") != 0 {
		t.Error("DescribeBackups was asked too")
	}
}

func TestManySetsTakeSeveralPages(t *testing.T) {
	var sets [][]cloudsim.Backup
	for i := range 120 {
		sets = append(sets, set(fmt.Sprintf("cb-%03d", i), sourcetest.Now.Add(-time.Duration(i+1)*time.Hour), func(int, *cloudsim.Backup) {}))
	}
	_, b := simulate(t, cloudsim.Variants{}, clusterMode(sets...))
	in := b.instances(t)[sourcetest.ShardedID]
	list, err := b.Backups(t.Context(), in, "d-bp1aaaa", since())
	if err != nil || len(list.Backups) != 120 {
		t.Errorf("%d backups and %v, want 120", len(list.Backups), err)
	}
}

func TestPointInTimeRecovery(t *testing.T) {
	window := backup.Window{Start: sourcetest.Now.AddDate(0, 0, -7), End: sourcetest.Now.Add(-5 * time.Minute)}
	tests := []struct {
		name   string
		change func(*cloudsim.Fleet)
		id     string
		want   backup.Window
		class  backup.Class
		asked  string // the operation that must have been asked; "": none
	}{
		{"replica set", func(*cloudsim.Fleet) {}, sourcetest.ReplicaSetID, window, "", "DescribeInstanceRecoverTime"},
		{"not on now", func(*cloudsim.Fleet) {}, sourcetest.EmptyID, backup.Window{}, "", "DescribeInstanceRecoverTime"},
		{"cluster in cluster-backup mode", clusterMode(), sourcetest.ShardedID, window, "", "DescribeClusterRecoverTime"},
		{"cluster in the old mode", func(*cloudsim.Fleet) {}, sourcetest.ShardedID, backup.Window{}, backup.ClassUnsupported, ""},
		{"cluster on local disks", func(f *cloudsim.Fleet) { f.Instance(sourcetest.ShardedID).Storage = "local_ssd" }, sourcetest.ShardedID, backup.Window{}, backup.ClassUnsupported, ""},
		{"local disk", func(f *cloudsim.Fleet) { f.Instance(sourcetest.ReplicaSetID).Storage = "local_ssd" }, sourcetest.ReplicaSetID, backup.Window{}, backup.ClassUnsupported, ""},
		{"standalone", func(f *cloudsim.Fleet) { f.Instance(sourcetest.EmptyID).Topology = cloudsim.Standalone }, sourcetest.EmptyID, backup.Window{}, backup.ClassUnsupported, ""},
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
	sim, b := simulate(t, cloudsim.Variants{}, func(f *cloudsim.Fleet) { f.Instance(sourcetest.ReplicaSetID).Storage = "local_ssd" })
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

func TestUndocumentedRefusalIsUnsupported(t *testing.T) {
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"Code":"InvalidParameter.Engine","Message":"not for you","RequestId":"R"}`)
	}))
	in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet, Storage: "cloud_essd1"}
	_, errJobs := b.Jobs(t.Context(), in)
	_, errRecovery := b.Recovery(t.Context(), in)
	_, errPolicy := b.Policy(t.Context(), in)
	want := []backup.Class{backup.ClassUnsupported, backup.ClassUnsupported, backup.ClassBadRequest}
	if diff := cmp.Diff(want, []backup.Class{backup.ClassOf(errJobs), backup.ClassOf(errRecovery), backup.ClassOf(errPolicy)}); diff != "" {
		t.Errorf("classes of jobs, recovery, policy (-want +got):\n%s", diff)
	}
}

func TestClusterWithoutShards(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{}, func(f *cloudsim.Fleet) { f.Instance(sourcetest.ShardedID).Shards = nil })
	in := b.instances(t)[sourcetest.ShardedID]
	_, err := b.Backups(t.Context(), in, "", since())
	want := "DescribeBackups: bad_request: the cloud lists no shards of this cluster; name them as nodes of the instance in the configuration"
	if err == nil || err.Error() != want || sim.Count("DescribeBackups") != 0 {
		t.Errorf("error = %v after %d calls, want %s", err, sim.Count("DescribeBackups"), want)
	}
}

func TestInstanceThatIsNotThere(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(*cloudsim.Fleet) {})
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
		_, b := simulate(t, cloudsim.Variants{BareEmptyList: true}, func(*cloudsim.Fleet) {})
		list, err := b.Backups(t.Context(), b.instances(t)[sourcetest.EmptyID], "", since())
		if err != nil || len(list.Backups) != 0 {
			t.Errorf("Backups = %v, %v; want none", list, err)
		}
	})
	t.Run("an end in the future is refused", func(t *testing.T) {
		sim, b := simulate(t, cloudsim.Variants{FutureEndRejected: true}, func(*cloudsim.Fleet) {})
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

func TestBadValuesAreLoggedOnce(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(f *cloudsim.Fleet) {
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

func TestNothingOfADownloadURLStays(t *testing.T) {
	_, b := simulate(t, cloudsim.Variants{}, func(*cloudsim.Fleet) {})
	list, err := b.Backups(t.Context(), b.instances(t)[sourcetest.ReplicaSetID], "", since())
	if text := fmt.Sprintf("%+v %v", list, b.Source); err != nil || strings.Contains(text, "SIGNEDURLSECRET") || strings.Contains(text, "suite-secret") {
		t.Errorf("%v, or a secret in %s", err, text)
	}
}

func TestTemporaryCredentials(t *testing.T) {
	fleet := sourcetest.Fleet(provider())
	fleet.Accounts[0].SecurityToken = "sts-token"
	now := func() time.Time { return sourcetest.Now }
	sim := cloudsim.New(cloudsim.Options{Fleet: fleet, Now: now, WallNow: time.Now})
	for token, want := range map[string]backup.Class{"sts-token": "", "other": backup.ClassAuth} {
		b := on(t, sim, func(o *alibaba.Options) {
			o.Keys = func() (cloudcall.Keys, error) {
				return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: "suite-secret", SecurityToken: token}, nil
			}
		})
		if _, err := b.Instances(t.Context()); backup.ClassOf(err) != want {
			t.Errorf("token %q: %v, want class %q", token, err, want)
		}
	}
}

func TestRotatedKeysTakeEffect(t *testing.T) {
	secret, unreadable := "old", error(nil)
	_, b := simulate(t, cloudsim.Variants{}, func(*cloudsim.Fleet) {})
	sim := cloudsim.New(cloudsim.Options{Fleet: sourcetest.Fleet(provider()), Now: b.now, WallNow: time.Now})
	b = on(t, sim, func(o *alibaba.Options) {
		o.Keys = func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "LTAIsuite", AccessKeySecret: secret}, unreadable
		}
	})
	_, err := b.Instances(t.Context())
	if want := "DescribeDBInstances: auth SignatureDoesNotMatch (HTTP 400)"; err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "LTAI") {
		t.Errorf("error = %v, want %s…", err, want)
	}
	secret = "suite-secret"
	if _, err := b.Instances(t.Context()); err != nil {
		t.Error(err)
	}
	unreadable = errors.New("open secret: no such file")
	if _, err := b.Instances(t.Context()); backup.ClassOf(err) != backup.ClassAuth || !strings.Contains(err.Error(), "open secret: no such file") {
		t.Errorf("error = %v, want class auth and why", err)
	}
}

func TestRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://user:password@127.0.0.1:1") // the SDK believes that it goes for loopback too
	var got *http.Request
	b := on(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		_, _ = io.WriteString(w, `{"Backups":{"Backup":[]}}`)
	}))
	in := backup.Instance{Target: backup.Target{InstanceID: "dds-1"}, Topology: backup.TopologyReplicaSet}
	if _, err := b.Backups(t.Context(), in, "", since()); err != nil {
		t.Fatal(err)
	}
	want := "POST /?DBInstanceId=dds-1&EndTime=2026-01-15T10%3A31Z&PageNumber=1&PageSize=100&RegionId=cn-hangzhou&StartTime=2026-01-07T10%3A30Z"
	if line := got.Method + " " + got.URL.String(); line != want {
		t.Errorf("request = %s, want %s", line, want)
	}
	for name, want := range map[string]string{"X-Acs-Action": "DescribeBackups", "X-Acs-Version": "2015-12-01", "Proxy-Authorization": "", "X-Idempotency-Key": ""} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("header %s = %q, want %q", name, value, want)
		}
	}
	if !strings.HasSuffix(got.UserAgent(), " mongodb_backup_exporter") {
		t.Errorf("user agent = %q", got.UserAgent())
	}
}

func TestNew(t *testing.T) {
	tests := []struct{ endpoint, want string }{
		{"", ""},
		{"mongodb-vpc.cn-hangzhou.aliyuncs.com", ""},
		{"127.0.0.1:8080", ""},
		{"http://127.0.0.1:8080/", ""},
		{"https://[::1]:8443", ""},
		{"ftp://host", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://host/path", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://user:secret@host", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://host?a=b", "endpoint: must be a host, or an http or https URL without a path"},
		{"http://", "endpoint: must be a host, or an http or https URL without a path"},
		{"host:port:port", "endpoint: must be a host, or an http or https URL without a path"},
	}
	for _, tt := range tests {
		t.Run(tt.endpoint, func(t *testing.T) {
			_, err := alibaba.New(alibaba.Options{Account: "prod", Region: "cn-hangzhou", Endpoint: tt.endpoint, Now: time.Now})
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEndpointOfTheRegion(t *testing.T) {
	var host string
	refuse := roundTripper(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Scheme + "://" + r.URL.Host
		return nil, errors.New("no network")
	})
	b := on(t, http.NotFoundHandler(), func(o *alibaba.Options) {
		o.Endpoint, o.Region, o.Transport = "", "cn-hongkong", refuse
	})
	_, err := b.Instances(t.Context())
	if want := "https://mongodb.cn-hongkong.aliyuncs.com"; host != want || backup.ClassOf(err) != backup.ClassNetwork {
		t.Errorf("asked %q with %v, want %s", host, err, want)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestCreateBackup(t *testing.T) {
	sim, b := simulate(t, cloudsim.Variants{EmptyBackupID: true}, func(f *cloudsim.Fleet) { f.Instance(sourcetest.EmptyID).Jobs = nil })
	created, err := b.CreateBackup(t.Context(), sourcetest.EmptyID, alibaba.CreateOptions{Method: "Snapshot", RetentionDays: 30})
	if err != nil || created.JobID == "" || created.BackupID != "" {
		t.Fatalf("CreateBackup = %+v, %v; want a job alone", created, err)
	}
	jobs, err := b.Jobs(t.Context(), b.instances(t)[sourcetest.EmptyID])
	if err != nil || len(jobs) != 1 || jobs[0].ID != created.JobID || jobs[0].Trigger != backup.TriggerManual {
		t.Errorf("Jobs = %+v, %v; want the manual job %s", jobs, err, created.JobID)
	}
	_, err = b.CreateBackup(t.Context(), sourcetest.EmptyID, alibaba.CreateOptions{})
	if backup.ClassOf(err) != backup.ClassBusy {
		t.Errorf("a second backup: %v, want class busy", err)
	}
	before := sim.Count("CreateBackup")
	for _, kind := range []cloudsim.FaultKind{cloudsim.FaultServerError, cloudsim.FaultReset} {
		remove := sim.Inject(cloudsim.Fault{Operation: "CreateBackup", Kind: kind})
		if _, err := b.CreateBackup(t.Context(), sourcetest.EmptyID, alibaba.CreateOptions{}); err == nil {
			t.Errorf("%s: no error", kind)
		}
		remove()
	}
	if got := sim.Count("CreateBackup") - before; got != 2 {
		t.Errorf("%d calls for two that failed, want two: it must not be repeated", got)
	}
}
