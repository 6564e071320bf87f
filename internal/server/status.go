package server

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"time"
)

//go:embed status.html
var statusHTML string

// targets answers with the state of every target as JSON.
func (s *server) targets(w http.ResponseWriter, _ *http.Request) {
	s.json(w, NewReport(s.opts.Poller.Snapshot(), s.opts.Now()))
}

// status answers with a page for a person: a row per target, worst first.
func (s *server) status(w http.ResponseWriter, _ *http.Request) {
	now := s.opts.Now()
	page, err := template.New("status").Funcs(template.FuncMap{
		"age":   func(t *time.Time) string { return Age(t, now) },
		"bytes": Bytes,
		"time":  func(t *time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") },
		"deref": func(f *float64) float64 { return *f },
		"ptr":   func(t time.Time) *time.Time { return &t },
		"hours": hours,
	}).Parse(statusHTML)
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	report := NewReport(s.opts.Poller.Snapshot(), now)
	counts := map[string]int{}
	for _, t := range report.Targets {
		counts[t.Health]++
	}
	var body bytes.Buffer
	if err := page.Execute(&body, map[string]any{
		"Report": report, "Trouble": slices.ContainsFunc(report.Regions, func(r Region) bool { return r.LastError != "" }), "Counts": counts, "Version": s.opts.Version, "Telemetry": s.opts.TelemetryPath,
		"States": []string{"never", "late", "failed", "unknown", "pending", "ok"},
	}); err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	s.write(w, "text/html; charset=utf-8", body.Bytes())
}

// Age returns how long ago t was, in the two largest units, e.g. 3d 4h; "–" for nil, "in 5m" for a time to come.
func Age(t *time.Time, now time.Time) string {
	if t == nil {
		return "–"
	}
	age := now.Sub(*t)
	if age < 0 {
		return "in " + span(-age)
	}
	return span(age)
}

// hours returns an objective as the reasons say it, e.g. 27h or 5d 3h.
func hours(seconds float64) string {
	const day = 24 * time.Hour
	d := time.Duration(seconds * float64(time.Second))
	if d < 2*day && d%time.Hour == 0 {
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return span(d)
}

func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= day:
		return fmt.Sprintf("%dd %dh", d/day, d%day/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}

// Bytes returns a size for a person, in binary units; "–" for nil.
func Bytes(n *int64) string {
	if n == nil {
		return "–"
	}
	size, unit := float64(*n), 0
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	for size >= 1024 && unit < len(units)-1 {
		size /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", *n)
	}
	return fmt.Sprintf("%.1f %s", size, units[unit])
}
