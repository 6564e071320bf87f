package sourcetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/cloudsim"
	"mongodb_backup_exporter/internal/poll"
)

// testOwnAnswers checks that a caller may change its answers. The callers ask at the same moment, so that they share a
// listing where the provider shares any.
func testOwnAnswers(t *testing.T, p Provider) {
	b := start(t, p, Fleet(p))
	in := b.instance(t, ReplicaSetID)
	for _, scope := range []Scope{Instances, Backups, Jobs} {
		b.Inject(cloudsim.Fault{Operation: p.Operations[scope], Kind: cloudsim.FaultLatency, Delay: 20 * time.Millisecond})
		var callers errgroup.Group
		for range 8 {
			callers.Go(func() error { return overwrite(t.Context(), b.Source, scope, in) })
		}
		if err := callers.Wait(); err != nil {
			t.Errorf("%s: %v", scope, err)
		}
	}
}

const mark = "overwritten"

// overwrite reads a list, and marks every element. It returns an error when an element is marked already.
func overwrite(ctx context.Context, source poll.Source, scope Scope, in backup.Instance) error {
	var names []*string
	var err error
	switch scope {
	case Instances:
		var listing backup.Listing
		listing, err = source.Instances(ctx)
		for i := range listing.Instances {
			names = append(names, &listing.Instances[i].Name)
		}
	case Backups:
		var list backup.List
		list, err = source.Backups(ctx, in, "", since())
		for i := range list.Backups {
			names = append(names, &list.Backups[i].ID)
		}
	case Jobs:
		var jobs []backup.Job
		jobs, err = source.Jobs(ctx, in)
		for i := range jobs {
			names = append(names, &jobs[i].ID)
		}
	default:
		err = errors.New("not a list")
	}
	for _, name := range names {
		if *name == mark {
			return errors.New("another caller has overwritten the answer")
		}
		*name = mark
	}
	return err
}
