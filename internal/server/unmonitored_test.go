package server_test

import (
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/server"
)

func TestPageNamesWhatNobodyWatches(t *testing.T) {
	r := listed("prod", "cn-hangzhou", "dds-known dds-lost! dds-excluded!")
	r.Unmonitored = backup.Reading[int]{Value: 1, At: now, TriedAt: now, GoodUntil: now.Add(time.Hour)}
	r.Instances[1].Name, r.Instances[1].Unmonitored = "<b>lost</b>", true
	p := &poller{}
	p.snapshot.Regions = []backup.Region{r}
	page := get(t, server.New(options(p)), "/").Body.String()
	for _, part := range []string{
		`<a href="#forgotten">1</a>`, `<h2 id="forgotten">Instances that nobody watches</h2>`, "<b>&lt;b&gt;lost&lt;/b&gt;</b>",
		"          - id: dds-lost # &#34;&lt;b&gt;lost&lt;/b&gt;&#34;\n", "            - dds-lost #",
	} {
		if !strings.Contains(page, part) {
			t.Errorf("no %q in:\n%s", part, bodyOf(page))
		}
	}
	for _, other := range []string{"dds-known", "dds-excluded"} {
		if strings.Contains(page, other) {
			t.Errorf("%s is on the page:\n%s", other, bodyOf(page))
		}
	}
	checkPage(t, page)
	if page := get(t, server.New(options(p)), "/?account=other").Body.String(); strings.Contains(page, "nobody watches</h2>") {
		t.Errorf("with a filter for another account:\n%s", bodyOf(page))
	}
	p.snapshot.Regions[0].Unmonitored.GoodUntil = now
	if page := get(t, server.New(options(p)), "/").Body.String(); strings.Contains(page, "dds-lost") {
		t.Errorf("a listing that is too old:\n%s", bodyOf(page))
	}
}
