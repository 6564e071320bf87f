package cloudsim

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Each button injects its fault, and one removes them all. Another site cannot press them.
func TestConsole(t *testing.T) {
	sim := New(Options{Fleet: fleet.Demo(time.Now()), Now: time.Now})
	handler := sim.Console("/console")
	do := func(method string, form url.Values, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), method, "/console", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w
	}
	if page := do("GET", nil); page.Code != http.StatusOK || strings.Count(page.Body.String(), `name="preset"`) != len(presets()) || !strings.Contains(page.Body.String(), "as they should") {
		t.Errorf("%d:\n%s", page.Code, page.Body)
	}
	for i := range presets() {
		number := string(rune('0' + i))
		if w := do("POST", url.Values{"preset": {number}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/console" || len(sim.faults.list()) != i+1 {
			t.Errorf("preset %s: %d, and %d faults", number, w.Code, len(sim.faults.list()))
		}
	}
	if page := do("GET", nil).Body.String(); !strings.Contains(page, `&#34;kind&#34;:&#34;wrong_key&#34;`) {
		t.Errorf("a fault is not shown:\n%s", page)
	}
	for _, bad := range []string{"-1", "99", "", "x"} {
		if w := do("POST", url.Values{"preset": {bad}}); w.Code != http.StatusBadRequest {
			t.Errorf("preset %q: %d", bad, w.Code)
		}
	}
	if w := do("POST", url.Values{"heal": {"all"}}, "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden || len(sim.faults.list()) == 0 {
		t.Errorf("another site: %d", w.Code)
	}
	if w := do("POST", url.Values{"heal": {"all"}}); w.Code != http.StatusSeeOther || len(sim.faults.list()) != 0 {
		t.Errorf("heal: %d, and %d faults", w.Code, len(sim.faults.list()))
	}
}
