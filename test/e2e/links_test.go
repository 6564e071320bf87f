package e2e

import (
	"net/url"
	"path"
	"strings"
	"testing"
)

// assertLinks follows the links of every alert that was sent to the pages of the exporter.
func assertLinks(t *testing.T, s *stack) {
	t.Helper()
	exporter := "http://" + s.exporters[0].address
	pages := map[string]bool{}
	for _, n := range s.receiver.notifications() {
		page, err := url.Parse(n.Page)
		if err != nil {
			t.Fatalf("%+v: %v", n, err)
		}
		pages[page.EscapedPath()] = true
		pages["/runbooks/"+path.Base(n.Runbook)] = true
	}
	instances := 0
	for at := range pages {
		html := fetch(t, exporter+at)
		if !strings.Contains(html, "<main") {
			t.Errorf("%s is no page:\n%s", at, html)
		}
		if strings.HasPrefix(at, "/instances/") {
			instances++
		}
	}
	if instances < 10 {
		t.Errorf("the alerts lead to the pages of %d instances", instances)
	}
}
