package server

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"

	"mongodb_backup_exporter/docs"
	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/report"
)

// docsAddress is where the pages are to which runbooks link and that are not part of the binary.
const docsAddress = "https://github.com/mongodb-backup-exporter/mongodb_backup_exporter/blob/main/docs/"

// runbookPage is what the template of a runbook shows.
type runbookPage struct {
	Name     string
	ID       string         // the instance for which the commands are filled in; "": none
	Instance *report.Target // it, where exactly one is watched; nil: none, or several
	Body     template.HTML
}

// runbookNames returns the alerts that have a runbook, sorted.
func runbookNames() []string {
	files, err := fs.Glob(docs.Runbooks, "runbooks/*.md")
	if err != nil {
		panic(err) // of a pattern that is wrong
	}
	for i, file := range files {
		files[i] = strings.TrimSuffix(path.Base(file), ".md")
	}
	return files
}

// runbookIndex answers with the list of the runbooks.
func (s *Server) runbookIndex(w http.ResponseWriter, _ *http.Request) {
	s.show(w, http.StatusOK, "runbooks", runbookNames())
}

// runbook answers with the runbook of an alert, filled in for the instance of the query.
func (s *Server) runbook(w http.ResponseWriter, r *http.Request) {
	page := runbookPage{Name: strings.TrimSuffix(r.PathValue("alert"), ".md"), ID: r.URL.Query().Get("instance_id")}
	text, err := docs.Runbooks.ReadFile("runbooks/" + page.Name + ".md")
	if err != nil {
		s.missingPage(w, missing{fmt.Sprintf("There is no runbook %q. It may belong to another version of the exporter.", page.Name), runbookNames()})
		return
	}
	if page.ID != "" && !plainID(page.ID) {
		s.text(w, http.StatusBadRequest, fmt.Sprintf("the parameter instance_id is no id that a cloud gives: up to %d letters, digits and . _ -\n", maxID))
		return
	}
	page.Instance = only(s.opts.Poller.Snapshot(), page.ID)
	page.Body, err = renderRunbook(fillIn(string(text), page))
	if err != nil {
		s.text(w, http.StatusInternalServerError, err.Error()+"\n")
		return
	}
	s.show(w, http.StatusOK, "runbook", page)
}

// plainID reports whether a text may be the id of an instance.
func plainID(id string) bool { return len(id) <= maxID && report.Plain(id) }

// only returns the instance with the id where exactly one is watched; nil: there is none, or several.
func only(snapshot *backup.Snapshot, id string) *report.Target {
	var found *report.Target
	for _, in := range snapshot.Instances {
		if in.Instance.InstanceID != id {
			continue
		}
		if found != nil {
			return nil
		}
		found = &report.Target{
			Cloud: in.Instance.Cloud, Account: in.Instance.Account, Region: in.Instance.Region,
			InstanceID: id, InstanceName: in.Instance.Name,
		}
	}
	return found
}

// fillIn puts the instance into the commands of a runbook, and lets its links lead somewhere.
func fillIn(text string, page runbookPage) string {
	query := ""
	if page.ID != "" {
		query = "?instance_id=" + page.ID
		text = regexp.MustCompile(`\bINSTANCE\b`).ReplaceAllLiteralString(text, page.ID)
	}
	if in := page.Instance; in != nil && report.Plain(in.Region) {
		text = regexp.MustCompile(`\bREGION\b`).ReplaceAllLiteralString(text, in.Region)
	}
	text = strings.ReplaceAll(text, "](../", "]("+docsAddress)
	return regexp.MustCompile(`\]\((MongoDBBackup\w+)\.md\)`).ReplaceAllString(text, "](/runbooks/${1}"+query+")")
}

// renderRunbook returns Markdown as HTML. HTML inside it is left out. A block of code can be scrolled with the keyboard.
func renderRunbook(markdown string) (template.HTML, error) {
	var body bytes.Buffer
	if err := goldmark.Convert([]byte(markdown), &body); err != nil {
		return "", err
	}
	return template.HTML(strings.ReplaceAll(body.String(), "<pre>", `<pre tabindex="0">`)), nil
}
