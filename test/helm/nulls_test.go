package helm

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// sections are the parts of a configuration by their names in the schema, each of the first account, region and so on.
var sections = map[string]func(config map[string]any) map[string]any{
	"config":      func(config map[string]any) map[string]any { return config },
	"poll":        func(config map[string]any) map[string]any { return below(config, "poll") },
	"objectives":  func(config map[string]any) map[string]any { return below(config, "objectives") },
	"accounts":    func(config map[string]any) map[string]any { return below(config, "accounts") },
	"credentials": func(config map[string]any) map[string]any { return below(config, "accounts", "credentials") },
	"regions":     func(config map[string]any) map[string]any { return below(config, "accounts", "regions") },
	"instances":   func(config map[string]any) map[string]any { return below(config, "accounts", "regions", "instances") },
	"discovery":   func(config map[string]any) map[string]any { return below(config, "accounts", "regions", "discovery") },
	"exclude": func(config map[string]any) map[string]any {
		return below(config, "accounts", "regions", "discovery", "exclude")
	},
}

// below returns the mapping under keys, in the first item of each list.
func below(config map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		value := config[key]
		if list, ok := value.([]any); ok {
			value = list[0]
		}
		config = value.(map[string]any)
	}
	return config
}

const everySection = `
poll: {}
objectives: {}
accounts:
  - name: prod
    cloud: alibaba
    credentials: {}
    regions:
      - id: cn-hangzhou
        instances: [{id: dds-bp1aaaa}]
        discovery: {enabled: true, exclude: [{id: dds-bp1bbbb, name: "tmp-*", tags: {env: dev}}]}
`

// TestKeysWithoutAValue checks of each key of a configuration that the chart takes it without a value where the program does, and
// hands it on like that.
func TestKeysWithoutAValue(t *testing.T) {
	s := readSchema(t)
	exporters, want := map[string]any{}, map[string]any{}
	for section, part := range sections {
		for key := range s.Definitions[section].Properties {
			config := map[string]any(objects(t, everySection)[0])
			part(config)[key] = nil
			text, err := yaml.Marshal(config)
			if err != nil {
				t.Fatal(err)
			}
			check := exec.CommandContext(t.Context(), program, "check-config", "--syntax-only", "--config.file="+write(t, string(text)))
			if _, _, err := output(check); err != nil {
				continue // such as the name of an account
			}
			name := strings.ReplaceAll(section+"-"+key, "_", "-")
			exporters[name], want["backup-"+name] = map[string]any{"config": config}, config
		}
	}
	for _, name := range []string{"config-poll", "poll-call-timeout", "accounts-credentials", "credentials-access-key-secret"} {
		if exporters[name] == nil {
			t.Errorf("the program does not take %s without a value", name)
		}
	}
	text, err := yaml.Marshal(map[string]any{"exporters": exporters})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for name, text := range configurations(t, rendered(t, chart, "--values="+write(t, string(text)))) {
		got[name] = map[string]any(objects(t, text)[0])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configurations (-want +got):\n%s", diff)
	}
}

// TestNullTakesAwayADefault checks that a key without a value has the program's default, not that of the values' defaults.
func TestNullTakesAwayADefault(t *testing.T) {
	file := write(t, `
defaults: {config: {poll: {concurrency: 4}, objectives: {rpo: 4h, min_retention: 14d}}}
exporters: {prod: {config: {poll: , objectives: {rpo: }, accounts: [{name: prod, cloud: alibaba, regions: all}]}}}
`)
	want := objects(t, "{poll: null, objectives: {rpo: null, min_retention: 14d}, accounts: [{name: prod, cloud: alibaba, regions: all}]}")
	got := configurations(t, rendered(t, chart, "--values="+file))["backup-prod"]
	if diff := cmp.Diff(want, objects(t, got)); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	exporter(t, "check-config", "--strict", "--config.file="+write(t, got))
}

// TestNullTakesAwayAnExporter checks what a second values file leaves of the exporters of the first.
func TestNullTakesAwayAnExporter(t *testing.T) {
	both := write(t, `
exporters:
  prod: {config: {accounts: [{name: prod, cloud: alibaba, regions: all}]}}
  test: {config: {accounts: [{name: test, cloud: alibaba, regions: all}]}}
`)
	taken := write(t, "exporters: {test: }\n")
	left := rendered(t, chart, "--values="+both, "--values="+taken)
	one := rendered(t, chart, "--values="+both, "--set-json=exporters.test=null")
	if diff := cmp.Diff(left, one); diff != "" {
		t.Errorf("by a file and by a flag (-file +flag):\n%s", diff)
	}
	if all := configurations(t, left); len(all) != 1 || all["backup-prod"] == "" {
		t.Errorf("configurations %v, want that of prod alone", all)
	}
	_, stderr, err := helm(t, "template", release, chart, "--values="+both, "--set-json=exporters.test=null", "--set-json=exporters.prod=null")
	if err == nil || !strings.Contains(stderr, "exporters: name at least one") {
		t.Errorf("without any exporter: %v: %s", err, stderr)
	}
}
