// Package ui stands in for Alertmanager's web interface, of which the module has the sources but not what is served: that is built
// with Node.js. Tests use Alertmanager's API.
package ui

import "github.com/prometheus/common/route"

// Register adds nothing to the router.
func Register(*route.Router) {}
