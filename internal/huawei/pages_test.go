package huawei

import (
	"errors"
	"strconv"
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
		{"nothing", []page[string]{{nil, is("0")}}, nil, 1, nil, "", nil},
		{"nothing of what is promised", []page[string]{{nil, is("3")}}, nil, 1, nil, "Op: protocol: none of 3 records is there", nil},
		{"nothing, with a total of nonsense", []page[string]{{nil, is("x")}}, nil, 1, nil, "", []string{odd}},
		{"one short page", []page[string]{{rows(0, 5), is("5")}}, nil, 1, rows(0, 5), "", nil},
		{"full page and nothing more", []page[string]{{rows(0, 100), is("100")}}, nil, 1, rows(0, 100), "", nil},
		{"two pages", []page[string]{{rows(0, 100), is("150")}, {rows(100, 150), is("150")}}, nil, 2, rows(0, 150), "", nil},
		{"total too low", []page[string]{{rows(0, 100), is("1")}, {rows(100, 150), is("1")}}, nil, 2, rows(0, 150), "", nil},
		{"total too high", []page[string]{{rows(0, 5), is("1000")}, {nil, is("1000")}}, nil, 2, rows(0, 5), "", nil},
		{"total of nonsense", []page[string]{{rows(0, 100), is("x")}, {rows(100, 105), is("x")}}, nil, 2, rows(0, 105), "", []string{odd, odd}},
		{"the list grows", []page[string]{{rows(0, 100), is("150")}, {rows(99, 150), is("151")}}, nil, 2, append(rows(0, 100), rows(99, 150)...), "", nil},
		{"every page the first one", []page[string]{{rows(0, 100), is("250")}}, nil, 2, nil, "Op: protocol: the page at offset 100 repeats the one before", nil},
		{
			"every page the first one, with a first record without id",
			[]page[string]{{append([]string{""}, rows(1, 100)...), is("250")}},
			nil, 2, nil, "Op: protocol: the page at offset 100 repeats the one before", nil,
		},
		{"first records without ids", []page[string]{{append([]string{""}, rows(1, 100)...), is("102")}, {[]string{"", "101"}, is("102")}}, nil, 2, append(append([]string{""}, rows(1, 100)...), "", "101"), "", nil},
		{"the second page fails", []page[string]{{rows(0, 100), is("150")}}, broken, 2, nil, "broken", nil},
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
