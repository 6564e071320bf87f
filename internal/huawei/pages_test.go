package huawei

import (
	"context"
	"errors"
	"fmt"
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
func readPages(r *wire.Reader, read func(offset int32) (page[string], error)) ([]string, error) {
	list := pageReader[string]{
		op: "Op", r: r, pages: newPages[string](), id: func(s *string) string { return *s },
		read: func(_ context.Context, offset int32) (page[string], error) { return read(offset) },
	}
	return list.readAll(context.Background())
}

func TestReadPages(t *testing.T) {
	is := func(n string) wire.Scalar { return wire.Scalar{Text: n, Kind: wire.Number} }
	of := func(records []string, total wire.Scalar) page[string] {
		return page[string]{records: records, total: total}
	}
	broken := errors.New("broken")
	const odd = `total_count: "x" is not a whole number`
	tests := []struct {
		name  string
		pages []page[string] // the last is answered again and again
		err   error          // of the page after them
		at    []int32        // the offsets that are asked for, sorted
		want  []string
		fails string
		bad   []string
	}{
		{"nothing", []page[string]{of(nil, is("0"))}, nil, []int32{0}, nil, "", nil},
		{"nothing of what is promised", []page[string]{of(nil, is("3"))}, nil, []int32{0}, nil, "Op: protocol: none of 3 records is there", nil},
		{"nothing, with a total of nonsense", []page[string]{of(nil, is("x"))}, nil, []int32{0}, nil, "", []string{odd}},
		{"one short page", []page[string]{of(rows(0, 5), is("5"))}, nil, []int32{0}, rows(0, 5), "", nil},
		{"full page and nothing more", []page[string]{of(rows(0, 100), is("100"))}, nil, []int32{0, 99}, rows(0, 100), "", nil},
		{"total of the page alone", []page[string]{of(rows(0, 100), is("100")), of(rows(99, 150), is("51"))}, nil, []int32{0, 99}, rows(0, 150), "", nil},
		{"two pages", []page[string]{of(rows(0, 100), is("150")), of(rows(99, 150), is("150"))}, nil, []int32{0, 99}, rows(0, 150), "", nil},
		{"pages shorter than asked for", []page[string]{of(rows(0, 50), is("120")), of(rows(49, 99), is("120")), of(rows(98, 120), is("120"))}, nil, []int32{0, 49, 98}, rows(0, 120), "", nil},
		{"total too low", []page[string]{of(rows(0, 100), is("1")), of(rows(99, 150), is("1"))}, nil, []int32{0, 99}, rows(0, 150), "", nil},
		{"total too high", []page[string]{of(rows(0, 5), is("1000")), of(rows(4, 5), is("1000"))}, nil, []int32{0, 4}, rows(0, 5), "", nil},
		{"total too high, and nothing behind the end", []page[string]{of(rows(0, 5), is("9")), of(nil, is("9")), of(rows(0, 5), is("9"))}, nil, []int32{0, 0, 4}, rows(0, 5), "", nil},
		{"total of nonsense", []page[string]{of(rows(0, 100), is("x")), of(rows(99, 105), is("x"))}, nil, []int32{0, 99}, rows(0, 105), "", []string{odd, odd}},
		{"the list grows", []page[string]{of(rows(0, 100), is("150")), of(rows(97, 150), is("152"))}, nil, []int32{0, 99}, rows(0, 150), "", nil},
		{"the list moves back", []page[string]{of(rows(0, 100), is("150")), of(rows(100, 150), is("149")), of(rows(50, 150), is("149"))}, nil, []int32{0, 49, 99}, rows(0, 150), "", nil},
		{
			"the list moves back, and what the page before ended with is gone",
			[]page[string]{of(rows(0, 100), is("150")), of(rows(101, 150), is("148")), of(append(rows(50, 99), rows(100, 150)...), is("148"))},
			nil,
			[]int32{0, 49, 99},
			append(rows(0, 99), rows(100, 150)...), "", nil,
		},
		{"the list moves back at its end", []page[string]{of(rows(0, 100), is("101")), of(nil, is("99")), of(append(rows(49, 98), "100"), is("99"))}, nil, []int32{0, 49, 99}, append(rows(0, 98), "100"), "", nil},
		{"no order, and the total shows that all came", []page[string]{of(rows(0, 100), is("120")), of(rows(100, 120), is("120")), of(rows(100, 120), is("120"))}, nil, []int32{0, 49, 99, 118}, rows(0, 120), "", nil},
		{"no order, and the total shows that one is missing", []page[string]{of(rows(0, 100), is("121")), of(rows(100, 120), is("121"))}, nil, []int32{0, 49, 99, 118}, nil, "Op: protocol: the list moved while it was read: 120 records of 121", nil},
		{"a record behind the end each time, and the total says so", []page[string]{of(rows(0, 5), is("9999")), of(rows(7, 8), is("9999")), of(rows(0, 5), is("9999"))}, nil, []int32{0, 0, 4, 5}, nil, "Op: protocol: the list moved while it was read: 6 records of 9999", nil},
		{"every page the first one", []page[string]{of(rows(0, 100), is("250"))}, nil, []int32{0, 99, 198}, nil, "Op: protocol: the page at offset 99 has no new id; 100 records of 250", nil},
		{"records without ids", []page[string]{of(append([]string{""}, rows(1, 100)...), is("102")), of([]string{"99", "", "101"}, is("102"))}, nil, []int32{0, 99}, append(append([]string{""}, rows(1, 100)...), "", "101"), "", nil},
		{"nothing has an id, and more is promised", []page[string]{of(make([]string, 100), is("9999"))}, nil, []int32{0}, nil, "Op: protocol: the page at offset 0 has no new id; 100 records of 9999", nil},
		{"later pages have no ids", []page[string]{of(rows(0, 100), is("300")), of(make([]string, 100), is("300"))}, nil, []int32{0, 49, 99, 198, 297}, nil, "Op: protocol: the page at offset 99 has no new id; 200 records of 300", nil},
		{"a page of ten times the size", []page[string]{of(rows(0, 1000), is("1000"))}, nil, []int32{0, 999}, rows(0, 1000), "", nil},
		{"a larger page", []page[string]{of(rows(0, 1001), is("1001"))}, nil, []int32{0}, nil, "Op: protocol: a page has 1001 records; 100 were asked for", nil},
		{"the second page fails", []page[string]{of(rows(0, 100), is("150"))}, broken, []int32{0, 99}, nil, "broken", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Reader
			var mu sync.Mutex // pages are read ahead
			var asked []int32
			got, err := readPages(&r, func(offset int32) (page[string], error) {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, offset)
				if tt.err != nil && len(asked) > len(tt.pages) {
					return page[string]{}, tt.err
				}
				return tt.pages[min(len(asked), len(tt.pages))-1], nil
			})
			if errorText(err) != tt.fails {
				t.Errorf("error %q, want %q", errorText(err), tt.fails)
			}
			slices.Sort(asked)
			if diff := cmp.Diff(tt.at, asked); diff != "" {
				t.Errorf("offsets (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.bad, problems(r)); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadPagesOfTooMuch(t *testing.T) {
	a, err := wire.Decode[backupsAnswer](opListBackups, []byte(`{"total_count":0,"backups":[`+strings.Repeat("{},", 9_999)+`{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	_, err = readPages(new(wire.Reader), func(int32) (page[string], error) {
		calls++
		return page[string]{records: rows(calls*99, calls*99+100), extent: a.Extent}, nil
	})
	if want := "Op: protocol: more than 200000 records in all pages together"; errorText(err) != want || calls != 21 {
		t.Errorf("%d calls and error %v, want 21 and %s", calls, err, want)
	}
}

func TestReadPagesThatAreAllTooLarge(t *testing.T) {
	_, err := readPages(new(wire.Reader), func(offset int32) (page[string], error) {
		return page[string]{records: rows(int(offset), int(offset)+1000)}, nil
	})
	if want := "Op: protocol: the list has 100900 records, which is more than 1000 pages hold"; err == nil || err.Error() != want {
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
		added := 0
		var mu sync.Mutex
		got, err := readPages(new(wire.Reader), func(offset int32) (page[string], error) {
			mu.Lock()
			defer mu.Unlock()
			for rng.IntN(3) == 0 && len(list) > 1 {
				i := rng.IntN(len(list))
				gone[list[i]] = true
				list = slices.Delete(slices.Clone(list), i, i+1)
			}
			for rng.IntN(3) == 0 { // at its beginning, where the newest are
				added++
				list = append([]string{fmt.Sprint("new ", added)}, list...)
			}
			from := min(len(list), int(offset))
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
			if n := times[id]; n != 1 && (n > 1 || !strings.HasPrefix(id, "new ")) {
				t.Fatalf("seed %d: record %s is there %d times; %d were deleted", seed, id, times[id], len(gone))
			}
		}
	}
}
