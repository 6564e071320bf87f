package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"mongodb_backup_exporter/internal/backup"
)

// Decode reads a Report that an exporter has sent as JSON. It returns an error when it is no report.
func Decode(from io.Reader) (Report, error) {
	var r Report
	if err := json.NewDecoder(from).Decode(&r); err != nil {
		return Report{}, err
	}
	if r.At.IsZero() || r.Targets == nil || r.Regions == nil {
		return Report{}, errors.New("it has no at, targets or regions")
	}
	for i := range r.Targets {
		state, known := backup.ParseHealthState(r.Targets[i].Health)
		if !known {
			return Report{}, fmt.Errorf("%q is no verdict that is known here: the exporter may be newer", r.Targets[i].Health)
		}
		r.Targets[i].state = state
		r.counts[state]++
	}
	r.Matching = len(r.Targets)
	return r, nil
}

// Bad returns the report with those targets only that need a look: all but those that are ok or pending and have no finding.
// The counts stay.
func (r Report) Bad() Report {
	all := r.Targets
	r.Targets = []Target{}
	for _, t := range all {
		if t.state != backup.HealthOK && t.state != backup.HealthPending || len(t.Findings) > 0 {
			r.Targets = append(r.Targets, t)
		}
	}
	if len(r.Targets) == 0 && len(all) > 0 {
		r.Notice = "Nothing needs a look: 1 target is ok or pending, and nothing is found about it."
		if len(all) > 1 {
			r.Notice = fmt.Sprintf("Nothing needs a look: %d targets are ok or pending, and nothing is found about them.", len(all))
		}
	}
	return r
}

// OfTargets returns the report with those regions only that a target is in; with all, when there is no target.
func (r Report) OfTargets() Report {
	type place struct{ cloud, account, region string }
	in := map[place]bool{}
	for _, t := range r.Targets {
		in[place{t.Cloud, t.Account, t.Region}] = true
	}
	if len(in) == 0 {
		return r
	}
	all := r.Regions
	r.Regions = []Region{}
	for _, region := range all {
		if in[place{region.Cloud, region.Account, region.Region}] {
			r.Regions = append(r.Regions, region)
		}
	}
	return r
}
