package cloudsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describeBackupPolicy shows the schedule. A policy without preferred days and time is automatic backup switched off.
func (s *Sim) describeBackupPolicy(req *request, in *Instance) answer {
	p := in.Policy
	body := object{
		"PreferredBackupPeriod":                  "",
		"PreferredBackupTime":                    "",
		"BackupRetentionPeriod":                  strconv.Itoa(p.RetentionDays),
		"EnableBackupLog":                        0,
		"LogBackupRetentionPeriod":               p.RetentionDays,
		"SnapshotBackupType":                     "Standard",
		"BackupInterval":                         -1,
		"HighFrequencyBackupRetention":           "0",
		"PreserveOneEachHour":                    false,
		"CrossBackupPeriod":                      "",
		"EnableCrossLogBackup":                   0,
		"BackupRetentionPolicyOnClusterDeletion": 0,
	}
	if p.LogBackup {
		body["EnableBackupLog"] = 1
	}
	if p.Disabled {
		return alibabaOK(req, body)
	}
	days := make([]string, 0, len(p.Weekdays))
	for _, day := range p.Weekdays {
		days = append(days, day.String())
	}
	body["PreferredBackupPeriod"] = strings.Join(days, ",")
	body["PreferredBackupTime"] = clock(p.StartsAt) + "Z-" + clock(p.StartsAt+p.Window) + "Z"
	if p.Interval > 0 {
		body["BackupInterval"] = int(p.Interval / time.Minute)
		body["SnapshotBackupType"] = "Flash"
		body["HighFrequencyBackupRetention"] = "1"
	}
	if next := in.nextAt(req.now); !next.IsZero() {
		body["PreferredNextBackupTime"] = next.UTC().Format(minuteTime)
	}
	return alibabaOK(req, body)
}

// clock writes a time of day as hh:mm.
func clock(d time.Duration) string {
	return time.Time{}.Add(d).Format("15:04")
}

// createBackup starts a manual backup: of every shard of a sharded cluster.
func (s *Sim) createBackup(req *request, in *Instance) answer {
	if refused := s.mayBackUp(req, in); refused != nil {
		return *refused
	}
	method := req.params.Get("BackupMethod")
	if method == "" || onCloudDisk(in) {
		method = defaultMethod(in)
	}
	retention := in.Policy.RetentionDays
	if text := req.params.Get("BackupRetentionPeriod"); text != "" {
		retention, _ = strconv.Atoi(text) // mayBackUp has read it
	}
	b := Backup{
		ID: s.nextID(), JobID: s.nextID(), Manual: true, Method: method,
		Start: req.now.Truncate(time.Second), Length: s.opts.BackupLength,
	}
	b.ExpiresAt = b.Start.AddDate(0, 0, retention)
	if retention == -1 {
		b.ExpiresAt = time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC)
	}
	nodes := []string{""}
	if in.Topology == ShardedCluster {
		nodes = in.Shards
	}
	in.start(b, nodes)
	id := b.ID
	if s.opts.Variants.EmptyBackupID {
		id = ""
	}
	return alibabaOK(req, object{"BackupId": id, "BackupJobId": b.JobID})
}

// mayBackUp returns why the backup cannot be made; nil when it can.
func (s *Sim) mayBackUp(req *request, in *Instance) *answer {
	var refused answer
	method := req.params.Get("BackupMethod")
	methods := []string{"", "Snapshot", "Physical", "Logical"}
	if onCloudDisk(in) {
		methods = methods[:2]
	}
	switch {
	case alibabaStatus(in) != "Running":
		refused = alibabaError(req, http.StatusForbidden, "OperationDenied.DBInstanceStatus",
			"The operation is not permitted due to status of instance.")
	case !slices.Contains(methods, method):
		refused = alibabaError(req, http.StatusBadRequest, "InvalidBackupMethod.ValueNotSupport",
			"The specified parameter BackupMethod is not valid.")
	case !validRetention(req.params.Get("BackupRetentionPeriod"), in):
		refused = invalidParameter(req, "BackupRetentionPeriod")
	case in.busyAt(req.now):
		refused = alibabaError(req, http.StatusForbidden, "OperationDenied.BackupJobExists",
			"The operation is not permitted due to backup job exist.")
	default:
		return nil
	}
	return &refused
}

// validRetention takes 7 to 730 days or -1 (for ever), on cloud disks only.
func validRetention(text string, in *Instance) bool {
	if text == "" {
		return true
	}
	days, err := strconv.Atoi(text)
	return err == nil && onCloudDisk(in) && (days == -1 || (days >= 7 && days <= 730))
}

func defaultMethod(in *Instance) string {
	if onCloudDisk(in) || in.Topology == Standalone {
		return "Snapshot"
	}
	return "Physical"
}

// nextID returns a number that no other job or backup has.
func (s *Sim) nextID() string {
	s.serial++
	return strconv.FormatUint(900_000_000+s.serial, 10)
}
