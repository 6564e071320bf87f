package cloudsim_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/cloudsim/simtest"
)

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
		{"POST", "/faults", `{"access_key_id":"AK","kind":"error_json","status":403,"code":"NoPermission"}`, 201, `{"id":3}`},
		{"GET", "/faults", "", 200, `[{"id":3,"fault":{"access_key_id":"AK","kind":"error_json","status":403,"code":"NoPermission"}}]`},
		{"DELETE", "/faults", "", 204, ""},
		{"POST", "/faults", `{"kind":"error_json","status":600}`, 400, "status 600 is not from 200 to 599"},
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
