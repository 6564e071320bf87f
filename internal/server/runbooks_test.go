package server_test

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestRunbook(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{instance("dds-1", "prod", now, nil), instance("dds-2", "a", now, nil), instance("dds-2", "b", now, nil)}
	handler := server.New(options(p))
	tests := []struct {
		name, path string
		want, not  []string
	}{
		{
			"without an instance", "/runbooks/MongoDBBackupLate",
			[]string{"<h1>MongoDBBackupLate</h1>", `<pre tabindex="0"><code`, "--instance=INSTANCE --wait", `href="/runbooks/MongoDBBackupScheduleMissed"`},
			[]string{"filled in"},
		},
		{
			"of an instance", "/runbooks/MongoDBBackupLate?instance_id=dds-1",
			[]string{
				"--instance=dds-1 --wait", "--region cn-hangzhou --DBInstanceId dds-1", "{instance_id=&quot;dds-1&quot;}",
				`href="/runbooks/MongoDBBackupScheduleMissed?instance_id=dds-1"`,
				`<a href="/instances/alibaba/prod/cn-hangzhou/dds-1">name of dds-1</a>`,
			},
			[]string{"INSTANCE", "REGION"},
		},
		{
			"of an id that two accounts have", "/runbooks/MongoDBBackupLate?instance_id=dds-2",
			[]string{"--instance=dds-2", "--region REGION"},
			[]string{"/instances/", "INSTANCE"},
		},
		{
			"of an instance that is not watched", "/runbooks/MongoDBBackupLate?instance_id=gone",
			[]string{"filled in for gone, which this exporter does not watch", "--instance=gone"},
			nil,
		},
		{
			"by the name of its file, with a link to another page", "/runbooks/MongoDBBackupDiscoveryFailing.md",
			[]string{"<h1>MongoDBBackupDiscoveryFailing</h1>", `href="https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/permissions/README.md"`},
			[]string{`"../`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(t, handler, tt.path)
			page := w.Body.String()
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
			}
			for _, part := range tt.want {
				if !strings.Contains(page, part) {
					t.Errorf("no %q in:\n%s", part, bodyOf(page))
				}
			}
			for _, part := range tt.not {
				if strings.Contains(page, part) {
					t.Errorf("%q in:\n%s", part, bodyOf(page))
				}
			}
		})
	}
}

func TestEveryRunbookIsServed(t *testing.T) {
	files, err := filepath.Glob("../../docs/runbooks/*.md")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	handler := server.New(options(&poller{}))
	index := get(t, handler, "/runbooks/").Body.String()
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if !strings.Contains(index, `<a href="/runbooks/`+name+`">`) {
			t.Errorf("the list lacks %s", name)
		}
		page := get(t, handler, "/runbooks/"+name).Body.String()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Count(page, "<h2>"), strings.Count(string(text), "\n## "); got != want {
			t.Errorf("%s has %d headings, want %d", name, got, want)
		}
		if strings.Contains(page, "<!-- raw HTML omitted -->") {
			t.Errorf("%s has HTML, which is left out", name)
		}
		for _, link := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
			if strings.HasPrefix(link[1], "/runbooks/M") && get(t, handler, link[1]).Code != http.StatusOK {
				t.Errorf("%s links to %s, which is not there", name, link[1])
			}
		}
	}
}

func TestRunbookRefusals(t *testing.T) {
	handler := server.New(options(&poller{}))
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/runbooks":                     {http.StatusTemporaryRedirect, "/runbooks/"},
		"/runbooks/MongoDBBackupNoSuch": {http.StatusNotFound, "There is no runbook &#34;MongoDBBackupNoSuch&#34;."},
		"/runbooks/..%2F..%2Fhealth.md": {http.StatusNotFound, "There is no runbook"},
		"/runbooks/" + url.PathEscape("<script>alert(1)</script>\x1b"): {
			http.StatusNotFound, `There is no runbook &#34;&lt;script&gt;alert(1)&lt;/script&gt;\x1b&#34;.`,
		},
		"/runbooks/MongoDBBackupLate?instance_id=" + url.QueryEscape("a; rm -rf /"):             {http.StatusBadRequest, "is no id that a cloud gives"},
		"/runbooks/MongoDBBackupLate?instance_id=" + url.QueryEscape("<img src=x onerror=a()>"): {http.StatusBadRequest, "is no id that a cloud gives"},
		"/runbooks/MongoDBBackupLate?instance_id=--help":                                        {http.StatusBadRequest, "is no id that a cloud gives"},
		"/runbooks/MongoDBBackupLate?instance_id=" + strings.Repeat("a", 129):                   {http.StatusBadRequest, "up to 128 letters"},
	} {
		w := get(t, handler, path)
		if w.Code != want.status || !strings.Contains(w.Body.String()+w.Header().Get("Location"), want.text) {
			t.Errorf("%s: %d, want %d with %q:\n%s", path, w.Code, want.status, want.text, bodyOf(w.Body.String()))
		}
		if want.status == http.StatusNotFound && !strings.Contains(w.Body.String(), `href="/runbooks/MongoDBBackupLate"`) {
			t.Errorf("%s: no list of those that there are:\n%s", path, w.Body)
		}
	}
}

// bodyOf returns a page without its head.
func bodyOf(page string) string {
	if _, body, ok := strings.Cut(page, "<body>"); ok {
		return body
	}
	return page
}
