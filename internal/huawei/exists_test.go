package huawei

import (
	"net/http"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// Manual backups outlive their instance, and DDS may list them.
func TestBackupsOfAnInstanceThatIsGone(t *testing.T) {
	here, gone := paged("instances", `{"id":"`+testInstance+`"}`), paged("instances", `{"id":"i2in02"}`)
	unreadable := paged("instances", `{"id":"i2in02"}`, `{"id":{}}`)
	tests := []struct {
		name        string
		first, then http.HandlerFunc // answers of ListInstances; nil: not asked before
		class       backup.Class
	}{
		{"never listed", nil, gone, ""},
		{"listed", here, gone, ""},
		{"gone", gone, gone, backup.ClassNotFound},
		{"new since the last listing", gone, here, ""},
		{"one that cannot be read may be it", unreadable, gone, ""},
		{"gone, and the list cannot be read now", gone, send(503, ""), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t, map[string]http.HandlerFunc{"/backups": paged("backups", record(testInstance, "b1br02", now)), "/instances": tt.first})
			clock := now
			s, _ := open(t, f.URL, func(o *Options) { o.Now = func() time.Time { return clock } })
			if tt.first != nil {
				if _, err := s.Instances(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			clock, f.answers["/instances"] = clock.Add(2*time.Minute), tt.then
			list, err := s.Backups(t.Context(), instanceNamed(testInstance), "", now.AddDate(0, 0, -8))
			if backup.ClassOf(err) != tt.class || (err == nil) != (len(list.Backups) == 1) {
				t.Errorf("%d backups, %v; want class %q", len(list.Backups), err, tt.class)
			}
		})
	}
}
