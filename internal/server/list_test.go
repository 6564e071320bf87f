package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
	"mongodb_backup_exporter/internal/server"
)

// many returns n instances with a daily schedule and a week of backups. Every hundredth is late.
func many(n int) []backup.InstanceState {
	var all []backup.InstanceState
	for i := range n {
		in := orders()
		in.Instance.InstanceID, in.Instance.Name = fmt.Sprintf("dds-%04d", i), fmt.Sprintf("orders-%04d", i)
		in.Nodes[0].Removals = backup.Removals{}
		in.Recovery, in.Jobs = backup.Reading[backup.Window]{}, backup.Reading[[]backup.Job]{}
		list := &in.Nodes[0].Backups.Value
		list.Backups = nil
		for day := range 8 {
			size := int64(1<<30 + i)
			started := now.Add(-time.Duration(day)*24*time.Hour - 10*time.Hour)
			if i%100 != 0 || day > 2 {
				list.Backups = append(list.Backups, backup.Backup{
					ID: fmt.Sprint(day), Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: started, EndedAt: started.Add(9 * time.Minute), SizeBytes: &size,
				})
			}
		}
		all = append(all, in)
	}
	return all
}

// mixed is a fleet with a target of several verdicts, in two accounts.
func mixed() *poller {
	never, blind, fine, late := instance("dds-never", "a", now, nil), instance("dds-blind", "a", time.Time{}, nil), orders(), many(1)[0]
	never.Instance.Region = "cn-beijing"
	never.Nodes[0].Backups.Err = errors.New("the quota is gone")
	fine.Instance.InstanceID, fine.Instance.Account, fine.Instance.Owner = "dds-failed", "b", "Team-Red"
	late.Instance.InstanceID, late.Instance.Account = "dds-late", "b"
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{fine, late, never, blind}
	p.snapshot.Regions = []backup.Region{listed("a", "cn-beijing", ""), listed("a", "cn-hangzhou", ""), listed("b", "cn-hangzhou", "")}
	return p
}

var filters = []struct{ query, want string }{
	{"", "never late blind failed"},
	{"STATE=late", "late"},
	{"STATE=failed,late", "late failed"},
	{"STATE=failed&STATE=unknown", "blind failed"},
	{"STATE=", "never late blind failed"},
	{"STATE=ok", ""},
	{"account=b", "late failed"},
	{"account=a&region=cn-beijing", "never"},
	{"instance=dds-late", "late"},
	{"instance=name+of+dds-blind", "blind"},
	{"instance=dds", ""},
	{"text=team-red", "failed"},
	{"text=DISK+full", "failed"},
	{"text=not+read", "blind"},
	{"text=removed_early", "failed"},
	{"text=QUOTA", "never"},
	{"text=no+usable&account=b", ""},
	{"sort=name", "blind never failed late"},
	{"sort=where", "never blind late failed"},
	{"sort=success", "never blind failed late"},
	{"sort=size", "failed late never blind"},
}

func TestFilters(t *testing.T) {
	handler := server.New(options(mixed()))
	for _, tt := range filters {
		var answer struct {
			Notice  string
			Targets []report.Target
			Regions []report.Region
		}
		w := get(t, handler, "/api/v1/targets?"+strings.ReplaceAll(tt.query, "STATE", "health"))
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatalf("%s: %v in %s", tt.query, err, w.Body)
		}
		var api []string
		for _, target := range answer.Targets {
			api = append(api, strings.TrimPrefix(target.InstanceID, "dds-"))
		}
		var page []string
		html := get(t, handler, "/?"+strings.ReplaceAll(tt.query, "STATE", "state")).Body.String()
		for _, row := range regexp.MustCompile(`<tr data-instance="dds-([^"]*)"`).FindAllStringSubmatch(html, -1) {
			page = append(page, row[1])
		}
		if got := strings.Join(api, " "); got != tt.want {
			t.Errorf("%q: the JSON has %q, want %q", tt.query, got, tt.want)
		}
		if got := strings.Join(page, " "); got != tt.want {
			t.Errorf("%q: the page has %q, want %q", tt.query, got, tt.want)
		}
		notice := "No target is like that: of the 4 instances that are watched, none matches what was asked for."
		if (tt.want == "") != (answer.Notice == notice) || (tt.want == "") != strings.Contains(html, notice) {
			t.Errorf("%q: the notice is %q", tt.query, answer.Notice)
		}
		checkPage(t, html)
	}
}

func TestFilterRefusals(t *testing.T) {
	handler := server.New(options(mixed()))
	for path, want := range map[string]string{
		"/?state=bad":                        "the parameter state is one of never, late, unknown, missed, failed, pending, ok",
		"/api/v1/targets?health=bad":         "the parameter health is one of never, late",
		"/?sort=colour":                      "the parameter sort is one of name, where, success, size",
		"/?page=0":                           "the parameter page is a number from 1 on",
		"/?page=x":                           "the parameter page is a number from 1 on",
		"/?page=99999999999999999999":        "the parameter page is a number from 1 on",
		"/?text=" + strings.Repeat("a", 129): "have up to 128 bytes",
	} {
		if w := get(t, handler, path); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want 400 and %q", path, w.Code, w.Body, want)
		}
	}
}

// A filter stays in every link, so that one can be added to another.
func TestFiltersStayInLinks(t *testing.T) {
	p := mixed()
	p.snapshot.Instances[1].Instance.Owner = `a&b "c"`
	query := url.Values{"account": {"b"}, "text": {"a&b \"c\""}, "sort": {"size"}}
	page := strings.ReplaceAll(get(t, server.New(options(p)), "/?"+query.Encode()).Body.String(), "&#43;", "+")
	for _, part := range []string{
		`href="/?account=b&amp;sort=size&amp;state=late&amp;text=a%26b+%22c%22"`, `<option selected>b</option>`,
		`name="text" value="a&amp;b &#34;c&#34;"`, `<input type="hidden" name="sort" value="size">`, `href="/?account=b&amp;sort=name&amp;text=`,
		`<a href="/?account=b&amp;sort=size&amp;text=a%26b+%22c%22">Reload</a>`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in:\n%s", part, bodyOf(page))
		}
	}
}

func TestFiveThousandRows(t *testing.T) {
	if testing.Short() {
		t.Skip("one goroutine does all, and the race detector makes it slow")
	}
	p := &poller{}
	p.snapshot.Instances = many(5000)
	handler := server.New(options(p))
	first := get(t, handler, "/").Body.String()
	if n := len(first); n > 200_000 {
		t.Errorf("the first page has %d bytes", n)
	}
	for _, part := range []string{"1–100 of 5000", `<a href="/?page=2" rel="next">`, ">50 late<", ">4950 ok<", `data-instance="dds-0000"`} {
		if !strings.Contains(first, part) {
			t.Errorf("the first page lacks %q", part)
		}
	}
	seen := map[string]bool{}
	pages := 0
	for next := "/?text=orders"; next != ""; pages++ {
		page := get(t, handler, next).Body.String()
		for _, row := range regexp.MustCompile(`<tr data-instance="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			seen[row[1]] = true
		}
		next = ""
		if link := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(page); link != nil {
			next = strings.ReplaceAll(link[1], "&amp;", "&")
		}
	}
	if len(seen) != 5000 || pages != 50 {
		t.Errorf("%d pages have %d targets, want 50 and 5000", pages, len(seen))
	}
	if beyond := get(t, handler, "/?page=51").Body.String(); !strings.Contains(beyond, "There are no more: the list has 5000.") {
		t.Errorf("beyond the end:\n%s", bodyOf(beyond))
	}
}

// BenchmarkFirstPage shows the first rows of 5,000 targets.
func BenchmarkFirstPage(b *testing.B) {
	p := &poller{}
	p.snapshot.Instances = many(5000)
	handler := server.New(options(p))
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/", nil))
	}
}
