package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/server"
)

func TestReloadFromBrowsers(t *testing.T) {
	refusal := "the page of another site asked for this; only pages of this exporter, and programs that are no browser, may\n"
	tests := []struct {
		name   string
		header map[string]string
		status int
		body   string
	}{
		{"a program", nil, 200, "reloaded\n"},
		{"a page of the exporter", map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://exporter"}, 200, "reloaded\n"},
		{"the person", map[string]string{"Sec-Fetch-Site": "none"}, 200, "reloaded\n"},
		{"another site", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403, refusal},
		{"another host of the site", map[string]string{"Sec-Fetch-Site": "same-site"}, 403, refusal},
		{"another site, old browser", map[string]string{"Origin": "https://evil.example"}, 403, refusal},
		{"a page of the exporter, old browser", map[string]string{"Origin": "http://exporter"}, 200, "reloaded\n"},
		{"a sandboxed page", map[string]string{"Origin": "null"}, 403, refusal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reloads := 0
			opts := options(&poller{})
			opts.Reload = func() error {
				reloads++
				return nil
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://exporter/-/reload", nil)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			server.New(opts).ServeHTTP(w, r)
			if w.Code != test.status || w.Body.String() != test.body || (reloads == 1) != (test.status == 200) {
				t.Errorf("%d %q and %d reloads, want %d %q", w.Code, w.Body, reloads, test.status, test.body)
			}
		})
	}
}

func TestReloadsAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		opts := options(&poller{})
		opts.Reload = func() error {
			calls++
			call := calls
			time.Sleep(time.Second)
			return fmt.Errorf("error %d", call)
		}
		s := server.New(opts)
		reload := func() string {
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/-/reload", nil))
			return w.Body.String()
		}
		answers := make(chan string, 50)
		go func() { answers <- reload() }()
		synctest.Wait() // the first reload has begun
		for range 49 {
			go func() { answers <- reload() }()
		}
		got := map[string]int{}
		for range 50 {
			got[<-answers]++
		}
		want := map[string]int{"the running configuration stays in force:\nerror 1\n": 1, "the running configuration stays in force:\nerror 2\n": 49}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answers (-want +got):\n%s", diff)
		}
		if reload(); calls != 3 {
			t.Errorf("%d reloads after one more request, want 3", calls)
		}
	})
}
