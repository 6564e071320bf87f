package huawei

import (
	"fmt"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

func TestInstances(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": paged("instances",
		`{"id":"i1in02","name":"orders \ud800","mode":"Sharding","status":"normal","created":"2019-01-17T07:05:52",
		  "datastore":{"type":"DDS-Community","version":"4.2","patch_available":false},"engine":"wiredTiger",
		  "backup_strategy":{"start_time":"16:00-17:00","keep_days":7},"tags":[{"key":"env","value":"prod"}],"groups":[]}`,
		`{"id":"i2in02","mode":"Single"}`,
		`{"id":"../i3"}`,
	)})
	s, observer := open(t, f.URL, nil)
	got, err := s.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []backup.Instance{
		{
			Target: instanceNamed("i1in02").Target, Name: "orders \uFFFD", Engine: "DDS-Community", Version: "4.2",
			Topology: backup.TopologyShardedCluster, Status: "normal", Tags: map[string]string{"env": "prod"},
			CreatedAt: time.Date(2019, time.January, 17, 7, 5, 52, 0, time.UTC),
		},
		{Target: instanceNamed("i2in02").Target, Topology: backup.TopologyStandalone},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Instances (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"id": 1}, observer.rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

func TestBackupsOfAProjectCostOneListing(t *testing.T) {
	const instances, each = 50, 8
	var listed, sets []string
	for i := range instances {
		listed = append(listed, fmt.Sprintf(`{"id":"i%02din02","mode":"ReplicaSet"}`, i))
		for j := range each {
			sets = append(sets, record(fmt.Sprintf("i%02din02", i), fmt.Sprintf("b%03d%02dbr02", i, j), now.AddDate(0, 0, -j)))
		}
	}
	f := newFake(t, map[string]http.HandlerFunc{"/backups": paged("backups", sets...), "/instances": paged("instances", listed...)})
	clock := now
	s, _ := open(t, f.URL, func(o *Options) { o.Now = func() time.Time { return clock } })
	all, err := s.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	round := func(wave int) {
		var work sync.WaitGroup
		for i := range all {
			work.Go(func() {
				got, err := s.Backups(t.Context(), all[i], "", clock.AddDate(0, 0, -30).Add(time.Duration(-i)*time.Microsecond))
				if err != nil || len(got.Backups) != each {
					t.Errorf("Backups of %s: %d sets, error %v, want %d", all[i].InstanceID, len(got.Backups), err, each)
				}
			})
			if (i+1)%wave == 0 {
				work.Wait()
			}
		}
		work.Wait()
	}
	round(instances) // all at once
	round(16)        // in waves, as a limit on calls in flight makes them
	round(1)         // one by one
	if got, want := f.count("/backups"), 3*4; got != want {
		t.Errorf("%d calls of ListBackups in three rounds, want %d", got, want)
	}
	if got, want := f.count("/instances"), 1; got != want {
		t.Errorf("%d calls of ListInstances, want %d", got, want)
	}
}

func record(instanceID, id string, begin time.Time) string {
	return fmt.Sprintf(`{"id":%q,"name":"n","instance_id":%q,"instance_name":"x","datastore":{"type":"DDS-Community","version":"4.4"},`+
		`"type":"Auto","begin_time":%q,"end_time":%q,"status":"COMPLETED","size":2803,"description":"",`+
		`"instance_status":"normal","instance_mode":"ReplicaSet","is_instance_restoring":false,"backup_method":"Physical","kms_enable":false,"deletable":false}`,
		id, instanceID, begin.Format(time.DateTime), begin.Add(2*time.Minute).Format(time.DateTime))
}

func TestRequest(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/backups": paged("backups", record(testInstance, "b1br02", now))})
	home := t.TempDir()
	t.Setenv("HOME", home)
	s, _ := open(t, f.URL, func(o *Options) {
		o.Keys = func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKTEST", AccessKeySecret: "sk-test", SecurityToken: "sts"}, nil
		}
	})
	if _, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8)); err != nil {
		t.Fatal(err)
	}
	r := f.last()
	got := map[string]string{
		"uri": r.RequestURI, "agent": r.UserAgent(), "project": r.Header.Get("X-Project-Id"),
		"token": r.Header.Get("X-Security-Token"), "content": r.Header.Get("Content-Type"),
	}
	want := map[string]string{
		"uri":   "/v3/" + testProject + "/backups?begin_time=2026-07-29%2012%3A00%3A00&end_time=2026-08-06%2013%3A01%3A00&limit=100&offset=0",
		"agent": "huaweicloud-usdk-go/3.0; mongodb_backup_exporter", "project": testProject, "token": "sts", "content": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if left, err := os.ReadDir(home); err != nil || len(left) != 0 {
		t.Errorf("the SDK left %v in the user's home (error %v)", left, err)
	}
}
