package poll_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
)

// A cloud may tell jobs with its backups, and have no list of them. They count as any others, also after a start.
func TestJobsThatComeWithTheList(t *testing.T) {
	job := func(id string) backup.Job {
		return backup.Job{ID: id, State: backup.JobRunning, Trigger: backup.TriggerManual, StartedAt: time.Now().UTC().Add(-time.Minute), Progress: new(50.0), Reason: "r"}
	}
	for name, c := range map[string]struct {
		offers bool // a list of jobs of its own, without any
		x, y   []string
		want   []string
		told   bool
	}{
		"of both shards":          {x: []string{"1"}, y: []string{"2"}, want: []string{"1", "2"}, told: true},
		"there are none":          {x: []string{}, y: []string{}, told: true},
		"one shard says nothing":  {x: []string{"1"}},
		"a list of jobs is asked": {offers: true, x: []string{"1"}, y: []string{"2"}, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts, _ := remembering()
				dir := t.TempDir()
				file, err := catalog.Open(t.Context(), catalog.Options{Dir: dir, Lookback: opts.Lookback}, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				opts.Catalog = file.Catalog()
				source := answering(time.Now().Add(-3 * time.Hour))
				source.instances = lists("c:x:y")
				source.jobs = func(context.Context, string) ([]backup.Job, error) {
					if c.offers {
						return nil, nil
					}
					return nil, &backup.Error{Class: backup.ClassUnsupported}
				}
				plain := source.backups
				source.backups = func(ctx context.Context, id, node string) (backup.List, error) {
					list, err := plain(ctx, id, node)
					told := map[string][]string{"x": c.x, "y": c.y}[node]
					if told != nil {
						list.Jobs = []backup.Job{}
					}
					for _, id := range told {
						list.Jobs = append(list.Jobs, job(id))
					}
					return list, err
				}
				p := newPoller(t, opts, asking(source))
				p.Refresh(t.Context())
				synctest.Wait()
				was := find(t, p, "c")
				var ids []string
				for _, j := range was.Jobs.Value {
					ids = append(ids, j.ID)
				}
				if diff := cmp.Diff(c.want, ids); diff != "" || was.Jobs.NotOffered == c.told || !was.Jobs.Known(time.Now()) || len(was.JobsUnmoved) != len(ids) {
					t.Errorf("not offered %v, unmoved %v, jobs (-want +got):\n%s", was.Jobs.NotOffered, was.JobsUnmoved, diff)
				}
				if err := file.Close(t.Context(), time.Now()); err != nil {
					t.Fatal(err)
				}
				file, err = catalog.Open(t.Context(), catalog.Options{Dir: dir, Lookback: opts.Lookback}, time.Now())
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close(t.Context(), time.Now()) //nolint:errcheck // what was written is of no interest
				opts.Catalog = file.Catalog()
				is := find(t, newPoller(t, opts, asking(down())), "c")
				if diff := cmp.Diff(was.Jobs, is.Jobs, asKnown); diff != "" {
					t.Errorf("after a start (-before +after):\n%s", diff)
				}
			})
		})
	}
}
