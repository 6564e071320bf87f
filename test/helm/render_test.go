package helm

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

func TestLint(t *testing.T) {
	for name, file := range values {
		t.Run(name, func(t *testing.T) {
			stdout, _ := mustHelm(t, "lint", "--strict", chart, "--values="+file)
			if strings.Contains(stdout, "[WARNING]") || strings.Contains(stdout, "[ERROR]") {
				t.Error(stdout)
			}
		})
	}
}

// shipped matches what the chart takes from other rooms, with its indentation. Other tests compare it with them.
var shipped = regexp.MustCompile(`(?ms)(^  mongodb-backup-\w+\.json: \|\n).*?^    }$|(^spec:\n)  # Alerting and recording rules.*?(^---$|\z)`)

// TestGolden compares what Helm makes of values with what it made before. The examples are part of those for both clouds.
func TestGolden(t *testing.T) {
	for _, name := range []string{"five lines", "both clouds", "everything"} {
		t.Run(name, func(t *testing.T) {
			got, _ := mustHelm(t, "template", release, chart, "--namespace=monitoring", withOperator, "--values="+values[name])
			got = shipped.ReplaceAllString(got, "$1$2    (as shipped)\n$3")
			golden := "testdata/" + strings.ReplaceAll(name, " ", "_") + ".golden.yaml"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(read(t, golden), got); diff != "" {
				t.Errorf("%s (-want +got); go test -update writes it anew:\n%s", golden, diff)
			}
		})
	}
}

// TestPackage checks that the archive holds what its links lead to, so that it works without the repository, and no examples.
func TestPackage(t *testing.T) {
	folder := t.TempDir()
	mustHelm(t, "package", chart, "--destination="+folder)
	archives, err := filepath.Glob(folder + "/*.tgz")
	if err != nil || len(archives) != 1 {
		t.Fatalf("archives: %v, error %v", archives, err)
	}
	if names, said, err := output(exec.CommandContext(t.Context(), "tar", "--list", "--file="+archives[0])); err != nil ||
		strings.Contains(names, "examples/") || !strings.Contains(names, "/values.yaml\n") {
		t.Errorf("files in the archive, error %v %s:\n%s", err, said, names)
	}
	args := []string{"--values=" + values["everything"]}
	if diff := cmp.Diff(rendered(t, chart, args...), rendered(t, archives[0], args...)); diff != "" {
		t.Errorf("what is rendered (-folder +archive):\n%s", diff)
	}
}

// TestOperatorIsOptional checks that a cluster is not asked for a kind that it does not have, unless the user insists, and never for
// rules that the user does not want.
func TestOperatorIsOptional(t *testing.T) {
	const (
		shared, own     = "PrometheusRule backup", "PrometheusRule backup-exporters"
		monitor         = "ServiceMonitor backup-prod"
		withMonitorOnly = "--api-versions=monitoring.coreos.com/v1/ServiceMonitor"
		withRulesOnly   = "--api-versions=monitoring.coreos.com/v1/PrometheusRule"
		noRules         = "--set=prometheusRule.enabled=false"
	)
	for name, tc := range map[string]struct{ args, want []string }{
		"without it":                        {nil, nil},
		"with it":                           {[]string{withOperator}, []string{shared, own, monitor}},
		"with it, turned off":               {[]string{withOperator, "--set=serviceMonitor.enabled=false", noRules}, nil},
		"without it, turned on":             {[]string{"--set=serviceMonitor.enabled=true,prometheusRule.enabled=true"}, []string{shared, own, monitor}},
		"with one kind":                     {[]string{withMonitorOnly}, []string{monitor}},
		"with one kind, monitors asked":     {[]string{withMonitorOnly, "--set=serviceMonitor.enabled=true"}, []string{monitor}},
		"with the other kind":               {[]string{withRulesOnly}, []string{shared}},
		"with it, no rules":                 {[]string{withOperator, noRules}, []string{monitor}},
		"with it, monitors asked, no rules": {[]string{withOperator, "--set=serviceMonitor.enabled=true", noRules}, []string{monitor}},
		"with it, no monitor":               {[]string{withOperator, "--set=serviceMonitor.enabled=false"}, []string{shared}},
		"with it, all are stopped":          {[]string{withOperator, "--set=defaults.replicas=0"}, []string{shared, monitor}},
		"with it, rules are in another":     {[]string{withOperator, "--set=prometheusRule.sharedRules=false"}, []string{own, monitor}},
	} {
		t.Run(name, func(t *testing.T) {
			text, _ := mustHelm(t, append([]string{"template", release, chart, "--values=" + values["five lines"]}, tc.args...)...)
			var got []string
			for _, o := range objects(t, text) {
				if strings.HasPrefix(o.text("apiVersion"), "monitoring.coreos.com/") {
					got = append(got, o.text("kind")+" "+o.text("metadata.name"))
				}
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("objects of the operator (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotes checks that the notes say which alerts there are not.
func TestNotes(t *testing.T) {
	const (
		noRules     = "No alert fires yet: there is no PrometheusRule."
		noneMissing = "No alert fires for one exporter that is missing beside others"
		elsewhere   = "The rules of the repository are not in this release"
		placeholder = "Alerts link to placeholders."
		overwritten = "The dashboards are in this release, too."
	)
	for name, tc := range map[string]struct {
		set  string
		want []string
	}{
		"all":                   {"", []string{placeholder}},
		"no rules":              {",prometheusRule.enabled=false", []string{noRules}},
		"no ServiceMonitor":     {",serviceMonitor.enabled=false", []string{noneMissing, placeholder}},
		"the chart's own alone": {",prometheusRule.sharedRules=false", []string{elsewhere, placeholder, overwritten}},
		"nothing is shared":     {",prometheusRule.sharedRules=false,dashboards.enabled=false", []string{elsewhere, placeholder}},
		"nothing is left":       {",serviceMonitor.enabled=false,prometheusRule.sharedRules=false", []string{noneMissing, elsewhere, overwritten}},
		"addresses":             {",prometheusRule.exporterUrl=https://a.example.com", nil},
	} {
		t.Run(name, func(t *testing.T) {
			notes, _ := mustHelm(t, "install", release, chart, "--dry-run=client", "--values="+values["five lines"],
				"--set=serviceMonitor.enabled=true,prometheusRule.enabled=true"+tc.set)
			_, notes, _ = strings.Cut(notes, "NOTES:")
			for _, part := range []string{noRules, noneMissing, elsewhere, placeholder, overwritten} {
				if got := strings.Contains(notes, part); got != slices.Contains(tc.want, part) {
					t.Errorf("%q is there: %v:\n%s", part, got, notes)
				}
			}
		})
	}
}

// TestRules compares the rules with what the program prints, without and with addresses.
func TestRules(t *testing.T) {
	for name, tc := range map[string]struct{ args, flags []string }{
		"as shipped": {nil, nil},
		"all addresses": {
			[]string{"--set=prometheusRule.exporterUrl=https://a.example.com/b,prometheusRule.dashboardUrl=https://c.example.com/,prometheusRule.runbookUrl=https://d.example.com"},
			[]string{"--exporter-url=https://a.example.com/b", "--dashboard-url=https://c.example.com/", "--runbook-url=https://d.example.com"},
		},
		"the exporter's own runbooks": {
			[]string{"--set=prometheusRule.exporterUrl=https://a.example.com/"},
			[]string{"--exporter-url=https://a.example.com/", "--runbook-url=https://a.example.com/runbooks"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := rendered(t, chart, append(tc.args, "--values="+values["five lines"])...)
			want := objects(t, exporter(t, append([]string{"rules", "--format=prometheusrule"}, tc.flags...)...))[0]["spec"]
			if diff := cmp.Diff(want, shippedRules(t, all)); diff != "" {
				t.Errorf("rules (-program +chart):\n%s", diff)
			}
		})
	}
}

// checkRules has promtool read the spec of a PrometheusRule, whose expressions no API server understands.
func checkRules(t *testing.T, spec any) {
	t.Helper()
	text, err := yaml.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if stdout, stderr, err := output(exec.CommandContext(t.Context(), tool(t, "promtool"), "check", "rules", "--lint-fatal", file)); err != nil {
		t.Errorf("promtool: %v\n%s%s", err, stdout, stderr)
	}
}

func TestRulesAreRules(t *testing.T) {
	all := rendered(t, chart, "--values="+values["both clouds"])
	checkRules(t, shippedRules(t, all))
	checkRules(t, named(t, all, "PrometheusRule", "backup-exporters")["spec"])
}

// TestBracesOfAnAccount checks that Prometheus loads the chart's own rule where the name of an account has what templates begin with.
func TestBracesOfAnAccount(t *testing.T) {
	text := strings.Replace(wellFormed, "name: prod", "name: 'the {{ old }} one'", 1)
	checkRules(t, named(t, rendered(t, chart, "--values="+write(t, text)), "PrometheusRule", "backup-exporters")["spec"])
}

// TestDashboards compares every shipped dashboard with its ConfigMap, byte by byte: as it is, and with the exporter's address.
func TestDashboards(t *testing.T) {
	files, err := filepath.Glob(root + "dashboards/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("dashboards: %v, error %v", files, err)
	}
	const placeholder = "http://mongodb-backup-exporter:10217"
	for name, tc := range map[string]struct{ value, address string }{
		"as shipped": {"", placeholder},
		"an address": {"https://a.example.com/b/", "https://a.example.com/b"},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]string{}
			for _, file := range files {
				want["mongodb-backup-"+filepath.Base(file)] = strings.ReplaceAll(read(t, file), placeholder, tc.address)
			}
			got := map[string]string{}
			all := rendered(t, chart, "--values="+values["five lines"], "--set=prometheusRule.exporterUrl="+tc.value)
			for _, o := range of(t, all, "ConfigMap") {
				if o.text("metadata.labels.grafana_dashboard") != "1" {
					continue
				}
				for name, text := range o.at("data").(map[string]any) {
					got[name] = text.(string)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("dashboards (-dashboards/ +chart):\n%s", diff)
			}
		})
	}
}

// TestLinks checks that what the chart takes from other rooms are links, not copies.
func TestLinks(t *testing.T) {
	links := 0
	err := filepath.WalkDir(chart+"/files", func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		links++
		if entry.Type()&os.ModeSymlink == 0 {
			t.Errorf("%s is a copy", path)
		}
		return nil
	})
	if err != nil || links < 4 {
		t.Errorf("%d links, error %v", links, err)
	}
}

// TestVersion compares the chart's versions with the program's, which the file VERSION has, or else the newest heading of
// UPGRADING.md.
func TestVersion(t *testing.T) {
	version, err := os.ReadFile(root + "VERSION")
	want := strings.TrimSpace(string(version))
	if err != nil {
		newest := regexp.MustCompile(`(?m)^## To (\S+)$`).FindStringSubmatch(read(t, root+"UPGRADING.md"))
		if newest == nil {
			t.Fatal("nothing says which version this is")
		}
		want = newest[1]
	}
	meta := objects(t, read(t, chart+"/Chart.yaml"))[0]
	if meta["version"] != want || meta["appVersion"] != want {
		t.Errorf("version %v, appVersion %v, want %s", meta["version"], meta["appVersion"], want)
	}
}

// TestDefaultsAreShared compares what stands in the chart and elsewhere: the name of the image, how often Prometheus scrapes, and the
// port.
func TestDefaultsAreShared(t *testing.T) {
	compose := objects(t, read(t, root+"deploy/compose/compose.yaml"))[0]
	defaults := objects(t, read(t, chart+"/values.yaml"))[0]
	if want := compose.text("services.exporter.image"); defaults.text("image.repository") != want {
		t.Errorf("the image is %v, and %s for compose", defaults.at("image.repository"), want)
	}

	all := rendered(t, chart, "--values="+values["five lines"])
	scraped := endpoint(t, all)
	job := objects(t, read(t, root+"docs/examples/prometheus.yml"))[0].at("scrape_configs").([]any)[0].(map[string]any)
	for key, its := range map[string]string{"interval": "scrape_interval", "scrapeTimeout": "scrape_timeout", "honorLabels": "honor_labels"} {
		if scraped[key] == nil || scraped[key] != job[its] {
			t.Errorf("%s is %v, and %v in the example for Prometheus", key, scraped[key], job[its])
		}
	}

	help := exporter(t, "serve", "--help")
	address := regexp.MustCompile(`--web\.listen-address=:(\d+)`).FindStringSubmatch(help)
	if address == nil {
		t.Fatalf("serve has no default address:\n%s", help)
	}
	text, _ := mustHelm(t, "template", release, chart, "--values="+values["five lines"])
	ports := regexp.MustCompile(`\{name: http, (?:containerPort|port): (\d+)`).FindAllStringSubmatch(text, -1)
	if len(ports) != 2 {
		t.Fatalf("%d ports, want that of the container and that of the Service", len(ports))
	}
	for _, port := range ports {
		if port[1] != address[1] {
			t.Errorf("port %s, and %s by default", port[1], address[1])
		}
	}
}

// TestScrapeTimeout checks that no scrape may take longer than the interval: the operator leaves out such a ServiceMonitor.
func TestScrapeTimeout(t *testing.T) {
	for name, tc := range map[string]struct{ values, want string }{
		"by default":                  {"{}", "50s"},
		"a shorter interval":          {"{interval: 30s}", "30s"},
		"less than a second":          {"{interval: 500ms}", "500ms"},
		"as long":                     {"{interval: 50s}", "50s"},
		"as long in parts":            {"{interval: 0m49s1000ms}", "50s"},
		"a millisecond less":          {"{interval: 49s999ms}", "49s999ms"},
		"a minute and a half":         {"{interval: 1m30s}", "50s"},
		"an hour":                     {"{interval: 1h}", "50s"},
		"its own as long":             {"{interval: 90s, scrapeTimeout: 1m30s}", "1m30s"},
		"its own in other units":      {"{interval: 1h, scrapeTimeout: 2m}", "2m"},
		"null for a shorter interval": {"{interval: 30s, scrapeTimeout: null}", "30s"},
		"null for both":               {"{interval: null, scrapeTimeout: null}", "50s"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, wellFormed+"serviceMonitor: "+tc.values+"\n")
			if got := endpoint(t, rendered(t, chart, "--values="+file))["scrapeTimeout"]; got != tc.want {
				t.Errorf("%v, want %s", got, tc.want)
			}
		})
	}
}

// endpoint returns what Prometheus asks of the first exporter.
func endpoint(t *testing.T, all []object) object {
	t.Helper()
	return of(t, all, "ServiceMonitor")[0].at("spec.endpoints").([]any)[0].(map[string]any)
}

// TestUserOfTheImage checks that the pod's user is that of the image, which owns nothing otherwise.
func TestUserOfTheImage(t *testing.T) {
	user := regexp.MustCompile(`(?m)^USER (\d+):(\d+)$`).FindStringSubmatch(read(t, root+"Dockerfile"))
	if user == nil {
		t.Fatal("the image has no user")
	}
	pod := objects(t, read(t, chart+"/values.yaml"))[0].at("defaults.podSecurityContext").(map[string]any)
	got, err := json.Marshal([]any{pod["runAsUser"], pod["runAsGroup"], pod["fsGroup"]})
	if want := "[" + user[1] + "," + user[2] + "," + user[2] + "]"; err != nil || string(got) != want {
		t.Errorf("user, group and group of files: %s, want %s", got, want)
	}
}

// TestOneExportersValues checks that an exporter's own values win over the defaults, those that are false, empty or 0 included.
func TestOneExportersValues(t *testing.T) {
	file := write(t, `
defaults:
  replicas: 2
  config: {poll: {concurrency: 4, idle_interval: 1h}, accounts: [{name: shared, cloud: alibaba, regions: all}]}
  web: {tls: true}
  podLabels: {a: b}
exporters:
  plain: {}
  own:
    replicas: 0
    persistence: {enabled: false}
    config: {poll: {idle_interval: 0s}, accounts: [{name: own, cloud: alibaba, regions: all}]}
    web: {tls: false}
`)
	all := rendered(t, chart, "--values="+file)
	sets := of(t, all, "StatefulSet")
	own, plain := sets[0], sets[1]
	if own.at("spec.replicas") != 0 || plain.at("spec.replicas") != 2 {
		t.Errorf("replicas: %v and %v, want 0 and 2", own.at("spec.replicas"), plain.at("spec.replicas"))
	}
	if own.at("spec.volumeClaimTemplates") != nil || plain.at("spec.volumeClaimTemplates") == nil {
		t.Error("the volume of the one is that of the other")
	}
	if own.at("spec.template.metadata.labels.a") != "b" {
		t.Error("a label of the defaults is lost")
	}
	for i, want := range []string{"http", "https"} {
		if scheme := of(t, all, "ServiceMonitor")[i].at("spec.endpoints").([]any)[0].(map[string]any)["scheme"]; scheme != want {
			t.Errorf("exporter %d is scraped by %v, want %s", i, scheme, want)
		}
	}
	configs := configurations(t, all)
	for name, want := range map[string]string{
		"backup-own":   "accounts: [{name: own, cloud: alibaba, regions: all}]\npoll: {concurrency: 4, idle_interval: 0s}",
		"backup-plain": "accounts: [{name: shared, cloud: alibaba, regions: all}]\npoll: {concurrency: 4, idle_interval: 1h}",
	} {
		if diff := cmp.Diff(objects(t, want), objects(t, configs[name])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestImages checks that an image has one tag or one digest, and that a port of the registry is neither.
func TestImages(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0", 64)
	for given, want := range map[string]string{
		"repository: x, tag: v1":                                    "x:v1",
		"repository: reg:5000/x, tag: v1":                           "reg:5000/x:v1",
		"repository: reg:5000/x, digest: '" + digest + "'":          "reg:5000/x@" + digest,
		"repository: '[::1]:5000/x', tag: v1":                       "[::1]:5000/x:v1",
		"repository: REG.example.com/a/b_c-d.e__f, tag: v1":         "REG.example.com/a/b_c-d.e__f:v1",
		"repository: 10.0.0.1/x, tag: v1, digest: '" + digest + "'": "10.0.0.1/x@" + digest,
	} {
		all := rendered(t, chart, "--values="+write(t, wellFormed+"image: {"+given+"}\n"))
		if got := container(t, of(t, all, "StatefulSet")[0].at("spec.template.spec"))["image"]; got != want {
			t.Errorf("%s: image %v, want %s", given, got, want)
		}
	}
}

// TestServiceAccounts checks that what the defaults say of service accounts holds for those that the chart makes.
func TestServiceAccounts(t *testing.T) {
	all := rendered(t, chart, "--values="+write(t, `
defaults:
  rrsaRole: reader
  serviceAccount: {annotations: {a: b}}
  config: {accounts: [{name: shared, cloud: alibaba, regions: all}]}
exporters:
  made: {}
  exists: {rrsaRole: "", serviceAccount: {name: mine}}
`))
	accounts := of(t, all, "ServiceAccount")
	if len(accounts) != 1 {
		t.Fatalf("%d service accounts, want that of one exporter", len(accounts))
	}
	want := map[string]any{"a": "b", "pod-identity.alibabacloud.com/role-name": "reader"}
	if diff := cmp.Diff(want, accounts[0].at("metadata.annotations")); diff != "" {
		t.Errorf("annotations (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"backup-made": "backup-made", "backup-exists": "mine"} {
		if got := named(t, all, "StatefulSet", name).text("spec.template.spec.serviceAccountName"); got != want {
			t.Errorf("%s has the service account %q, want %s", name, got, want)
		}
	}
}

// configurations returns the files of the exporters by the names of their ConfigMaps.
func configurations(t *testing.T, all []object) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, o := range of(t, all, "ConfigMap") {
		data, _ := o.at("data").(map[string]any)
		if text, ok := data["mongodb_backup_exporter.yml"].(string); ok {
			found[o.text("metadata.name")] = text
		}
	}
	return found
}

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestConfigurations has the exporter check each configuration that the chart makes.
func TestConfigurations(t *testing.T) {
	for name, file := range values {
		t.Run(name, func(t *testing.T) {
			configs := configurations(t, rendered(t, chart, "--values="+file))
			if len(configs) == 0 {
				t.Fatal("there is none")
			}
			for _, text := range configs {
				exporter(t, "check-config", "--strict", "--config.file="+write(t, withSecrets(t, text)))
			}
		})
	}
}

// withSecrets puts files in place of those that the Secrets of a pod would be.
func withSecrets(t *testing.T, config string) string {
	t.Helper()
	folder := t.TempDir()
	for _, path := range regexp.MustCompile(`/run/secrets/\S+`).FindAllString(config, -1) {
		file := folder + path
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("LTAI5tExampleKey"), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	return strings.ReplaceAll(config, "/run/secrets/", folder+"/run/secrets/")
}

const wellFormed = "exporters: {prod: {config: {accounts: [{name: prod, cloud: alibaba, regions: all}]}}}\n"

// TestWrongValues checks that values that cannot work are refused, each with a message that names the place.
func TestWrongValues(t *testing.T) {
	account := func(more string) string {
		return "exporters: {prod: {config: {accounts: [{name: prod, cloud: alibaba, regions: all" + more + "}]}}}\n"
	}
	for name, tc := range map[string]struct{ values, want string }{
		"none":                              {"{}", "exporters: name at least one"},
		"a misspelled key":                  {wellFormed + "serviceMonitors: {enabled: true}\n", "'serviceMonitors' not allowed"},
		"a misspelled key below":            {wellFormed + "image: {repositry: x}\n", "'repositry' not allowed"},
		"a misspelled key of one":           {"exporters: {prod: {replica: 2}}\n", "'replica' not allowed"},
		"a misspelled key of a file":        {account(", restorecheck: true"), "'restorecheck' not allowed"},
		"a number that is a text":           {wellFormed + "defaults: {replicas: two}\n", "/defaults/replicas"},
		"a duration without a unit":         {wellFormed + "defaults: {config: {objectives: {rpo: 4}}}\n", "/defaults/config/objectives/rpo"},
		"a cloud that there is not":         {"exporters: {prod: {config: {accounts: [{name: a, cloud: aws, regions: all}]}}}\n", "/exporters/prod/config/accounts/0/cloud"},
		"an address without a scheme":       {wellFormed + "prometheusRule: {exporterUrl: backups.example.com}\n", "/prometheusRule/exporterUrl"},
		"a name with capitals":              {"exporters: {Prod: {}}\n", "Prod"},
		"a name that is too long":           {"exporters: {" + strings.Repeat("a", 48) + ": {config: {accounts: [{name: a, cloud: alibaba, regions: all}]}}}\n", "more than 52 characters"},
		"a name that begins with a digit":   {wellFormed + "fullnameOverride: 1st\n", "the name 1st-prod cannot be that of a Service"},
		"a name of a dashboard":             {strings.Replace(wellFormed, "prod", "dashboard-fleet", 1), "the name dashboard-fleet begins like those of the ConfigMaps with dashboards"},
		"no account":                        {"exporters: {prod: {config: {poll: {concurrency: 4}}}}\n", "exporters.prod.config.accounts: name the accounts"},
		"a secret in the configuration":     {account(", credentials: {access_key_id: a, access_key_secret: b}"), "exporters.prod.config.accounts[0].credentials.access_key_secret: it would stand in a ConfigMap"},
		"a Secret that is not listed":       {account(", credentials: {access_key_id_file: /run/secrets/key/id}"), "the Secret key is not listed under exporters.prod.secrets"},
		"a flag without dashes":             {wellFormed + "defaults: {extraArgs: [log.level=debug]}\n", "/defaults/extraArgs/0"},
		"a flag that the chart sets":        {wellFormed + "defaults: {extraArgs: [--storage.path=/data]}\n", "exporters.prod.extraArgs: leave out --storage.path=/data"},
		"an address that is not scraped":    {wellFormed + "defaults: {extraArgs: ['--web.listen-address=:9000']}\n", "exporters.prod.extraArgs: leave out --web.listen-address=:9000"},
		"two files for the web":             {wellFormed + "defaults: {web: {secret: web}, extraArgs: [--web.config.file=/run/web/other.yml]}\n", "exporters.prod.extraArgs: leave out --web.config.file"},
		"a scrape longer than its interval": {wellFormed + "serviceMonitor: {interval: 1m30s, scrapeTimeout: 91s}\n", "serviceMonitor.scrapeTimeout: 91s is longer than the interval, 1m30s"},
		"a scrape a millisecond longer":     {wellFormed + "serviceMonitor: {enabled: false, interval: 1h, scrapeTimeout: 60m1ms}\n", "60m1ms is longer than the interval, 1h"},
		"an interval of nothing":            {wellFormed + "serviceMonitor: {interval: 0s}\n", "/serviceMonitor/interval"},
		"an interval that is no duration":   {wellFormed + "serviceMonitor: {interval: 30s1m}\n", "/serviceMonitor/interval"},
		"a role for another's account":      {wellFormed + "defaults: {rrsaRole: reader, serviceAccount: {name: mine}}\n", "exporters.prod.rrsaRole: the chart does not make the service account mine, so it cannot give it the role; annotate that account with pod-identity.alibabacloud.com/role-name: reader"},
		"annotations of another's account":  {wellFormed + "defaults: {serviceAccount: {name: mine, annotations: {a: b}}}\n", "exporters.prod.serviceAccount.annotations: the chart does not make the service account mine"},
		"annotations of its own for that":   {"exporters: {prod: {serviceAccount: {annotations: {a: b}}, config: {accounts: [{name: prod, cloud: alibaba, regions: all}]}}}\ndefaults: {serviceAccount: {name: mine}}\n", "exporters.prod.serviceAccount.annotations: the chart"},
		"a tag in the repository":           {wellFormed + "image: {repository: 'reg.example.com/x:1'}\n", "/image/repository"},
		"a tag of a name alone":             {wellFormed + "image: {repository: 'x:1'}\n", "/image/repository"},
		"a tag beside a port":               {wellFormed + "image: {repository: 'reg:5000/x:1'}\n", "/image/repository"},
		"a digest in the repository":        {wellFormed + "image: {repository: 'x@sha256:" + strings.Repeat("0", 64) + "'}\n", "/image/repository"},
		"a repository with a scheme":        {wellFormed + "image: {repository: 'https://reg.example.com/x'}\n", "/image/repository"},
		"a repository with capitals":        {wellFormed + "image: {repository: reg.example.com/X}\n", "/image/repository"},
		"no repository":                     {wellFormed + "image: {repository: ''}\n", "/image/repository"},
		"a budget that allows nothing":      {wellFormed + "podDisruptionBudget: {maxUnavailable: 0}\n", "/podDisruptionBudget/maxUnavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, err := helm(t, "template", release, chart, "--values="+write(t, tc.values))
			if err == nil {
				t.Fatalf("accepted:\n%s", stdout)
			}
			if !strings.Contains(stderr, tc.want) {
				t.Errorf("the message does not say %q:\n%s", tc.want, stderr)
			}
		})
	}
}

// schema is a part of values.schema.json.
type schema struct {
	AdditionalProperties any               `json:"additionalProperties"`
	Properties           map[string]schema `json:"properties"`
	Definitions          map[string]schema `json:"$defs"`
	Reference            string            `json:"$ref"`
	Type                 any               `json:"type"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	var s schema
	if err := json.Unmarshal([]byte(read(t, chart+"/values.schema.json")), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaHasEveryKey compares the keys of a configuration that the schema allows with those in docs/configuration.md, which a
// test of the exporter compares with the program.
func TestSchemaHasEveryKey(t *testing.T) {
	s := readSchema(t)
	documented := map[string][]string{}
	heading := ""
	for line := range strings.Lines(read(t, root+"docs/configuration.md")) {
		if title, ok := strings.CutPrefix(line, "### "); ok {
			heading = strings.TrimSpace(title)
		}
		if key := regexp.MustCompile("^\\| `(\\w+)` \\|").FindStringSubmatch(line); key != nil {
			documented[heading] = append(documented[heading], key[1])
		}
	}
	for _, section := range []string{"poll", "objectives", "accounts", "credentials", "regions", "instances", "discovery", "exclude"} {
		want := slices.Sorted(slices.Values(documented[section]))
		got := slices.Sorted(maps.Keys(s.Definitions[section].Properties))
		if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
			t.Errorf("keys of %s (-documented +schema):\n%s", section, diff)
		}
	}
}

// TestSchemaHasEveryValue checks that the schema knows every value of values.yaml, and nothing that has no default.
func TestSchemaHasEveryValue(t *testing.T) {
	s := readSchema(t)
	var compare func(place string, s schema, value any)
	compare = func(place string, part schema, value any) {
		if name, ok := strings.CutPrefix(part.Reference, "#/$defs/"); ok {
			part = s.Definitions[name]
		}
		fields, ok := value.(map[string]any)
		if !ok || part.Properties == nil || place == ".defaults.config" || place == ".defaults.resources" {
			return
		}
		if part.AdditionalProperties != false {
			t.Errorf("%s: the schema allows keys that it does not know", place)
		}
		want, got := slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(part.Properties))
		got = slices.DeleteFunc(got, func(key string) bool {
			return place == "" && (key == "global" || key == "enabled") // Helm's own, and for the condition of another chart
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-values.yaml +schema):\n%s", place, diff)
		}
		for key, below := range fields {
			compare(place+"."+key, part.Properties[key], below)
		}
	}
	compare("", s, map[string]any(objects(t, read(t, chart+"/values.yaml"))[0]))
}
