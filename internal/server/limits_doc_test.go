package server

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestLimitsAreDocumented compares the table of docs/security.md with the constants.
func TestLimitsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	for what, limit := range map[string]string{
		"receiving a request, with its body; a TLS handshake":               short(readTimeout),
		"sending the answer to a scrape":                                    "the scraper's timeout + " + short(writeSlack),
		"the scraper's timeout, from `X-Prometheus-Scrape-Timeout-Seconds`": short(maxTimeout) + "; without the header 10s",
		"sending any other answer":                                          short(writeTimeout),
		"a connection without a request":                                    short(idleTimeout),
		"connections":                                                       fmt.Sprint(maxConnections),
		"requests at the same time on one HTTP/2 connection":                fmt.Sprint(maxStreams),
		"size of a request's header":                                        fmt.Sprint(maxHeaderBytes>>10, " KiB"),
		"other pages at the same time":                                      fmt.Sprint(maxPages),
		"reports at the same time":                                          fmt.Sprint(maxReports),
		"expositions at the same time that are written to memory":           fmt.Sprint(maxRendering),
		"expositions at the same time that are sent as plain text":          fmt.Sprint(maxPlain),
		"length of `instance_id`, and of `instance` and `text` of a filter": fmt.Sprint(maxID, " bytes"),
		"rows of the status page":                                           fmt.Sprint(rowsPerPage),
	} {
		if row := "\n| " + what + " | " + limit + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/security.md lacks the row%s", row)
		}
	}
}

// short returns a duration as the documentation writes it, e.g. 2m.
func short(d time.Duration) string {
	if text := d.String(); strings.HasSuffix(text, "m0s") {
		return strings.TrimSuffix(text, "0s")
	}
	return d.String()
}
