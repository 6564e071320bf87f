package cloudsim_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

func TestFaultsReplaceAnswers(t *testing.T) {
	const html, json = "text/html; charset=utf-8", "application/json"
	for _, tc := range []struct {
		kind        cloudsim.FaultKind
		ali, hw     int // HTTP status
		aliCode     string
		hwCode      string
		contentType string
	}{
		{cloudsim.FaultThrottle, 400, 429, "Throttling.User", "APIGW.0308", json},
		{cloudsim.FaultForbidden, 403, 403, "Forbidden.RAM", "DBS.280063", json},
		{cloudsim.FaultExpiredKey, 400, 401, "InvalidAccessKeyId.Inactive", "APIGW.0301", json},
		{cloudsim.FaultWrongKey, 404, 401, "InvalidAccessKeyId.NotFound", "APIGW.0301", json},
		{cloudsim.FaultNotFound, 404, 400, "InvalidDBInstanceId.NotFound", "DBS.280110", json},
		{cloudsim.FaultBadRequest, 400, 400, "InvalidParameter", "DBS.200001", json},
		{cloudsim.FaultUnsupported, 400, 404, "StorageTypeOrInstanceTypeNotSupported", "APIGW.0101", json},
		{cloudsim.FaultServerError, 503, 500, "ServiceUnavailable", "DBS.280005", json},
		{cloudsim.FaultErrorJSON, 500, 500, "InternalError", "DBS.280005", json},
		{cloudsim.FaultErrorHTML, 500, 500, "", "", html},
		{cloudsim.FaultErrorText, 500, 500, "", "", "text/plain; charset=utf-8"},
		{cloudsim.FaultErrorEmpty, 500, 500, "", "", ""},
		{cloudsim.FaultErrorIn200, 200, 200, "ServiceUnavailable", "DBS.280005", json},
		{cloudsim.FaultThrottleHTML, 429, 429, "", "", html},
		{cloudsim.FaultNoContent, 204, 204, "", "", ""},
		{cloudsim.FaultNotModified, 304, 304, "", "", ""},
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
			if ali.Status != tc.ali || ali.Code() != tc.aliCode || !strings.HasPrefix(ali.Header.Get("Content-Type"), tc.contentType) {
				t.Errorf("Alibaba: %d %v %s", ali.Status, ali.Header, ali.Text)
			}
			hw := simtest.GetHuawei(t, s, simtest.BackupsPath)
			if hw.Status != tc.hw || hw.Code() != tc.hwCode || hw.Header.Get("Content-Type") != tc.contentType {
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

func TestThrottleStatesTheWait(t *testing.T) {
	for name, tc := range map[string]struct {
		delay   time.Duration
		ali, hw string
	}{
		"default":  {0, "1000", "1"},
		"given":    {1500 * time.Millisecond, "1500", "2"},
		"not sent": {-1, "", ""},
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

func TestFaultMatching(t *testing.T) {
	call := func(t *testing.T, s *cloudsim.Sim, node string) string {
		return simtest.CallAlibaba(t, s, "DescribeBackups", "DBInstanceId", "dds-shards", "NodeId", node).Code()
	}
	t.Run("fields", func(t *testing.T) {
		hit := cloudsim.Fault{Cloud: fleet.Alibaba, Region: "cn-hangzhou", AccessKeyID: simtest.AlibabaKey, Operation: "DescribeBackups", InstanceID: "dds-shards", NodeID: "d-a", Kind: cloudsim.FaultForbidden}
		misses := []cloudsim.Fault{
			{Cloud: fleet.Huawei}, {Region: "cn-beijing"}, {AccessKeyID: simtest.HuaweiKey}, {Operation: "DescribeBackupTasks"}, {InstanceID: "dds-set"}, {NodeID: "d-b"},
		}
		s, _ := simtest.New(simtest.Fleet())
		s.Inject(hit)
		for _, miss := range misses {
			miss.Kind = cloudsim.FaultServerError
			s.Inject(miss)
		}
		if got := call(t, s, "d-a"); got != "Forbidden.RAM" {
			t.Errorf("matching shard: %q", got)
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
