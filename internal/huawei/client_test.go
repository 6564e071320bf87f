package huawei

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

func TestNew(t *testing.T) {
	tests := []struct {
		name                  string
		opts                  Options
		wantEndpoint, wantIAM string
		err                   string
	}{
		{"region known to the SDK", Options{Region: "cn-north-4"}, "https://dds.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com", ""},
		{"region under another domain", Options{Region: "eu-west-101"}, "https://dds.eu-west-101.myhuaweicloud.eu", "https://iam.eu-west-101.myhuaweicloud.eu", ""},
		{"region unknown to the SDK", Options{Region: "xx-new-1"}, "https://dds.xx-new-1.myhuaweicloud.com", "https://iam.xx-new-1.myhuaweicloud.com", ""},
		{"host", Options{Region: "eu-de", Endpoint: "dds.eu-de.otc.t-systems.com"}, "https://dds.eu-de.otc.t-systems.com", "https://iam.eu-de.otc.t-systems.com", ""},
		{"both given", Options{Region: "r", Endpoint: "http://127.0.0.1:8080/", IAMEndpoint: "iam.example.com"}, "http://127.0.0.1:8080", "https://iam.example.com", ""},
		{"endpoint of no known form", Options{Region: "cn-north-4", Endpoint: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080", "https://iam.cn-north-4.myhuaweicloud.com", ""},
		{"path", Options{Region: "r", Endpoint: "http://h/hw"}, "", "", "endpoint: must be a host, or an http or https URL without a path"},
		{"scheme", Options{Region: "r", Endpoint: "ftp://h"}, "", "", "endpoint: must be a host, or an http or https URL without a path"},
		{"user", Options{Region: "r", Endpoint: "http://u:p@h"}, "", "", "endpoint: must be a host, or an http or https URL without a path"},
		{"IAM", Options{Region: "r", IAMEndpoint: "http://"}, "", "", "iam_endpoint: must be a host, or an http or https URL without a path"},
		{"project", Options{Region: "r", ProjectID: "a/b"}, "", "", `project_id: "a/b" is not a project id`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := New(tt.opts)
			if errorText(err) != tt.err {
				t.Fatalf("error %v, want %q", err, tt.err)
			}
			if err != nil {
				return
			}
			got, want := [2]string{s.client.endpoint, s.client.iamEndpoint}, [2]string{tt.wantEndpoint, tt.wantIAM}
			if got != want {
				t.Errorf("endpoints %q, want %q", got, want)
			}
		})
	}
}

// No operation may take any of these answers for an empty list.
func TestAnswersThatAreNoLists(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		class  backup.Class
	}{
		{"empty", 200, ``, backup.ClassProtocol},
		{"empty object", 200, `{}`, backup.ClassProtocol},
		{"null", 200, `null`, backup.ClassProtocol},
		{"array", 200, `[]`, backup.ClassProtocol},
		{"no content", 204, ``, backup.ClassProtocol},
		{"not modified", 304, ``, backup.ClassProtocol},
		{"redirect", 302, `{"backups":[],"instances":[],"jobs":[],"total_count":0}`, backup.ClassProtocol},
		{"created", 201, `{"backups":[],"instances":[],"jobs":[],"total_count":0}`, backup.ClassProtocol},
		{"null lists", 200, `{"backups":null,"instances":null,"jobs":null,"backup_policy":null,"restore_time":null,"total_count":0}`, backup.ClassProtocol},
		{"no total", 200, `{"backups":[],"instances":[],"jobs":[]}`, backup.ClassProtocol},
		{"total null", 200, `{"backups":[],"instances":[],"jobs":[],"total_count":null}`, backup.ClassProtocol},
		{"lists of another type", 200, `{"backups":{},"instances":{},"jobs":{},"backup_policy":[],"restore_time":{},"total_count":0}`, backup.ClassProtocol},
		{"cut", 200, `{"backups":[`, backup.ClassProtocol},
		{"two documents", 200, `{"backups":[],"instances":[],"jobs":[],"total_count":0}{}`, backup.ClassProtocol},
		{"an error in a success", 200, `{"error_code":"DBS.280110","error_msg":"The instance does not exist."}`, backup.ClassNotFound},
		{"an error beside empty lists", 200, `{"backups":[],"instances":[],"jobs":[],"backup_policy":{"keep_days":1},"restore_time":[],"total_count":0,"error_code":"DBS.280110"}`, backup.ClassNotFound},
		{"HTML in a success", 200, `<html>`, backup.ClassProtocol},
		{"HTML of a proxy", 502, `<html><h1>502 Bad Gateway</h1></html>`, backup.ClassServer},
		{"server error, empty", 503, ``, backup.ClassServer},
		{"throttled", 429, `{"error_code":"APIGW.0308","error_msg":"policy user over ratelimit"}`, backup.ClassThrottled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answer := send(tt.status, tt.body)
			f := newFake(t, map[string]http.HandlerFunc{
				"/instances": answer, "/backups": answer, "/jobs": answer,
				"/instances/" + testInstance + "/backups/policy": answer, "/instances/" + testInstance + "/restore-time": answer,
			})
			s, _ := open(t, f.URL, nil)
			for scope, err := range askAll(t.Context(), s, testInstance) {
				if got := backup.ClassOf(err); got != tt.class {
					t.Errorf("%s: class %q, want %q (%v)", scope, got, tt.class, err)
				}
				if _, ok := errors.AsType[*backup.Error](err); !ok {
					t.Errorf("%s: %T is no *backup.Error", scope, err)
				}
			}
		})
	}
}

// askAll calls every method about an instance and returns the errors.
func askAll(ctx context.Context, s *Source, id string) map[string]error {
	in := instanceNamed(id)
	_, errInstances := s.Instances(ctx)
	_, errBackups := s.Backups(ctx, in, "", now.AddDate(0, 0, -8))
	_, errJobs := s.Jobs(ctx, in)
	_, errPolicy := s.Policy(ctx, in)
	_, errRecovery := s.Recovery(ctx, in)
	return map[string]error{"instances": errInstances, "backups": errBackups, "jobs": errJobs, "policy": errPolicy, "recovery": errRecovery}
}

func TestRetryAfterAndRequestID(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "7")
		send(429, `{"error_msg":"over ratelimit","error_code":"APIGW.0308","request_id":"r-9"}`)(w, r)
	}})
	s, observer := open(t, f.URL, nil)
	_, err := s.Instances(t.Context())
	got, ok := errors.AsType[*backup.Error](err)
	if !ok || got.RetryAfter != 7*time.Second || got.RequestID != "rid-1" || got.Status != 429 {
		t.Errorf("got %#v", err)
	}
	if diff := cmp.Diff(map[string]int{"ListInstances throttled": 1}, observer.requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestNoErrorShowsCredentials(t *testing.T) {
	tests := []struct {
		name   string
		keys   cloudcall.Keys
		status int
		said   string // by the cloud
		want   string // in the error
	}{
		{
			"access key",
			cloudcall.Keys{AccessKeyID: "AKVISIBLE", AccessKeySecret: "SKVISIBLE", SecurityToken: "STSVISIBLE"},
			401,
			"Get secretKey failed,ak:AKVISIBLE,err:ak not exist STSVISIBLE SKVISIBLE",
			"(HTTP 401): Get secretKey failed,ak:(hidden),err:ak not exist (hidden) (hidden)",
		},
		{
			"user token", cloudcall.Keys{AuthToken: "TOKENVISIBLE"}, 401, "token TOKENVISIBLE is expired", "(HTTP 401): token (hidden) is expired",
		},
		{
			"with HTTP 200", cloudcall.Keys{AccessKeyID: "AKVISIBLE", AccessKeySecret: "SKVISIBLE"}, 200, "ak:AKVISIBLE", "(HTTP 200): ak:(hidden)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]http.HandlerFunc{
				"/instances": send(tt.status, fmt.Sprintf(`{"error_code":"APIGW.0301","error_msg":%q}`, tt.said)),
			})
			s, _ := open(t, f.URL, func(o *Options) { o.Keys = func() (cloudcall.Keys, error) { return tt.keys, nil } })
			_, err := s.Instances(t.Context())
			want := "ListInstances: auth APIGW.0301 " + tt.want + " [request id rid-1]; " +
				"check the account's credentials: the access key and its secret, the security token, or the token file; and the clock of this machine"
			if errorText(err) != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if text := fmt.Sprintf("%+v %#v", err, err); strings.Contains(text, "VISIBLE") {
				t.Error("the error holds credentials")
			}
		})
	}
}

func TestOnlyValidIDsGoIntoPaths(t *testing.T) {
	f := newFake(t, nil)
	s, _ := open(t, f.URL, nil)
	for _, id := range []string{"", "../x", "a/b", "a b", "a?b", "é", "{project_id}"} {
		for _, op := range []string{"policy", "recovery"} {
			if err := askAll(t.Context(), s, id)[op]; backup.ClassOf(err) != backup.ClassNotFound {
				t.Errorf("%s of %q: %v", op, id, err)
			}
		}
		if _, err := s.StartBackup(t.Context(), instanceNamed(id), backup.ManualOrder{}); backup.ClassOf(err) != backup.ClassNotFound {
			t.Errorf("create for %q: %v", id, err)
		}
	}
	if n := f.count("policy") + f.count("restore-time"); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestStartBackup(t *testing.T) {
	var body string
	f := newFake(t, map[string]http.HandlerFunc{"/backups": func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		body = r.Method + " " + string(raw)
		send(202, `{"job_id":"j1","backup_id":"b1br02"}`)(w, r)
	}})
	s, _ := open(t, f.URL, nil)
	for _, tt := range []struct {
		opts backup.ManualOrder
		want string
	}{
		{backup.ManualOrder{Name: "mybackup1", Description: "before <upgrade>"}, `"name":"mybackup1","description":"before <upgrade>"`},
		{backup.ManualOrder{}, `"name":"manual-20260806-130000-c0c9f155c7b7"`},
	} {
		got, err := s.StartBackup(t.Context(), instanceNamed(testInstance), tt.opts)
		if want := (backup.Started{JobID: "j1", BackupID: "b1br02"}); err != nil || got != want {
			t.Errorf("got %v, error %v, want %v", got, err, want)
		}
		if want := `POST {"backup":{"instance_id":"` + testInstance + `",` + tt.want + "}}\n"; body != want {
			t.Errorf("sent %q, want %q", body, want)
		}
	}
}

func TestStartBackupAnswers(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		class  backup.Class
	}{
		{"busy", 403, `{"error_code":"DBS.200019","error_msg":"x"}`, backup.ClassBusy},
		{"name exists", 400, `{"error_code":"DBS.201201","error_msg":"x"}`, backup.ClassBadRequest},
		{"empty", 200, `{}`, backup.ClassProtocol},
		{"of another type", 200, `{"job_id":{}}`, backup.ClassProtocol},
		{"another success", 204, ``, backup.ClassProtocol},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]http.HandlerFunc{"/backups": send(tt.status, tt.body)})
			s, _ := open(t, f.URL, nil)
			if _, err := s.StartBackup(t.Context(), instanceNamed(testInstance), backup.ManualOrder{Name: "mybackup1"}); backup.ClassOf(err) != tt.class {
				t.Errorf("got %v, want class %q", err, tt.class)
			}
		})
	}
}

func TestStartBackupIsNotRepeated(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/backups": send(503, ``)})
	s, _ := open(t, f.URL, func(o *Options) {
		o.Caller = cloudcall.New(cloudcall.Options{
			Observer: &seen{requests: map[string]int{}, rejected: map[string]int{}}, Now: time.Now, Classify: Classify,
			MaxAttempts: 5, FirstRetry: time.Millisecond,
		})
	})
	if _, err := s.StartBackup(t.Context(), instanceNamed(testInstance), backup.ManualOrder{}); backup.ClassOf(err) != backup.ClassServer {
		t.Errorf("got %v, want class server", err)
	}
	if got := f.count("/backups"); got != 1 {
		t.Errorf("sent %d times, want once", got)
	}
}

func TestCancelledWhileTheCloudHangs(t *testing.T) {
	arrived := make(chan struct{}, 2)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done() // the server sees that the client has gone
	}
	f := newFake(t, map[string]http.HandlerFunc{"/backups": hang, "/instances/" + testInstance + "/backups/policy": hang})
	s, _ := open(t, f.URL, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var asking sync.WaitGroup
	asking.Go(func() {
		if _, err := s.Backups(ctx, instanceNamed(testInstance), "", now); backup.ClassOf(err) != backup.ClassCanceled {
			t.Errorf("Backups: %v", err)
		}
	})
	asking.Go(func() {
		if _, err := s.Policy(ctx, instanceNamed(testInstance)); backup.ClassOf(err) != backup.ClassCanceled {
			t.Errorf("Policy: %v", err)
		}
	})
	<-arrived
	<-arrived
	start := time.Now()
	cancel()
	asking.Wait()
	if took := time.Since(start); took > 10*time.Second { // an attempt lasts a minute
		t.Errorf("returned %v after the end of the context", took)
	}
}

// The SDK decodes by the Content-Type that the cloud names, with BSON too.
func TestFailureOfAnotherContentType(t *testing.T) {
	f := newFake(t, map[string]http.HandlerFunc{"/instances": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/bson")
		send(429, `{"error_code":"APIGW.0308","error_msg":"slow down"}`)(w, r)
	}})
	s, _ := open(t, f.URL, nil)
	_, err := s.Instances(t.Context())
	const want = "ListInstances: throttled APIGW.0308 (HTTP 429): slow down [request id rid-1]; lower requests_per_second, or poll less often"
	if errorText(err) != want {
		t.Errorf("error %v, want %s", err, want)
	}
}
