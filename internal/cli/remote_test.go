package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// What is no exporter is told from an exporter that refuses something: one says itself what to do.
func TestRefused(t *testing.T) {
	const elsewhere = "; check that --url is the address of an exporter"
	for _, test := range []struct {
		status     int
		said, want string
	}{
		{200, "{}", ""},
		{302, "", "HTTP 302" + elsewhere},
		{404, "404 page not found\n", "HTTP 404: 404 page not found" + elsewhere},
		{405, "no\x1b[2J", "HTTP 405: no\ufffd[2J" + elsewhere},
		{400, "the parameter since: it must be before until\n", "HTTP 400: the parameter since: it must be before until"},
		{503, "", "HTTP 503"},
		{503, "2 reports are being made already; try again in some seconds\n", "HTTP 503: 2 reports are being made already; try again in some seconds"},
	} {
		err := refused(&http.Response{StatusCode: test.status, Body: io.NopCloser(strings.NewReader(test.said))})
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("HTTP %d %q: %q, want %q", test.status, test.said, got, test.want)
		}
	}
}
