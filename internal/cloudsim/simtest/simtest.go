package simtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Clock is a clock that stands still until it is advanced. The zero value shows Start. It is safe for concurrent use.
type Clock struct{ passed atomic.Int64 }

// Now returns the time.
func (c *Clock) Now() time.Time { return Start().Add(time.Duration(c.passed.Load())) }

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) { c.passed.Add(int64(d)) }

// New returns clouds that hold the fleet, and their clock.
func New(f fleet.Fleet) (*cloudsim.Sim, *Clock) {
	clock := new(Clock)
	return cloudsim.New(cloudsim.Options{Fleet: f, Now: clock.Now}), clock
}

// Query returns parameters from names and values in turn.
func Query(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// canonical returns the start of the text that both clouds sign, up to the hash of the body.
func canonical(r *http.Request, path string, headers []string) string {
	var text strings.Builder
	text.WriteString(r.Method + "\n" + path + "\n" + strings.ReplaceAll(r.URL.Query().Encode(), "+", "%20") + "\n")
	for _, name := range headers {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		text.WriteString(name + ":" + value + "\n")
	}
	return text.String() + "\n" + strings.Join(headers, ";") + "\n"
}

// Reply is an answer, decoded.
type Reply struct {
	Status int // HTTP status
	Header http.Header
	Text   string         // the body as it came
	Body   map[string]any // the body as JSON; nil: it is none
}

// Send returns the handler's answer. The test fails when the answer says that it is JSON and is no object.
func Send(t *testing.T, s http.Handler, r *http.Request) Reply {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	out := Reply{Status: w.Code, Header: w.Header(), Text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &out.Body); err != nil && strings.Contains(out.Header.Get("Content-Type"), "json") {
		t.Fatalf("the answer is no JSON object: %v: %s", err, out.Text)
	}
	return out
}

// Code returns the cloud's error code. It returns "" when there is none.
func (r Reply) Code() string {
	for _, key := range []string{"Code", "error_code"} {
		if code, ok := r.Body[key].(string); ok {
			return code
		}
	}
	return ""
}

// At returns what is found along the path of keys and indexes. It panics when the path leads nowhere.
func (r Reply) At(t *testing.T, path ...any) any {
	t.Helper()
	var v any = r.Body
	for _, step := range path {
		switch step := step.(type) {
		case string:
			v = v.(map[string]any)[step]
		case int:
			v = v.([]any)[step]
		}
	}
	return v
}

// Column returns one field of each record of the list along the path.
func (r Reply) Column(t *testing.T, key string, path ...any) []any {
	t.Helper()
	column := []any{}
	for _, record := range r.At(t, path...).([]any) {
		column = append(column, record.(map[string]any)[key])
	}
	return column
}
