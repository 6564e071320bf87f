package huawei

import (
	"cmp"
	"fmt"
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
		backups := api.backupsOf(in, filter)
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

// backupsOf returns the backups of an instance among which a call chooses. Of an instance in the recycle bin there are only
// the manual ones.
func (api *API) backupsOf(in *fleet.Instance, f backupFilter) []fleet.Backup {
	list := in.BackupsAt(f.Now)
	if in.Recycled() {
		list = slices.DeleteFunc(list, func(b fleet.Backup) bool { return !b.Manual || !api.opts.Variants.RecycleBinBackups })
	}
	if f.Params.Get("backup_type") == incremental && !in.Recycled() {
		list = append(list, in.IncrementsAt(f.begin, f.Now)...)
	}
	return list
}

// incremental is the type of backups that is listed only when a call asks for it.
const incremental = "Incremental"

// readFilter reads what a ListBackups call asks for. It returns the error for values that are not valid.
func (api *API) readFilter(req *httpsim.Request) (backupFilter, *httpsim.Answer) {
	f, bad := readSpan(req)
	if bad != nil {
		return f, bad
	}
	param := req.Params.Get
	kind, instance := param("backup_type"), param("instance_id")
	if kind == incremental && api.opts.Variants.IncrementalIgnored {
		kind = ""
		req.Params.Del("backup_type")
	}
	switch {
	case !slices.Contains([]string{"", "Auto", "Manual", incremental}, kind),
		kind == incremental && (instance == "" || api.opts.Variants.IncrementalRefused),
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
	return f.wantsType(b) && f.Allows("backup_id", b.ID) && f.Allows("backup_status", backupStatus(b)) &&
		strings.Contains(b.Name, f.Params.Get("backup_name")) && !b.Start.Before(f.begin) && !b.Start.After(f.end)
}

func (f backupFilter) wantsType(b *fleet.Backup) bool {
	switch f.Params.Get("backup_type") {
	case "Auto":
		return !b.Incremental && !b.Manual
	case "Manual":
		return !b.Incremental && b.Manual
	case incremental:
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
		"status":        func(l listed) string { return backupStatus(l.b) },
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
		"status":                backupStatus(b),
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
		record["size"] = 0
		api.setBuildingEnd(record, b)
	}
	api.vary(record, b)
	httpsim.Override(record, b.Override)
	return record
}

// setBuildingEnd sets the end of a running backup, which the documentation does not describe.
func (api *API) setBuildingEnd(record object, b *fleet.Backup) {
	v := api.opts.Variants
	switch {
	case v.BuildingEndNull:
		record["end_time"] = nil
	case v.BuildingEndLeftOut:
		delete(record, "end_time")
	case v.BuildingEndGuessed:
		record["end_time"] = b.Start.Add(time.Hour).UTC().Format(backupTime)
	default:
		record["end_time"] = ""
	}
}

// vary changes a record as the variants say.
func (api *API) vary(record object, b *fleet.Backup) {
	v := api.opts.Variants
	if v.LowerCaseTypes {
		record["type"] = strings.ToLower(backupType(b))
	}
	if v.DeletingStatus && b.Status == fleet.StatusDeleting {
		record["status"] = "DELETING"
	}
	if v.SizeAsText {
		record["size"] = fmt.Sprint(record["size"])
	}
	if v.OldRecords {
		for _, field := range []string{"instance_status", "instance_mode", "is_instance_restoring", "backup_method", "kms_enable", "deletable"} {
			delete(record, field)
		}
	}
}

func backupType(b *fleet.Backup) string {
	switch {
	case b.Incremental:
		return incremental
	case b.Manual:
		return "Manual"
	}
	return "Auto"
}

func backupStatus(b *fleet.Backup) string {
	switch b.Status {
	case fleet.StatusSuccess:
		return "COMPLETED"
	case fleet.StatusFailed:
		return "FAILED"
	case fleet.StatusRunning:
		return "BUILDING"
	case fleet.StatusDeleting:
		return "DISABLED"
	}
	return b.Status
}
