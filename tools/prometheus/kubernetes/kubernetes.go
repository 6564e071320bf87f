// Package kubernetes stands in for Prometheus' discovery of Kubernetes in promtool, which imports the type of its configuration
// even where it is built without it (remove_all_sd), and with that 230 packages: half of what promtool costs to build.
package kubernetes

import (
	"github.com/prometheus/common/config"

	"github.com/prometheus/prometheus/discovery"
)

// SDConfig is a configuration that nothing makes.
type SDConfig struct {
	discovery.Config

	HTTPClientConfig config.HTTPClientConfig
}
