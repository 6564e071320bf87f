package alibaba

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
	unset := wire.Scalar{}
	is := func(n string) wire.Scalar { return wire.Scalar{Text: n, Kind: wire.Number} }
	broken := errors.New("broken")
	tests := []struct {
		name  string
		pages []page[string] // the last is answered again and again
		err   error          // of the page after them
		calls int
		want  []string
		fails string
	}{
		{"nothing", []page[string]{{nil, is("0"), unset}}, nil, 1, nil, ""},
		{"nothing, without a total", []page[string]{{nil, unset, unset}}, nil, 1, nil, ""},
		{"nothing of what is promised", []page[string]{{nil, is("3"), unset}}, nil, 1, nil, "Op: protocol: none of 3 records is there"},
		{"one short page", []page[string]{{rows(0, 5), is("5"), unset}}, nil, 1, rows(0, 5), ""},
		{"short page without a total", []page[string]{{rows(0, 5), unset, unset}}, nil, 1, rows(0, 5), ""},
		{"full page and nothing more", []page[string]{{rows(0, 100), is("100"), unset}, {}}, nil, 2, rows(0, 100), ""},
		{"full page, asked again", []page[string]{{rows(0, 100), is("100"), unset}}, nil, 2, rows(0, 100), ""},
		{"two pages", []page[string]{{rows(0, 100), is("150"), unset}, {rows(100, 150), is("150"), unset}}, nil, 2, rows(0, 150), ""},
		{"total too low", []page[string]{{rows(0, 100), is("1"), unset}, {rows(100, 150), is("1"), unset}}, nil, 2, rows(0, 150), ""},
		{"total too high", []page[string]{{rows(0, 5), is("1000"), unset}, {nil, is("1000"), unset}}, nil, 2, rows(0, 5), ""},
		{"the list moved", []page[string]{{rows(1, 101), is("150"), unset}, {rows(100, 150), is("151"), unset}, {}}, nil, 3, rows(1, 150), ""},
		{"smaller pages than asked for", []page[string]{{rows(0, 30), unset, is("30")}, {rows(30, 45), unset, is("30")}}, nil, 2, rows(0, 45), ""},
		{"page size of nonsense", []page[string]{{rows(0, 30), unset, is("x")}}, nil, 1, rows(0, 30), ""},
		{"every page the first one", []page[string]{{rows(0, 100), is("250"), unset}}, nil, 2, nil, "Op: protocol: page 2 repeats earlier ones; 100 records of 250"},
		{"records without ids all stay", []page[string]{{[]string{"", "", "1"}, unset, unset}}, nil, 1, []string{"", "", "1"}, ""},
		{"the second page fails", []page[string]{{rows(0, 100), unset, unset}}, broken, 2, nil, "broken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			got, err := readPages("Op", func(number int) (page[string], error) {
				calls++
				if number != calls {
					t.Errorf("page %d was asked for in call %d", number, calls)
				}
				if tt.err != nil && calls > len(tt.pages) {
					return page[string]{}, tt.err
				}
				return tt.pages[min(calls, len(tt.pages))-1], nil
			}, func(s *string) string { return *s })
			fails := ""
			if err != nil {
				fails = err.Error()
			}
			if calls != tt.calls || fails != tt.fails {
				t.Errorf("%d calls and %q, want %d and %q", calls, fails, tt.calls, tt.fails)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadPagesEnds(t *testing.T) {
	_, err := readPages("Op", func(number int) (page[string], error) {
		return page[string]{records: rows(number*100, number*100+100)}, nil
	}, func(s *string) string { return *s })
	if want := "Op: protocol: the list has no end after 200 pages"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}
