package huawei

import (
	"errors"
	"strconv"
	"strings"
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
		calls int
		want  []string
		fails string
		bad   []string
	}{
		{"nothing", []page[string]{of(nil, is("0"))}, nil, 1, nil, "", nil},
		{"nothing of what is promised", []page[string]{of(nil, is("3"))}, nil, 1, nil, "Op: protocol: none of 3 records is there", nil},
		{"nothing, with a total of nonsense", []page[string]{of(nil, is("x"))}, nil, 1, nil, "", []string{odd}},
		{"one short page", []page[string]{of(rows(0, 5), is("5"))}, nil, 1, rows(0, 5), "", nil},
		{"full page and nothing more", []page[string]{of(rows(0, 100), is("100"))}, nil, 1, rows(0, 100), "", nil},
		{"two pages", []page[string]{of(rows(0, 100), is("150")), of(rows(100, 150), is("150"))}, nil, 2, rows(0, 150), "", nil},
		{"total too low", []page[string]{of(rows(0, 100), is("1")), of(rows(100, 150), is("1"))}, nil, 2, rows(0, 150), "", nil},
		{"total too high", []page[string]{of(rows(0, 5), is("1000")), of(nil, is("1000"))}, nil, 2, rows(0, 5), "", nil},
		{"total of nonsense", []page[string]{of(rows(0, 100), is("x")), of(rows(100, 105), is("x"))}, nil, 2, rows(0, 105), "", []string{odd, odd}},
		{"the list grows", []page[string]{of(rows(0, 100), is("150")), of(rows(99, 150), is("151"))}, nil, 2, append(rows(0, 100), rows(99, 150)...), "", nil},
		{"every page the first one", []page[string]{of(rows(0, 100), is("250"))}, nil, 2, nil, "Op: protocol: the page at offset 100 repeats the one before", nil},
		{
			"every page the first one, with a first record without id",
			[]page[string]{of(append([]string{""}, rows(1, 100)...), is("250"))},
			nil, 2, nil, "Op: protocol: the page at offset 100 repeats the one before", nil,
		},
		{"first records without ids", []page[string]{of(append([]string{""}, rows(1, 100)...), is("102")), of([]string{"", "101"}, is("102"))}, nil, 2, append(append([]string{""}, rows(1, 100)...), "", "101"), "", nil},
		{"nothing has an id, and more is promised", []page[string]{of(make([]string, 100), is("9999"))}, nil, 1, nil, "Op: protocol: the page before offset 100 has no new id; 100 records of 9999", nil},
		{"later pages have no ids", []page[string]{of(rows(0, 100), is("300")), of(make([]string, 100), is("300"))}, nil, 2, nil, "Op: protocol: the page before offset 200 has no new id; 200 records of 300", nil},
		{"a page of ten times the size", []page[string]{of(rows(0, 1000), is("1000"))}, nil, 1, rows(0, 1000), "", nil},
		{"a larger page", []page[string]{of(rows(0, 1001), is("1001"))}, nil, 1, nil, "Op: protocol: a page has 1001 records; 100 were asked for", nil},
		{"the second page fails", []page[string]{of(rows(0, 100), is("150"))}, broken, 2, nil, "broken", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r wire.Reader
			calls, read := 0, 0
			got, err := readPages("Op", &r, func(offset int32) (page[string], error) {
				calls++
				if int(offset) != read {
					t.Errorf("offset %d after %d records", offset, read)
				}
				if tt.err != nil && calls > len(tt.pages) {
					return page[string]{}, tt.err
				}
				p := tt.pages[min(calls, len(tt.pages))-1]
				read += len(p.records)
				return p, nil
			}, func(s *string) string { return *s })
			if calls != tt.calls || errorText(err) != tt.fails {
				t.Errorf("%d calls and %q, want %d and %q", calls, errorText(err), tt.calls, tt.fails)
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
	_, err = readPages("Op", new(wire.Reader), func(int32) (page[string], error) {
		calls++
		return page[string]{records: rows(calls*100, calls*100+100), extent: a.Extent}, nil
	}, func(s *string) string { return *s })
	if want := "Op: protocol: more than 200000 records in all pages together"; errorText(err) != want || calls != 21 {
		t.Errorf("%d calls and error %v, want 21 and %s", calls, err, want)
	}
}

func TestReadPagesThatAreAllTooLarge(t *testing.T) {
	_, err := readPages("Op", new(wire.Reader), func(offset int32) (page[string], error) {
		return page[string]{records: rows(int(offset), int(offset)+1000)}, nil
	}, func(s *string) string { return *s })
	if want := "Op: protocol: the list has 101000 records, which is more than 1000 pages hold"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
