package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"mongodb_backup_exporter/alerts"
)

// formatPrometheusRule is the format of the Prometheus operator.
const formatPrometheusRule = "prometheusrule"

// rulesFlags are the flags of rules.
type rulesFlags struct {
	format string
	links  alerts.Links
	labels map[string]string
}

func rulesCommand(app *kingpin.Application) (string, action) {
	command := app.Command("rules", "Print the alerting and recording rules that belong to this binary, with links that lead to your pages. "+
		"Needs no configuration file. Load the output into Prometheus: "+
		program+" rules --exporter-url=https://backups.example.com > mongodb_backup.rules.yml; or into Kubernetes, for the Prometheus operator: "+
		program+" rules --format="+formatPrometheusRule+" --label=release=kube-prometheus-stack | kubectl apply -f -. "+
		"An address that is left out stays the placeholder of the shipped file, which the text of its flag names.")
	f := rulesFlags{labels: map[string]string{}}
	command.Flag("format", "prometheus: a rule file; "+formatPrometheusRule+": an object of monitoring.coreos.com/v1.").
		Default("prometheus").EnumVar(&f.format, "prometheus", formatPrometheusRule)
	command.Flag("runbook-url", "Where the runbooks are, such as your copies of docs/runbooks/*.md. Left out: /runbooks of --exporter-url, where the exporter has them; without that, this project's address on GitHub.").
		PlaceHolder("URL").StringVar(&f.links.Runbooks)
	command.Flag("exporter-url", "Address of the exporter, as people reach it. Alerts link to the page of their instance there. Left out: http://mongodb-backup-exporter"+defaultAddress+".").
		PlaceHolder("URL").StringVar(&f.links.Exporter)
	command.Flag("dashboard-url", "Address of Grafana, as people reach it. Alerts link to the dashboards of this project there. Left out: http://grafana:3000.").
		PlaceHolder("URL").StringVar(&f.links.Dashboards)
	command.Flag("label", "Label of the object, by which the operator selects it, as KEY=VALUE; may be repeated. With --format="+formatPrometheusRule+" only.").
		PlaceHolder("KEY=VALUE").StringMapVar(&f.labels)
	return command.FullCommand(), func(_ context.Context, s *session) error { return f.run(s) }
}

func (f *rulesFlags) run(s *session) error {
	if err := f.check(); err != nil {
		return err
	}
	text := alerts.Rules(f.links)
	if f.format == formatPrometheusRule {
		text = alerts.PrometheusRule(f.links, f.labels)
	}
	_, err := fmt.Fprint(s.stdout, text)
	return err
}

// check returns every problem of the flags.
func (f *rulesFlags) check() error {
	var problems []error
	for _, link := range []struct{ flag, address string }{
		{"runbook-url", f.links.Runbooks}, {"exporter-url", f.links.Exporter}, {"dashboard-url", f.links.Dashboards},
	} {
		switch {
		case link.address == "" || startsAddresses(link.address):
		case strings.Contains(link.address, "@"):
			problems = append(problems, fmt.Errorf("--%s: an address without a name and a password is wanted: they would stand in every alert", link.flag))
		default:
			problems = append(problems, fmt.Errorf("--%s: %q is no address like https://example.com/path, to which the rest can be added", link.flag, link.address))
		}
	}
	if len(f.labels) > 0 && f.format != formatPrometheusRule {
		problems = append(problems, fmt.Errorf("--label needs --format=%s: a rule file has no labels of its own", formatPrometheusRule))
	}
	for _, key := range slices.Sorted(maps.Keys(f.labels)) {
		if value := f.labels[key]; !labelKey().MatchString(key) || !labelValue().MatchString(value) {
			problems = append(problems, fmt.Errorf("--label=%s=%s: Kubernetes takes no such label; one is like team=backups or example.com/team=backups", key, value))
		}
	}
	return errors.Join(problems...)
}

// labelKey and labelValue match what Kubernetes takes as a label.
func labelKey() *regexp.Regexp {
	return regexp.MustCompile(`^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`)
}

func labelValue() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$`)
}

// startsAddresses reports whether a text is an address that others can begin with, and that neither YAML nor Prometheus'
// templates take for anything else. A password in it would stand in every alert.
func startsAddresses(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && u.User == nil && (u.Scheme == "http" || u.Scheme == "https") &&
		!strings.ContainsAny(text, "?#{}'\"\\` \t\r\n")
}
