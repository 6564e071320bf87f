package helm

import (
	"regexp"
	"strings"
	"testing"
)

// secretVariables are those of docs/configuration.md and docs/credentials.md that have a secret.
var secretVariables = map[string]bool{
	"ALIBABA_CLOUD_ACCESS_KEY_SECRET": true, "ALIBABA_CLOUD_SECURITY_TOKEN": true,
	"HUAWEICLOUD_SDK_SK": true, "HUAWEICLOUD_SDK_SECURITY_TOKEN": true,
}

// TestSecretsInVariables checks of each documented variable whether the chart takes it with a plain value: never a secret.
func TestSecretsInVariables(t *testing.T) {
	pages := read(t, root+"docs/configuration.md") + read(t, root+"docs/credentials.md")
	tried := map[string]bool{}
	for _, name := range regexp.MustCompile(`\b(?:ALIBABA_CLOUD|HUAWEICLOUD)_[A-Z_]+[A-Z]\b`).FindAllString(pages, -1) {
		if !tried[name] {
			tried[name] = true
			judgeVariable(t, "{name: "+name+", value: plain}", !secretVariables[name])
		}
	}
	for name := range secretVariables {
		if !tried[name] {
			t.Errorf("%s is not documented", name)
		}
		judgeVariable(t, "{name: "+name+", valueFrom: {secretKeyRef: {name: a, key: b}}}", true)
	}
}

// TestSecretsInOtherVariables checks variables that are not the exporter's own.
func TestSecretsInOtherVariables(t *testing.T) {
	for variable, takes := range map[string]bool{
		`{name: HTTPS_PROXY, value: "http://proxy.example.com:3128/a@b"}`:         true,
		`{name: HTTPS_PROXY, value: "http://somebody@proxy.example.com:3128"}`:    true,
		`{name: HTTPS_PROXY, value: "http://somebody:pw@proxy.example.com:3128"}`: false,
		`{name: HTTPS_PROXY, value: "$(PROXY)"}`:                                  true,
		`{name: HUAWEICLOUD_SDK_SK, value: "$(OTHER)"}`:                           true,
		`{name: HUAWEICLOUD_SDK_SK, value: "a$(OTHER)"}`:                          false,
		`{name: HUAWEICLOUD_SDK_SK, value: ""}`:                                   true,
		`{name: proxy_password, value: pw}`:                                       false,
	} {
		judgeVariable(t, variable, takes)
	}
}

// judgeVariable checks whether the chart takes a variable, of one exporter and of the defaults.
func judgeVariable(t *testing.T, variable string, takes bool) {
	t.Helper()
	for place, text := range map[string]string{
		"the exporter": strings.Replace(wellFormed, "{config:", "{env: [{name: A, value: b}, "+variable+"], config:", 1),
		"the defaults": wellFormed + "defaults: {env: [{name: A, value: b}, " + variable + "]}\n",
	} {
		_, stderr, err := helm(t, "template", release, chart, "--values="+write(t, text))
		if (err == nil) != takes {
			t.Errorf("%s of %s: error %v, accepted is %v\n%s", variable, place, err, takes, stderr)
		}
		if err != nil && (!strings.Contains(stderr, "exporters.prod.env[1]: ") || !strings.Contains(stderr, "valueFrom: {secretKeyRef:")) {
			t.Errorf("the message names neither place nor remedy:\n%s", stderr)
		}
	}
}
