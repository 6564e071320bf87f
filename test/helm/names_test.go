package helm

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// misread are names that YAML takes for something else than a text, unless they are quoted.
var misread = []string{"on", "no", "y", "null", "2024", "123", "456", "1e3", "0x1f", "1.5", "7e7", "010", "true", "0b1", "off"}

// withMisread uses each of them that a release and a namespace do not have.
const withMisread = `
fullnameOverride: OVERRIDE
imagePullSecrets: [{name: "123"}]
defaults:
  secrets: ["456", "1e3", "null"]
  web: {secret: "0x1f"}
  persistence: {storageClassName: "1.5"}
  priorityClassName: "on"
  podLabels: {a: "no"}
  podAnnotations: {a: "y"}
  nodeSelector: {a: "true"}
  env: [{name: "off", value: "010"}]
  config: {accounts: [{name: "123", cloud: alibaba, regions: [{id: "456"}]}]}
exporters:
  "on": {serviceAccount: {name: "7e7"}}
  "123": {rrsaRole: "0b1"}
  "null": {serviceAccount: {annotations: {a: "1e3"}}}
serviceMonitor: {labels: {a: "on"}}
prometheusRule: {labels: {a: "on"}}
dashboards: {labels: {a: "010"}, annotations: {a: "1.5"}}
networkPolicy: {enabled: true, from: [{podSelector: {matchLabels: {a: "null"}}}]}
`

// TestNamesAreTexts checks that no name of a user can be taken for a number or a truth: it is quoted wherever it stands alone.
func TestNamesAreTexts(t *testing.T) {
	for _, tc := range []struct{ release, namespace, override string }{
		{"on", "2024", `""`}, {"y", "1e3", `""`}, {"no", "123", `""`}, {"123", "0x1f", `"on"`}, {"1e3", "null", `"y"`}, {"null", "no", `""`},
	} {
		t.Run(tc.release, func(t *testing.T) {
			file := write(t, strings.Replace(withMisread, "OVERRIDE", tc.override, 1))
			text, _ := mustHelm(t, "template", tc.release, chart, "--namespace="+tc.namespace, withOperator, "--values="+file)
			seen := map[string]bool{}
			for _, scalar := range scalars(t, text) {
				if !slices.Contains(misread, scalar.Value) || scalar.Tag == "!!bool" && slices.Contains([]string{"true", "false"}, scalar.Value) {
					continue
				}
				seen[scalar.Value] = true
				if scalar.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
					t.Errorf("line %d: %s is not quoted: %s", scalar.Line, scalar.Value, strings.Split(text, "\n")[scalar.Line-1])
				}
			}
			for _, name := range []string{tc.release, tc.namespace, "on", "456", "1e3", "null", "0x1f", "1.5", "7e7"} {
				if !seen[name] {
					t.Errorf("%s is nowhere", name)
				}
			}
		})
	}
}

// scalars returns all values and keys of a stream of YAML. Lines count within the stream.
func scalars(t *testing.T, text string) []*yaml.Node {
	t.Helper()
	var found []*yaml.Node
	var walk func(node *yaml.Node)
	walk = func(node *yaml.Node) {
		if node.Kind == yaml.ScalarNode {
			found = append(found, node)
		}
		for _, below := range node.Content {
			walk(below)
		}
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		walk(&node)
	}
}

// testNames has the server take names that YAML could misread.
func (s *server) testNames(t *testing.T) {
	class := object{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": object{"name": "on"}, "value": 1000}
	if status, _, answer := s.create(t, "/apis/scheduling.k8s.io/v1/priorityclasses", class, false); status != http.StatusCreated {
		t.Fatalf("priority class: HTTP %d\n%s", status, answer)
	}
	s.namespace(t, "2024")
	file := write(t, strings.Replace(withMisread, "OVERRIDE", `""`, 1))
	s.mustHelm(t, "install", "on", chart, "--namespace=2024", "--values="+file)
	s.mustHelm(t, "upgrade", "on", chart, "--namespace=2024", "--values="+file)
	text, _ := mustHelm(t, "template", "on", chart, "--namespace=2024", withOperator, "--values="+file)
	all := objects(t, text)
	for _, set := range of(t, all, "StatefulSet") {
		s.takesPod(t, "2024", podOf(set))
	}
	for _, pod := range of(t, all, "Pod") {
		s.takesPod(t, "2024", pod)
	}
}
