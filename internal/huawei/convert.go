package huawei

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// rejecter is told of every record or value that cannot be read, by the name of the API's field.
type rejecter func(field string, value json.RawMessage)

// take reads one value of a record. What cannot be read is rejected and leaves the zero value.
func take[T any](reject rejecter, field string, raw json.RawMessage, read func(json.RawMessage) (T, bool)) T {
	value, ok := read(raw)
	if !ok {
		reject(field, raw)
		var none T
		return none
	}
	return value
}

type instanceRecord struct {
	ID        json.RawMessage `json:"id"`
	Name      json.RawMessage `json:"name"`
	Mode      json.RawMessage `json:"mode"`
	Status    json.RawMessage `json:"status"`
	Created   json.RawMessage `json:"created"`
	Datastore json.RawMessage `json:"datastore"`
	Strategy  json.RawMessage `json:"backup_strategy"`
	Tags      json.RawMessage `json:"tags"`
}

// known is an instance with what its list entry says of its backup policy.
type known struct {
	backup.Instance
	strategy policyRecord
}

// convertInstance reads one record of ListInstances. Whatever its mode, an instance is one target without nodes: DDS
// backs a cluster up, and restores it, as a whole.
func convertInstance(raw json.RawMessage, reject rejecter) (in known, ok bool) {
	var r instanceRecord
	if json.Unmarshal(raw, &r) != nil {
		reject("instances", raw)
		return known{}, false
	}
	id, ok := text(r.ID)
	if !ok || !validID(id) {
		reject("id", r.ID)
		return known{}, false
	}
	in.Target = backup.Target{Cloud: backup.Huawei, InstanceID: id}
	in.Name = take(reject, "name", r.Name, text)
	in.Status = take(reject, "status", r.Status, text)
	in.Topology = take(reject, "mode", r.Mode, topology)
	in.CreatedAt = take(reject, "created", r.Created, moment)
	in.Tags = take(reject, "tags", r.Tags, tags)
	in.strategy = take(reject, "backup_strategy", r.Strategy, object[policyRecord])
	store := take(reject, "datastore", r.Datastore, object[struct {
		Type    json.RawMessage `json:"type"`
		Version json.RawMessage `json:"version"`
	}])
	in.Engine = take(reject, "datastore.type", store.Type, text)
	in.Version = take(reject, "datastore.version", store.Version, text)
	return in, true
}

func object[T any](raw json.RawMessage) (value T, ok bool) {
	if isAbsent(raw) {
		return value, true
	}
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}

func topology(raw json.RawMessage) (string, bool) {
	mode, ok := text(raw)
	switch strings.ToLower(mode) {
	case "sharding":
		return backup.TopologyShardedCluster, true
	case "replicaset":
		return backup.TopologyReplicaSet, true
	case "single":
		return backup.TopologyStandalone, true
	}
	return "", ok && mode == ""
}

func tags(raw json.RawMessage) (map[string]string, bool) {
	list, ok := object[[]struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}](raw)
	if !ok || len(list) == 0 {
		return nil, ok
	}
	all := make(map[string]string, len(list))
	for _, tag := range list {
		all[tag.Key] = tag.Value
	}
	return all, true
}

type backupRecord struct {
	ID         json.RawMessage `json:"id"`
	InstanceID json.RawMessage `json:"instance_id"`
	Type       json.RawMessage `json:"type"`
	Method     json.RawMessage `json:"backup_method"`
	Status     json.RawMessage `json:"status"`
	BeginTime  json.RawMessage `json:"begin_time"`
	EndTime    json.RawMessage `json:"end_time"`
	Size       json.RawMessage `json:"size"` // KB
}

// convertBackup reads one record of ListBackups. A time that cannot be read costs the record, a size only itself; an
// unknown type or status is kept as unknown.
func convertBackup(raw json.RawMessage, reject rejecter) (instanceID string, b backup.Backup, ok bool) {
	var r backupRecord
	if json.Unmarshal(raw, &r) != nil {
		reject("backups", raw)
		return "", b, false
	}
	if b.ID, ok = text(r.ID); !ok || b.ID == "" {
		reject("id", r.ID)
		return "", b, false
	}
	if instanceID, ok = text(r.InstanceID); !ok || instanceID == "" {
		reject("instance_id", r.InstanceID)
		return "", b, false
	}
	b.State = take(reject, "status", r.Status, state)
	b.Kind, b.Trigger = take2(reject, "type", r.Type, kindAndTrigger)
	b.Method = take(reject, "backup_method", r.Method, text)
	if b.StartedAt, ok = moment(r.BeginTime); !ok || (b.StartedAt.IsZero() && b.State != backup.StateRunning) {
		reject("begin_time", r.BeginTime)
		return "", b, false
	}
	if b.EndedAt, ok = endOf(b, r.EndTime); !ok {
		reject("end_time", r.EndTime)
		return "", b, false
	}
	if b.State == backup.StateSuccess {
		b.SizeBytes = take(reject, "size", r.Size, kilobytes)
	}
	return instanceID, b, true
}

func take2[A, B any](reject rejecter, field string, raw json.RawMessage, read func(json.RawMessage) (A, B, bool)) (A, B) {
	a, b, ok := read(raw)
	if !ok {
		reject(field, raw)
	}
	return a, b
}

// endOf reads the end of b. A running backup has none, whatever the cloud says; a success must have one, not before
// its start.
func endOf(b backup.Backup, raw json.RawMessage) (time.Time, bool) {
	if b.State == backup.StateRunning {
		return time.Time{}, true
	}
	end, ok := moment(raw)
	switch {
	case !ok || (end.IsZero() && b.State == backup.StateSuccess):
		return time.Time{}, false
	case !end.IsZero() && end.Before(b.StartedAt):
		return time.Time{}, false
	}
	return end, true
}

func state(raw json.RawMessage) (backup.State, bool) {
	s, _ := text(raw)
	switch strings.ToUpper(s) {
	case "COMPLETED":
		return backup.StateSuccess, true
	case "FAILED":
		return backup.StateFailed, true
	case "BUILDING":
		return backup.StateRunning, true
	case "DISABLED", "DELETING": // the documentation has the one, the SDK the other
		return backup.StateDeleting, true
	}
	return backup.StateUnknown, false
}

// kindAndTrigger reads a type: documented as Auto, Manual and Incremental, and as "auto" in the same page's example.
func kindAndTrigger(raw json.RawMessage) (backup.Kind, backup.Trigger, bool) {
	s, _ := text(raw)
	switch strings.ToLower(s) {
	case "auto":
		return backup.KindFull, backup.TriggerAutomatic, true
	case "manual":
		return backup.KindFull, backup.TriggerManual, true
	case "incremental":
		return backup.KindIncremental, backup.TriggerAutomatic, true
	}
	return backup.KindUnknown, backup.TriggerUnknown, false
}

type policyRecord struct {
	KeepDays    json.RawMessage `json:"keep_days"`
	StartTime   json.RawMessage `json:"start_time"`
	Period      json.RawMessage `json:"period"`
	Incremental json.RawMessage `json:"enable_incremental_backup"`
}

// convertPolicy reads the answer of ShowBackupPolicy. What it leaves out is taken from the instance's own entry.
func convertPolicy(r, strategy policyRecord, reject rejecter) (p backup.Policy, err error) {
	if isAbsent(r.KeepDays) {
		r.KeepDays = strategy.KeepDays
	}
	if isAbsent(r.StartTime) {
		r.StartTime = strategy.StartTime
	}
	days, ok := integer(r.KeepDays)
	if !ok || days < 0 || days > 100*366 {
		reject("keep_days", r.KeepDays)
		return p, errors.New("the answer does not say how many days backups are kept, nor so whether there are any")
	}
	p.LogBackup = take(reject, "enable_incremental_backup", r.Incremental, boolean)
	if days == 0 {
		return p, nil
	}
	p.Enabled, p.Retention = true, time.Duration(days)*24*time.Hour
	p.Weekdays = take(reject, "period", r.Period, weekdays)
	p.StartsAt, p.Window = take2(reject, "start_time", r.StartTime, dailyWindow)
	return p, nil
}

// weekdays reads "1,2,7": digits from 1, Monday, to 7, Sunday.
func weekdays(raw json.RawMessage) ([]time.Weekday, bool) {
	s, ok := text(raw)
	if !ok || s == "" {
		return nil, ok
	}
	var days []time.Weekday
	for digit := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(digit))
		if err != nil || n < 1 || n > 7 {
			return nil, false
		}
		days = append(days, time.Weekday(n%7))
	}
	slices.Sort(days)
	return slices.Compact(days), true
}

// dailyWindow reads "19:00-20:00", in UTC. "23:30-00:30" ends on the next day.
func dailyWindow(raw json.RawMessage) (start, length time.Duration, ok bool) {
	s, ok := text(raw)
	if !ok || s == "" {
		return 0, 0, ok
	}
	from, to, _ := strings.Cut(s, "-")
	begin, err1 := time.Parse("15:04", strings.TrimSpace(from))
	end, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if err1 != nil || err2 != nil {
		return 0, 0, false
	}
	const day = 24 * time.Hour
	start = time.Duration(begin.Hour())*time.Hour + time.Duration(begin.Minute())*time.Minute
	return start, (end.Sub(begin) + day) % day, true
}

type windowRecord struct {
	Start json.RawMessage `json:"start_time"` // Unix milliseconds
	End   json.RawMessage `json:"end_time"`
}

// convertWindows returns the newest of the spans of ListRestoreTimes, joined with those that touch it.
func convertWindows(records []json.RawMessage, reject rejecter) backup.Window {
	var spans []backup.Window
	for _, raw := range records {
		var r windowRecord
		if json.Unmarshal(raw, &r) != nil {
			reject("restore_time", raw)
			continue
		}
		start, ok1 := milliseconds(r.Start)
		end, ok2 := milliseconds(r.End)
		if !ok1 || !ok2 || end.Before(start) {
			reject("restore_time", raw)
			continue
		}
		spans = append(spans, backup.Window{Start: start, End: end})
	}
	slices.SortFunc(spans, func(a, b backup.Window) int { return b.End.Compare(a.End) })
	if len(spans) == 0 {
		return backup.Window{}
	}
	newest := spans[0]
	for _, span := range spans[1:] {
		if span.End.Add(touching).After(newest.Start) && span.Start.Before(newest.Start) {
			newest.Start = span.Start
		}
	}
	return newest
}

// touching is how far apart two spans may be that are one: some end with the last millisecond before the next.
const touching = time.Second

type taskRecord struct {
	ID         json.RawMessage `json:"id"`
	InstanceID json.RawMessage `json:"instance_id"`
	Status     json.RawMessage `json:"status"`
	Progress   json.RawMessage `json:"progress"`
	CreatedAt  json.RawMessage `json:"created_at"`
	FailReason json.RawMessage `json:"fail_reason"`
}

// convertTask reads one record of ListTasks.
func convertTask(raw json.RawMessage, reject rejecter) (instanceID string, j backup.Job, ok bool) {
	var r taskRecord
	if json.Unmarshal(raw, &r) != nil {
		reject("jobs", raw)
		return "", j, false
	}
	if j.ID, ok = text(r.ID); !ok || j.ID == "" {
		reject("id", r.ID)
		return "", j, false
	}
	if instanceID, ok = text(r.InstanceID); !ok || instanceID == "" {
		reject("instance_id", r.InstanceID)
		return "", j, false
	}
	j.State = take(reject, "status", r.Status, jobState)
	j.Progress = take(reject, "progress", r.Progress, percent)
	j.StartedAt = take(reject, "created_at", r.CreatedAt, moment)
	j.Reason = take(reject, "fail_reason", r.FailReason, text)
	return instanceID, j, true
}

func jobState(raw json.RawMessage) (backup.JobState, bool) {
	s, _ := text(raw)
	switch strings.ToLower(s) {
	case "running":
		return backup.JobRunning, true
	case "completed":
		return backup.JobFinished, true
	case "failed":
		return backup.JobFailed, true
	}
	return backup.JobUnknown, false
}
