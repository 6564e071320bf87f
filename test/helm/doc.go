// Package helm tests the chart of deploy/helm: what Helm makes of it, and whether a real API server takes that. It is a module of
// its own, so that the exporter does not depend on what it needs.
//
// `make helm-check` builds Helm and the API server first. There is no kubelet and no controller: no pod is started. The exporter
// itself is run with the arguments of the chart instead.
package helm
