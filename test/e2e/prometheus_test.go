package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// client calls the HTTP APIs of Prometheus and Alertmanager.
type client struct {
	ctx                      context.Context // the test's
	prometheus, alertmanager string          // addresses
	names                    names           // of the instances
}

// get decodes a JSON answer.
func (c client) get(address, path string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, "http://"+address+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

// ask returns the data that Prometheus' API answers.
func ask[T any](c client, path string, query url.Values) (T, error) {
	var answer struct {
		Status, Error string
		Data          T
	}
	err := c.get(c.prometheus, "/api/v1/"+path, query, &answer)
	if err == nil && answer.Status != "success" {
		err = fmt.Errorf("%s: %s", path, cmp.Or(answer.Error, answer.Status))
	}
	return answer.Data, err
}

// series is one row of an answer.
type series struct {
	Metric map[string]string
	Value  [2]any   // of an instant query: time, value
	Values [][2]any // of a range query
}

// query returns the rows of an instant query.
func (c client) query(expr string) ([]series, error) {
	data, err := ask[struct{ Result []series }](c, "query", url.Values{"query": {expr}})
	return data.Result, err
}

// queryRange returns the rows of a range query over the last half minute.
func (c client) queryRange(expr string) ([]series, error) {
	now := time.Now()
	data, err := ask[struct{ Result []series }](c, "query_range", url.Values{
		"query": {expr},
		"start": {now.Add(-30 * time.Second).Format(time.RFC3339Nano)}, "end": {now.Format(time.RFC3339Nano)},
		"step": {scrapeInterval.String()},
	})
	return data.Result, err
}

// number returns the value of a query whose answer is one sample.
func (c client) number(expr string) (float64, error) {
	rows, err := c.query(expr)
	if err != nil {
		return 0, err
	}
	if len(rows) != 1 {
		return 0, fmt.Errorf("%s: %d rows", expr, len(rows))
	}
	return strconv.ParseFloat(fmt.Sprint(rows[0].Value[1]), 64)
}

// instanceNames returns the names of all instances that have one.
func (c client) instanceNames() (names, error) {
	rows, err := c.query(`mongodb_backup_instance_info{instance_name!=""}`)
	known := names{}
	for _, row := range rows {
		known[row.Metric["instance_id"]] = row.Metric["instance_name"]
	}
	return known, err
}

// targetState is the state of a scrape target in Prometheus.
type targetState struct {
	ScrapePool, ScrapeURL, Health, LastError string
}

func (c client) targets() ([]targetState, error) {
	data, err := ask[struct{ ActiveTargets []targetState }](c, "targets", nil)
	return data.ActiveTargets, err
}

// ruleGroup is a group of rules as Prometheus runs it.
type ruleGroup struct {
	Name           string
	LastEvaluation time.Time
	Rules          []struct {
		Name, Type, Health, LastError string
		Duration                      float64 // the rule's "for", in seconds
	}
}

func (c client) ruleGroups() ([]ruleGroup, error) {
	data, err := ask[struct{ Groups []ruleGroup }](c, "rules", nil)
	return data.Groups, err
}

// activeAlert is an alert that is pending or firing.
type activeAlert struct {
	Labels   map[string]string
	State    string
	ActiveAt time.Time
}

func (c client) activeAlerts() ([]activeAlert, error) {
	data, err := ask[struct{ Alerts []activeAlert }](c, "alerts", nil)
	return data.Alerts, err
}

// firing returns the alerts that fire, sorted.
func (c client) firing() ([]alert, error) {
	active, err := c.activeAlerts()
	var list []alert
	for _, a := range active {
		if a.State == "firing" {
			list = append(list, c.names.newAlert(a.Labels))
		}
	}
	return sorted(list), err
}

// suppressed returns the alerts that Alertmanager has and does not send, sorted.
func (c client) suppressed() ([]alert, error) {
	var answer []struct {
		Labels map[string]string
		Status struct{ State string }
	}
	err := c.get(c.alertmanager, "/api/v2/alerts", nil, &answer)
	var list []alert
	for _, a := range answer {
		if a.Status.State == "suppressed" {
			list = append(list, c.names.newAlert(a.Labels))
		}
	}
	return sorted(list), err
}
