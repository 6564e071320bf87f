package huawei_test

import (
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	simhuawei "mongodb_backup_exporter/internal/cloudsim/huawei"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/sourcetest"
)

const (
	region  = "cn-north-4"
	project = "0123456789abcdef0123456789abcdef"
)

type silent struct{}

func (silent) Request(cloudcall.Place, string, string, time.Duration) {}
func (silent) Rejected(string)                                        {}

// simulate serves an account and returns a Source with the keys, but without the id of the project.
func simulate(t *testing.T, account fleet.Account, keys cloudcall.Keys) (*cloudsim.Sim, *huawei.Source) {
	t.Helper()
	return simulateVariant(t, account, keys, simhuawei.Variants{})
}

func simulateVariant(t *testing.T, account fleet.Account, keys cloudcall.Keys, variants simhuawei.Variants) (*cloudsim.Sim, *huawei.Source) {
	t.Helper()
	now := func() time.Time { return sourcetest.Now }
	sim := cloudsim.New(cloudsim.Options{
		Fleet: fleet.Fleet{Accounts: []fleet.Account{account}}, Now: now, WallNow: time.Now,
		Variants: cloudsim.Variants{Huawei: variants},
	})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	transport := cloudcall.NewTransport(16)
	t.Cleanup(transport.CloseIdleConnections)
	source, err := huawei.New(huawei.Options{
		Account: "suite", Region: region, Endpoint: server.URL, IAMEndpoint: server.URL, Transport: transport, Now: now,
		Keys: func() (cloudcall.Keys, error) { return keys, nil },
		Caller: cloudcall.New(cloudcall.Options{
			Observer: silent{}, Now: time.Now, Classify: huawei.Classify, Timeout: time.Minute, MaxAttempts: 1,
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return sim, source
}

func account(instances ...fleet.Instance) fleet.Account {
	return fleet.Account{
		Cloud: fleet.Huawei, AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim", AuthToken: "user-token",
		ProjectIDs: map[string]string{region: project}, Instances: instances,
	}
}

func replicaSet(id string, backups int) fleet.Instance {
	in := fleet.Instance{ID: id, Region: region, Topology: fleet.ReplicaSet, Version: "4.4", CreatedAt: sourcetest.Now.AddDate(-1, 0, 0)}
	for i := range backups {
		begin := sourcetest.Now.Add(-time.Duration(i+1) * 24 * time.Hour)
		in.Backups = append(in.Backups, fleet.Backup{
			ID: fmt.Sprintf("%s-b%d", id, i), Method: "Physical", Status: "success", Start: begin, End: begin.Add(time.Minute), SizeBytes: 1 << 20,
		})
	}
	return in
}

func TestProjectOfFiftyInstances(t *testing.T) {
	all := account()
	for i := range 50 {
		all.Instances = append(all.Instances, replicaSet(fmt.Sprintf("i%02din02", i), 8))
	}
	sim, source := simulate(t, all, cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"})
	listing, err := source.Instances(t.Context())
	instances := listing.Instances
	if err != nil || len(instances) != 50 {
		t.Fatalf("%d instances, error %v", len(instances), err)
	}
	for round := 1; round <= 2; round++ {
		var asking sync.WaitGroup
		for _, in := range instances {
			asking.Go(func() {
				list, err := source.Backups(t.Context(), in, "", sourcetest.Now.AddDate(0, 0, -30))
				if err != nil || len(list.Backups) != 8 {
					t.Errorf("%s: %d backups, error %v", in.InstanceID, len(list.Backups), err)
				}
				if _, err := source.Jobs(t.Context(), in); err != nil {
					t.Errorf("jobs of %s: %v", in.InstanceID, err)
				}
			})
			asking.Go(func() {
				if _, err := source.Policy(t.Context(), in); err != nil {
					t.Errorf("policy of %s: %v", in.InstanceID, err)
				}
			})
		}
		asking.Wait()
		for operation, want := range map[string]int{
			"KeystoneListProjects": 1, "ListInstances": 1, "ListBackups": 5 * round, "ListTasks": 3 * round, // 100 of the first name: only another page shows the end

			"ShowBackupPolicy": 50 * round,
		} {
			if got := sim.Count(operation); got != want {
				t.Errorf("round %d: %d calls of %s in all, want %d", round, got, operation, want)
			}
		}
	}
}

func TestCredentialsThatTheCloudVerifies(t *testing.T) {
	temporary := account(replicaSet("i1in02", 1))
	temporary.SecurityToken = "sts-token"
	tests := []struct {
		name    string
		account fleet.Account
		keys    cloudcall.Keys
		class   backup.Class
	}{
		{"access key", account(replicaSet("i1in02", 1)), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, ""},
		{"user token", account(replicaSet("i1in02", 1)), cloudcall.Keys{AuthToken: "user-token"}, ""},
		{"temporary key", temporary, cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim", SecurityToken: "sts-token"}, ""},
		{"wrong secret", account(), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "other"}, backup.ClassAuth},
		{"unknown key", account(), cloudcall.Keys{AccessKeyID: "AKNONE", AccessKeySecret: "sk-sim"}, backup.ClassAuth},
		{"wrong token", account(), cloudcall.Keys{AuthToken: "other"}, backup.ClassAuth},
		{"temporary key without its token", temporary, cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"}, backup.ClassAuth},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, source := simulate(t, tt.account, tt.keys)
			listing, err := source.Instances(t.Context())
			if got := backup.ClassOf(err); got != tt.class {
				t.Fatalf("class %q, want %q (%v)", got, tt.class, err)
			}
			if n := len(listing.Instances); tt.class == "" && n != 1 {
				t.Errorf("%d instances, want 1", n)
			}
		})
	}
}

func TestInstanceThatTheProjectDoesNotList(t *testing.T) {
	sim, source := simulate(t, account(replicaSet("i1in02", 0)), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"})
	missing := backup.Instance{Target: backup.Target{Cloud: backup.Huawei, Account: "suite", Region: region, InstanceID: "i2in02"}}
	there := missing
	there.InstanceID = "i1in02"
	if list, err := source.Backups(t.Context(), there, "", sourcetest.Now.AddDate(0, 0, -8)); err != nil || len(list.Backups) != 0 {
		t.Errorf("an instance without backups: %v, error %v", list, err)
	}
	for range 2 {
		_, errBackups := source.Backups(t.Context(), missing, "", sourcetest.Now.AddDate(0, 0, -8))
		_, errJobs := source.Jobs(t.Context(), missing)
		_, errPolicy := source.Policy(t.Context(), missing)
		_, errRecovery := source.Recovery(t.Context(), missing)
		for scope, err := range map[string]error{"backups": errBackups, "jobs": errJobs, "policy": errPolicy, "recovery": errRecovery} {
			if backup.ClassOf(err) != backup.ClassNotFound {
				t.Errorf("%s of an instance that does not exist: %v", scope, err)
			}
		}
	}
	if got := sim.Count("ListInstances"); got > 5 {
		t.Errorf("%d calls of ListInstances", got)
	}
}

func TestClusterIsOneTarget(t *testing.T) {
	cluster := replicaSet("i1in02", 1)
	cluster.Topology, cluster.Shards = fleet.ShardedCluster, []string{"s1gr02", "s2gr02"}
	_, source := simulate(t, account(cluster), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"})
	listing, err := source.Instances(t.Context())
	instances := listing.Instances
	if err != nil || len(instances) != 1 || len(instances[0].Nodes) != 0 {
		t.Fatalf("instances %v, error %v", instances, err)
	}
	list, err := source.Backups(t.Context(), instances[0], "", sourcetest.Now.AddDate(0, 0, -8))
	if err != nil || len(list.Backups) != 1 {
		t.Errorf("backups of the cluster: %v, error %v", list, err)
	}
	_, err = source.Backups(t.Context(), instances[0], "s1gr02", sourcetest.Now.AddDate(0, 0, -8))
	const want = `ListBackups: bad_request: no node "s1gr02": DDS backs an instance up as a whole; leave out nodes in the configuration of the instance`
	if err == nil || err.Error() != want {
		t.Errorf("backups of a shard: %v, want %s", err, want)
	}
}

func TestStartedBackupRuns(t *testing.T) {
	_, source := simulate(t, account(replicaSet("i1in02", 1)), cloudcall.Keys{AccessKeyID: "AKSIM", AccessKeySecret: "sk-sim"})
	created, err := source.StartBackup(t.Context(), backup.Instance{Target: backup.Target{InstanceID: "i1in02"}}, backup.ManualOrder{Name: "before-upgrade", Description: "by hand"})
	if err != nil || created.JobID == "" {
		t.Fatalf("created %v, error %v", created, err)
	}
	in := backup.Instance{Target: backup.Target{InstanceID: "i1in02"}}
	list, err := source.Backups(t.Context(), in, "", sourcetest.Now.AddDate(0, 0, -8))
	if err != nil || len(list.Backups) != 2 {
		t.Fatalf("backups %v, error %v", list, err)
	}
	newest := list.Backups[0]
	if newest.ID != created.BackupID || newest.State != backup.StateRunning || newest.Trigger != backup.TriggerManual {
		t.Errorf("newest backup %+v, want %s running", newest, created.BackupID)
	}
	jobs, err := source.Jobs(t.Context(), in)
	if err != nil || len(jobs) == 0 || jobs[0].ID != created.JobID || jobs[0].State != backup.JobRunning {
		t.Errorf("jobs %v, error %v; want %s running", jobs, err, created.JobID)
	}
}
