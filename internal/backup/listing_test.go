package backup_test

import (
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

func TestListingErr(t *testing.T) {
	tests := []struct {
		name    string
		listing backup.Listing
		want    string
	}{
		{"no instances", backup.Listing{Op: "ListInstances"}, ""},
		{"all read", backup.Listing{Op: "ListInstances", Instances: []backup.Instance{{}}}, ""},
		{"some unread", backup.Listing{Op: "ListInstances", Instances: []backup.Instance{{}}, Unread: 2}, "ListInstances: protocol: 2 of the listed instances could not be read"},
		{"none read", backup.Listing{Op: "ListInstances", Unread: 1}, "ListInstances: protocol: 1 of the listed instances could not be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.listing.Err()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("error = %q, want %q", got, tt.want)
			}
		})
	}
}
