package alibaba

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/wire"
)

// rows returns records with the ids from a to below b.
func rows(a, b int) []string {
	var out []string
	for i := a; i < b; i++ {
		out = append(out, strconv.Itoa(i))
	}
	return out
}

// readPages reads a list of strings that are their own ids.
func readPages(read func(number int) (page[string], error)) ([]string, error) {
	list := pageReader[string]{
		op: "Op", pages: newPages[string](), id: func(s *string) string { return *s },
		read: func(_ context.Context, number int) (page[string], error) { return read(number) },
	}
	return list.readAll(context.Background())
}

func TestReadPages(t *testing.T) {
	unset := wire.Scalar{}
	is := func(n string) wire.Scalar { return wire.Scalar{Text: n, Kind: wire.Number} }
	of := func(records []string, total, size wire.Scalar) page[string] {
		return page[string]{records: records, total: total, size: size}
	}
	broken := errors.New("broken")
	tests := []struct {
		name  string
		pages []page[string] // the last is answered again and again
		err   error          // of the page after them
		calls int
		want  []string
		fails string
	}{
		{"nothing", []page[string]{of(nil, is("0"), unset)}, nil, 1, nil, ""},
		{"nothing, without a total", []page[string]{of(nil, unset, unset)}, nil, 1, nil, ""},
		{"nothing of what is promised", []page[string]{of(nil, is("3"), unset)}, nil, 1, nil, "Op: protocol: none of 3 records is there"},
		{"one short page", []page[string]{of(rows(0, 5), is("5"), unset)}, nil, 1, rows(0, 5), ""},
		{"short page without a total", []page[string]{of(rows(0, 5), unset, unset)}, nil, 1, rows(0, 5), ""},
		{"full page and nothing more", []page[string]{of(rows(0, 100), is("100"), unset), {}}, nil, 2, rows(0, 100), ""},
		{"full page, asked again", []page[string]{of(rows(0, 100), is("100"), unset)}, nil, 2, rows(0, 100), ""},
		{"two pages", []page[string]{of(rows(0, 100), is("150"), unset), of(rows(100, 150), is("150"), unset)}, nil, 2, rows(0, 150), ""},
		{"total too low", []page[string]{of(rows(0, 100), is("1"), unset), of(rows(100, 150), is("1"), unset)}, nil, 2, rows(0, 150), ""},
		{"total too high", []page[string]{of(rows(0, 5), is("1000"), unset), of(nil, is("1000"), unset)}, nil, 4, rows(0, 5), ""},
		{"an empty page in the place of a full one's next", []page[string]{of(rows(0, 100), is("119"), unset), of(nil, is("119"), unset)}, nil, 4, nil, "Op: protocol: page 2 is empty; 100 records of 119"},
		{"the same, and the total is gone", []page[string]{of(rows(0, 100), is("119"), unset), {}}, nil, 2, nil, "Op: protocol: page 2 is empty; 100 records of 119"},
		{"a short page in the middle", []page[string]{of(rows(0, 50), is("160"), unset), of(rows(100, 160), is("160"), unset), of(nil, is("160"), unset)}, nil, 5, nil, "Op: protocol: page 3 is empty; 110 records of 160"},
		{"a page that is short once", []page[string]{of(rows(0, 100), is("160"), unset), of(rows(100, 120), is("160"), unset), of(nil, is("160"), unset), of(rows(100, 160), is("160"), unset), of(nil, is("160"), unset)}, nil, 5, rows(0, 160), ""},
		{"the list moved", []page[string]{of(rows(1, 101), is("150"), unset), of(rows(100, 150), is("151"), unset), {}}, nil, 3, rows(1, 150), ""},
		{"smaller pages than asked for", []page[string]{of(rows(0, 30), unset, is("30")), of(rows(30, 45), unset, is("30"))}, nil, 2, rows(0, 45), ""},
		{"page size of nonsense", []page[string]{of(rows(0, 30), unset, is("x"))}, nil, 1, rows(0, 30), ""},
		{"every page the first one", []page[string]{of(rows(0, 100), is("250"), unset)}, nil, 5, nil, "Op: protocol: page 2 has no new id; 100 records of 250"},
		{"records without ids all stay", []page[string]{of([]string{"", "", "1"}, unset, unset)}, nil, 1, []string{"", "", "1"}, ""},
		{"nothing has an id", []page[string]{of(make([]string, 100), unset, unset)}, nil, 1, make([]string, 100), ""},
		{"nothing has an id, and more is promised", []page[string]{of(make([]string, 100), is("9999"), unset)}, nil, 1, nil, "Op: protocol: page 1 has no new id; 100 records of 9999"},
		{"later pages have no ids", []page[string]{of(rows(0, 100), is("300"), unset), of(make([]string, 100), is("300"), unset)}, nil, 3, nil, "Op: protocol: page 2 has no new id; 200 records of 300"},
		{"a page of ten times the size", []page[string]{of(rows(0, 1000), is("1000"), unset), {}}, nil, 2, rows(0, 1000), ""},
		{"a larger page", []page[string]{of(rows(0, 1001), is("1001"), unset)}, nil, 1, nil, "Op: protocol: a page has 1001 records; 100 were asked for"},
		{"the second page fails", []page[string]{of(rows(0, 100), unset, unset)}, broken, 2, nil, "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			var mu sync.Mutex
			var asked []int
			got, err := readPages(func(number int) (page[string], error) {
				mu.Lock() // pages are read ahead
				defer mu.Unlock()
				calls++
				asked = append(asked, number)
				if tt.err != nil && calls > len(tt.pages) {
					return page[string]{}, tt.err
				}
				return tt.pages[min(calls, len(tt.pages))-1], nil
			})
			fails := ""
			if err != nil {
				fails = err.Error()
			}
			if calls != tt.calls || fails != tt.fails {
				t.Errorf("%d calls and %q, want %d and %q", calls, fails, tt.calls, tt.fails)
			}
			slices.Sort(asked)
			for i, number := range slices.Compact(asked) {
				if number != i+1 {
					t.Errorf("pages %v were asked for", asked)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadPagesEnds(t *testing.T) {
	_, err := readPages(func(number int) (page[string], error) {
		return page[string]{records: rows(number*100, number*100+100)}, nil
	})
	if want := "Op: protocol: the list has no end after 1000 pages"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestReadPagesOfTooMuch(t *testing.T) {
	a, err := wire.Decode[backupsAnswer](opDescribeBackups, []byte(`{"Backups":{"Backup":[`+strings.Repeat("{},", 9_999)+`{}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	_, err = readPages(func(number int) (page[string], error) {
		calls++
		return page[string]{records: rows(number*100, number*100+100), extent: a.Extent}, nil
	})
	if want := "Op: protocol: more than 200000 records in all pages together"; err == nil || err.Error() != want || calls != 21 {
		t.Errorf("%d calls and error %v, want 21 and %s", calls, err, want)
	}
}

func TestReadPagesThatAreAllTooLarge(t *testing.T) {
	_, err := readPages(func(number int) (page[string], error) {
		return page[string]{records: rows(number*1000, number*1000+1000)}, nil
	})
	if want := "Op: protocol: the list has 101000 records, which is more than 1000 pages hold"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

// A list that moves while its pages are read loses none of the records that are there all the time, and has none twice.
func TestReadPagesOfAMovingList(t *testing.T) {
	seeds := 2000
	if testing.Short() { // as the race detector runs
		seeds = 200
	}
	for seed := range uint64(seeds) {
		rng := rand.New(rand.NewPCG(seed, 0))
		list := rows(0, 1+rng.IntN(900))
		gone := map[string]bool{}
		var mu sync.Mutex
		got, err := readPages(func(number int) (page[string], error) {
			mu.Lock()
			defer mu.Unlock()
			for rng.IntN(3) == 0 && len(list) > 1 {
				i := rng.IntN(len(list))
				gone[list[i]] = true
				list = slices.Delete(slices.Clone(list), i, i+1)
			}
			from := min(len(list), (number-1)*pageSize)
			return page[string]{
				records: list[from:min(len(list), from+pageSize)], total: wire.Scalar{Text: strconv.Itoa(len(list)), Kind: wire.Number},
			}, nil
		})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		times := map[string]int{}
		for _, id := range got {
			times[id]++
		}
		for _, id := range list {
			if times[id] != 1 {
				t.Fatalf("seed %d: record %s is there %d times; %d were deleted", seed, id, times[id], len(gone))
			}
		}
	}
}
