package exporter

import (
	"time"

	"mongodb_backup_exporter/collector"
	"mongodb_backup_exporter/internal/cloudcall"
)

// observer passes what the calls to a cloud report to the metrics.
type observer struct{ metrics *collector.Metrics }

// Request implements cloudcall.Observer.
func (o observer) Request(place cloudcall.Place, operation, result string, elapsed time.Duration) {
	o.metrics.Request(collector.Call{
		Cloud: place.Cloud, Account: place.Account, Region: place.Region, Operation: operation, Result: result, Elapsed: elapsed,
	})
}

// Rejected implements cloudcall.Observer.
func (o observer) Rejected(field string) { o.metrics.Rejected(field) }
