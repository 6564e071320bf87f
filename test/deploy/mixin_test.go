package deploy

import (
	"encoding/json"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-jsonnet"
	"gopkg.in/yaml.v3"
)

// mixin returns what a jsonnet expression makes of the mixin, which it has as the variable mixin.
func mixin(t *testing.T, expression string) any {
	t.Helper()
	text, err := jsonnet.MakeVM().EvaluateAnonymousSnippet("test.jsonnet", "local mixin = import '"+root+"deploy/mixin.libsonnet'; "+expression)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// evaluate returns the error of an expression.
func evaluate(expression string) error {
	_, err := jsonnet.MakeVM().EvaluateAnonymousSnippet("test.jsonnet", "local mixin = import '"+root+"deploy/mixin.libsonnet'; "+expression)
	return err
}

const everyGroup = "{groups: m.prometheusRules.groups + m.prometheusAlerts.groups}"

func TestMixinHasTheRules(t *testing.T) {
	got := mixin(t, "local m = mixin; "+everyGroup)
	if diff := cmp.Diff(rules(t, read(t, "alerts/mongodb_backup.rules.yml")), got); diff != "" {
		t.Errorf("rules (-alerts/ +mixin):\n%s", diff)
	}
}

func TestMixinKeepsAlertsApart(t *testing.T) {
	for kind, wants := range map[string]string{"prometheusAlerts": "alert", "prometheusRules": "record"} {
		groups := mixin(t, "mixin."+kind+".groups").([]any)
		if len(groups) == 0 {
			t.Errorf("%s has no groups", kind)
		}
		for _, group := range groups {
			for _, rule := range group.(map[string]any)["rules"].([]any) {
				if _, ok := rule.(map[string]any)[wants]; !ok {
					t.Errorf("%s has a rule that is no %s: %v", kind, wants, rule)
				}
			}
		}
	}
}

// TestMixinLinksAsTheProgram compares the mixin's addresses with those of the command rules.
func TestMixinLinksAsTheProgram(t *testing.T) {
	for _, tc := range []struct{ name, config, flags string }{
		{
			"every address", `runbookUrl: 'https://a.example.com/b', exporterUrl: 'https://c.example.com/', dashboardUrl: 'https://d.example.com'`,
			"--runbook-url=https://a.example.com/b --exporter-url=https://c.example.com/ --dashboard-url=https://d.example.com",
		},
		{"runbooks at the exporter", `exporterUrl: 'https://c.example.com/x/'`, "--exporter-url=https://c.example.com/x/"},
		{"runbooks alone", `runbookUrl: 'https://a.example.com'`, "--runbook-url=https://a.example.com"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			command := exec.CommandContext(t.Context(), "go", append([]string{"run", "-trimpath", ".", "rules"}, strings.Fields(tc.flags)...)...)
			command.Dir = root
			printed, err := command.Output()
			if err != nil {
				t.Fatal(err)
			}
			got := mixin(t, `local m = mixin {_config+:: {`+tc.config+`}}; `+everyGroup)
			if diff := cmp.Diff(rules(t, printed), got); diff != "" {
				t.Errorf("rules (-program +mixin):\n%s", diff)
			}
		})
	}
}

// TestMixinRefusesMisspeltKeys: with one, alerts would go on leading nowhere. Keys of other mixins are none of this one's business.
func TestMixinRefusesMisspeltKeys(t *testing.T) {
	for _, field := range []string{"prometheusAlerts", "prometheusRules", "grafanaDashboards"} {
		err := evaluate(`(mixin {_config+:: {exporterURL: 'https://a.example.com'}}).` + field)
		if err == nil || !strings.Contains(err.Error(), "_config: there is no exporterURL") {
			t.Errorf("%s: error %v, want one about exporterURL", field, err)
		}
		if err := evaluate(`({_config+:: {runbookURLPattern: 'https://b/%s', runbookURL: 'https://b', selector: 'x'}} + mixin).` + field); err != nil {
			t.Errorf("%s: beside another mixin: %v", field, err)
		}
	}
}

// TestMixinRefusesAddresses tries the addresses that the chart and the program are tried with, under every key.
func TestMixinRefusesAddresses(t *testing.T) {
	verdicts := map[string]int{}
	for line := range strings.Lines(string(read(t, "test/helm/testdata/addresses.txt"))) {
		verdict, address, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if verdict == "#" {
			continue
		}
		verdicts[verdict]++
		text, err := json.Marshal(address)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"exporterUrl", "dashboardUrl", "runbookUrl"} {
			err := evaluate(`(mixin {_config+:: {` + key + `: ` + string(text) + `}}).prometheusAlerts`)
			switch {
			case verdict == "good" && err != nil:
				t.Errorf("%s: %v", address, err)
			case verdict == "bad" && (err == nil || !strings.Contains(err.Error(), "_config."+key+": ")):
				t.Errorf("%s: error %v, want one about %s", address, err, key)
			case verdict == "bad" && strings.Contains(err.Error(), "secret"):
				t.Errorf("%s: the error has the password: %v", address, err)
			}
		}
	}
	if verdicts["good"] == 0 || verdicts["bad"] == 0 || len(verdicts) != 2 {
		t.Errorf("addresses by verdict: %v", verdicts)
	}
}

// TestMixinChecksTheDashboardsAddress checks that dashboards alone refuse what they would link to.
func TestMixinChecksTheDashboardsAddress(t *testing.T) {
	if err := evaluate(`(mixin {_config+:: {exporterUrl: 'https://a.example.com/?x'}}).grafanaDashboards`); err == nil {
		t.Error("accepted")
	}
}

// TestMixinTakesNoAddress checks that an empty address is none, as the program has it.
func TestMixinTakesNoAddress(t *testing.T) {
	empty := mixin(t, `local m = mixin {_config+:: {runbookUrl: '', exporterUrl: '', dashboardUrl: ''}}; `+everyGroup)
	if diff := cmp.Diff(mixin(t, "local m = mixin; "+everyGroup), empty); diff != "" {
		t.Errorf("rules (-null +empty):\n%s", diff)
	}
}

func TestMixinHasTheDashboards(t *testing.T) {
	want := map[string]any{}
	files, err := filepath.Glob(root + "dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("dashboards: %v, error %v", files, err)
	}
	for _, file := range files {
		var board map[string]any
		if err := json.Unmarshal(read(t, strings.TrimPrefix(file, root)), &board); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		want[board["uid"].(string)+".json"] = board
	}
	got := mixin(t, "mixin.grafanaDashboards").(map[string]any)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("dashboards (-dashboards/ +mixin):\n%s", diff)
	}
	for name, board := range got {
		if diff := cmp.Diff(want[name], board); diff != "" {
			t.Errorf("%s (-dashboards/ +mixin):\n%s", name, diff)
		}
	}
}

// Dashboards link to the exporter, too.
func TestMixinPlacesTheExporterInDashboards(t *testing.T) {
	got := mixin(t, `local m = mixin {_config+:: {exporterUrl: 'https://c.example.com/'}};
		[[v.query, v.current.value] for b in std.objectValues(m.grafanaDashboards) for v in b.templating.list if v.name == 'exporter_url']`)
	one := []any{"https://c.example.com", "https://c.example.com"}
	if diff := cmp.Diff([]any{one, one, one}, got); diff != "" {
		t.Errorf("addresses of the exporter (-want +got):\n%s", diff)
	}
}

// rules reads a file of rules as JSON would have it.
func rules(t *testing.T, text []byte) any {
	t.Helper()
	var file any
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	plain, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(plain, &value); err != nil {
		t.Fatal(err)
	}
	return value
}
