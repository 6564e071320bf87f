package cloudsim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// listed is one backup with the instance that it was made from.
type listed struct {
	in *Instance
	b  *Backup
}

// backupFilter is what a ListBackups call asks for.
type backupFilter struct {
	params     func(string) string
	begin, end time.Time // on the start of the backup
}

// listBackups lists the backups of the whole project, or of one instance. Without a type it leaves incremental ones out.
func (s *Sim) listBackups(req *request) answer {
	window, bad := huaweiPaging(req)
	if bad != nil {
		return *bad
	}
	filter, bad := s.backupFilter(req)
	if bad != nil {
		return *bad
	}
	var found []listed
	for i := range req.account.Instances {
		in := &req.account.Instances[i]
		if in.Region != req.region || !filter.wantsInstance(in) {
			continue
		}
		backups := in.backupsAt(req.now)
		for i := range backups {
			if filter.wants(&backups[i]) {
				found = append(found, listed{in, &backups[i]})
			}
		}
	}
	slices.SortFunc(found, byOrder(req.params.Get("order_field"), req.params.Get("order_rule")))
	records := make([]any, 0, window.limit)
	for _, entry := range sliceOf(found, window) {
		records = append(records, s.huaweiBackup(entry))
	}
	a := huaweiOK(req, object{"backups": records, "total_count": len(found)})
	a.page = page{path: []string{"backups"}, total: "total_count", id: "id"}
	return a
}

func (s *Sim) backupFilter(req *request) (backupFilter, *answer) {
	f := backupFilter{params: req.params.Get, end: req.now.AddDate(100, 0, 0)}
	kind, instance := f.params("backup_type"), f.params("instance_id")
	begin, end := f.params("begin_time"), f.params("end_time")
	var err error
	if begin != "" || end != "" {
		if f.begin, err = time.Parse(huaweiTime, begin); err != nil {
			return f, huaweiBad(req, "DBS.280067", "The start time is invalid.")
		}
		if f.end, err = time.Parse(huaweiTime, end); err != nil || !f.end.After(f.begin) {
			return f, huaweiBad(req, "DBS.280068", "The end time is invalid.")
		}
	}
	known := instance == "" || s.instance(req.account, instance) != nil
	switch {
	case !slices.Contains([]string{"", "Auto", "Manual", "Incremental"}, kind),
		kind == "Incremental" && instance == "",
		(f.params("order_field") == "") != (f.params("order_rule") == ""):
		return f, huaweiBad(req, "DBS.200001", "Parameter error.")
	case !slices.Contains([]string{"", "Sharding", "ReplicaSet", "Single"}, f.params("mode")):
		return f, huaweiBad(req, "DBS.280342", "The DB instance mode is invalid.")
	case !known && s.opts.Variants.UnknownInstanceRefused:
		a := huaweiFault(req, FaultNotFound)
		return f, &a
	}
	return f, nil
}

func (f backupFilter) wantsInstance(in *Instance) bool {
	id, mode, name := f.params("instance_id"), f.params("mode"), f.params("instance_name")
	return (id == "" || id == in.ID) && (mode == "" || mode == huaweiMode(in)) && strings.Contains(in.Name, name)
}

func (f backupFilter) wants(b *Backup) bool {
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
	return ofKind && (id == "" || id == b.ID) && (status == "" || status == huaweiBackupStatus(b.Status)) &&
		strings.Contains(b.Name, f.params("backup_name")) && !b.Start.Before(f.begin) && !b.Start.After(f.end)
}

// byOrder compares backups; by default the newest start comes first.
func byOrder(field, rule string) func(a, b listed) int {
	key := map[string]func(listed) string{
		"name":          func(l listed) string { return l.b.Name },
		"instanceName":  func(l listed) string { return l.in.Name },
		"type":          func(l listed) string { return huaweiType(l.b) },
		"datastoreType": func(l listed) string { return l.in.Version },
		"status":        func(l listed) string { return huaweiBackupStatus(l.b.Status) },
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

func (s *Sim) huaweiBackup(l listed) object {
	b := l.b
	record := object{
		"id":                    b.ID,
		"name":                  b.Name,
		"instance_id":           l.in.ID,
		"instance_name":         l.in.Name,
		"datastore":             object{"type": "DDS-Community", "version": l.in.Version},
		"type":                  huaweiType(b),
		"begin_time":            b.Start.UTC().Format(huaweiTime),
		"end_time":              "",
		"status":                huaweiBackupStatus(b.Status),
		"size":                  (b.SizeBytes + 1023) / 1024, // KB
		"description":           "",
		"instance_status":       huaweiStatus(l.in),
		"instance_mode":         huaweiMode(l.in),
		"is_instance_restoring": false,
		"backup_method":         b.Method,
		"kms_enable":            false,
		"deletable":             b.Manual,
	}
	if !b.End.IsZero() {
		record["end_time"] = b.End.UTC().Format(huaweiTime)
	}
	if b.Status == statusRunning {
		record["size"], record["end_time"] = 0, ""
		if s.opts.Variants.BuildingEndNull {
			record["end_time"] = nil
		}
	}
	if s.opts.Variants.LowerCaseTypes {
		record["type"] = strings.ToLower(huaweiType(b))
	}
	override(record, b.Override)
	return record
}

func huaweiType(b *Backup) string {
	switch {
	case b.Incremental:
		return "Incremental"
	case b.Manual:
		return "Manual"
	}
	return "Auto"
}

func huaweiBackupStatus(status string) string {
	switch status {
	case statusSuccess:
		return "COMPLETED"
	case statusFailed:
		return "FAILED"
	case statusRunning:
		return "BUILDING"
	case statusDeleting:
		return "DISABLED"
	}
	return status
}

// createManualBackup starts a backup; its name must be free in the whole project.
func (s *Sim) createManualBackup(req *request, in *Instance) answer {
	body := backupRequest(req.body)
	switch {
	case !validBackupName(body.Name):
		return *huaweiBad(req, "DBS.280277", "The backup name is invalid.")
	case len(body.Description) > 256 || strings.ContainsAny(body.Description, `>!<"&'=`):
		return *huaweiBad(req, "DBS.280127", "The backup description is invalid.")
	case nameTaken(req, body.Name):
		return *huaweiBad(req, "DBS.201201", "The backup name already exists.")
	case huaweiStatus(in) != "normal" || in.busyAt(req.now):
		return huaweiError(req, http.StatusForbidden, "DBS.200019", "Another operation is being performed on the DB instance.")
	}
	id := s.nextID()
	b := Backup{
		ID: huaweiID("br02", in.ID, id), JobID: huaweiID("", in.ID, id, "job"), Name: body.Name, Manual: true,
		Method: defaultMethod(in), Start: req.now.Truncate(time.Second), Length: s.opts.BackupLength,
	}
	in.start(b, []string{""})
	return huaweiOK(req, object{"job_id": b.JobID, "backup_id": b.ID})
}

// validBackupName takes 4 to 64 letters, digits, hyphens and underscores, the first a letter.
func validBackupName(name string) bool {
	foreign := func(r rune) bool { return !isLetter(r) && !strings.ContainsRune("0123456789-_", r) }
	return len(name) >= 4 && len(name) <= 64 && isLetter(rune(name[0])) && !strings.ContainsFunc(name, foreign)
}

func isLetter(r rune) bool { return (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z') }

func nameTaken(req *request, name string) bool {
	for i := range req.account.Instances {
		same := func(b Backup) bool { return b.Name == name }
		if in := &req.account.Instances[i]; in.Region == req.region && slices.ContainsFunc(in.backupsAt(req.now), same) {
			return true
		}
	}
	return false
}
