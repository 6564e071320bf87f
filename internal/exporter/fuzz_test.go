package exporter

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-kit/log"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"mongodb_backup_exporter/config"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/poll"
)

const fuzzed = `
poll: {requests_per_second: 1000000, concurrency: 8}
objectives: {rpo: 24h}
accounts:
- name: one
  cloud: alibaba
  restore_check: true
  credentials: {access_key_id: id, access_key_secret: secret}
  regions: [{id: cn-hangzhou, discovery: {enabled: true}, instances: [{id: dds-1}, {id: dds-2, nodes: [d-1]}]}]
- name: two
  cloud: huawei
  credentials: {access_key_id: id, access_key_secret: secret}
  regions: [{id: cn-north-4, discovery: {enabled: true}, instances: [{id: i1}]}]
`

// exchange is one operation of a cloud, and an answer to it with which no target is ok.
type exchange struct{ op, answer string }

// exchanges returns every operation that polling uses. In lists of backups there are failures only.
func exchanges() []exchange {
	const failed = `"BackupStatus":"Failed","BackupStartTime":"2026-11-22T03:00:00Z","BackupEndTime":"2026-11-22T03:10:00Z"`
	const span = `"RestoreRanges":[{"RestoreBeginTime":"2026-11-21T03:00:00Z","RestoreEndTime":"2026-11-22T11:59:00Z"}]`
	return []exchange{
		{"DescribeDBInstances replicate", `{"TotalCount":1,"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-1","StorageType":"cloud_essd1"}]}}`},
		{"DescribeDBInstances sharding", `{"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-2","ShardList":{"ShardAttribute":[{"NodeId":"d-1"}]}}]}}`},
		{"DescribeDBInstances serverless", `{"DBInstances":{"DBInstance":[]}}`},
		{"DescribeDBInstanceAttribute", `{"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-2","UseClusterBackup":true}]}}`},
		{"DescribeBackups", `{"TotalCount":1,"Backups":{"Backup":[{"BackupId":"1","BackupType":"FullBackup",` + failed + `}]}}`},
		{"DescribeClusterBackups", `{"ClusterBackups":[{"ClusterBackupId":"1","IsAvail":0,"Backups":[{"InstanceName":"d-1","BackupId":"1",` + failed + `}]}]}`},
		{"DescribeBackupTasks", `{"BackupJobs":[{"BackupjobId":"1","BackupSetStatus":"Failed"}]}`},
		{"DescribeHistoryTasks", `{"Items":[{"TaskId":"t-1","TaskType":"ManualBackupIns","InstanceId":"dds-1","Status":"Failed","StartTime":"2026-11-22T03:00Z"}]}`},
		{"DescribeBackupPolicy", `{"PreferredBackupPeriod":"Monday,Friday","PreferredBackupTime":"03:00Z-04:00Z","BackupRetentionPeriod":7}`},
		{"DescribeInstanceRecoverTime", `{` + span + `}`},
		{"DescribeClusterRecoverTime", `{` + span + `}`},
		{"CheckRecoveryCondition", `{"IsValid":true}`},
		{"DescribeRestoreDBInstanceList", `{"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-9","CreationTime":"2026-11-21T03:00Z"}]}}`},
		{"KeystoneListProjects", `{"projects":[{"id":"p1","name":"cn-north-4"}]}`},
		{"ListInstances", `{"instances":[{"id":"i1","mode":"ReplicaSet"}],"total_count":1}`},
		{"ListBackups", `{"backups":[{"id":"1","instance_id":"i1","type":"Auto","status":"FAILED","begin_time":"2026-11-22 03:00:00","end_time":"2026-11-22 03:10:00"}],"total_count":1}`},
		{"ListTasks", `{"jobs":[{"id":"j1","instance_id":"i1","status":"Failed"}],"total_count":1}`},
		{"ShowBackupPolicy", `{"backup_policy":{"keep_days":7,"start_time":"03:00-04:00","period":"1,5","enable_incremental_backup":true}}`},
		{"ListRestoreTimes", `{"restore_time":[{"start_time":1795312800000,"end_time":1795348740000}]}`},
	}
}

// listsBackups reports whether an operation is one that may make a target ok.
func listsBackups(op string) bool {
	return op == "DescribeBackups" || op == "DescribeClusterBackups" || op == "ListBackups"
}

// operationOf returns the operation of a request to either cloud, for a listing with the type of the instances.
func operationOf(r *http.Request) string {
	if action := r.Header["x-acs-action"]; len(action) == 1 { //nolint:staticcheck // the SDK writes it in lower case
		return strings.TrimSpace(action[0] + " " + r.URL.Query().Get("DBInstanceType"))
	}
	_, last, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v3"), "/")
	return map[string]string{
		"projects": "KeystoneListProjects", "instances": "ListInstances", "backups": "ListBackups", "jobs": "ListTasks",
		"policy": "ShowBackupPolicy", "restore-time": "ListRestoreTimes",
	}[last[strings.LastIndex(last, "/")+1:]]
}

type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// answering returns the clouds with a transport that has an answer for each operation.
func answering(t *testing.T, answers map[string][]byte) []cloud {
	t.Helper()
	rows := clouds()
	for i := range rows {
		open := rows[i].open
		rows[i].open = func(o sourceOptions) (poll.Source, error) {
			o.call.MaxAttempts = 1
			o.transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				body, ok := answers[operationOf(r)]
				if !ok {
					t.Errorf("unknown operation: %s %s", r.Method, r.URL.Path)
				}
				return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: memory{bytes.NewReader(body)}, Request: r}, nil
			})
			return open(o)
		}
	}
	return rows
}

// FuzzAnswerToText gives any body as the answer to one operation, asks both clouds for everything, and reads the scrape.
func FuzzAnswerToText(f *testing.F) {
	for i, e := range exchanges() {
		f.Add(uint8(i), []byte(e.answer))
		f.Add(uint8(i), bytes.ReplaceAll(bytes.ReplaceAll([]byte(e.answer), []byte(`"Failed"`), []byte(`"Success"`)), []byte(`"FAILED"`), []byte(`"COMPLETED"`)))
	}
	f.Add(uint8(5), []byte(`{"ClusterBackups":[{"ClusterBackupId":"1","ClusterBackupStatus":"Running","Backups":[]}]}`))
	f.Add(uint8(0), []byte(`{"DBInstances":{"DBInstance":[{"DBInstanceId":"dds-\u0000"},{"DBInstanceId":"dds-3","DBInstanceDescription":"\n\u001b\ud800"}]}}`))
	cfg, err := config.Load([]byte(fuzzed), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		all := exchanges()
		op := all[int(which)%len(all)].op
		checkVerdicts(t, scrape(t, cfg, op, body), mayBeOK(op, body))
	})
}

// TestOnlySuccessesAreOK states that the answers of this file lead to the verdicts that they should.
func TestOnlySuccessesAreOK(t *testing.T) {
	cfg := load(t, fuzzed)
	for _, e := range exchanges() {
		t.Run(e.op, func(t *testing.T) {
			good := strings.NewReplacer(`"Failed"`, `"Success"`, `"FAILED"`, `"COMPLETED"`, `"IsAvail":0`, `"IsAvail":1,"ClusterBackupStatus":"OK"`).Replace(e.answer)
			n := 0
			for _, m := range scrape(t, cfg, e.op, []byte(good))["mongodb_backup_health"] {
				if labelOf(m, "state") == "ok" && m.GetGauge().GetValue() == 1 {
					n++
				}
			}
			want := 0
			if listsBackups(e.op) {
				want = 1
			}
			if n != want {
				t.Errorf("%d targets are ok, want %d", n, want)
			}
		})
	}
}

// scrape asks both clouds for everything, with a body as the answer to one operation, and returns the samples by the name
// of the family.
func scrape(t *testing.T, cfg *config.Config, op string, body []byte) map[string][]*dto.Metric {
	t.Helper()
	answers := map[string][]byte{}
	for _, e := range exchanges() {
		answers[e.op] = []byte(e.answer)
	}
	answers[op] = body
	e, err := newExporter(cfg, Options{Now: clock, Logger: log.NewNopLogger()}, answering(t, answers))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.Poller().Refresh(t.Context())
	families, err := e.Probe(e.Poller().Snapshot()).Gather()
	if err != nil {
		t.Fatal(err)
	}
	return byName(t, families)
}

// mayBeOK reports whether a target may be ok when an operation has this answer. A list of backups must name a success.
func mayBeOK(op string, body []byte) bool {
	text := strings.ToLower(string(body))
	words := slices.ContainsFunc([]string{"success", "completed", "ok", `\u`}, func(w string) bool { return strings.Contains(text, w) })
	return listsBackups(op) && words
}

// byName writes the scrape, reads it back, and returns its samples by the name of the family.
func byName(t *testing.T, families []*dto.MetricFamily) map[string][]*dto.Metric {
	t.Helper()
	var text bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&text, f); err != nil {
			t.Fatal(err)
		}
	}
	if !utf8.Valid(text.Bytes()) {
		t.Errorf("the scrape is not UTF-8: %q", text.Bytes())
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	read, err := parser.TextToMetricFamilies(io.Reader(&text))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]*dto.Metric{}
	for name, f := range read {
		all[name] = f.GetMetric()
		for _, m := range f.GetMetric() {
			checkLabels(t, m)
		}
	}
	return all
}

// checkLabels fails for a label that is too long or does not print.
func checkLabels(t *testing.T, m *dto.Metric) {
	t.Helper()
	for _, pair := range m.GetLabel() {
		if v := pair.GetValue(); utf8.RuneCountInString(v) > 256 || strings.ContainsFunc(v, unicode.IsControl) {
			t.Errorf("label %s=%q", pair.GetName(), v)
		}
	}
	if math.IsNaN(m.GetGauge().GetValue()) {
		t.Errorf("NaN in %v", m)
	}
}

// checkVerdicts fails unless each target has exactly one verdict, and only a target with a usable success is ok.
func checkVerdicts(t *testing.T, samples map[string][]*dto.Metric, mayBeOK bool) {
	t.Helper()
	verdicts, all, points := map[string][]string{}, map[string]int{}, map[string]bool{}
	for _, m := range samples["mongodb_backup_health"] {
		target := targetOf(m)
		all[target]++
		if m.GetGauge().GetValue() == 1 {
			verdicts[target] = append(verdicts[target], labelOf(m, "state"))
		}
	}
	for _, m := range samples["mongodb_backup_recovery_point_timestamp_seconds"] {
		points[targetOf(m)] = m.GetGauge().GetValue() > 0
	}
	if len(all) < 3 {
		t.Errorf("verdicts on %d targets, want one on each of the three that the configuration names", len(all))
	}
	for target, n := range all {
		states := verdicts[target]
		if n != backup.NumHealthStates || len(states) != 1 {
			t.Fatalf("%s has %d states, of which these hold: %q; want %d, and one", target, n, states, backup.NumHealthStates)
		}
		if states[0] == "ok" && (!mayBeOK || !points[target]) {
			t.Errorf("%s is ok without a success", target)
		}
	}
}

func targetOf(m *dto.Metric) string {
	return fmt.Sprint(labelOf(m, "cloud"), "/", labelOf(m, "instance_id"), "/", labelOf(m, "node_id"))
}

func labelOf(m *dto.Metric, name string) string {
	for _, pair := range m.GetLabel() {
		if pair.GetName() == name {
			return pair.GetValue()
		}
	}
	return ""
}
