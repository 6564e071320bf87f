package cli

import (
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

// What goes on is named with a command that works as it is printed.
func TestFollowing(t *testing.T) {
	var of backup.Instance
	of.InstanceID = "dds-1"
	for _, tc := range []struct{ file, job, want string }{
		{defaultFile, "", "mongodb_backup_exporter backup follow --instance=dds-1"},
		{"/etc/x/fleet.yml", "7", "mongodb_backup_exporter backup follow --config.file=/etc/x/fleet.yml --instance=dds-1 --job=7"},
		{"my $fleet's.yml", "7", `mongodb_backup_exporter backup follow --config.file='my $fleet'\''s.yml' --instance=dds-1 --job=7`},
	} {
		if got := following(tc.file, of, backup.Started{JobID: tc.job}); got != tc.want {
			t.Errorf("with the file %s: %s, want %s", tc.file, got, tc.want)
		}
	}
}
