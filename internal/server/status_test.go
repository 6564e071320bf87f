package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
	"mongodb_backup_exporter/internal/server"
)

func TestTargetsWorstFirst(t *testing.T) {
	p := &poller{}
	fine := instance("fine", "prod", now, nil)
	fine.Instance.Status, fine.Instance.Owner = "Running", "team-a"
	fine.LastRestore.Value = now.AddDate(0, 0, -3)
	fine.Policy = backup.Reading[backup.Policy]{Value: backup.Policy{KeptAfterDeletion: new(false), Automatic: new(false)}, At: now, GoodUntil: now.Add(time.Hour)}
	fine.Recovery = backup.Reading[backup.Window]{Value: backup.Window{Start: now.AddDate(0, 0, -7), End: now.Add(-4 * time.Hour)}, At: now, GoodUntil: now.Add(time.Hour)}
	size := int64(3 << 30)
	fine.Nodes[0].Backups.Value = backup.List{Backups: []backup.Backup{{
		ID: "1", Kind: backup.KindFull, State: backup.StateSuccess, StartedAt: now.Add(-2 * time.Hour), EndedAt: now.Add(-time.Hour), SizeBytes: &size,
	}}, Asked: []backup.Kind{backup.KindFull}}
	half := 50.0
	fine.Jobs = backup.Reading[[]backup.Job]{At: now, GoodUntil: now.Add(time.Hour), Value: []backup.Job{{State: backup.JobRunning, Progress: &half}}}
	denied := &backup.Error{Op: "DescribeBackups", Class: backup.ClassPermission, Code: "Forbidden.RAM", RequestID: "R1"}
	p.snapshot.Instances = []backup.InstanceState{fine, instance("blind", "prod", time.Time{}, denied), instance("bare", "prod", now, nil)}
	p.snapshot.Regions = []backup.Region{{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Err: denied}}

	var got struct{ Targets []report.Target }
	if err := json.Unmarshal(get(t, server.New(options(p)), "/api/v1/targets").Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, target := range got.Targets {
		order = append(order, target.InstanceID+" "+target.Health)
	}
	if diff := cmp.Diff([]string{"bare never", "blind unknown", "fine ok"}, order); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	best := got.Targets[2]
	if !best.LastSuccess.Equal(now.Add(-time.Hour)) || *best.SizeBytes != size || !best.Running || *best.Progress != 50 ||
		!best.RecoveryPoint.Equal(now.Add(-2*time.Hour)) || !best.LateAt.Equal(now.Add(24*time.Hour+time.Second)) {
		t.Errorf("the healthy target is %+v", best)
	}
	if got := got.Targets[1].LastError; !strings.Contains(got, "Forbidden.RAM") || !strings.Contains(got, "R1") {
		t.Errorf("the error says %q, want the code and the request id", got)
	}
	page := get(t, server.New(options(p)), "/").Body.String()
	for _, part := range []string{
		"name of bare", "Forbidden.RAM", "R1", `<progress max="100" value="50" aria-label="progress">`, `<a href="/instances/alibaba/prod/cn-hangzhou/bare">name of bare</a>`, "1h ago", "3.0 GiB", "RPO 26h", "1.2.3",
		"fine · Running · owner team-a", " can be restored · last restore seen 3d ago", `title="backups are deleted with the instance"`,
		`<tr data-instance="fine" data-node="">`, `<span class="finding" data-finding="automatic_off">automatic backup is switched off</span>`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the status page does not show %q:\n%s", part, page)
		}
	}
}

// A page without a row could be taken for a good one.
func TestStatusPageSaysThatThereIsNothing(t *testing.T) {
	page := get(t, server.New(options(&poller{})), "/").Body.String()
	if want := "No instance was found: the configuration names none, and the clouds list none."; !strings.Contains(page, want) {
		t.Errorf("the page does not say %q:\n%s", want, page)
	}
}

func TestStatusPageEscapesNames(t *testing.T) {
	p := &poller{}
	in := instance("a", "prod", now, nil)
	in.Instance.Name = "<script>alert(1)</script>"
	p.snapshot.Instances = []backup.InstanceState{in}
	if page := get(t, server.New(options(p)), "/").Body.String(); strings.Contains(page, "<script>") {
		t.Errorf("the page carries a script:\n%s", page)
	}
}
