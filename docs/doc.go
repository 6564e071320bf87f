// Package docs holds the documentation. Its only Go code is what makes the runbooks part of the binary.
//
// Its tests check what concerns the documentation as a whole: links, the form of decisions, the table of rooms in
// CONTRIBUTING.md, and the policy files for both clouds. What a page says about a package is tested there: metrics.md in
// collector, configuration.md in config, health.md in internal/backup, alertmanager.md and runbooks in alerts.
package docs

import "embed"

// Runbooks holds the runbook of each alert, as runbooks/NAME.md.
//
//go:embed runbooks/*.md
var Runbooks embed.FS
