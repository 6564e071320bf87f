package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/cloudsim/fleet"
)

// lateWorld has one instance, which discovery finds and which is late.
func lateWorld(t *testing.T) (world, alert) {
	t.Helper()
	now := time.Now()
	in := newInstance("orders", now)
	in.Backups = slices.DeleteFunc(in.Backups, func(b fleet.Backup) bool { return now.Sub(b.Start) < 48*time.Hour })
	return newWorld(t, newAccount("main", in)), alert{"MongoDBBackupLate", in.Name, "", "critical"}
}

// restartWhileDown lets a page fire, takes the clouds down, and starts the exporter again. The returned function brings the
// clouds back.
func restartWhileDown(t *testing.T, s *stack, w world, late alert) (back func()) {
	t.Helper()
	s.expect(t, []alert{late}, nil)
	back = w.Inject(cloudsim.Fault{Kind: cloudsim.FaultUnavailable})
	s.exporters[0].process.kill(t)
	s.startExporter(t, 0)
	return back
}

// TestRestartWithoutMemory: an exporter without memory starts again while the cloud is down and a page is open. Somebody is
// told before that page ends, and something critical is open at every moment until the cloud is back.
func TestRestartWithoutMemory(t *testing.T) {
	t.Parallel()
	w, late := lateWorld(t)
	s := start(t, setup{configs: []string{configuration(watched{account: "main", world: w})}})
	back := restartWhileDown(t, s, w, late)

	emptied := alert{"MongoDBBackupRegionEmptied", "main/" + worldRegion, "", "critical"}
	down := alert{"MongoDBBackupAccountDown", "main/" + worldRegion, "", "critical"}
	wait(t, patience, func() string { return s.isOpen(emptied) })
	if problem := s.isOpen(late); problem != "" {
		t.Errorf("RegionEmptied was reported too late: %s", problem)
	}
	wait(t, patience, func() string { return s.isOpen(down) })
	wait(t, patience, func() string {
		if slices.Contains(s.receiver.open(), late) {
			return "the page of an instance that nobody knows goes on"
		}
		return ""
	})

	back()
	s.expect(t, []alert{late}, nil)
	s.assertReported(t, []alert{late, emptied, down}, "MongoDBBackupExporterAbsent")
}

// TestRestartWithStorage: with --storage.path the same page stays open. It is not reported a second time, and RegionEmptied is
// silent, because the number of listed instances is known.
func TestRestartWithStorage(t *testing.T) {
	t.Parallel()
	w, late := lateWorld(t)
	s := start(t, setup{
		configs: []string{configuration(watched{account: "main", world: w})},
		flags:   []string{"--storage.path=" + t.TempDir()},
	})
	wait(t, patience, s.stored)
	back := restartWhileDown(t, s, w, late)

	down := alert{"MongoDBBackupAccountDown", "main/" + worldRegion, "", "critical"}
	wait(t, patience, func() string { return s.isOpen(down) })
	wait(t, patience, func() string {
		return same("open", []alert{late, down}, s.receiver.open(), nil)
	})
	back()
	s.expect(t, []alert{late}, nil)
	reports := slices.DeleteFunc(s.receiver.notifications(), func(n notification) bool { return n.alert != late })
	for _, n := range reports {
		if n.Resolved {
			t.Errorf("%+v ended, although nothing was backed up", late)
		}
	}
}

// stored is a condition: the catalog has been written.
func (s *stack) stored() string {
	if _, err := s.number(`mongodb_backup_exporter_catalog_last_write_timestamp_seconds > 0`); err != nil {
		return err.Error()
	}
	return ""
}

// isOpen is a condition: the receiver has got the alert, and not its end.
func (s *stack) isOpen(a alert) string {
	if open := s.receiver.open(); !slices.Contains(open, a) {
		return a.Name + " is not open, open are: " + strings.Join(alertNames(open), " ")
	}
	return ""
}

func alertNames(list []alert) []string {
	var all []string
	for _, a := range list {
		all = append(all, a.Name)
	}
	return all
}
