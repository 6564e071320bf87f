package backup_test

import (
	"errors"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/backup"
)

// The number of listed instances is held while listings fail, and there is none before the first whole listing.
func TestListedInstances(t *testing.T) {
	at := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
	old := backup.Reading[int]{Value: 4, At: at.AddDate(0, 0, -3), TriedAt: at, GoodUntil: at.AddDate(0, 0, -2), Err: errors.New("x")}
	for _, test := range []struct {
		name   string
		region backup.Region
		want   int
		ok     bool
	}{
		{"a whole listing", backup.Region{Listed: backup.Reading[int]{Value: 4, At: at, GoodUntil: at.Add(time.Hour)}}, 4, true},
		{"empty", backup.Region{Listed: backup.Reading[int]{At: at, GoodUntil: at.Add(time.Hour)}}, 0, true},
		{"listings fail since three days", backup.Region{Listed: old}, 4, true},
		{"none since the start", backup.Region{Listed: backup.Reading[int]{TriedAt: at, Err: errors.New("x")}}, 0, false},
		{"the list of regions", backup.Region{OfRegions: true, Listed: old}, 0, false},
	} {
		if n, ok := test.region.ListedInstances(); ok != test.ok || (ok && n != test.want) {
			t.Errorf("%s: %d, %t; want %d, %t", test.name, n, ok, test.want, test.ok)
		}
	}
}
