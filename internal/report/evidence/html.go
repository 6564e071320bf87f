package evidence

import (
	"bytes"
	_ "embed" // for the page
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"

	"mongodb_backup_exporter/internal/report"
)

//go:embed report.html
var page string

// writeHTML writes the report as one file that needs no other.
func writeHTML(to io.Writer, r *Report) error {
	parsed, err := template.New("report").Funcs(template.FuncMap{
		"kept": keptShare, "unsure": unsure, "title": title, "moment": moment, "momentp": report.Moment, "ornone": report.OrNone,
		"number": number, "words": words, "counted": counted, "yes": yes, "bytes": report.Bytes, "join": func(all []string) string { return strings.Join(all, "; ") },
		"px":    func(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) },
		"chart": func(t Target) Chart { return r.Chart(&t) },
	}).Parse(page)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := parsed.Execute(&body, r); err != nil {
		return err
	}
	_, err = to.Write(bytes.Map(func(c rune) rune {
		if c == '\n' || c == '\t' {
			return c
		}
		return []rune(report.OneLine(string(c)))[0]
	}, body.Bytes()))
	return err
}
