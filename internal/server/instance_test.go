package server_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

const pathOfOrders = "/instances/alibaba/our%20account/cn-hangzhou/dds-orders"

// orders is an instance of which much is known.
func orders() backup.InstanceState {
	in := instance("dds-orders", "our account", now, nil)
	in.Instance.Name, in.Instance.Status, in.Instance.Owner, in.Instance.Topology = "orders", "Running", "team-a", backup.TopologyReplicaSet
	in.Objectives.MaxDuration, in.Objectives.RPOGrace = 6*time.Hour, 2*time.Hour
	in.Policy = backup.Reading[backup.Policy]{At: now, GoodUntil: now.Add(time.Hour), Value: backup.Policy{Automatic: new(true), NextAt: now.Add(14 * time.Hour), Schedules: []backup.Schedule{{Retention: 7 * 24 * time.Hour, StartsAt: 2 * time.Hour, Window: time.Hour, Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}}}}
	former := in.Policy.Value
	former.Schedules = slices.Clone(former.Schedules)
	former.Schedules[0].Retention = 30 * 24 * time.Hour
	in.PolicyChanges = []backup.PolicyChange{{At: now.Add(-24 * time.Hour), Former: former}}
	half := 50.0
	in.Jobs = backup.Reading[[]backup.Job]{At: now, GoodUntil: now.Add(time.Hour), Value: []backup.Job{
		{ID: "2", State: backup.JobRunning, StartedAt: now.Add(-10 * time.Minute), Progress: &half},
		{ID: "1", State: backup.JobFailed, StartedAt: now.Add(-10 * time.Hour), Reason: "disk full"},
	}}
	in.Recovery = backup.Reading[backup.Window]{At: now, GoodUntil: now.Add(time.Hour), Value: backup.Window{Start: now.AddDate(0, 0, -2), End: now.Add(-time.Hour)}}
	size := int64(3 << 30)
	in.Nodes[0].Backups.Value = backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: []backup.Backup{
		{ID: "f", Kind: backup.KindFull, State: backup.StateFailed, StartedAt: now.Add(-10 * time.Hour), EndedAt: now.Add(-9 * time.Hour)},
		{ID: "s", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-106 * time.Hour), EndedAt: now.Add(-105 * time.Hour), SizeBytes: &size},
	}}
	in.Nodes[0].Removals = backup.Removals{Last: now.Add(-time.Hour), Sets: []backup.Removal{{Backup: backup.Backup{ID: "set-9"}, LeftAt: now.Add(-time.Hour), Expiry: backup.Never}}}
	return in
}

func TestInstancePage(t *testing.T) {
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{instance("other", "prod", now, nil), orders()}
	w := get(t, server.New(options(p)), pathOfOrders)
	page := bodyOf(w.Body.String())
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	for _, part := range []string{
		"<h1>orders</h1>", "dds-orders · alibaba / our account / cn-hangzhou · replica_set · Running · owner team-a",
		`<span class="failed">failed</span>`, "The newest attempt failed: <span class=\"error\">disk full</span>",
		`href="/runbooks/MongoDBBackupLastAttemptFailed?instance_id=dds-orders">what to do`,
		`data-finding="removed_early"`, `href="/runbooks/MongoDBBackupSetsRemovedEarly?instance_id=dds-orders"`,
		"<dt>Any moment</dt><dd>2026-11-20 12:00Z to 2026-11-22 11:00Z", "3.0 GiB",
		"<dt>Objective not kept</dt><dd>", `<rect class="gap"`, `<rect class="window kept"`, `<rect class="window missed"`, `<rect class="window planned"`,
		`<title>any moment from 2026-11-20 12:00Z to 2026-11-22 11:00Z can be restored</title>`, "</svg>any moment of this time can be restored</li>",
		`<rect class="bar failed"`, `<rect class="bar success"`,
		`<progress max="100" value="50" aria-label="progress">`, "should end by 2026-11-22 12:50Z, in 50m",
		"2026-11-22 02:00Z: <span class=\"error\">disk full</span>",
		"<dt>Schedule</dt><dd>daily 02:00–03:00Z</dd>", "<dt>Next backup</dt><dd>2026-11-23 02:00Z, in 14h</dd>",
		"2026-11-21 12:00Z: Kept for: 30d → 7d", "set-9, began –, –: missing since 2026-11-22 11:00Z, was kept for ever",
		"backup create --config.file=FILE --instance=dds-orders --region=cn-hangzhou --wait",
		`<a href="https://mongodb.console.aliyun.com/" rel="noreferrer">ApsaraDB for MongoDB</a> → cn-hangzhou → dds-orders → Backup and Recovery`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in:\n%s", part, page)
		}
	}
	checkPage(t, w.Body.String())
}

// checkPage checks what holds for every page for people: one main part, headings without a gap, drawings that a browser can
// read, and nothing that the Content-Security-Policy forbids.
func checkPage(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<main"); n != 1 {
		t.Errorf("%d main parts, want 1", n)
	}
	level := 0
	for i, found := range regexp.MustCompile(`<h([1-6])`).FindAllStringSubmatch(page, -1) {
		next := int(found[1][0] - '0')
		if (i == 0) != (next == 1) || next > level+1 {
			t.Errorf("heading %d is of level %d after %d", i, next, level)
		}
		level = next
	}
	for _, svg := range regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1) {
		decoder := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("a drawing is no XML: %v\n%s", err, svg)
			}
		}
	}
	page = regexp.MustCompile(`<script src="/-/refresh\.js\?[0-9a-f]+"></script>`).ReplaceAllString(page, "") // our own
	if found := regexp.MustCompile(`(?i)<script|javascript:|\son[a-z]+=|\sstyle=|http-equiv`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template found a text to be unsafe")
	}
}

func TestInstancesWithoutAPage(t *testing.T) {
	p := &poller{ready: true}
	p.snapshot.Regions = []backup.Region{listed("prod", "r1", "b! forgotten!")}
	p.snapshot.Regions[0].Instances[1].Unmonitored = true
	p.snapshot.Instances = []backup.InstanceState{orders()}
	loading := &poller{}
	tests := []struct {
		name, path string
		poller     *poller
		want       string
	}{
		{"unknown", "/instances/alibaba/prod/r1/none", p, "is neither configured nor discovered."},
		{"of another account", "/instances/alibaba/prod/cn-hangzhou/dds-orders", p, "is neither configured nor discovered."},
		{"of another cloud", "/instances/huawei/our%20account/cn-hangzhou/dds-orders", p, "is neither configured nor discovered."},
		{"not watched", "/instances/alibaba/prod/r1/b", p, "is not watched: it is excluded.</p>"},
		{"forgotten", "/instances/alibaba/prod/r1/forgotten", p, "is not watched: it is excluded. The page of all instances has the lines of a configuration that would watch it"},
		{"too early", pathOfOrders, loading, "is not known yet: the instances are still being listed."},
		{"hostile", "/instances/a/b/c/%3Cscript%3E%1b", p, `The instance &#34;&lt;script&gt;\x1b&#34; of the account`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := get(t, server.New(options(tt.poller)), tt.path)
			if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("%d, want 404 and %q:\n%s", w.Code, tt.want, bodyOf(w.Body.String()))
			}
			checkPage(t, w.Body.String())
		})
	}
}

// hostile is a text that would do harm in HTML, in an attribute, in a terminal, and by turning the direction of writing.
const hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x00\u202egnp.exe"

func TestHostileNamesAreHarmless(t *testing.T) {
	in := orders()
	in.Instance.Name, in.Instance.Status, in.Instance.Owner, in.Instance.InstanceID = hostile, hostile, hostile, "$(reboot)"
	in.Instance.Topology, in.Instance.Version, in.Instance.Storage = hostile, hostile, hostile
	in.Policy.Value.CopyRegion = hostile
	in.Jobs.Value[1].Reason = hostile
	in.Nodes[0].NodeID = hostile
	in.Nodes[0].Removals.Sets[0].ID = hostile
	in.Nodes[0].Backups.Err = errors.New(hostile)
	list := in.Nodes[0].Backups.Value.Backups
	list[0].Method, list[1].Method, list[1].Part, list[1].Unusable = hostile, hostile, hostile, hostile
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{in}
	handler := server.New(options(p))
	for _, path := range []string{"/", "/instances/alibaba/our%20account/cn-hangzhou/$(reboot)"} {
		page := get(t, handler, path).Body.String()
		if !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s does not show the names:\n%s", path, bodyOf(page))
		}
		checkPage(t, regexp.MustCompile(`&lt;img src=x onerror=`).ReplaceAllString(page, ""))
		if i := strings.IndexAny(page, "\x1b\x00\u202e"); i >= 0 {
			t.Errorf("%s has a control character: %q", path, page[max(0, i-40):i+10])
		}
		if strings.Contains(page, "--instance=") || strings.Contains(page, "instance_id=$") {
			t.Errorf("%s has a command with an id that a shell would run", path)
		}
	}
}

// A list of 15 minutes and a log of 5 minutes are the longest that there are.
func TestPageOfManyBackupsStaysSmall(t *testing.T) {
	in := orders()
	list := &in.Nodes[0].Backups.Value
	list.Backups, list.Asked = nil, []backup.Kind{backup.KindFull, backup.KindIncremental}
	for i := range 8 * 24 * 12 {
		size := int64(i)
		b := backup.Backup{ID: fmt.Sprint(i), Kind: backup.KindIncremental, State: backup.StateSuccess, SizeBytes: &size}
		if i%3 == 0 {
			b.Kind = backup.KindFull
		}
		b.StartedAt = now.Add(-time.Duration(i+1) * 5 * time.Minute)
		b.EndedAt = b.StartedAt.Add(2 * time.Minute)
		list.Backups = append(list.Backups, b)
	}
	p := &poller{}
	p.snapshot.Instances = []backup.InstanceState{in}
	w := get(t, server.New(options(p)), pathOfOrders)
	if w.Code != http.StatusOK || w.Body.Len() > 200_000 {
		t.Errorf("%d, and the page has %d bytes", w.Code, w.Body.Len())
	}
}
