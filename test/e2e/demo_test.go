package e2e

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// foreignLabels are labels of targets that are named like labels of the exporter. Nothing may change by them.
const foreignLabels = "{cloud: private, account: infra, region: dc-1}"

// TestDemoFleet: exactly the alerts of README's table fire.
func TestDemoFleet(t *testing.T) {
	t.Parallel()
	s := start(t, setup{fleet: "demo", labels: foreignLabels})
	since := time.Now()
	sentTo := demoAlerts(t)
	var reported, suppressed []alert
	for a, receiver := range sentTo {
		if strings.HasPrefix(receiver, "nobody") {
			suppressed = append(suppressed, a)
		} else {
			reported = append(reported, a)
		}
	}
	s.expect(t, reported, suppressed)
	wait(t, patience, func() string { return s.evaluatedSince(since) })
	s.expect(t, reported, suppressed)
	s.assertReported(t, reported)

	for _, n := range s.receiver.notifications() {
		if n.Receiver != sentTo[n.alert] {
			t.Errorf("%+v was sent to %s, want %s", n.alert, n.Receiver, sentTo[n.alert])
		}
	}
	assertDemoTexts(t, s)
	if n := s.receiver.first(t, alert{"MongoDBBackupLate", "billing-prod", "", "critical"}); n.Owner != "billing" {
		t.Errorf("%+v has the owner %q, want billing", n.alert, n.Owner)
	}
	t.Run("dashboards", func(t *testing.T) { assertDashboards(t, s) })
	t.Run("findings", func(t *testing.T) { assertFindings(t, s) })
	t.Run("verdicts", func(t *testing.T) { assertVerdicts(t, s) })
	t.Run("links", func(t *testing.T) { assertLinks(t, s) })
}

// demoAlerts reads README's table: the alerts, and the receiver of each.
func demoAlerts(t *testing.T) map[alert]string {
	t.Helper()
	_, table, begun := strings.Cut(read(t, demoAlertsFile), "<!-- demo-alerts:begin -->\n")
	table, _, ended := strings.Cut(table, "<!-- demo-alerts:end -->")
	if !begun || !ended {
		t.Fatalf("%s has no table between its markers", demoAlertsFile)
	}
	rows := strings.Split(strings.TrimSpace(table), "\n")
	list := map[alert]string{}
	for _, row := range rows[min(2, len(rows)):] { // after the heading
		cells := strings.Split(strings.Trim(row, "|"), "|")
		if len(cells) != 5 {
			t.Fatalf("%s: %d cells in %s", demoAlertsFile, len(cells), row)
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		list[alert{cells[0], cells[1], cells[2], cells[3]}] = cells[4]
	}
	return list
}

// assertDemoTexts compares the texts of some alerts.
func assertDemoTexts(t *testing.T, s *stack) {
	t.Helper()
	recovery := func(id string) string {
		return s.moment(t, fmt.Sprintf(`mongodb_backup_recovery_point_timestamp_seconds{instance_id=%q}`, id))
	}
	failure := func(id string) string {
		return s.moment(t, fmt.Sprintf(`mongodb_backup_last_failure_timestamp_seconds{instance_id=%q}`, id))
	}
	for _, want := range []message{
		{
			alert{"MongoDBBackupLate", "billing-prod", "", "critical"},
			`The backup of billing-prod is late: newest recovery point <age> old, allowed 1d 3h 9m.`,
			"A restore of alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1billingprod would bring back the state of " +
				recovery("dds-bp1billingprod") + " and lose everything after it. The promise (RPO) is 1d 3h 9m.",
		},
		{
			alert{"MongoDBBackupLate", "archive-prod", "", "critical"},
			`The backup of archive-prod is late: newest recovery point <age> old, allowed 1d 2h.`,
			"A restore of alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1archiveprod would bring back the state of " +
				recovery("dds-bp1archiveprod") + " and lose everything after it. The promise (RPO) is 1d 2h. Automatic backup is switched off.",
		},
		{
			alert{"MongoDBBackupLate", "clicks-prod", "d-bp1clicksc", "critical"},
			`The backup of clicks-prod shard d-bp1clicksc is late: newest recovery point <age> old, allowed 1d 3h 9m.`,
			"A restore of alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1clicksprod, shard d-bp1clicksc would bring back the state of " +
				s.moment(t, `mongodb_backup_recovery_point_timestamp_seconds{node_id="d-bp1clicksc"}`) +
				" and lose everything after it. The promise (RPO) is 1d 3h 9m.",
		},
		{
			alert{"MongoDBBackupNever", "audit-prod", "", "critical"},
			`audit-prod has no usable backup at all.`,
			`alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1auditprod: no successful, unexpired, non-empty backup is known, and by its RPO of 1d 3h there should be one. Nothing of it can be restored.`,
		},
		{
			alert{"MongoDBBackupScheduleMissed", "stock-prod", "", "warning"},
			`A scheduled backup of stock-prod did not come: newest recovery point <age> old, allowed 5d 3h 9m.`,
			"alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1stockprod: a window of the cloud's own schedule has passed, and no backup was begun in it or since. The newest recovery point is " +
				recovery("dds-bp1stockprod") + ", the RPO 5d 3h 9m. A restore still loses no more than promised. The exporter's status page says which window it was.",
		},
		{
			alert{"MongoDBBackupFailingRepeatedly", "users-prod", "", "warning"},
			`2 backups of users-prod in a row failed.`,
			"alibaba account demo-alibaba, region cn-hangzhou, instance dds-bp1usersprod: 2 attempts in a row failed, the newest on " +
				failure("dds-bp1usersprod") + ". The newest recovery point is " + recovery("dds-bp1usersprod") +
				", the RPO 5d 3h 9m. A second failure seldom heals by itself.",
		},
		{
			alert{"MongoDBBackupInstanceNotMonitored", "demo-alibaba/cn-beijing", "", "warning"},
			`1 instance(s) of alibaba account demo-alibaba, region cn-beijing, are not monitored.`,
			`The cloud lists 1 instance(s) in alibaba account demo-alibaba, region cn-beijing that the exporter's configuration neither names, discovers nor excludes: nobody would notice if they had no backup.`,
		},
	} {
		s.assertText(t, want)
	}
}

// message is the text of an alert. <age>, <time> and <percent> stand for any such value.
type message struct {
	alert
	summary, text string
}

// assertText compares the text of the first notification of an alert.
func (s *stack) assertText(t *testing.T, want message) {
	t.Helper()
	n := s.receiver.first(t, want.alert)
	for _, line := range [][2]string{{want.summary, n.Summary}, {want.text, n.Text}} {
		pattern := strings.NewReplacer(
			"<age>", `\d+d \d+h( \d+m)?`, "<time>", `\d{4}-\d\d-\d\d \d\d:\d\d UTC`, "<percent>", `[0-9.]+%`,
		).Replace(regexp.QuoteMeta(line[0]))
		if !regexp.MustCompile("^" + pattern + "$").MatchString(line[1]) {
			t.Errorf("%+v has the text\n%s\nwant\n%s", want.alert, line[1], line[0])
		}
	}
	if !strings.HasPrefix(n.Page, exporterURL+"/") || !strings.HasPrefix(n.Dashboard, dashboardURL+"/d/mongodb-backup-") {
		t.Errorf("%+v links to %q and %q", want.alert, n.Page, n.Dashboard)
	}
	if n.Runbook != exporterURL+"/runbooks/"+want.Name+".md" {
		t.Errorf("%+v has the runbook %q", want.alert, n.Runbook)
	}
}

// moment returns the time that is the value of a series, in the form that texts have.
func (s *stack) moment(t *testing.T, selector string) string {
	t.Helper()
	seconds, err := s.number(selector)
	if err != nil {
		t.Fatal(err)
	}
	at, fraction := int64(seconds), strconv.FormatFloat(seconds, 'f', -1, 64)
	if strconv.FormatInt(at, 10) != fraction {
		t.Fatalf("%s is %s, want whole seconds", selector, fraction)
	}
	return time.Unix(at, 0).UTC().Format("2006-01-02 15:04 UTC")
}
