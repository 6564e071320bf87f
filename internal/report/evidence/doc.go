// Package evidence is the report that answers an auditor: what was watched and from when, for how much of the time the
// objectives were kept, and which controls were. It writes it as HTML, Markdown, CSV and JSON.
//
// It draws no conclusion of its own: when an objective was kept, and whether a control was, comes from internal/backup. What is
// not known comes first, and is never counted as kept.
package evidence
