package cloudsim_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

// onServer sends the request to a server that serves s, and returns header and body of the answer as they came.
func onServer(t *testing.T, s *cloudsim.Sim, r *http.Request) (header http.Header, body string, err error) {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	r = r.Clone(t.Context())
	r.RequestURI, r.URL.Scheme, r.URL.Host = "", "http", at.Host // the signed Host header stays
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return nil, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.Header, string(text), errors.Join(err, resp.Body.Close())
}

func TestFaultsReplaceAnswers(t *testing.T) {
	const html, json = "text/html; charset=utf-8", "application/json"
	for _, tc := range []struct {
		kind         cloudsim.FaultKind
		ali, hw      int // HTTP status
		aliCode      string
		hwCode, kept string // kept: the content type
	}{
		{cloudsim.FaultThrottle, 400, 429, "Throttling.User", "APIGW.0308", json},
		{cloudsim.FaultForbidden, 403, 403, "Forbidden.RAM", "DBS.280063", json},
		{cloudsim.FaultExpiredKey, 400, 401, "InvalidAccessKeyId.Inactive", "APIGW.0301", json},
		{cloudsim.FaultWrongKey, 404, 401, "InvalidAccessKeyId.NotFound", "APIGW.0301", json},
		{cloudsim.FaultNotFound, 404, 400, "InvalidDBInstanceId.NotFound", "DBS.280110", json},
		{cloudsim.FaultServerError, 503, 500, "ServiceUnavailable", "DBS.280005", json},
		{cloudsim.FaultErrorIn200, 200, 200, "ServiceUnavailable", "DBS.280005", json},
		{cloudsim.FaultBadGatewayHTML, 502, 502, "", "", html},
		{cloudsim.FaultHTML200, 200, 200, "", "", html},
		{cloudsim.FaultUnavailable, 503, 503, "", "", ""},
		{cloudsim.FaultEmpty, 200, 200, "", "", ""},
		{cloudsim.FaultEmptyObject, 200, 200, "", "", json},
		{cloudsim.FaultRedirect, 302, 302, "", "", ""},
	} {
		t.Run(string(tc.kind), func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			s.Inject(cloudsim.Fault{Kind: tc.kind})
			ali := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set")
			if ali.Status != tc.ali || ali.Code() != tc.aliCode || !strings.HasPrefix(ali.Header.Get("Content-Type"), tc.kept) {
				t.Errorf("Alibaba: %d %v %s", ali.Status, ali.Header, ali.Text)
			}
			hw := simtest.GetHuawei(t, s, simtest.BackupsPath)
			if hw.Status != tc.hw || hw.Code() != tc.hwCode || hw.Header.Get("Content-Type") != tc.kept {
				t.Errorf("Huawei: %d %v %s", hw.Status, hw.Header, hw.Text)
			}
			for _, call := range s.Calls() {
				if call.Status == 0 || (call.Code != tc.aliCode && call.Code != tc.hwCode) {
					t.Errorf("logged as %+v", call)
				}
			}
		})
	}
}

func TestThrottleSaysHowLong(t *testing.T) {
	for name, tc := range map[string]struct {
		delay   time.Duration
		ali, hw string
	}{
		"by default": {0, "1000", "1"},
		"given":      {1500 * time.Millisecond, "1500", "2"},
		"unsaid":     {-1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := simtest.New(simtest.Fleet())
			s.Inject(cloudsim.Fault{Kind: cloudsim.FaultThrottle, Delay: tc.delay})
			if got := simtest.CallAlibaba(t, s, "DescribeRegions").Header.Get("x-acs-retry-after"); got != tc.ali {
				t.Errorf("Alibaba: %q", got)
			}
			if got := simtest.GetHuawei(t, s, simtest.BackupsPath).Header.Get("Retry-After"); got != tc.hw {
				t.Errorf("Huawei: %q", got)
			}
		})
	}
}

func TestExpiredTemporaryKey(t *testing.T) {
	f := simtest.Fleet()
	f.Accounts[0].SecurityToken = "sts"
	s, _ := simtest.New(f)
	s.Inject(cloudsim.Fault{Kind: cloudsim.FaultExpiredKey})
	if got := simtest.CallAlibaba(t, s, "DescribeRegions"); got.Code() != "InvalidSecurityToken.Expired" {
		t.Errorf("%s", got.Text)
	}
}

func TestForbiddenComesAfterAuthentication(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	for _, kind := range []cloudsim.FaultKind{cloudsim.FaultForbidden, cloudsim.FaultNotFound} {
		s.Inject(cloudsim.Fault{Kind: kind})
		r := simtest.ACS3Request("DescribeRegions", nil)
		simtest.SignACS3(r, simtest.AlibabaKey, "wrong")
		if got := simtest.Send(t, s, r); got.Code() != "SignatureDoesNotMatch" {
			t.Errorf("%s, Alibaba: %s", kind, got.Text)
		}
		r = simtest.HuaweiRequest(http.MethodGet, simtest.BackupsPath, nil, "")
		simtest.SignHuawei(r, "", "wrong", "x-sdk-date")
		if got := simtest.Send(t, s, r); got.Code() != "APIGW.0301" {
			t.Errorf("%s, Huawei: %s", kind, got.Text)
		}
		r = simtest.HuaweiRequest(http.MethodGet, "/v3/projects", nil, "")
		if got := simtest.Send(t, s, r); kind == cloudsim.FaultForbidden && got.Status != 403 {
			t.Errorf("%s, IAM: %s", kind, got.Text)
		}
	}
}

func TestRedirectLeadsToAPage(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	s.Inject(cloudsim.Fault{Kind: cloudsim.FaultRedirect})
	to := simtest.CallAlibaba(t, s, "DescribeRegions").Header.Get("Location")
	got := simtest.Send(t, s, httptest.NewRequest(http.MethodGet, to, http.NoBody))
	if got.Status != 200 || !strings.Contains(got.Text, "<h1>Please log in</h1>") {
		t.Errorf("%d %s", got.Status, got.Text)
	}
}

func TestFaultsSpoilLists(t *testing.T) {
	list := func(t *testing.T, kind cloudsim.FaultKind) (ali, hw simtest.Reply) {
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(cloudsim.Fault{Kind: kind})
		return simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set"), simtest.GetHuawei(t, s, simtest.BackupsPath)
	}
	object := map[string]any{"unexpected": "object"}
	ali, hw := list(t, cloudsim.FaultWrongTypeRecord)
	if diff := cmp.Diff([]any{object, "1"}, ali.Column(t, "BackupId", "Backups", "Backup")); diff != "" {
		t.Errorf("Alibaba (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{object, "b1br02", "a2br02", "a1br02"}, hw.Column(t, "id", "backups")); diff != "" {
		t.Errorf("Huawei (-want +got):\n%s", diff)
	}
	ali, hw = list(t, cloudsim.FaultNullList)
	if ali.At(t, "Backups", "Backup") != nil || hw.Body["backups"] != nil || hw.Body["total_count"] != 4.0 {
		t.Errorf("null lists: %s, %s", ali.Text, hw.Text)
	}
	ali, hw = list(t, cloudsim.FaultWrongTotal)
	if ali.Body["TotalCount"] != 1002.0 || hw.Body["total_count"] != 1004.0 {
		t.Errorf("high totals: %s, %s", ali.Text, hw.Text)
	}
	ali, hw = list(t, cloudsim.FaultLowTotal)
	if ali.Body["TotalCount"] != 1.0 || hw.Body["total_count"] != 1.0 {
		t.Errorf("low totals: %s, %s", ali.Text, hw.Text)
	}
}

func TestDuplicatePage(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	s.Inject(cloudsim.Fault{Kind: cloudsim.FaultDuplicatePage})
	got := simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-set", "PageNumber", "2")
	if diff := cmp.Diff([]any{"2", "1"}, got.Column(t, "BackupId", "Backups", "Backup")); diff != "" || got.Body["PageNumber"] != 2.0 {
		t.Errorf("Alibaba, page %v (-want +got):\n%s", got.Body["PageNumber"], diff)
	}
	hw := simtest.GetHuawei(t, s, simtest.BackupsPath, "offset", "2", "limit", "2")
	if diff := cmp.Diff([]any{"a4br02", "b1br02"}, hw.Column(t, "id", "backups")); diff != "" {
		t.Errorf("Huawei (-want +got):\n%s", diff)
	}
}

func TestFaultsOnTheWire(t *testing.T) {
	good, _ := simtest.New(simtest.Fleet())
	whole := simtest.CallAlibaba(t, good, "DescribeBackups", "DBInstanceId", "dds-set").Text
	fault := func(t *testing.T, f cloudsim.Fault) (http.Header, string, error) {
		t.Helper()
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(f)
		return onServer(t, s, simtest.ACS3Request("DescribeBackups", simtest.Query("DBInstanceId", "dds-set")))
	}

	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultTruncated}); err != nil || body != whole[:len(whole)/2] {
		t.Errorf("truncated: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultCut}); !errors.Is(err, io.ErrUnexpectedEOF) || body != whole[:len(whole)/2] {
		t.Errorf("cut: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, _, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultReset}); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("reset: %v", err)
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultDrip, Delay: time.Nanosecond}); err != nil || body != whole {
		t.Errorf("drip: %v, %d of %d bytes", err, len(body), len(whole))
	}
	if _, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultLatency, Delay: time.Nanosecond}); err != nil || body != whole {
		t.Errorf("latency: %v, %d of %d bytes", err, len(body), len(whole))
	}
	_, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultHugeBody})
	if err != nil || len(body) < 8<<20 || !json.Valid([]byte(body)) {
		t.Errorf("huge: %v, %d bytes", err, len(body))
	}
	header, body, err := fault(t, cloudsim.Fault{Kind: cloudsim.FaultGzip})
	if err != nil || header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("gzip: %v, %v", err, header)
	}
	zip, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := io.ReadAll(zip); err != nil || string(plain) != whole {
		t.Errorf("gzip: %v, %s", err, plain)
	}
}

func TestHangEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := simtest.New(simtest.Fleet())
		remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultHang})
		hang := func(ctx context.Context) *atomic.Bool {
			var done atomic.Bool
			go func() {
				s.ServeHTTP(httptest.NewRecorder(), simtest.ACS3Request("DescribeRegions", nil).WithContext(ctx))
				done.Store(true)
			}()
			synctest.Wait()
			return &done
		}
		ctx, leave := context.WithCancel(t.Context())
		first, second := hang(ctx), hang(t.Context())
		if first.Load() || second.Load() {
			t.Fatal("a call is answered at once")
		}
		leave()
		synctest.Wait()
		if !first.Load() || second.Load() {
			t.Errorf("the client left: first over %t, second over %t", first.Load(), second.Load())
		}
		remove()
		synctest.Wait()
		if !second.Load() {
			t.Error("the call hangs although the fault is removed")
		}
		for _, call := range s.Calls() {
			if call.Status != 0 {
				t.Errorf("status %d for a call without an answer", call.Status)
			}
		}
	})
}

func TestLatencyAndDripTakeTime(t *testing.T) {
	for kind, want := range map[cloudsim.FaultKind]time.Duration{cloudsim.FaultLatency: 3 * time.Second, cloudsim.FaultDrip: 21 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s, _ := simtest.New(fleet.Fleet{Accounts: []fleet.Account{{Cloud: fleet.Alibaba, AccessKeyID: simtest.AlibabaKey, AccessKeySecret: simtest.AlibabaSecret}}})
			s.Inject(cloudsim.Fault{Kind: kind, Delay: 3 * time.Second})
			before := time.Now()
			simtest.CallAlibaba(t, s, "DescribeDBInstances")
			if got := time.Since(before).Truncate(3 * time.Second); got != want {
				t.Errorf("%s takes %s, want %s", kind, got, want)
			}
		})
	}
}

func TestFaultMatching(t *testing.T) {
	call := func(t *testing.T, s *cloudsim.Sim, node string) string {
		return simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-shards", "NodeId", node).Code()
	}
	t.Run("fields", func(t *testing.T) {
		hit := cloudsim.Fault{Cloud: fleet.Alibaba, Region: "cn-hangzhou", Operation: "DescribeBackups", InstanceID: "dds-shards", NodeID: "d-a", Kind: cloudsim.FaultForbidden}
		misses := []cloudsim.Fault{
			{Cloud: fleet.Huawei}, {Region: "cn-beijing"}, {Operation: "DescribeBackupTasks"}, {InstanceID: "dds-set"}, {NodeID: "d-b"},
		}
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(hit)
		for _, miss := range misses {
			miss.Kind = cloudsim.FaultServerError
			s.Inject(miss)
		}
		if got := call(t, s, "d-a"); got != "Forbidden.RAM" {
			t.Errorf("the shard meant: %q", got)
		}
	})
	t.Run("newest wins until removed", func(t *testing.T) {
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(cloudsim.Fault{Kind: cloudsim.FaultForbidden})
		remove := s.Inject(cloudsim.Fault{Kind: cloudsim.FaultThrottle})
		first := call(t, s, "d-a")
		remove()
		remove()
		if second := call(t, s, "d-a"); first != "Throttling.User" || second != "Forbidden.RAM" {
			t.Errorf("%q, then %q", first, second)
		}
	})
	t.Run("after and times", func(t *testing.T) {
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(cloudsim.Fault{Kind: cloudsim.FaultThrottle, After: 1, Times: 2})
		var got []string
		for range 4 {
			got = append(got, call(t, s, "d-a"))
		}
		if diff := cmp.Diff([]string{"", "Throttling.User", "Throttling.User", ""}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestAdmin(t *testing.T) {
	s, _ := simtest.New(simtest.Fleet())
	do := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		s.Admin().ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const fault = `{"cloud":"alibaba","operation":"DescribeBackups","kind":"latency","delay":"1.5s","times":2,"after":1}`
	for _, step := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/faults", "", 200, `[]`},
		{"POST", "/faults", fault, 201, `{"id":1}`},
		{"POST", "/faults", `{"kind":"empty"}`, 201, `{"id":2}`},
		{"GET", "/faults", "", 200, `[{"id":1,"fault":` + fault + `},{"id":2,"fault":{"kind":"empty"}}]`},
		{"DELETE", "/faults/2", "", 204, ""},
		{"DELETE", "/faults/2", "", 404, "no such fault"},
		{"DELETE", "/faults/x", "", 404, "no such fault"},
		{"DELETE", "/faults", "", 204, ""},
		{"GET", "/faults", "", 200, `[]`},
		{"POST", "/faults", `{"kind":"latency","delay":"soon"}`, 400, `time: invalid duration "soon"`},
		{"POST", "/faults", `{`, 400, "unexpected end of JSON input"},
		{"GET", "/calls", "", 200, `[]`},
	} {
		if status, got := do(step.method, step.path, step.body); status != step.status || got != step.want {
			t.Errorf("%s %s %s: %d %s, want %d %s", step.method, step.path, step.body, status, got, step.status, step.want)
		}
	}
	if status, got := do("POST", "/faults", `{"kind":"nothing"}`); status != 400 || !strings.HasPrefix(got, `no fault of kind "nothing"; there are ["latency" "hang"`) {
		t.Errorf("unknown kind: %d %s", status, got)
	}
	simtest.CallAlibaba(t, s, "DescribeRegions")
	simtest.GetHuawei(t, s, simtest.BackupsPath)
	const calls = `[{"time":"2026-08-06T12:00:00Z","cloud":"alibaba","operation":"DescribeRegions","region":"","status":200}]`
	if _, got := do("GET", "/calls?operation=DescribeRegions", ""); got != calls {
		t.Errorf("calls: %s", got)
	}
}
