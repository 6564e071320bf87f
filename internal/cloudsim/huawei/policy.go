package huawei

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

// dailyWindow writes the window of a policy as "19:00-20:00".
func (api *API) dailyWindow(p fleet.Policy) string {
	end := httpsim.TimeOfDay(p.StartsAt + p.Window)
	if end == "00:00" && api.opts.Variants.DayEndsAt24 {
		end = "24:00"
	}
	return httpsim.TimeOfDay(p.StartsAt) + "-" + end
}

// showBackupPolicy shows the schedule. When automatic backup is off, the answer holds keep_days 0 only.
func (api *API) showBackupPolicy(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	p := in.Policy
	if p.Disabled {
		return success(req, object{"backup_policy": object{"keep_days": 0}})
	}
	days := make([]string, 0, len(p.Weekdays))
	for _, weekday := range p.Weekdays {
		n := int(weekday)
		if weekday == time.Sunday {
			n = 7
		}
		days = append(days, strconv.Itoa(n))
	}
	slices.Sort(days)
	policy := object{
		"keep_days": p.RetentionDays, "start_time": api.dailyWindow(p), "period": strings.Join(days, ","),
		"enable_incremental_backup": p.LogBackup,
	}
	if api.opts.Variants.OldRecords {
		delete(policy, "enable_incremental_backup")
	}
	return success(req, object{"backup_policy": policy})
}

// listRestoreTimes shows the spans of point-in-time recovery on one day, in Unix milliseconds.
func listRestoreTimes(req *httpsim.Request, in *fleet.Instance) httpsim.Answer {
	date, err := time.Parse(time.DateOnly, req.Params.Get("date"))
	if err != nil {
		return badRequest(req, "DBS.280068", "The date is invalid.")
	}
	if in.Topology == fleet.Standalone {
		return badRequest(req, "DBS.280342", "The DB instance mode does not support this operation.")
	}
	spans := make([]any, 0, 1)
	for _, w := range in.RecoveryAt(req.Now) {
		start, end := w.Start, w.End
		if start.Before(date) {
			start = date
		}
		if midnight := date.AddDate(0, 0, 1); end.After(midnight) {
			end = midnight
		}
		if start.Before(end) {
			spans = append(spans, object{"start_time": start.UnixMilli(), "end_time": end.UnixMilli()})
		}
	}
	a := success(req, object{"restore_time": spans})
	a.Page = httpsim.Page{Path: []string{"restore_time"}, ID: "start_time"}
	return a
}
