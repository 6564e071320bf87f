package collector

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// unseen are the fields that nothing of a metric depends on.
var unseen = []string{
	"Instance.Engine", "Instance.Tags", "Instance.TagsLack", "Instance.NoBackup", "Instance.Nodes",
}

// full returns a state in which every field has something.
func full() backup.InstanceState {
	in := richest("a")
	in.Jobs = failing(backup.ClassServer, []backup.Job{{ID: "1", Progress: new(1.0)}})
	in.LastRestore = failing(backup.ClassServer, ago(day))
	in.Policy.Err, in.Recovery.Err = failure(backup.ClassServer), failure(backup.ClassServer)
	in.JobsUnmoved = []time.Time{ago(time.Hour)}
	in.Instance.Tags, in.Instance.Nodes = map[string]string{"env": "prod"}, []string{"n"}
	n := &in.Nodes[0]
	n.Backups.Err, n.Copies.Err = failure(backup.ClassServer), failure(backup.ClassServer)
	n.Backups.Value.Jobs = []backup.Job{{ID: "2", Progress: new(2.0)}}
	n.Backups.Value.Older = &backup.Older{Backups: []backup.Backup{set(day, backup.StateSuccess, 1)}, Err: failure(backup.ClassServer)}
	n.RestoreChecks = failing(backup.ClassServer, backup.RestoreChecks{{BackupID: "1"}})
	n.Removals.Sets = []backup.Removal{{Backup: set(day, backup.StateSuccess, 1)}}
	return in
}

// change returns a value that differs from v.
func change(t *testing.T, path string, v reflect.Value) reflect.Value {
	t.Helper()
	to := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		to.SetString(v.String() + "x")
	case reflect.Bool:
		to.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		to.SetInt(v.Int() + 1)
	case reflect.Uint8:
		to.SetUint(v.Uint() + 1)
	case reflect.Float64:
		to.SetFloat(v.Float() + 1)
	case reflect.Map, reflect.Interface: // none
	default:
		t.Fatalf("%s: no other value of %s is known", path, v.Type())
	}
	return to
}

// eachChange calls check after each change of one field of what v is, and takes the change back. What pointers and slices
// refer to is replaced rather than changed, as in a snapshot.
func eachChange(t *testing.T, path string, v reflect.Value, check func(path string)) {
	t.Helper()
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	set := func(path string, to reflect.Value) {
		v.Set(to)
		check(path)
		v.Set(old)
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		set(path, reflect.ValueOf(v.Interface().(time.Time).Add(time.Nanosecond)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			eachChange(t, strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i), check)
		}
	case v.Kind() == reflect.Slice:
		if v.Len() == 0 {
			t.Fatalf("%s: the state has none", path)
		}
		set(path+" cut", v.Slice(0, v.Len()-1))
		other := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(other, v)
		v.Set(other)
		eachChange(t, path+"[]", other.Index(v.Len()-1), check)
		v.Set(old)
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			t.Fatalf("%s: the state has none", path)
		}
		set(path+" gone", reflect.Zero(v.Type()))
		other := reflect.New(v.Type().Elem())
		other.Elem().Set(v.Elem())
		v.Set(other)
		eachChange(t, path+"*", other.Elem(), check)
		v.Set(old)
	default:
		set(path, change(t, path, v))
	}
}

// A field that somebody adds is noticed when it changes, or somebody says here that nothing depends on it.
func TestEveryChangeIsNoticed(t *testing.T) {
	a, b := full(), full()
	b.Nodes = slices.Clone(b.Nodes)
	if a.Nodes[0].Backups.Value.Backups[0].SizeBytes == nil {
		t.Fatal("the state has no size")
	}
	a = b // the same addresses, except of the nodes
	a.Nodes = slices.Clone(b.Nodes)
	if !same(&a, &b) {
		t.Fatal("a state differs from itself")
	}
	changes := 0
	eachChange(t, "", reflect.ValueOf(&b).Elem(), func(path string) {
		changes++
		seen := !slices.ContainsFunc(unseen, func(field string) bool {
			return path == field || strings.HasPrefix(path, field+"[]") || path == field+" cut"
		})
		if same(&a, &b) == seen {
			t.Errorf("%s changed: same is %v", path, !seen)
		}
	})
	if !same(&a, &b) {
		t.Error("the state is not what it was")
	}
	if changes < 150 {
		t.Errorf("only %d changes", changes)
	}
}

// A snapshot may hold copies of what an earlier one held.
func TestCopiesAreTheSame(t *testing.T) {
	a := full()
	b := a
	b.Nodes = slices.Clone(a.Nodes)
	list := &b.Nodes[0].Backups.Value
	older := *list.Older
	list.Backups, list.Asked, list.Older = slices.Clone(list.Backups), slices.Clone(list.Asked), &older
	b.PolicyChanges, b.JobsUnmoved = slices.Clone(a.PolicyChanges), slices.Clone(a.JobsUnmoved)
	if !same(&a, &b) {
		t.Error("a copy is not the same")
	}
}
