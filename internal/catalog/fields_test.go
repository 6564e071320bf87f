package catalog

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// fieldsOf returns the names of a struct's fields.
func fieldsOf(v any) []string {
	var names []string
	for f := range reflect.TypeOf(v).Fields() {
		names = append(names, f.Name)
	}
	return names
}

// TestEveryStoredFieldComesFromAList: what the file has is a field of what clouds list, or says when and how that was seen.
// A new field of the domain, such as a link to download a backup, does not get into the file by accident.
func TestEveryStoredFieldComesFromAList(t *testing.T) {
	policyFields := fieldsOf(policyRecord{})
	for _, ofSchedules := range []string{"Retention", "Weekdays", "StartsAt", "Window", "Interval", "IntervalRetention", "Schedules"} {
		policyFields = without(policyFields, ofSchedules)
	}
	stored := map[string][2][]string{ // of the domain, of the file
		"Backup":       {fieldsOf(backup.Backup{}), fieldsOf(backupRecord{})},
		"Policy":       {without(fieldsOf(backup.Policy{}), "Schedules"), policyFields},
		"Schedule":     {fieldsOf(backup.Schedule{}), fieldsOf(scheduleRecord{})},
		"Job":          {fieldsOf(backup.Job{}), fieldsOf(jobRecord{})},
		"Window":       {fieldsOf(backup.Window{}), fieldsOf(windowRecord{})},
		"Copies":       {fieldsOf(backup.Copies{}), fieldsOf(copiesRecord{})},
		"Older":        {without(without(without(fieldsOf(backup.Older{}), "At"), "Err"), "By"), fieldsOf(olderRecord{})},
		"RestoreCheck": {fieldsOf(backup.RestoreCheck{}), fieldsOf(checkRecord{})},
		"Instance":     {without(fieldsOf(backup.Instance{}), "Target"), fieldsOf(instanceRecord{})},
	}
	for name, pair := range stored {
		if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
			t.Errorf("%s: the domain has -, the file +:\n%s", name, diff)
		}
	}
	known := map[string]string{ // columns, and what they are; "": of the catalog itself
		"target.id": "", "target.cloud": "Target.Cloud", "target.account": "Target.Account", "target.region": "Target.Region",
		"target.instance_id": "Target.InstanceID", "target.node_id": "Target.NodeID",
		"reading.target": "", "reading.scope": "", "reading.at": "Reading.At", "reading.cloud_at": "Reading.CloudAt",
		"reading.not_offered": "Reading.NotOffered", "reading.value": "",
		"backup_set.target": "", "backup_set.id": "Backup.ID", "backup_set.kind": "Backup.Kind", "backup_set.origin": "Backup.Trigger",
		"backup_set.method": "Backup.Method", "backup_set.state": "Backup.State", "backup_set.started": "Backup.StartedAt",
		"backup_set.ended": "Backup.EndedAt", "backup_set.expires": "Backup.ExpiresAt", "backup_set.size": "Backup.SizeBytes",
		"backup_set.unusable": "Backup.Unusable", "backup_set.part": "Backup.Part",
		"backup_set.state_first": "", "backup_set.last_seen": "", "backup_set.earlier": "", "backup_set.left_at": "",
		"backup_set.absence": "", "backup_set.expiry": "", "backup_set.follow": "",
		"job.target": "", "job.id": "Job.ID", "job.state": "Job.State", "job.origin": "Job.Trigger", "job.started": "Job.StartedAt",
		"job.progress": "Job.Progress", "job.reason": "Job.Reason", "job.first_seen": "", "job.last_seen": "", "job.listed": "",
		"policy.target": "", "policy.first_seen": "", "policy.last_seen": "", "policy.value": "",
		"instance.target": "", "instance.name": "Instance.Name", "instance.status": "Instance.Status", "instance.first_seen": "",
		"instance.last_seen": "", "instance.status_first": "", "instance.lacking": "", "instance.gone_at": "", "instance.value": "",
		"listing.target": "", "listing.first_seen": "", "listing.last_seen": "", "listing.instances": "",
	}
	for name, what := range maps.Clone(known) {
		if column, ok := strings.CutPrefix(name, "backup_set."); ok {
			known["past_set."+column] = what
		}
	}
	f := open(t, t.TempDir())
	var columns []string
	rows, err := f.db.QueryContext(t.Context(), `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`)
	must(t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		must(t, rows.Scan(&name))
		columns = append(columns, name)
	}
	must(t, rows.Err())
	slices.Sort(columns)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(known)), columns); diff != "" {
		t.Errorf("columns (-known +in the file):\n%s", diff)
	}
	for domain, fields := range map[string][]string{"Backup": fieldsOf(backup.Backup{}), "Job": fieldsOf(backup.Job{}), "Target": fieldsOf(backup.Target{})} {
		for _, field := range fields {
			if !slices.Contains(slices.Collect(maps.Values(known)), domain+"."+field) {
				t.Errorf("the file does not have %s.%s", domain, field)
			}
		}
	}
	if diff := cmp.Diff([]string{"Op", "Backups", "Asked", "Unread", "Older", "Jobs"}, fieldsOf(backup.List{})); diff != "" {
		t.Errorf("listRecord and learnWhole know other fields of a list:\n%s", diff)
	}
}

func without(names []string, name string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

// TestEveryWordHasANumber: a word that is new in the domain needs a number in the file.
func TestEveryWordHasANumber(t *testing.T) {
	for name, row := range map[string]struct{ have, want int }{
		"state": {len(states), int(backup.NumStates)}, "job state": {len(jobStates), int(backup.NumJobStates)},
	} {
		if row.have != row.want {
			t.Errorf("%d of %d words of %s have a number", row.have, row.want, name)
		}
	}
	if word := backup.Kind(len(kinds)).String(); word != "unknown" {
		t.Errorf("kind %s has no number", word)
	}
	if word := backup.Trigger(len(triggers)).String(); word != "unknown" {
		t.Errorf("trigger %s has no number", word)
	}
	for i, absence := range absences {
		if int(absence) != i || (i > 0 && !strings.Contains(schema, "'"+absence.String()+"'")) {
			t.Errorf("absence %v has another number in the statements", absence)
		}
	}
}
