package huawei

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"mongodb_backup_exporter/internal/wire"
)

// DDS orders backups by their begin. Those of one second, as a schedule makes them, may come in another order each time, so that
// one is on neither of two pages. A reading loses none of them: it finds it, or fails.
func TestReadPagesOfTies(t *testing.T) {
	seeds := 2000
	if testing.Short() { // as the race detector runs
		seeds = 200
	}
	failed := 0
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 0))
		list := rows(0, 101+rng.IntN(800))
		ties := 2 + rng.IntN(60)
		var mu sync.Mutex // pages are read ahead
		got, err := readPages(new(wire.Reader), func(offset int32) (page[string], error) {
			mu.Lock()
			defer mu.Unlock()
			shuffled := slices.Clone(list)
			for group := range slices.Chunk(shuffled, ties) {
				rng.Shuffle(len(group), func(i, j int) { group[i], group[j] = group[j], group[i] })
			}
			from := min(len(list), int(offset))
			return page[string]{
				records: shuffled[from:min(len(list), from+pageSize)], total: wire.Scalar{Text: strconv.Itoa(len(list)), Kind: wire.Number},
			}, nil
		})
		if err != nil {
			failed++
			if !strings.Contains(err.Error(), "the list moved while it was read") {
				t.Fatalf("seed %d: %v", seed, err)
			}
			continue
		}
		slices.Sort(got)
		slices.Sort(list)
		if !slices.Equal(got, list) {
			t.Fatalf("seed %d, %d of the same moment: %d records of %d", seed, ties, len(got), len(list))
		}
	}
	if failed*50 > seeds {
		t.Errorf("%d of %d readings failed", failed, seeds)
	}
}
