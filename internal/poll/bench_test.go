package poll_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/go-kit/log"

	"mongodb_backup_exporter/internal/backup"
	"mongodb_backup_exporter/internal/catalog"
	"mongodb_backup_exporter/internal/poll"
)

func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n, " targets"), func(b *testing.B) {
			found := make([]backup.Instance, n)
			for i := range found {
				found[i].InstanceID = fmt.Sprintf("dds-%010d", i)
			}
			source := &cloud{instances: func(context.Context) ([]backup.Instance, error) { return found, nil }}
			opts := options(log.NewNopLogger())
			opts.Catalog = catalog.New(opts.Lookback)
			p := poll.New(opts, []poll.Region{region(source)})
			defer p.Close()
			p.Refresh(b.Context())
			b.ReportAllocs()
			for b.Loop() {
				if got := len(p.Snapshot().Instances); got != n {
					b.Fatalf("%d instances, want %d", got, n)
				}
			}
		})
	}
}
