package cli

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// ran is what came of a command.
type ran struct {
	code           int
	stdout, stderr string
}

func runCommand(t *testing.T, args ...string) ran {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := Run(t.Context(), args, Environment{Stdout: &stdout, Stderr: &stderr, Now: time.Now})
	return ran{code, stdout.String(), stderr.String()}
}

// configFor writes a configuration that discovers everything of the first region of the simulated Alibaba Cloud.
func configFor(t *testing.T, f fleet.Fleet) string {
	t.Helper()
	clouds := httptest.NewServer(cloudsim.New(cloudsim.Options{Fleet: f, Now: time.Now}))
	t.Cleanup(clouds.Close)
	file := filepath.Join(t.TempDir(), "exporter.yml")
	text := fmt.Sprintf(`
poll: {requests_per_second: 1000}
accounts:
  - name: prod
    cloud: alibaba
    credentials: {access_key_id: %s, access_key_secret: %s}
    regions: [{id: cn-hangzhou, endpoint: %q, discovery: {enabled: true}}]
`, f.Accounts[0].AccessKeyID, f.Accounts[0].AccessKeySecret, clouds.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// renamed returns the demo's first account with a second instance that is called orders-prod, and one whose name commands a
// terminal.
func renamed(now time.Time) fleet.Fleet {
	f := fleet.Demo(now)
	f.Accounts = f.Accounts[:1]
	for i, in := range f.Accounts[0].Instances {
		switch in.ID {
		case "dds-bp1paymentsprod":
			f.Accounts[0].Instances[i].Name = "orders-prod"
		case "dds-bp1searchprod":
			f.Accounts[0].Instances[i].Name = "\x1b[2J\x07搜索-prod\u202e"
		}
	}
	return f
}

func TestStatusOfOneInstance(t *testing.T) {
	file := "--config.file=" + configFor(t, renamed(time.Now()))
	for _, test := range []struct {
		instance string
		code     int
		rows     int
		stderr   string
	}{
		{"dds-bp1ordersprod", 0, 1, ""},
		{"audit-prod", 1, 1, ""},
		{"ledger-prod", 0, 3, ""}, // a cluster
		{"orders-prod", 3, 0, "--instance: 2 instances are called orders-prod: dds-bp1ordersprod (prod/cn-hangzhou), dds-bp1paymentsprod (prod/cn-hangzhou); give the id of one"},
		{"dds-bp1ghost", 2, 0, ""},
	} {
		got := runCommand(t, "status", file, "--instance="+test.instance, "--output=csv")
		rows, err := csv.NewReader(strings.NewReader(got.stdout)).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", test.instance, err)
		}
		if got.code != test.code || max(0, len(rows)-1) != test.rows || !strings.Contains(got.stderr, test.stderr) {
			t.Errorf("%s: exit code %d, %d rows, %q; want %d, %d, %q", test.instance, got.code, len(rows)-1, got.stderr, test.code, test.rows, test.stderr)
		}
	}
}

func TestStatusOnlyBad(t *testing.T) {
	file := "--config.file=" + configFor(t, renamed(time.Now()))
	got := runCommand(t, "status", file, "--only=bad")
	if got.code != 1 || strings.Contains(got.stdout, "dds-bp1ordersprod") || !strings.Contains(got.stdout, "dds-bp1auditprod") || !strings.Contains(got.stdout, " targets\n") {
		t.Errorf("exit code %d:\n%s", got.code, got.stdout)
	}
	got = runCommand(t, "status", file, "--only=bad", "--instance=dds-bp1ordersprod")
	if got.code != 0 || got.stdout != "Nothing needs a look: 1 target is ok or pending, and nothing is found about it.\n" {
		t.Errorf("exit code %d:\n%s", got.code, got.stdout)
	}
}

// A line has 80 columns at most where there are no more, and no name commands the terminal.
func TestStatusFitsTheScreen(t *testing.T) {
	file := "--config.file=" + configFor(t, renamed(time.Now()))
	t.Setenv("COLUMNS", "80")
	got := runCommand(t, "status", file)
	for line := range strings.Lines(got.stdout) {
		line = strings.TrimSuffix(line, "\n")
		if widthOf(line) > 80 {
			t.Errorf("%d columns: %s", widthOf(line), line)
		}
	}
	if strings.ContainsAny(got.stdout, "\x1b\x07\u202e") || !strings.Contains(got.stdout, "搜索-prod") {
		t.Errorf("a name commands the terminal, or is lost:\n%q", got.stdout)
	}
	if !strings.Contains(got.stdout, "\nnever    dds-bp1auditprod ") || !strings.Contains(got.stdout, "\n         audit-prod, prod/cn-hangzhou\n") {
		t.Errorf("no block of a target:\n%s", got.stdout)
	}
	t.Setenv("COLUMNS", "50")
	got = runCommand(t, "status", file)
	for line := range strings.Lines(got.stdout) {
		if line = strings.TrimSuffix(line, "\n"); widthOf(line) > 50 {
			t.Errorf("%d columns of 50: %s", widthOf(line), line)
		}
	}
	if !strings.Contains(got.stdout, "\n         last success –, size –, running –\n") {
		t.Errorf("the columns without room are lost:\n%s", got.stdout)
	}
	t.Setenv("COLUMNS", "1000")
	if got := runCommand(t, "status", file); !strings.Contains(got.stdout, "WHY") {
		t.Errorf("no row where there is room:\n%s", got.stdout)
	}
}

// widthOf returns the columns of a line. Chinese characters take two.
func widthOf(line string) int {
	width := 0
	for _, r := range line {
		width++
		if r >= 0x2E80 && r < 0xFFFD {
			width++
		}
	}
	return width
}

func TestStatusOfAnExporter(t *testing.T) {
	answer := `{"at":"2026-11-22T12:00:00Z","targets":[{"cloud":"alibaba","account":"prod","region":"r","instance_id":"dds-1","instance_name":"orders","health":"late","reason":"old","findings":[]}],` +
		`"regions":[{"cloud":"alibaba","account":"prod","region":"r","up":true,"listed":true}]}`
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		args   []string
		code   int
		want   string // in the output of either kind
	}{
		{"late", answering(200, answer), nil, 1, "late     dds-1"},
		{"asks for one", func(w http.ResponseWriter, r *http.Request) { answering(200, answer)(w, r) }, []string{"--instance=orders"}, 1, "orders"},
		{"ok", answering(200, strings.Replace(answer, "late", "ok", 1)), nil, 0, "ok       dds-1"},
		{"an account is down", answering(200, strings.NewReplacer("late", "ok", `"up":true`, `"up":false`).Replace(answer)), nil, 2, "prod/r is down"},
		{"nothing", answering(200, `{"at":"2026-11-22T12:00:00Z","notice":"No instance was found.","targets":[],"regions":[]}`), nil, 2, "No instance was found."},
		{"another program", answering(200, `{"status":"success"}`), nil, 3, "/api/v1/targets is no answer of an exporter: it has no at, targets or regions"},
		{"a page", answering(200, `<html>`), nil, 3, "is no answer of an exporter"},
		{"a verdict of a newer one", answering(200, strings.Replace(answer, "late", "splendid", 1)), nil, 3, `"splendid" is no verdict that is known here`},
		{"a password", answering(401, ""), nil, 3, "asks for a user and a password"},
		{"a log-in page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusFound) }, nil, 3, "HTTP 302"},
		{"an error", answering(503, "too many requests\x1b[2J"), nil, 3, "HTTP 503: too many requests\uFFFD[2J"},
		{"two places", answering(200, answer), []string{"--storage.path=x"}, 3, "--url and --storage.path are two places to look; give one"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("COLUMNS", "80")
			asked := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.String()
				test.answer(w, r)
			}))
			defer server.Close()
			got := runCommand(t, append([]string{"status", "--url=" + server.URL}, test.args...)...)
			if got.code != test.code || !strings.Contains(got.stdout+got.stderr, test.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s%s", got.code, test.code, test.want, got.stdout, got.stderr)
			}
			if test.name == "asks for one" && asked != "/api/v1/targets?instance=orders" {
				t.Errorf("asked %s", asked)
			}
		})
	}
	got := runCommand(t, "status", "--url=http://somebody:s3cret@127.0.0.1:1/")
	if got.code != 3 || strings.Contains(got.stderr, "s3cret") || !strings.Contains(got.stderr, "the exporter does not answer") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// A wrong command line is no verdict, and names the flag.
func TestMisused(t *testing.T) {
	for _, test := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"status", "--onlyy=bad"}, 3, "unknown long flag '--onlyy'; did you mean --only?"},
		{[]string{"status", "--timeout=soon"}, 3, `--timeout: "soon" is no time like 30s, 5m or 2h; try --help`},
		{[]string{"status", "--only=good"}, 3, `--only: it must be one of all, bad, not "good"; try --help`},
		{[]string{"status", "--watch-interval=0s"}, 3, "--watch-interval must be longer than 0s"},
		{[]string{"status", "--url=localhost"}, 3, `--url: "localhost" is no address like http://127.0.0.1:10217`},
		{[]string{"backup", "create", "--instans=x"}, 1, "did you mean --instance?"},
		{[]string{"serve", "--web.max-requests=many"}, 1, `--web.max-requests: `},
		{[]string{"serve", "--nonsense-of-mine"}, 1, "unknown long flag '--nonsense-of-mine'; try --help"},
		{[]string{"backup"}, 1, "must select a subcommand of 'backup': create, list, follow"},
		{[]string{"backup", "lst"}, 1, `expected command but got "lst"; did you mean list?`},
		{[]string{"backup", "create", "--instance=x", "--retention-days=3"}, 1, "--retention-days: 3 is not 7 to 730, nor -1 for ever"},
		{[]string{"status", "--config.file="}, 3, "--config.file is empty; name the configuration file"},
		{[]string{"report", "--out=/nowhere/report.html"}, 3, "--out: there is no directory /nowhere; make it, or name another file"},
		{[]string{"statsu"}, 1, "unexpected statsu; did you mean status?"},
		{[]string{"--log.level=loud", "status"}, 3, `--log.level: it must be one of debug, info, warn, error, not "loud"`},
	} {
		if got := runCommand(t, test.args...); got.code != test.code || !strings.Contains(got.stderr, test.want) {
			t.Errorf("%v: exit code %d and %q, want %d and %q", test.args, got.code, got.stderr, test.code, test.want)
		}
	}
}
