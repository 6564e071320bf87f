package server

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"

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
	})
	for _, name := range []string{"layout", "status", "runbook"} {
		text, err := pageFiles.ReadFile("pages/" + name + ".html")
		if err != nil {
			panic(err) // they are part of the binary
		}
		template.Must(all.Parse(strings.Replace(string(text), "STYLE", styleSheet, 1)))
	}
	return all
}

// show answers with a page.
func (s *Server) show(w http.ResponseWriter, status int, page string, data any) {
	var body bytes.Buffer
	if err := s.templates.ExecuteTemplate(&body, page, data); err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	s.body(w, body.Bytes())
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
