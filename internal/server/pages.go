package server

import (
	"bytes"
	"embed"
	"html/template"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"mongodb_backup_exporter/internal/report"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed pages/style.css
var styleSheet string

// parsePages returns the templates of all pages for people. Each page carries the same style sheet, whose hash is in the
// Content-Security-Policy.
func parsePages() *template.Template {
	all := template.New("pages").Funcs(template.FuncMap{
		"age": report.Age, "bytes": report.Bytes, "moment": report.Moment, "percent": report.Percent, "span": report.Seconds,
		"ornone": report.OrNone, "whenever": report.Whenever, "px": px,
		"instant": func(t time.Time) string { return report.Moment(&t) },
		"script":  scriptAddress, "keys": chartKeys,
	})
	for _, name := range []string{"layout", "status", "runbook", "instance"} {
		text, err := pageFiles.ReadFile("pages/" + name + ".html")
		if err != nil {
			panic(err) // they are part of the binary
		}
		template.Must(all.Parse(strings.Replace(string(text), "STYLE", styleSheet, 1)))
	}
	return all
}

// chartKey says what the rectangles with a class stand for.
type chartKey struct{ Class, Text string }

// chartKeys returns the keys of a timeline, in their order. Those of classes that it does not have are left out.
func chartKeys() []chartKey {
	return []chartKey{
		{"bar success", "success"},
		{"bar unusable", "cannot be restored"},
		{"bar failed", "failed (×)"},
		{"bar running", "running"},
		{"bar deleting", "being deleted"},
		{"bar unknown", "unknown outcome"},
		{"gap", "objective not kept"},
		{"window kept", "window with a backup"},
		{"window late", "backup after its window"},
		{"window failed", "window without a success"},
		{"window missed", "window missed"},
		{"window open", "window open"},
		{"window planned", "window to come"},
		{"pitr", "any moment of this time can be restored"},
		{"window unknown", "window of which the list does not tell"},
	}
}

// px writes a length of a drawing.
func px(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// show answers with a page.
func (s *Server) show(w http.ResponseWriter, status int, page string, data any) {
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, page, data); err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	s.body(w, bytes.Map(harmless, body.Bytes()))
}

// harmless returns what stands in a page for a character. Control characters, and those that turn the direction of writing,
// would let a name look like something else.
func harmless(c rune) rune {
	switch {
	case c == '\n', c == '\t':
		return c
	case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
		return unicode.ReplacementChar
	}
	return c
}

// missing is what the page of an address that leads nowhere shows.
type missing struct {
	Sentence string
	Runbooks []string // names to choose from; nil: none are shown
}

// missingPage answers that there is no such page, in a sentence.
func (s *Server) missingPage(w http.ResponseWriter, what missing) {
	s.show(w, http.StatusNotFound, "notfound", what)
}
