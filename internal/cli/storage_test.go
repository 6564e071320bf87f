package cli

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// off ends the simulated clouds: nobody listens there any more.
func off(ts *testscript.TestScript, _ bool, _ []string) {
	listening := cloudsOf(ts).listening
	listening.CloseClientConnections()
	listening.Close()
}

// scrape FILE PATTERN writes the series of one scrape that match to a file, sorted, with times in whole seconds: the catalog
// has milliseconds. None is an error.
func scrape(ts *testscript.TestScript, _ bool, args []string) {
	ask := query{method: http.MethodGet, address: ts.Getenv("ADDRESS"), path: "/metrics", timeout: "10"}
	status, body := ask.send(ts)
	if status != "200" {
		ts.Fatalf("GET /metrics: %s", status)
	}
	pattern := regexp.MustCompile(args[1])
	lines := slices.DeleteFunc(strings.SplitAfter(body, "\n"), func(line string) bool { return !pattern.MatchString(line) })
	if len(lines) == 0 {
		ts.Fatalf("no series matches %s", args[1])
	}
	slices.Sort(lines)
	for i, line := range lines {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if at, err := strconv.ParseFloat(value, 64); err == nil && strings.Contains(name, "_timestamp_seconds{") && !math.IsInf(at, 0) {
			lines[i] = fmt.Sprintf("%s} %.0f\n", name, math.Floor(at))
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "")), 0o600))
}

// flushed waits until all that the exporter has learned by now is on the disk.
func flushed(ts *testscript.TestScript, _ bool, _ []string) {
	ask := query{method: http.MethodGet, address: ts.Getenv("ADDRESS"), path: "/metrics"}
	written := regexp.MustCompile(`(?m)^mongodb_backup_exporter_catalog_last_write_timestamp_seconds (.*)$`)
	begun := float64(cloudsOf(ts).now().Unix() + 1) // the metric is in whole seconds
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		_, body := ask.send(ts)
		if found := written.FindStringSubmatch(body); found != nil {
			at, err := strconv.ParseFloat(found[1], 64)
			ts.Check(err)
			if at >= begun {
				return
			}
		}
	}
	ts.Fatalf("nothing was written for a minute")
}

// unfailed FILE takes out of a scrape what only attempts since the start can tell: whether the newest one worked, the finding
// that stands only while it does, and when local disks were last known to have no jobs and no window, which needs no cloud.
// It also takes out the oldest recovery point of the instance with a backup every few minutes: with time alone it moves on.
func unfailed(ts *testscript.TestScript, _ bool, args []string) {
	edit(ts, args[0], regexp.MustCompile(`(?m)^mongodb_backup_(poll_success\{|finding\{.*log_stalled|poll_success_timestamp_seconds\{.*warehouse.*(jobs|recovery)|oldest_recovery_point_timestamp_seconds\{.*paymentsprod|poll_success_timestamp_seconds\{.*scope="(copies|restore_check|restores)").*\n`), "")
}

// unvalued FILE takes the values out of a scrape.
func unvalued(ts *testscript.TestScript, _ bool, args []string) {
	edit(ts, args[0], regexp.MustCompile(`(?m) [^ ]*$`), "")
}

func edit(ts *testscript.TestScript, file string, pattern *regexp.Regexp, by string) {
	text := pattern.ReplaceAllString(ts.ReadFile(file), by)
	ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o600))
}
