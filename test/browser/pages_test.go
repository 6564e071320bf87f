package browser

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// Every page, with every screen: no rule of axe-core is broken, and nothing has to be scrolled sideways but what can be.
func TestPages(t *testing.T) {
	d := startDemo(t)
	pages := map[string]string{
		"list": d.url + "/", "list, filtered": d.url + "/?state=late,never&sort=size&text=prod", "nothing like that": d.url + "/?text=nothing+like+that",
		"runbooks": d.url + "/runbooks/", "runbook": d.url + "/runbooks/MongoDBBackupLate?instance_id=dds-bp1billingprod",
		"no such runbook": d.url + "/runbooks/None", "no such instance": d.url + "/instances/alibaba/demo-alibaba/cn-hangzhou/none",
		"console": d.clouds + "/console",
		"empty":   watching(t, true) + "/", "5,000 rows": rows(t, 5000) + "/?page=2",
		"forgotten": watching(t, false, hostile()...) + "/",
	}
	down := startDemo(t)
	breakAccounts(t, down)
	pages["accounts down"], pages["instance of an account that is down"] = down.url+"/", down.url+"/instances/alibaba/demo-alibaba/cn-hangzhou/dds-bp1billingprod"
	for name, path := range telling(t, d.url) {
		pages[name] = d.url + path
	}
	if len(pages) < 25 {
		t.Errorf("the demo has only these pages: %v", slices.Sorted(maps.Keys(pages)))
	}
	for _, s := range screens {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, s)
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				b.visit(pages[name])
				if found := b.axe(); found != "" {
					t.Errorf("%s:\n%s", name, found)
				}
				if wide := b.wide(); wide != "" {
					t.Errorf("%s: sticks out: %s", name, wide)
				}
			}
		})
	}
}

// No table has to be scrolled sideways, however wide the window is.
func TestTablesFit(t *testing.T) {
	d, down := startDemo(t), startDemo(t)
	breakAccounts(t, down)
	forgotten := watching(t, false, hostile()...)
	for _, width := range []int64{320, 390, 600, 770, 1000, 1199, 1201, 1280, 1400, 1920} {
		b := open(t, screen{width: width, height: 900})
		for _, url := range []string{d.url + "/", down.url + "/", forgotten + "/", d.url + "/instances/huawei/demo-huawei/cn-north-4/" + chat} {
			b.visit(url)
			if cut := b.cut(); len(cut) > 0 {
				t.Errorf("%s at %d px: %v", url, width, cut)
			}
			if wide := b.wide(); wide != "" {
				t.Errorf("%s at %d px: sticks out: %s", url, width, wide)
			}
		}
	}
}

// chat is an instance of which backups failed for a long reason.
const chat = "4f8e4aabac03de9c9307aae07d35242cin02"

// breakAccounts lets both accounts of the demo fail, with long errors, and waits until the page says so.
func breakAccounts(t *testing.T, d demo) {
	t.Helper()
	d.fault(t, `{"kind":"wrong_key","cloud":"alibaba"}`)
	d.fault(t, `{"kind":"forbidden","cloud":"huawei"}`)
	wait(t, func() bool {
		page := fetch(t, d.url+"/")
		return strings.Contains(page, `<span class="down">down</span>`) && strings.Contains(page, "up, instances cannot be listed")
	})
}

// hostile are instances whose names try to be more than text.
func hostile() []fleet.Instance {
	var all []fleet.Instance
	for i, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(2)>`, `</title></style><svg onload=alert(3)>`, `{{.}}${alert(4)}`,
		"' onmouseover='alert(5)", "</code></pre><b id=injected>6</b>", "javascript:alert(7)", strings.Repeat("wide", 40), "\u202etxt.exe\u0007",
		"<!-- --><iframe srcdoc='<script>parent.alert(9)</script>'>",
	} {
		in := fleet.Instance{
			ID: fmt.Sprintf("dds-bp1hostile%d", i), Name: name, Region: "cn-hangzhou", Topology: fleet.ReplicaSet, Storage: "cloud_essd1", Version: "6.0",
			Tags: map[string]string{"team": name},
		}
		all = append(all, in)
	}
	return all
}
