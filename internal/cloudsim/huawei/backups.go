package huawei

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/cloudsim/fleet"
	"mongodb_backup_exporter/internal/cloudsim/httpsim"
)

const backupTime = "2006-01-02 15:04:05"

// listed is one backup with its instance.
type listed struct {
	in *fleet.Instance
	b  *fleet.Backup
}

// backupFilter says which backups a ListBackups call asks for.
type backupFilter struct {
	*httpsim.Request

	begin, end time.Time // span of the starts, both ends included
}

// listBackups lists the backups of the whole project, or of one instance. Only a call for the type Incremental gets
// incremental ones.
func (api *API) listBackups(req *httpsim.Request) httpsim.Answer {
	page, bad := readPaging(req)
	if bad != nil {
		return *bad
	}
	filter, bad := api.readFilter(req)
	if bad != nil {
		return *bad
	}
	var found []listed
	for i := range req.Account.Instances {
		in := &req.Account.Instances[i]
		if !filter.wantsInstance(in) {
			continue
		}
		backups := in.BackupsAt(req.Now)
		for i := range backups {
			if filter.wants(&backups[i]) {
				found = append(found, listed{in, &backups[i]})
			}
		}
	}
	slices.SortFunc(found, byOrder(req.Params.Get("order_field"), req.Params.Get("order_rule")))
	records := make([]any, 0, page.limit)
	for _, entry := range pageOf(found, page) {
		records = append(records, api.backupRecord(entry))
	}
	a := success(req, object{"backups": records, "total_count": len(found)})
	a.Page = httpsim.Page{Path: []string{"backups"}, Total: "total_count", ID: "id"}
	return a
}

// readFilter reads what a ListBackups call asks for. It returns the error for values that are not valid.
func (api *API) readFilter(req *httpsim.Request) (backupFilter, *httpsim.Answer) {
	f, bad := readSpan(req)
	if bad != nil {
		return f, bad
	}
	param := req.Params.Get
	kind, instance := param("backup_type"), param("instance_id")
	switch {
	case !slices.Contains([]string{"", "Auto", "Manual", "Incremental"}, kind),
		kind == "Incremental" && instance == "",
		(param("order_field") == "") != (param("order_rule") == ""):
		return f, new(badRequest(req, "DBS.200001", "Parameter error."))
	case !validMode(req):
		return f, new(invalidMode(req))
	case instance != "" && api.instance(req, instance) == nil && api.opts.Variants.UnknownInstanceRefused:
		return f, new(refusal(req, httpsim.NotFound))
	}
	return f, nil
}

// readSpan reads begin_time and end_time, of which a call must have both or none.
func readSpan(req *httpsim.Request) (backupFilter, *httpsim.Answer) {
	f := backupFilter{Request: req, end: req.Now.AddDate(100, 0, 0)}
	begin, end := req.Params.Get("begin_time"), req.Params.Get("end_time")
	if begin == "" && end == "" {
		return f, nil
	}
	var err error
	if f.begin, err = time.Parse(backupTime, begin); err != nil {
		return f, new(badRequest(req, "DBS.280067", "The start time is invalid."))
	}
	if f.end, err = time.Parse(backupTime, end); err != nil || !f.end.After(f.begin) {
		return f, new(badRequest(req, "DBS.280068", "The end time is invalid."))
	}
	return f, nil
}

func (f backupFilter) wantsInstance(in *fleet.Instance) bool {
	return in.Region == f.Region && f.Allows("instance_id", in.ID) && f.Allows("mode", topology(in)) &&
		strings.Contains(in.Name, f.Params.Get("instance_name"))
}

func (f backupFilter) wants(b *fleet.Backup) bool {
	return f.wantsType(b) && f.Allows("backup_id", b.ID) && f.Allows("backup_status", backupStatus(b.Status)) &&
		strings.Contains(b.Name, f.Params.Get("backup_name")) && !b.Start.Before(f.begin) && !b.Start.After(f.end)
}

func (f backupFilter) wantsType(b *fleet.Backup) bool {
	switch f.Params.Get("backup_type") {
	case "Auto":
		return !b.Incremental && !b.Manual
	case "Manual":
		return !b.Incremental && b.Manual
	case "Incremental":
		return b.Incremental
	default:
		return !b.Incremental
	}
}

// byOrder compares backups by the named field. By default the newest start comes first.
func byOrder(field, rule string) func(a, b listed) int {
	key := map[string]func(listed) string{
		"name":          func(l listed) string { return l.b.Name },
		"instanceName":  func(l listed) string { return l.in.Name },
		"type":          func(l listed) string { return backupType(l.b) },
		"datastoreType": func(l listed) string { return l.in.Version },
		"status":        func(l listed) string { return backupStatus(l.b.Status) },
	}[field]
	return func(a, b listed) int {
		order := a.b.Start.Compare(b.b.Start)
		if key != nil {
			order = cmp.Or(cmp.Compare(key(a), key(b)), order)
		}
		if rule != "asc" {
			order = -order
		}
		return cmp.Or(order, cmp.Compare(a.b.ID, b.b.ID))
	}
}

func (api *API) backupRecord(l listed) object {
	b := l.b
	record := object{
		"id":                    b.ID,
		"name":                  b.Name,
		"instance_id":           l.in.ID,
		"instance_name":         l.in.Name,
		"datastore":             object{"type": "DDS-Community", "version": l.in.Version},
		"type":                  backupType(b),
		"begin_time":            b.Start.UTC().Format(backupTime),
		"end_time":              "",
		"status":                backupStatus(b.Status),
		"size":                  (b.SizeBytes + 1023) / 1024, // KB
		"description":           "",
		"instance_status":       instanceStatus(l.in),
		"instance_mode":         topology(l.in),
		"is_instance_restoring": false,
		"backup_method":         b.Method,
		"kms_enable":            false,
		"deletable":             b.Manual,
	}
	if !b.End.IsZero() {
		record["end_time"] = b.End.UTC().Format(backupTime)
	}
	if b.Status == fleet.StatusRunning {
		record["size"], record["end_time"] = 0, ""
		if api.opts.Variants.BuildingEndNull {
			record["end_time"] = nil
		}
	}
	if api.opts.Variants.LowerCaseTypes {
		record["type"] = strings.ToLower(backupType(b))
	}
	httpsim.Override(record, b.Override)
	return record
}

func backupType(b *fleet.Backup) string {
	switch {
	case b.Incremental:
		return "Incremental"
	case b.Manual:
		return "Manual"
	}
	return "Auto"
}

func backupStatus(status string) string {
	switch status {
	case fleet.StatusSuccess:
		return "COMPLETED"
	case fleet.StatusFailed:
		return "FAILED"
	case fleet.StatusRunning:
		return "BUILDING"
	case fleet.StatusDeleting:
		return "DISABLED"
	}
	return status
}
