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

// backupFilter is what a ListBackups call asks for.
type backupFilter struct {
	params     func(string) string
	begin, end time.Time // on the start of the backup
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
		if in.Region != req.Region || !filter.wantsInstance(in) {
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

func (api *API) readFilter(req *httpsim.Request) (backupFilter, *httpsim.Answer) {
	f := backupFilter{params: req.Params.Get, end: req.Now.AddDate(100, 0, 0)}
	kind, instance := f.params("backup_type"), f.params("instance_id")
	begin, end := f.params("begin_time"), f.params("end_time")
	var err error
	if begin != "" || end != "" {
		if f.begin, err = time.Parse(backupTime, begin); err != nil {
			return f, badRequest(req, "DBS.280067", "The start time is invalid.")
		}
		if f.end, err = time.Parse(backupTime, end); err != nil || !f.end.After(f.begin) {
			return f, badRequest(req, "DBS.280068", "The end time is invalid.")
		}
	}
	known := instance == "" || api.instance(req, instance) != nil
	switch {
	case !slices.Contains([]string{"", "Auto", "Manual", "Incremental"}, kind),
		kind == "Incremental" && instance == "",
		(f.params("order_field") == "") != (f.params("order_rule") == ""):
		return f, badRequest(req, "DBS.200001", "Parameter error.")
	case !slices.Contains([]string{"", "Sharding", "ReplicaSet", "Single"}, f.params("mode")):
		return f, badRequest(req, "DBS.280342", "The DB instance mode is invalid.")
	case !known && api.opts.Variants.UnknownInstanceRefused:
		a := refusal(req, httpsim.NotFound)
		return f, &a
	}
	return f, nil
}

func (f backupFilter) wantsInstance(in *fleet.Instance) bool {
	id, mode, name := f.params("instance_id"), f.params("mode"), f.params("instance_name")
	return (id == "" || id == in.ID) && (mode == "" || mode == topology(in)) && strings.Contains(in.Name, name)
}

func (f backupFilter) wants(b *fleet.Backup) bool {
	id, status := f.params("backup_id"), f.params("backup_status")
	ofKind := !b.Incremental
	switch f.params("backup_type") {
	case "Auto":
		ofKind = ofKind && !b.Manual
	case "Manual":
		ofKind = ofKind && b.Manual
	case "Incremental":
		ofKind = b.Incremental
	}
	return ofKind && (id == "" || id == b.ID) && (status == "" || status == backupStatus(b.Status)) &&
		strings.Contains(b.Name, f.params("backup_name")) && !b.Start.Before(f.begin) && !b.Start.After(f.end)
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
