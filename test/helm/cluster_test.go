package helm

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCluster has a real API server judge what the chart makes. The parts follow each other, because a server is slow to start.
func TestCluster(t *testing.T) {
	began := time.Now()
	s := startServer(t)
	took(t, "etcd and the API server", began)
	t.Run("an empty cluster takes five lines of values", s.testFiveLines)
	t.Run("a restricted namespace takes everything", s.testRestricted)
	t.Run("upgrade and rollback", s.testUpgrade)
	t.Run("an upgrade that keeps the values of an older chart", s.testReusedValues)
	t.Run("names that YAML could misread", s.testNames)
	t.Run("the pod that copies a catalog", s.testCopyingPod)
	t.Run("typos are refused", s.testTypos)
	t.Run("a volume cannot change", s.testVolume)
}

func (s *server) testFiveLines(t *testing.T) {
	if lines := strings.Count(read(t, values["five lines"]), "\n"); lines != 5 {
		t.Errorf("%d lines", lines)
	}
	began := time.Now()
	notes := s.mustHelm(t, "install", release, chart, "--namespace=five", "--create-namespace", "--values="+values["five lines"])
	took(t, "helm install", began)
	for _, want := range []string{"check-config --live", "There is no ServiceMonitor", "there is no PrometheusRule", "helm test backup -n five"} {
		if !strings.Contains(strings.ToLower(notes), strings.ToLower(want)) {
			t.Errorf("the notes do not say %q:\n%s", want, notes)
		}
	}
	for _, path := range []string{
		"/apis/apps/v1/namespaces/five/statefulsets/backup-prod",
		"/api/v1/namespaces/five/services/backup-prod",
		"/api/v1/namespaces/five/configmaps/backup-prod",
		"/api/v1/namespaces/five/serviceaccounts/backup-prod",
		"/api/v1/namespaces/five/configmaps/backup-dashboard-fleet",
		"/api/v1/namespaces/five/configmaps/backup-dashboard-instance",
		"/api/v1/namespaces/five/configmaps/backup-dashboard-exporter",
	} {
		if s.get(t, path) == nil {
			t.Errorf("there is no %s", path)
		}
	}
	s.mustHelm(t, "uninstall", release, "--namespace=five")
	if s.get(t, "/apis/apps/v1/namespaces/five/statefulsets/backup-prod") != nil {
		t.Error("the workload is left behind")
	}
}

func (s *server) testRestricted(t *testing.T) {
	s.addOperatorKinds(t)
	// everything.values.yaml names it, and the server looks for it.
	class := object{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": object{"name": "important"}, "value": 1000}
	if status, _, answer := s.create(t, "/apis/scheduling.k8s.io/v1/priorityclasses", class, false); status != http.StatusCreated {
		t.Fatalf("priority class: HTTP %d\n%s", status, answer)
	}
	for name, file := range values {
		t.Run(name, func(t *testing.T) {
			namespace := "restricted-" + strings.ReplaceAll(name, " ", "-")
			s.namespace(t, namespace)
			s.mustHelm(t, "install", release, chart, "--namespace="+namespace, "--values="+file) // it fails with a warning
			all := rendered(t, chart, "--namespace="+namespace, "--values="+file)
			for _, set := range of(t, all, "StatefulSet") {
				s.takesPod(t, namespace, podOf(set))
			}
			for _, pod := range of(t, all, "Pod") {
				s.takesPod(t, namespace, pod)
			}
			for _, kind := range []string{"ServiceMonitor", "PrometheusRule"} {
				for _, o := range of(t, all, kind) {
					path := "/apis/monitoring.coreos.com/v1/namespaces/" + namespace + "/" + strings.ToLower(kind) + "s/" + o.text("metadata.name")
					if s.get(t, path) == nil {
						t.Errorf("there is no %s", path)
					}
				}
			}
		})
	}
	t.Run("all exporters are stopped", func(t *testing.T) {
		s.mustHelm(t, "upgrade", release, chart, "--namespace=restricted-five-lines", "--values="+values["five lines"], "--set=defaults.replicas=0")
	})
	t.Run("as the server has the rules, they are rules", func(t *testing.T) {
		checkRules(t, s.get(t, "/apis/monitoring.coreos.com/v1/namespaces/restricted-five-lines/prometheusrules/backup")["spec"])
	})
	t.Run("the server does refuse", func(t *testing.T) {
		set := of(t, rendered(t, chart, "--values="+values["five lines"]), "StatefulSet")[0]
		pod := podOf(set)
		delete(pod.at("spec.securityContext").(map[string]any), "seccompProfile")
		status, _, answer := s.create(t, "/api/v1/namespaces/restricted-five-lines/pods", pod, true)
		if status != http.StatusForbidden || !strings.Contains(answer, "seccompProfile") {
			t.Errorf("a pod without a seccomp profile: HTTP %d\n%s", status, answer)
		}
	})
}

// podOf returns the pod that a StatefulSet would make. Its volumes are those of its claims, too.
func podOf(set object) object {
	template := set.at("spec.template").(map[string]any)
	spec := maps.Clone(template["spec"].(map[string]any))
	volumes, _ := spec["volumes"].([]any)
	claims, _ := set.at("spec.volumeClaimTemplates").([]any)
	for _, claim := range claims {
		name := object(claim.(map[string]any)).text("metadata.name")
		volumes = append(volumes, object{"name": name, "persistentVolumeClaim": object{"claimName": name}})
	}
	spec["volumes"] = volumes
	metadata := maps.Clone(template["metadata"].(map[string]any))
	metadata["name"] = set.text("metadata.name") + "-0"
	return object{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
}

// takesPod checks by a dry run that a namespace takes a pod without a warning.
func (s *server) takesPod(t *testing.T, namespace string, pod object) {
	t.Helper()
	metadata := pod["metadata"].(map[string]any)
	metadata["namespace"] = namespace
	status, warnings, answer := s.create(t, "/api/v1/namespaces/"+namespace+"/pods", pod, true)
	if status != http.StatusCreated || len(warnings) > 0 {
		t.Errorf("pod %v: HTTP %d, warnings %q\n%s", metadata["name"], status, warnings, answer)
	}
}

func (s *server) testUpgrade(t *testing.T) {
	const set = "/apis/apps/v1/namespaces/upgrade/statefulsets/backup-prod"
	checksum := func() any {
		annotations, _ := s.get(t, set).at("spec.template.metadata.annotations").(map[string]any)
		return annotations["checksum/config"]
	}
	file := func() string {
		return configurations(t, []object{s.get(t, "/api/v1/namespaces/upgrade/configmaps/backup-prod")})["backup-prod"]
	}
	args := []string{release, chart, "--namespace=upgrade", "--values=" + values["five lines"]}
	s.mustHelm(t, append([]string{"install", "--create-namespace"}, args...)...)
	before, text := checksum(), file()

	s.mustHelm(t, append([]string{"upgrade", "--set=image.tag=9.9.9"}, args...)...)
	if checksum() != before {
		t.Error("the checksum of the configuration changes without it")
	}

	began := time.Now()
	s.mustHelm(t, append([]string{"upgrade", "--set=defaults.config.poll.idle_interval=1h"}, args...)...)
	took(t, "helm upgrade", began)
	if after := checksum(); after == before || after == nil {
		t.Errorf("a changed configuration starts no other pod: checksum %v", after)
	}
	if !strings.Contains(file(), "idle_interval: 1h") {
		t.Errorf("the configuration does not change:\n%s", file())
	}

	// What docs/deployment.md does to see an alert. Helm does not take it for somebody else's change.
	for _, replicas := range []string{"0", "1"} {
		status, _, body, err := s.try(t.Context(), http.MethodPatch, set+"/scale?fieldManager=kubectl",
			"application/merge-patch+json", []byte(`{"spec":{"replicas":`+replicas+`}}`))
		if err != nil || status != http.StatusOK {
			t.Fatalf("HTTP %d, error %v\n%s", status, err, body)
		}
	}
	s.mustHelm(t, append([]string{"upgrade", "--set=image.tag=9.9.8"}, args...)...)

	began = time.Now()
	s.mustHelm(t, "rollback", release, "1", "--namespace=upgrade")
	took(t, "helm rollback", began)
	if checksum() != before || file() != text {
		t.Errorf("a rollback does not restore the configuration:\n%s", file())
	}
}

// testReusedValues upgrades from a chart that does not know values of today, where Helm gives the new chart the old one's values.
func (s *server) testReusedValues(t *testing.T) {
	older := copied(t, func(path, content string) string {
		if path == "values.yaml" {
			content = without(t, content, "prometheusRule.sharedRules", "defaults.web", "dashboards")
		}
		return content
	})
	s.mustHelm(t, "install", release, older, "--namespace=reused", "--create-namespace", "--values="+values["five lines"])
	s.mustHelm(t, "upgrade", release, chart, "--namespace=reused", "--reuse-values")
	for _, path := range []string{
		"/apis/monitoring.coreos.com/v1/namespaces/reused/prometheusrules/backup",
		"/apis/apps/v1/namespaces/reused/statefulsets/backup-prod",
		"/api/v1/namespaces/reused/configmaps/backup-dashboard-fleet",
	} {
		if s.get(t, path) == nil {
			t.Errorf("after the upgrade there is no %s", path)
		}
	}
}

func (s *server) testTypos(t *testing.T) {
	const set = "/apis/apps/v1/namespaces/typos/statefulsets/backup-prod"
	args := []string{"--namespace=typos", "--values=" + values["five lines"]}
	s.mustHelm(t, append([]string{"install", release, chart, "--create-namespace"}, args...)...)
	before := s.get(t, set).at("metadata.resourceVersion")
	for name, tc := range map[string]struct {
		chart  string
		values string
		want   string
	}{
		"in values that only Kubernetes knows": {chart, "defaults: {affinity: {nodeAfinity: {}}}\n", "nodeAfinity"},
		"in values that the schema knows":      {chart, "defaults: {afinity: {}}\n", "'afinity' not allowed"},
		"in a template":                        {broken(t, "statefulset.yaml", "livenessProbe", "livenessProb"), "", "livenessProb"},
		"in a ServiceMonitor":                  {broken(t, "servicemonitor.yaml", "interval: {{", "intervall: {{"), "", "intervall"},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, err := s.helm(t, append(append([]string{"upgrade", release, tc.chart}, args...), "--values="+write(t, tc.values))...)
			if err == nil || !strings.Contains(stderr, tc.want) {
				t.Errorf("error %v, want one about %s:\n%s", err, tc.want, stderr)
			}
			if after := s.get(t, set).at("metadata.resourceVersion"); after != before {
				t.Error("the workload was changed nevertheless")
			}
		})
	}
}

// broken returns a copy of the chart with something else in one template.
func broken(t *testing.T, template, text, instead string) string {
	t.Helper()
	return copied(t, func(path, content string) string {
		if path != "templates/"+template {
			return content
		}
		if content = strings.Replace(content, text, instead, 1); !strings.Contains(content, instead) {
			t.Fatalf("%s has no %q", template, text)
		}
		return content
	})
}

// copied returns a copy of the chart whose files are changed, with the files instead of links to them. Paths begin in the chart.
func copied(t *testing.T, changed func(path, content string) string) string {
	t.Helper()
	folder := t.TempDir()
	err := filepath.WalkDir(chart, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside := strings.TrimPrefix(strings.TrimPrefix(path, chart), "/")
		to := filepath.Join(folder, inside)
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		return os.WriteFile(to, []byte(changed(inside, read(t, path))), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func (s *server) testVolume(t *testing.T) {
	args := []string{release, chart, "--namespace=volume", "--values=" + values["five lines"]}
	s.mustHelm(t, append([]string{"install", "--create-namespace"}, args...)...)
	_, stderr, err := s.helm(t, append([]string{"upgrade", "--set=defaults.persistence.size=2Gi"}, args...)...)
	if err == nil || !strings.Contains(stderr, "spec.volumeClaimTemplates: Invalid value") {
		t.Fatalf("error %v, want the server's\n%s", err, stderr)
	}
	// What docs/deployment.md says to do.
	status, _, body, err := s.try(t.Context(), http.MethodDelete, "/apis/apps/v1/namespaces/volume/statefulsets/backup-prod?propagationPolicy=Orphan", "", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("HTTP %d, error %v\n%s", status, err, body)
	}
	// The garbage collector of a cluster does this once it has let go of the pods.
	status, _, body, err = s.try(t.Context(), http.MethodPatch, "/apis/apps/v1/namespaces/volume/statefulsets/backup-prod",
		"application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err != nil || status != http.StatusOK {
		t.Fatalf("HTTP %d, error %v\n%s", status, err, body)
	}
	s.mustHelm(t, append([]string{"upgrade", "--set=defaults.persistence.size=2Gi"}, args...)...)
	if s.get(t, "/apis/apps/v1/namespaces/volume/statefulsets/backup-prod") == nil {
		t.Error("the workload is not made anew")
	}
}
