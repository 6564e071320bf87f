package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

const root = "../../"

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(root + path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// load returns a project as docker compose understands its files.
func load(t *testing.T, names ...string) *types.Project {
	t.Helper()
	var files []string
	for _, name := range names {
		files = append(files, root+"deploy/compose/"+name)
	}
	options, err := cli.NewProjectOptions(files)
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// variants are the ways to start the services.
var variants = map[string][]string{
	"simulated clouds": {"compose.yaml"},
	"real clouds":      {"compose.yaml", "compose.real.yaml"},
}

func TestComposeLoads(t *testing.T) {
	for name, files := range variants {
		t.Run(name, func(t *testing.T) {
			project := load(t, files...)
			for _, service := range []string{"exporter", "prometheus", "alertmanager", "grafana"} {
				if _, err := project.GetService(service); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestComposeMountsWhatIsShipped checks that every file of the repository that is mounted exists, and that rules and dashboards
// are mounted, not copied.
func TestComposeMountsWhatIsShipped(t *testing.T) {
	written := map[string]bool{"config": true, "secrets": true} // by the user
	mounts := map[string]string{}
	for _, files := range variants {
		for _, service := range load(t, files...).Services {
			for _, volume := range service.Volumes {
				if volume.Type != types.VolumeTypeBind {
					continue
				}
				if !volume.ReadOnly {
					t.Errorf("%s can write to %s", service.Name, volume.Source)
				}
				if _, err := os.Stat(volume.Source); err != nil && !written[filepath.Base(volume.Source)] {
					t.Errorf("%s: %v", service.Name, err)
				}
				mounts[volume.Target] = volume.Source
			}
		}
	}
	for target, shipped := range map[string]string{
		"/etc/prometheus/rules/mongodb_backup.rules.yml": "alerts/mongodb_backup.rules.yml",
		"/etc/alertmanager/alertmanager.yml":             "docs/examples/alertmanager.yml",
		"/etc/grafana/dashboards/mongodb-backup":         "dashboards",
	} {
		want, err := filepath.Abs(root + shipped)
		if err != nil {
			t.Fatal(err)
		}
		if mounts[target] != want {
			t.Errorf("%s is %s, want %s", target, mounts[target], want)
		}
	}
}

// TestComposeIsLocal checks that nothing without a password can be reached from elsewhere, and that the exporter has no more
// rights than it needs.
func TestComposeIsLocal(t *testing.T) {
	for name, files := range variants {
		t.Run(name, func(t *testing.T) {
			project := load(t, files...)
			for _, service := range project.Services {
				if len(service.Ports) == 0 {
					t.Errorf("%s has no port", service.Name)
				}
				for _, port := range service.Ports {
					if port.HostIP != "127.0.0.1" {
						t.Errorf("%s listens on %q", service.Name, port.HostIP)
					}
				}
			}
			exporter := project.Services["exporter"]
			if !exporter.ReadOnly || !cmp.Equal(exporter.CapDrop, []string{"ALL"}) || !cmp.Equal(exporter.SecurityOpt, []string{"no-new-privileges:true"}) {
				t.Errorf("the exporter has more rights than it needs: %v %v %v", exporter.ReadOnly, exporter.CapDrop, exporter.SecurityOpt)
			}
		})
	}
}

// TestComposeSecretsAreFiles checks that the real variant has its keys where docs/credentials.md's configurations look for files,
// and none in its environment.
func TestComposeSecretsAreFiles(t *testing.T) {
	exporter := load(t, variants["real clouds"]...).Services["exporter"]
	mounted := map[string]string{}
	for _, volume := range exporter.Volumes {
		mounted[volume.Target] = filepath.Base(volume.Source)
	}
	want := map[string]string{"/etc/mongodb_backup_exporter": "config", "/run/secrets": "secrets", "/var/lib/mongodb_backup_exporter": "catalog"}
	if diff := cmp.Diff(want, mounted); diff != "" {
		t.Errorf("directories (-want +got), of which a container sees a file that was replaced:\n%s", diff)
	}
	if len(exporter.Environment) > 0 {
		t.Errorf("environment: %v", exporter.Environment)
	}
}

// TestComposeScrapesAsTheExample compares the configuration of Prometheus with the example, but for the addresses.
func TestComposeScrapesAsTheExample(t *testing.T) {
	addresses := strings.NewReplacer("127.0.0.1:9093", "alertmanager:9093", "127.0.0.1:10217", "exporter:10217")
	var want, got map[string]any
	for _, side := range []struct {
		text string
		into *map[string]any
	}{
		{addresses.Replace(string(read(t, "docs/examples/prometheus.yml"))), &want},
		{string(read(t, "deploy/compose/prometheus.yml")), &got},
	} {
		if err := yaml.Unmarshal([]byte(side.text), side.into); err != nil {
			t.Fatal(err)
		}
	}
	delete(got, "storage") // which the next test reads
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("prometheus.yml (-example +compose):\n%s", diff)
	}
}

// TestComposeKeepsWhatRulesRead: Prometheus keeps samples for longer than any rule looks back, and the page names the same time.
func TestComposeKeepsWhatRulesRead(t *testing.T) {
	var file struct {
		Storage struct {
			TSDB struct {
				Retention struct{ Time string }
			}
		}
	}
	if err := yaml.Unmarshal(read(t, "deploy/compose/prometheus.yml"), &file); err != nil {
		t.Fatal(err)
	}
	kept := file.Storage.TSDB.Retention.Time
	days, err := strconv.Atoi(strings.TrimSuffix(kept, "d"))
	if err != nil {
		t.Fatalf("retention %q: %v", kept, err)
	}
	ranges := regexp.MustCompile(`\[(\d+)d\]`).FindAllStringSubmatch(string(read(t, "alerts/mongodb_backup.rules.yml")), -1)
	if len(ranges) == 0 {
		t.Fatal("no rule looks back for days")
	}
	for _, found := range ranges {
		if looks, err := strconv.Atoi(found[1]); err != nil || looks >= days {
			t.Errorf("a rule looks back %sd, and samples are kept for %s; error %v", found[1], kept, err)
		}
	}
	if page := string(read(t, "docs/prometheus.md")); !strings.Contains(page, "`--storage.tsdb.retention.time="+kept+"`") {
		t.Errorf("docs/prometheus.md does not say to keep samples for %s", kept)
	}
}

// TestComposeGrafanaKnowsPrometheus checks that the data source has the address of a service, and that the dashboards are looked
// for where they are mounted.
func TestComposeGrafanaKnowsPrometheus(t *testing.T) {
	project := load(t, "compose.yaml")
	var sources struct {
		Datasources []struct{ Type, URL string }
	}
	if err := yaml.Unmarshal(read(t, "deploy/compose/grafana/datasources/prometheus.yml"), &sources); err != nil {
		t.Fatal(err)
	}
	if len(sources.Datasources) != 1 || sources.Datasources[0].Type != "prometheus" {
		t.Fatalf("data sources: %v", sources)
	}
	port := project.Services["prometheus"].Ports[0].Target
	if want := "http://prometheus:9090"; sources.Datasources[0].URL != want || port != 9090 {
		t.Errorf("the data source is at %s, Prometheus at port %d", sources.Datasources[0].URL, port)
	}
	var boards struct {
		Providers []struct{ Options struct{ Path string } }
	}
	if err := yaml.Unmarshal(read(t, "deploy/compose/grafana/dashboards/mongodb_backup.yml"), &boards); err != nil {
		t.Fatal(err)
	}
	for _, volume := range project.Services["grafana"].Volumes {
		if len(boards.Providers) == 1 && volume.Target == boards.Providers[0].Options.Path {
			return
		}
	}
	t.Errorf("no volume at the path of %v", boards)
}
