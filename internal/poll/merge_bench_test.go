package poll

import (
	"fmt"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

// BenchmarkMerge merges a listing that lacks one instance, as after one record that could not be read. The poller is
// locked meanwhile.
func BenchmarkMerge(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		b.Run(fmt.Sprint(n, " instances"), func(b *testing.B) {
			older := make([]backup.Instance, n)
			for i := range older {
				older[i].InstanceID = fmt.Sprintf("dds-%010d", i)
			}
			b.ReportAllocs()
			for b.Loop() {
				if got := len(merge(older, older[1:])); got != n {
					b.Fatalf("%d instances, want %d", got, n)
				}
			}
		})
	}
}
