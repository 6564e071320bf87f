package evidence

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

var update = flag.Bool("update", false, "write the golden files")

var now = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// full is a successful backup that began at 2:10 some days ago.
func full(days int) backup.Backup {
	began := now.Truncate(day).Add(time.Duration(-days)*day + 130*time.Minute)
	return backup.Backup{
		ID: fmt.Sprint("b", days), Kind: backup.KindFull, Trigger: backup.TriggerAutomatic, State: backup.StateSuccess,
		StartedAt: began, EndedAt: began.Add(20 * time.Minute), SizeBytes: new(int64(10+days) << 30),
	}
}

func failed(days int) backup.Backup {
	b := full(days)
	b.State, b.SizeBytes = backup.StateFailed, nil
	return b
}

func read[T any](v T) backup.Reading[T] {
	return backup.Reading[T]{Value: v, At: now, TriedAt: now, GoodUntil: now.Add(time.Hour)}
}

// instance is backed up every day, in a window from 2:00 to 3:00.
func instance(id, name string, list ...backup.Backup) backup.InstanceState {
	policy := backup.Policy{
		Automatic: new(true), Schedules: []backup.Schedule{{Retention: 8 * day, Weekdays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}, StartsAt: 2 * time.Hour, Window: time.Hour}},
		KeptAfterDeletion: new(true),
	}
	return backup.InstanceState{
		Instance: backup.Instance{
			Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: id}, Name: name, CreatedAt: now.AddDate(-1, 0, 0),
		},
		Objectives: backup.Objectives{RPODefault: 26 * time.Hour, RPOGrace: 2 * time.Hour, MinRetention: 7 * day, MaxDuration: 6 * time.Hour},
		Jobs:       read([]backup.Job{{ID: "j", State: backup.JobFailed, StartedAt: failed(2).StartedAt, Reason: "disk | full"}}), Policy: read(policy),
		Nodes: []backup.NodeState{{Backups: read(backup.List{Asked: []backup.Kind{backup.KindFull}, Backups: list})}},
	}
}

// kept is a history in which every instance was read every day for a year.
type kept struct{ gone []backup.InstanceState }

func (kept) Kept(context.Context, backup.Target, time.Time) (backup.Kept, error) {
	var k backup.Kept
	for d := range 365 {
		k.Reads = append(k.Reads, now.Add(-time.Duration(d)*day))
	}
	return k, nil
}

func (k kept) Gone(context.Context, time.Time) ([]backup.InstanceState, error) { return k.gone, nil }

// options are about five days of some instances.
func options(instances ...backup.InstanceState) Options {
	region := backup.Region{
		Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", Asked: true, Up: true, Unmonitored: read(1), Listed: read(2),
		Instances: []backup.ListedInstance{{
			Instance:  backup.Instance{Target: backup.Target{Cloud: backup.Alibaba, Account: "prod", Region: "cn-hangzhou", InstanceID: "dds-9"}, Name: "scratch"},
			Unwatched: "it is excluded",
		}},
	}
	return Options{
		Snapshot: &backup.Snapshot{At: now, Regions: []backup.Region{region}, Instances: instances},
		History:  kept{}, Since: now.Add(-5 * day), Until: now, Now: now, Lookback: 9 * day,
	}
}

func good(id, name string) backup.InstanceState {
	return instance(id, name, full(0), full(1), full(2), full(3), full(4), full(5), full(6))
}

// troubled has a gap, a failure, a backup that was late and a changed policy.
func troubled() backup.InstanceState {
	late := full(4)
	late.StartedAt, late.EndedAt = late.StartedAt.Add(90*time.Minute), late.EndedAt.Add(90*time.Minute)
	in := instance("dds-2", "billing", full(0), failed(2), full(3), late, full(5), full(6))
	former := in.Policy.Value
	former.Schedules = slices.Clone(former.Schedules)
	former.Schedules[0].Retention = 6 * day
	in.PolicyChanges = []backup.PolicyChange{{At: now.Add(-60 * time.Hour), LastAt: now.Add(-61 * time.Hour), Former: former}}
	return in
}

func reportOf(t *testing.T, o Options) Report {
	t.Helper()
	subjects, err := Gather(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return subjects.New()
}

func TestFormats(t *testing.T) {
	r := reportOf(t, options(good("dds-1", "orders"), troubled()))
	for _, format := range Formats() {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			if err := Write(&out, &r, format); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "report."+format)
			if *update {
				if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if err := Write(io.Discard, &r, "pdf"); err == nil {
		t.Error("a format that does not exist")
	}
}

func TestResults(t *testing.T) {
	unlisted := func(o *Options) { o.Snapshot.Regions[0].Unmonitored.GoodUntil = now.Add(-time.Hour) }
	young := instance("dds-3", "new")
	young.Instance.CreatedAt = now.Add(-time.Hour)
	young.Instance.Lifecycle = backup.LifecycleCreating
	tests := []struct {
		name      string
		instances []backup.InstanceState
		edit      func(*Options)
		want      string
	}{
		{"all is well", []backup.InstanceState{good("dds-1", "orders")}, nil, "kept"},
		{"something is broken", []backup.InstanceState{good("dds-1", "orders"), troubled()}, nil, "broken"},
		{"nothing was kept", []backup.InstanceState{good("dds-1", "orders")}, func(o *Options) { o.History = nil }, "unknown"},
		{"a list of instances is old", []backup.InstanceState{good("dds-1", "orders")}, unlisted, "unknown"},
		{"of one instance that is no matter", []backup.InstanceState{good("dds-1", "orders")}, func(o *Options) { unlisted(o); o.Instance = "dds-1" }, "kept"},
		{"there is nothing", nil, nil, "unknown"},
		{"nothing is due", []backup.InstanceState{young}, nil, "unknown"},
		{"something is due, and something is not", []backup.InstanceState{young, good("dds-1", "orders")}, nil, "kept"},
	}
	for _, tt := range tests {
		o := options(tt.instances...)
		if tt.edit != nil {
			tt.edit(&o)
		}
		if r := reportOf(t, o); r.Result != tt.want {
			t.Errorf("%s: %s, want %s: %+v", tt.name, r.Result, tt.want, r.Targets)
		}
	}
}

func TestWhichInstanceIsMeant(t *testing.T) {
	o := options(good("dds-1", "orders"), good("orders", "other"), good("dds-2", "twice"), good("dds-3", "twice"))
	gone := good("dds-4", "left")
	gone.Instance.Lifecycle = backup.LifecycleReleased
	o.History = kept{[]backup.InstanceState{gone}}
	for name, want := range map[string]string{
		"dds-1": "dds-1", "other": "orders", "orders": "orders", "left": "dds-4",
		"twice": `several instances are called "twice": alibaba/prod/cn-hangzhou/dds-2, alibaba/prod/cn-hangzhou/dds-3; say which by its id`,
		"none":  `no instance has the id or the name "none"`,
	} {
		o.Instance = name
		subjects, err := Gather(t.Context(), o)
		var got string
		if err != nil {
			got = err.Error()
			if _, ok := errors.AsType[*InstanceError](err); !ok {
				t.Errorf("%s: %T", name, err)
			}
		} else {
			got = subjects.New().Targets[0].InstanceID
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// An instance that is not known may be in a region of which the list is not known.
func TestUnlistedInstance(t *testing.T) {
	o := options(good("dds-1", "orders"))
	o.Snapshot.Regions = []backup.Region{
		{Cloud: backup.Alibaba, Account: "prod", Region: "r1", Discovers: true, Err: errors.New("the key is refused")},
		{Cloud: backup.Alibaba, Account: "prod", Region: "r2", Discovers: true},
		{Cloud: backup.Alibaba, Account: "prod", Region: "r3"}, // it watches what is configured alone
	}
	o.Instance = "none"
	const want = `whether an instance has the id or the name "none" is not known: the list of instances is not current of prod/r1 (the key is refused), prod/r2`
	if _, err := Gather(t.Context(), o); err == nil || err.Error() != want {
		t.Errorf("the report: %v, want %s", err, want)
	}
	if _, err := Backups(t.Context(), o); err == nil || err.Error() != want {
		t.Errorf("the backups: %v, want %s", err, want)
	}
}

func TestCSVHasTheScalarFieldsOfTheJSON(t *testing.T) {
	r := reportOf(t, options(troubled()))
	r.Targets[0].InstanceName = "=HYPERLINK(\"x\")"
	var out, text bytes.Buffer
	if err := errors.Join(Write(&out, &r, "csv"), Write(&text, &r, "json")); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatal(rows, err)
	}
	var parsed struct{ Targets []map[string]any }
	if err := json.Unmarshal(text.Bytes(), &parsed); err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for i, name := range rows[0] {
		values[name] = rows[1][i]
	}
	for name, value := range parsed.Targets[0] {
		got, there := values[name]
		switch v := value.(type) {
		case map[string]any, []any:
			if there {
				t.Errorf("%s is no scalar", name)
			}
		case nil:
			if !there || got != "" {
				t.Errorf("%s: %q, want nothing", name, got)
			}
		case string:
			if name == "instance_name" {
				v = "'" + v
			}
			if want := strings.TrimSuffix(v, ".000Z"); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		case float64:
			if n, err := strconv.ParseFloat(got, 64); err != nil || n != v {
				t.Errorf("%s: %q, want %v", name, got, v)
			}
		case bool:
			if got != fmt.Sprint(v) {
				t.Errorf("%s: %q, want %v", name, got, v)
			}
		}
	}
	if values["control_frequency"] != "broken" || values["control_restorable"] != "" {
		t.Errorf("controls of %v", values)
	}
}

// TestNamesAreHarmless: what owners call their instances is text and nothing else, in every format.
func TestNamesAreHarmless(t *testing.T) {
	in := troubled()
	in.Instance.Name = "<script>alert(1)</script>|`x` [a](http://b)\x1b[2J\u202e"
	r := reportOf(t, options(in))
	for format, wrong := range map[string][]string{
		"html": {"<script", "\x1b", "\u202e"}, "markdown": {"<script>", "\x1b", "\u202e", "](http", ")|`"}, "csv": {"\x1b", "\u202e"},
	} {
		var out bytes.Buffer
		if err := Write(&out, &r, format); err != nil {
			t.Fatal(err)
		}
		for _, part := range wrong {
			if strings.Contains(strings.ReplaceAll(out.String(), `\`+part, ""), part) {
				t.Errorf("%s has %q", format, part)
			}
		}
	}
}

// TestTheFileStandsAlone: no script, nothing from elsewhere, well-formed, and each drawing says what it shows.
func TestTheFileStandsAlone(t *testing.T) {
	r := reportOf(t, options(good("dds-1", "orders"), troubled()))
	var out bytes.Buffer
	if err := Write(&out, &r, "html"); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, part := range []string{"<script", "http:", "https:", "@import", "src=", "<link", "<iframe"} {
		if strings.Contains(text, part) {
			t.Errorf("it has %s", part)
		}
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, []string{"meta"}, xml.HTMLEntity
	depth, drawings := 0, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if label := slices.IndexFunc(token.Attr, func(a xml.Attr) bool { return a.Name.Local == "aria-label" && a.Value != "" }); token.Name.Local == "svg" && label >= 0 {
				drawings++
			}
		case xml.EndElement:
			depth--
		}
	}
	if depth != 0 || drawings != 2 {
		t.Errorf("%d elements are open, and %d drawings have a label", depth, drawings)
	}
	if known, controls := strings.Index(text, "What is known"), strings.Index(text, "<h2>Controls"); known < 0 || known > controls {
		t.Error("what is known does not come first")
	}
}

// TestContrast: texts have at least 4.5:1 on white, and drawings 3:1 (WCAG AA).
func TestContrast(t *testing.T) {
	colours := regexp.MustCompile(`(?:^|[ ;{])(color|fill|stroke): #([0-9a-f]{6})`).FindAllStringSubmatch(page, -1)
	if len(colours) < 10 {
		t.Fatalf("%d colours", len(colours))
	}
	for _, c := range colours {
		least := 4.5
		if c[1] != "color" {
			least = 3
		}
		if ratio := 1.05 / (luminance(t, c[2]) + 0.05); ratio < least {
			t.Errorf("%s #%s: %.2f, at least %.1f", c[1], c[2], ratio, least)
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestPercent(t *testing.T) {
	for share, want := range map[float64][2]string{
		1: {"100 %", "100 %"}, 0: {"0 %", "0 %"}, 0.99999: {"99.99 %", "100 %"}, 0.00001: {"0 %", "0.01 %"}, 0.57: {"57 %", "57 %"}, 2.0 / 3: {"66.66 %", "66.67 %"},
	} {
		if got := [2]string{keptShare(&share), unsure(&share)}; got != want {
			t.Errorf("%v: %v, want %v", share, got, want)
		}
	}
}

func TestReadSpan(t *testing.T) {
	tests := []struct{ since, until, from, to, err string }{
		{"90d", "", "2026-08-24T12:00:00Z", "2026-11-22T12:00:00Z", ""},
		{"36h", "12h", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z", ""},
		{"2w", "2026-11-20", "2026-11-08T12:00:00Z", "2026-11-20T00:00:00Z", ""},
		{"2026-11-01", "2026-11-02T03:04:05+08:00", "2026-11-01T00:00:00Z", "2026-11-01T19:04:05Z", ""},
		{"1d", "2027-01-01", "2026-11-21T12:00:00Z", "2026-11-22T12:00:00Z", ""},
		{"", "", "", "", `since: "" is neither`},
		{"0d", "", "", "", `since: "0d" is neither`},
		{"-3h", "", "", "", "since: "},
		{"99999999999999999999d", "", "", "", "since: "},
		{"2w", "soon", "", "", `until: "soon" is neither`},
		{"1d", "2d", "", "", "since: it must be before until"},
		{"2027-01-01", "", "", "", "since: 2027-01-01 is still to come"},
		{"4y", "", "", "", "since: a report is about three years at most"},
	}
	for _, tt := range tests {
		from, to, err := ReadSpan(tt.since, tt.until, now)
		if tt.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tt.err) {
				t.Errorf("%s, %s: error %v, want %s", tt.since, tt.until, err, tt.err)
			}
			continue
		}
		if got := from.UTC().Format(time.RFC3339); err != nil || got != tt.from || to.UTC().Format(time.RFC3339) != tt.to {
			t.Errorf("%s, %s: %s to %s, %v", tt.since, tt.until, got, to.UTC().Format(time.RFC3339), err)
		}
	}
}

// TestReplay: the verdicts of the past are those of the report.
func TestReplay(t *testing.T) {
	o := options(good("dds-1", "orders"), troubled())
	o.History = nil // of what is longer ago than the retention nothing is known
	o.Since = now.Add(-9 * day)
	subjects, err := Gather(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	r := subjects.New()
	replay := subjects.Replay()
	met := map[string]int{}
	for at := o.Since.Add(time.Minute); at.Before(o.Until); at = at.Add(37 * time.Minute) {
		snapshot := replay.At(at)
		if len(snapshot.Instances) != 2 || !snapshot.Regions[0].Up {
			t.Fatalf("%s: %+v", at, snapshot)
		}
		for _, in := range snapshot.Instances {
			state := backup.Assess(in.Target(in.Nodes[0]), in.Objectives, at).State
			target := r.Targets[slices.IndexFunc(r.Targets, func(t Target) bool { return t.InstanceID == in.Instance.InstanceID })]
			want := "kept"
			switch {
			case within(target.Gaps, at):
				want = "broken"
			case within(target.UnknownSpans, at):
				want = "unknown"
			}
			got := "kept"
			switch state {
			case backup.HealthLate, backup.HealthNever:
				got = "broken"
			case backup.HealthUnknown:
				got = "unknown"
			default:
			}
			met[got]++
			if got != want {
				t.Errorf("%s %s: %s, want %s", in.Instance.InstanceID, at, state, want)
			}
		}
	}
	if met["kept"] < 100 || met["broken"] < 20 || met["unknown"] < 20 {
		t.Errorf("met %v", met)
	}
}

func within(spans []Span, t time.Time) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return !t.Before(s.From) && t.Before(s.Until) })
}
