package huawei

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudcall"
)

// now is the time of all tests that need one.
var now = time.Date(2026, time.August, 6, 13, 0, 0, 0, time.UTC)

const (
	testProject  = "0123456789abcdef0123456789abcdef"
	testInstance = "c0c9f155c7b7423a9d30f0175998b63bin02"
)

// fake is a DDS that answers each path as a test defines, and keeps the requests.
type fake struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
	answers  map[string]http.HandlerFunc // by path without /v3/{project}
}

func newFake(t *testing.T, answers map[string]http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{answers: answers}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, r.Clone(r.Context()))
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Request-Id", "rid-1")
	path := r.URL.Path
	for _, prefix := range []string{"/v3/" + testProject, "/v3.1/" + testProject} {
		path = strings.TrimPrefix(path, prefix)
	}
	if answer, ok := f.answers[path]; ok {
		answer(w, r)
		return
	}
	send(http.StatusNotFound, `{"error_code":"APIGW.0101","error_msg":"The API does not exist or has not been published in the environment"}`)(w, r)
}

// count returns how many requests had a path that ends in suffix.
func (f *fake) count(suffix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.HasSuffix(r.URL.Path, suffix) {
			n++
		}
	}
	return n
}

func (f *fake) last() *http.Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.requests[len(f.requests)-1]
}

func send(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// paged returns a handler that answers with the requested page of records.
func paged(field string, records ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		offset, _ := strconv.Atoi(r.FormValue("offset"))
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		from := min(offset, len(records))
		part := records[from:min(from+limit, len(records))]
		fmt.Fprintf(w, `{%q:[%s],"total_count":%d}`, field, strings.Join(part, ","), len(records))
	}
}

// seen is an observer that counts.
type seen struct {
	mu       sync.Mutex
	requests map[string]int
	rejected map[string]int
}

func (s *seen) Request(_ cloudcall.Place, operation, result string, _ time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation+" "+result]++
}

func (s *seen) Rejected(field string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rejected[field]++
}

// open returns a Source on url, with changes to its options.
func open(t *testing.T, url string, change func(*Options)) (*Source, *seen) {
	t.Helper()
	observer := &seen{requests: map[string]int{}, rejected: map[string]int{}}
	transport := cloudcall.NewTransport(4)
	t.Cleanup(transport.CloseIdleConnections)
	opts := Options{
		Account: "hw", Region: "cn-north-4", Endpoint: url, IAMEndpoint: url, ProjectID: testProject,
		Keys: func() (cloudcall.Keys, error) {
			return cloudcall.Keys{AccessKeyID: "AKTEST", AccessKeySecret: "sk-test"}, nil
		},
		Caller: cloudcall.New(cloudcall.Options{
			Place:    cloudcall.Place{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4"},
			Observer: observer, Now: time.Now, Classify: Classify, Timeout: time.Minute, MaxAttempts: 1,
		}),
		Transport: transport,
		Now:       func() time.Time { return now },
	}
	if change != nil {
		change(&opts)
	}
	s, err := New(opts)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s, observer
}

func instanceNamed(id string) backup.Instance {
	return backup.Instance{Target: backup.Target{Cloud: backup.Huawei, Account: "hw", Region: "cn-north-4", InstanceID: id}}
}
