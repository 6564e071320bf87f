package dashboards

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// wantVariables are the variables of every dashboard, in order: each one limits the choices of the next, but the last, which
// is for links.
var wantVariables = []string{"datasource", "job", "cloud", "account", "region", "instance", exporterURL}

const exporterURL = "exporter_url"

func TestVariables(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		var names []string
		for i, v := range board.Templating.List {
			names = append(names, v.Name)
			if v.Label == "" || v.Description == "" {
				t.Errorf("%s: no label or no description", v.Name)
			}
			if v.Name == "datasource" {
				if v.Type != "datasource" || string(v.Query) != `"prometheus"` {
					t.Errorf("datasource: type %s, query %s", v.Type, v.Query)
				}
				continue
			}
			if v.Name == exporterURL {
				if want := `"http://mongodb-backup-exporter:10217"`; v.Type != "textbox" || string(v.Query) != want {
					t.Errorf("%s: type %s, query %s, want the address that the alerts have, %s", v.Name, v.Type, v.Query, want)
				}
				continue
			}
			checkQueryVariable(t, v, wantVariables[1:i])
		}
		if !slices.Equal(names, wantVariables) {
			t.Errorf("variables %q, want %q", names, wantVariables)
		}
	})
}

func checkQueryVariable(t *testing.T, v variable, before []string) {
	t.Helper()
	if v.Datasource.UID != "${datasource}" {
		t.Errorf("%s: data source %+v, want the variable", v.Name, v.Datasource)
	}
	if !v.Multi || !v.IncludeAll {
		t.Errorf("%s: want several values and All to be possible", v.Name)
	}
	if v.Refresh != 2 {
		t.Errorf("%s: refresh %d, want 2: when the time range changes", v.Name, v.Refresh)
	}
	// All jobs means all jobs of this exporter, not all jobs of Prometheus.
	if want := map[bool]string{true: "", false: ".+"}[v.Name == "job"]; v.AllValue != want {
		t.Errorf("%s: allValue %q, want %q", v.Name, v.AllValue, want)
	}
	var query struct{ Query string }
	if err := json.Unmarshal(v.Query, &query); err != nil {
		t.Fatalf("%s: %v", v.Name, err)
	}
	for _, earlier := range before {
		if !strings.Contains(query.Query, fmt.Sprintf(`%s=~"$%s"`, earlier, earlier)) {
			t.Errorf("%s is not limited by %s: %s", v.Name, earlier, query.Query)
		}
	}
}

// The instance variable shows names and filters by id. Its expression is applied to the text that Grafana makes of a
// sample: the labels in the order in which Prometheus sends them, then value and time.
func TestInstanceVariableShowsNames(t *testing.T) {
	const sample = `mongodb_backup_instance_info{account="prod",cloud="alibaba",engine_version="7.0",instance="10.0.0.1:10217",` +
		`instance_id="dds-bp1",instance_name="orders, old",job="backup",region="cn-hangzhou"} 1 1700000000000`
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		v := board.Templating.List[slices.Index(wantVariables, "instance")]
		re, err := regexp.Compile(strings.Trim(v.Regex, "/"))
		if err != nil {
			t.Fatal(err)
		}
		match := re.FindStringSubmatch(sample)
		if match == nil || match[re.SubexpIndex("value")] != "dds-bp1" || match[re.SubexpIndex("text")] != "orders, old" {
			t.Errorf("%s finds %q", v.Regex, match)
		}
	})
}

func TestEveryVariableIsUsedAndDefined(t *testing.T) {
	used := regexp.MustCompile(`\$\{?([a-zA-Z_]+)`)
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		seen := map[string]bool{}
		for _, p := range board.Panels {
			for _, q := range p.Targets {
				for _, match := range used.FindAllStringSubmatch(q.Expr+q.Datasource.UID, -1) {
					seen[match[1]] = true
				}
			}
		}
		for _, link := range board.Links {
			seen[exporterURL] = seen[exporterURL] || link.URL == "${exporter_url}/"
		}
		delete(seen, "__rate_interval")
		for _, name := range wantVariables {
			if !seen[name] {
				t.Errorf("no query and no link uses $%s", name)
			}
			delete(seen, name)
		}
		for name := range seen {
			t.Errorf("$%s is used and not defined", name)
		}
	})
}

func TestLinks(t *testing.T) {
	boards, texts := load(t)
	path := regexp.MustCompile(`/d/([a-z-]+)`)
	uids := map[string]bool{}
	for _, board := range boards {
		uids[board.UID] = true
	}
	for name, text := range texts {
		board, reached := boards[name], map[string]bool{}
		for _, match := range path.FindAllStringSubmatch(text, -1) {
			if !uids[match[1]] {
				t.Errorf("%s: a link leads to %q, which does not exist", name, match[1])
			}
		}
		for _, link := range board.Links {
			if strings.HasPrefix(link.URL, "${exporter_url}") || strings.HasPrefix(link.URL, "https://") {
				continue
			}
			reached[path.FindStringSubmatch(link.URL)[1]] = true
			if !link.KeepTime || link.IncludeVars == strings.Contains(link.URL, "queryparam") {
				t.Errorf("%s: the link to %s does not pass on the time and the variables exactly once", name, link.Title)
			}
		}
		if len(reached) != len(boards)-1 || reached[board.UID] {
			t.Errorf("%s links to %v, want the two others", name, reached)
		}
	}
	for link, boards := range map[string][]string{
		"${exporter_url}/instances/${__data.fields.cloud}/${__data.fields.account}/${__data.fields.region}/${__data.fields.instance_id}": {"fleet", "instance"},
		"https://mongodb.console.aliyun.com/":  {"fleet", "instance"},
		"https://console.huaweicloud.com/dds/": {"fleet", "instance"},
		"${exporter_url}/runbooks/${__data.fields.alertname}?instance_id=${__data.fields.instance_id}": {"fleet"},
	} {
		for _, board := range boards {
			if !strings.Contains(texts[board], link) {
				t.Errorf("%s: there is no link %s", board, link)
			}
		}
	}
	if row := "&var-instance=${__data.fields.instance_id}&${__url_time_range}"; strings.Count(texts["fleet"], row) < 2 {
		t.Errorf("fleet: the rows have no link to their instance, want links with %q", row)
	}
}

// A failure is marked at the time of the failure, not at that of the scrape: the value of the series is the time, in
// milliseconds.
func TestAnnotations(t *testing.T) {
	eachBoard(t, func(t *testing.T, _ string, board dashboard) {
		if len(board.Annotations.List) != 1 {
			t.Fatalf("%d annotations, want the failures", len(board.Annotations.List))
		}
		a := board.Annotations.List[0]
		failures := strings.Contains(a.Target.Expr, "mongodb_backup_last_failure_timestamp_seconds{") && strings.HasSuffix(a.Target.Expr, " * 1000")
		if !failures || !a.UseValueForTime || a.Datasource.UID != "${datasource}" {
			t.Errorf("annotation %+v", a)
		}
	})
}

// Most limits are ratios to an objective that is a metric, so the limit is 1. Where an alert has another number, the panel
// must have the same.
func TestThresholdsMatchAlerts(t *testing.T) {
	alerts := alertExpressions(t)
	boards, _ := load(t)
	for _, tc := range []struct{ board, panel, alert, number string }{
		{"instance", "Failed in a row", "MongoDBBackupFailingRepeatedly", `>= ([0-9.]+)`},
		{"exporter", "Throttled calls", "MongoDBBackupThrottled", `> ([0-9.]+)`},
	} {
		t.Run(tc.alert, func(t *testing.T) {
			match := regexp.MustCompile(tc.number).FindStringSubmatch(alerts[tc.alert])
			if match == nil {
				t.Fatalf("no limit in the alert: %q", alerts[tc.alert])
			}
			want, err := strconv.ParseFloat(match[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(boards[tc.board].Panels, func(p panel) bool { return p.Title == tc.panel })
			if i < 0 {
				t.Fatalf("no panel %q", tc.panel)
			}
			steps := boards[tc.board].Panels[i].FieldConfig.Defaults.Thresholds.Steps
			if last := steps[len(steps)-1]; last.Color != "red" || *last.Value != want {
				t.Errorf("%s turns %s at %v, but the alert fires at %v", tc.panel, last.Color, *last.Value, want)
			}
		})
	}
}

// alertExpressions returns the expression of every alert by its name.
func alertExpressions(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../alerts/mongodb_backup.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	alerts := map[string]string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			if rule.Alert != "" {
				alerts[rule.Alert] = rule.Expr
			}
		}
	}
	return alerts
}

// All has what has the label. An alert about an exporter or an account has no instance, and is listed whichever is chosen.
func TestAlertsWithoutInstanceAreListed(t *testing.T) {
	listed := 0
	eachPanel(t, func(t *testing.T, p panel) {
		for _, query := range p.Targets {
			for _, selector := range regexp.MustCompile(`\bALERTS(?:_FOR_STATE)?\{[^}]*\}`).FindAllString(query.Expr, -1) {
				listed++
				for _, matcher := range []string{`cloud=~"$cloud|"`, `account=~"$account|"`, `region=~"$region|"`, `instance_id=~"$instance|"`} {
					if !strings.Contains(selector, matcher) {
						t.Errorf("%s leaves out alerts without a label: no %s", selector, matcher)
					}
				}
			}
		}
	})
	if listed == 0 {
		t.Error("no dashboard lists alerts")
	}
}
