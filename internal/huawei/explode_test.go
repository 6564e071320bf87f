package huawei_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/huawei"
	"mongodb_backup_exporter/internal/manual"
	"mongodb_backup_exporter/internal/poll"
	"mongodb_backup_exporter/internal/sourcetest"
)

// operationOf returns the operation of a request to DDS or IAM.
func operationOf(r *http.Request) string {
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/securitytokens"):
		return "CreateTemporaryAccessKeyByAgency"
	case strings.HasSuffix(path, "/projects"):
		return "KeystoneListProjects"
	case strings.HasSuffix(path, "/restore-time"):
		return "ListRestoreTimes"
	case strings.HasSuffix(path, "/backups/policy"):
		return "ShowBackupPolicy"
	case strings.HasSuffix(path, "/jobs"):
		return "ListTasks"
	case strings.HasSuffix(path, "/backups") && r.Method == http.MethodPost:
		return "CreateManualBackup"
	case strings.HasSuffix(path, "/backups"):
		return "ListBackups"
	case strings.HasSuffix(path, "/instances"):
		return "ListInstances"
	}
	return r.Method + " " + r.URL.Path
}

func TestAnswersThatExplode(t *testing.T) {
	const (
		projects = `{"projects":[{"id":"p1","name":"cn-north-4"}]}`
		policy   = `{"backup_policy":{"keep_days":7,"start_time":"03:00-04:00","period":"1","enable_incremental_backup":false}}`
		instance = `{"id":"i1","name":"n","tags":[ENTRIES]}`
		listed   = `{"instances":[{"id":"i1"}],"total_count":1}`
		backups  = `{"id":"b1","instance_id":"i1","type":"Auto","status":"COMPLETED","begin_time":"2026-01-14 03:00:00","end_time":"2026-01-14 03:01:00"}`
	)
	in := backup.Instance{Target: backup.Target{InstanceID: "i1"}, Topology: backup.TopologyReplicaSet}
	others := map[string]string{"KeystoneListProjects": projects, "ShowBackupPolicy": policy, "ListInstances": listed}
	instances := func(ctx context.Context, s poll.Source) error { _, err := s.Instances(ctx); return err }
	sourcetest.RunExplosions(t, provider(), operationOf, []sourcetest.Question{
		{Op: "KeystoneListProjects", Answer: `{"projects":[RECORDS]}`, Record: `{"id":"p1","name":"x"}`, Ask: instances, Others: map[string]string{"ListInstances": listed}},
		{Op: "ListInstances", Answer: `{"instances":[RECORDS],"total_count":100000}`, Record: instance, Ask: instances, Others: others},
		{
			Op: "ListBackups", Answer: `{"backups":[RECORDS],"total_count":100000}`, Record: backups, Others: others,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.Backups(ctx, in, "", sourcetest.Now.AddDate(0, 0, -30))
				return err
			},
		},
		{
			Op: "ListTasks", Answer: `{"jobs":[RECORDS],"total_count":100000}`, Record: `{"id":"j1","instance_id":"i1","status":"Running"}`, Others: others,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.Jobs(ctx, in); return err },
		},
		{
			Op: "ShowBackupPolicy", Answer: `{"backup_policy":{"keep_days":7},"x":[RECORDS]}`, Others: others,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.Policy(ctx, in); return err },
		},
		{
			Op: "ListRestoreTimes", Answer: `{"restore_time":[RECORDS]}`, Record: `{"start_time":1768300000000,"end_time":1768359690000}`, Others: others,
			Ask: func(ctx context.Context, s poll.Source) error { _, err := s.Recovery(ctx, in); return err },
		},
		{
			Op: "CreateManualBackup", Answer: `{"job_id":"j1","x":[RECORDS]}`, Others: others,
			Ask: func(ctx context.Context, s poll.Source) error {
				_, err := s.(manual.Starter).StartBackup(ctx, in, backup.ManualOrder{})
				return err
			},
		},
	})
}

func TestAgenciesThatExplode(t *testing.T) {
	p := provider()
	p.New = func(t *testing.T, env sourcetest.Env) poll.Source {
		source, err := huawei.New(huawei.Options{
			Account: env.Account, Region: env.Region, Endpoint: env.URL, IAMEndpoint: env.URL, ProjectID: "p1",
			Transport: env.Transport, Now: env.Now, Keys: env.Keys, Caller: env.Caller(huawei.Classify),
			Agency: huawei.Agency{Name: "reader", Domain: "other"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
	sourcetest.RunExplosions(t, p, operationOf, []sourcetest.Question{{
		Op: "CreateTemporaryAccessKeyByAgency", Answer: `{"credential":{"access":"a","secret":"b","securitytoken":"c","x":[RECORDS]}}`,
		Ask:    func(ctx context.Context, s poll.Source) error { _, err := s.Instances(ctx); return err },
		Others: map[string]string{"ListInstances": `{"instances":[],"total_count":0}`},
	}})
}

// No answer that a cloud may send is refused.
func TestLargeAnswers(t *testing.T) {
	tags := strings.TrimSuffix(strings.Repeat(`{"key":"team","value":"payments"},`, 90), ",")
	var instances []string
	for i := range 1000 {
		instances = append(instances, fmt.Sprintf(`{"id":"i%din02","tags":[%s]}`, i, tags))
	}
	answers := map[string]string{
		"KeystoneListProjects": `{"projects":[{"id":"p1","name":"cn-north-4"}]}`,
		"ListInstances":        `{"instances":[` + strings.Join(instances, ",") + `],"total_count":1000}`,
	}
	source := sourcetest.Serve(t, provider(), func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(answers[operationOf(r)]))
	})
	listing, err := source.Instances(t.Context())
	if err != nil || listing.Unread > 0 || len(listing.Instances) != 1000 {
		t.Errorf("%d instances, %d unread, %v; want 1000", len(listing.Instances), listing.Unread, err)
	}
}
