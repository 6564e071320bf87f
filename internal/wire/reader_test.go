package wire

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scalar reads a JSON value; "" is a field that is missing.
func scalar(t *testing.T, value string) Scalar {
	t.Helper()
	var doc struct{ V Scalar }
	text := `{}`
	if value != "" {
		text = `{"V":` + value + `}`
	}
	if err := Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc.V
}

// Each method reads each value.
func TestReader(t *testing.T) {
	id := func(r *Reader, s Scalar) any { id, _ := r.ID("F", s); return id }
	words := func(r *Reader, s Scalar) any { return r.Text("F", s) }
	integer := func(r *Reader, s Scalar) any { return r.Integer("F", s) }
	kilobytes := func(r *Reader, s Scalar) any { return r.Size("F", s, 1024) }
	flag := func(r *Reader, s Scalar) any { return r.Flag("F", s) }
	percent := func(r *Reader, s Scalar) any { return r.Percent("F", s) }
	word := func(r *Reader, s Scalar) any { return Choice(r, "F", s, map[string]int{"One": 1, "two": 2}) }
	noInt, noFlag, noFloat := (*int64)(nil), (*bool)(nil), (*float64)(nil)
	tests := []struct {
		name  string
		read  func(*Reader, Scalar) any
		value string
		want  any
		bad   string // "": not rejected
	}{
		{"id", id, `"dds-1"`, "dds-1", ""},
		{"id with a newline", id, `" 170034\n"`, "170034", ""},
		{"id as a number", id, `123456789012345678901234567890`, "123456789012345678901234567890", ""},
		{"id missing", id, ``, "", `"" is not an id`},
		{"id null", id, `null`, "", `"" is not an id`},
		{"id of spaces", id, `"  "`, "", `"" is not an id`},
		{"id a boolean", id, `true`, "", `"true" is not an id`},
		{"id an object", id, `{"a":1}`, "", "an object or list is not an id"},
		{"id given twice", id, `"a","V":"a"`, "", "given more than once"},
		{"id given twice, in another case", id, `"a","v":null`, "", "given more than once"},
		{"id as long as may be", id, `"` + strings.Repeat("é", 256) + `"`, strings.Repeat("é", 256), ""},
		{"id too long", id, `"` + strings.Repeat("é", 257) + `"`, "", `more than 256 characters are not an id: "` + strings.Repeat("é", 40) + `…"`},
		{"id of too many digits", id, strings.Repeat("1", 257), "", `more than 256 characters are not an id: "` + strings.Repeat("1", 40) + `…"`},
		{"id with a NUL", id, `"a\u0000b"`, "", "\"a\uFFFDb\" is not an id"},
		{"id of invalid UTF-8", id, "\"a\xffb\"", "", "\"a\uFFFDb\" is not an id"},

		{"words", words, `"a  b"`, "a  b", ""},
		{"words as a number", words, `4.2`, "4.2", ""},
		{"words missing", words, ``, "", ""},
		{"words null", words, `null`, "", ""},
		{"words escaped", words, `"\u00e9\ud800"`, "é\uFFFD", ""},
		{"words of invalid UTF-8", words, "\"a\xff\"", "a\uFFFD", ""},
		{"words with control characters", words, `"\u0000a\u001b[31mb\u0085"`, "\uFFFDa\uFFFD[31mb", ""},
		{"words of two lines", words, `"a\nb\tc"`, "a b c", ""},
		{"words as long as may be", words, `"` + strings.Repeat("é", 256) + `"`, strings.Repeat("é", 256), ""},
		{"words too long", words, `"` + strings.Repeat("é", 257) + `"`, strings.Repeat("é", 256), ""},
		{"words given twice", words, `"a","V":"a"`, "", "given more than once"},
		{"words a boolean", words, `false`, "", `"false" is not text`},
		{"words a list", words, `["a"]`, "", "an object or list is not text"},

		{"integer", integer, `12`, new(int64(12)), ""},
		{"integer as text", integer, `" -12 "`, new(int64(-12)), ""},
		{"integer, the largest", integer, `9223372036854775807`, new(int64(math.MaxInt64)), ""},
		{"integer beyond", integer, `9223372036854775808`, noInt, `"9223372036854775808" is not a whole number`},
		{"integer with a fraction of zero", integer, `12.0`, new(int64(12)), ""},
		{"integer with a fraction of zero, as text", integer, `"2803.00"`, new(int64(2803)), ""},
		{"integer with a fraction", integer, `12.5`, noInt, `"12.5" is not a whole number`},
		{"integer in scientific notation", integer, `2.8e3`, new(int64(2800)), ""},
		{"integer with a negative exponent", integer, `-28000E-1`, new(int64(-2800)), ""},
		{"integer with an exponent that leaves a fraction", integer, `28001e-2`, noInt, `"28001e-2" is not a whole number`},
		{"integer with all its digits in scientific notation", integer, `9.223372036854775807e18`, new(int64(math.MaxInt64)), ""},
		{"integer beyond, in scientific notation", integer, `9.223372036854775808e18`, noInt, `"9.223372036854775808e18" is not a whole number`},
		{"integer far beyond", integer, `1e999999999`, noInt, `"1e999999999" is not a whole number`},
		{"integer with an exponent beyond", integer, `1e99999999999999999999`, noInt, `"1e99999999999999999999" is not a whole number`},
		{"integer zero, whatever its exponent", integer, `0.00e5`, new(int64(0)), ""},
		{"integer of too many digits", integer, `1` + strings.Repeat("0", 256), noInt, `more than 256 characters are not a whole number: "1` + strings.Repeat("0", 39) + `…"`},
		{"integer with words", integer, `"12 GB"`, noInt, `"12 GB" is not a whole number`},
		{"integer without digits", integer, `"-"`, noInt, `"-" is not a whole number`},
		{"integer given twice", integer, `1,"V":1`, noInt, "given more than once"},
		{"integer missing", integer, ``, noInt, ""},
		{"integer empty", integer, `""`, noInt, ""},
		{"integer a boolean", integer, `true`, noInt, `"true" is not a whole number`},
		{"integer an object", integer, `{}`, noInt, "an object or list is not a whole number"},

		{"size", kilobytes, `2`, new(int64(2048)), ""},
		{"size, the largest", kilobytes, `9007199254740991`, new(int64(9007199254740991 * 1024)), ""},
		{"size beyond", kilobytes, `9007199254740992`, noInt, `"9007199254740992" is not a size`},
		{"size negative", kilobytes, `-1`, noInt, `"-1" is not a size`},
		{"size with a unit", kilobytes, `"12 GB"`, noInt, `"12 GB" is not a whole number`},
		{"size null", kilobytes, `null`, noInt, ""},

		{"flag", flag, `true`, new(true), ""},
		{"flag as text", flag, `"False"`, new(false), ""},
		{"flag as a number", flag, `1`, new(true), ""},
		{"flag as a number with a fraction", flag, `0.0`, new(false), ""},
		{"flag as another number", flag, `2`, noFlag, `"2" is not true or false`},
		{"flag given twice", flag, `true,"V":true`, noFlag, "given more than once"},
		{"flag as a number in text", flag, `"0"`, new(false), ""},
		{"flag unknown", flag, `"yes"`, noFlag, `"yes" is not true or false`},
		{"flag missing", flag, ``, noFlag, ""},
		{"flag a list", flag, `[]`, noFlag, "an object or list is not true or false"},

		{"percent", percent, `"18%"`, new(18.0), ""},
		{"percent with a space", percent, `"18.5 %"`, new(18.5), ""},
		{"percent as a number", percent, `100`, new(100.0), ""},
		{"percent beyond", percent, `"101%"`, noFloat, `"101%" is not a percentage`},
		{"percent below", percent, `-1`, noFloat, `"-1" is not a percentage`},
		{"percent not a number", percent, `"NaN"`, noFloat, `"NaN" is not a percentage`},
		{"percent empty", percent, `""`, noFloat, ""},
		{"percent of too many digits", percent, `1.` + strings.Repeat("0", 256), noFloat, `more than 256 characters are not a percentage: "1.` + strings.Repeat("0", 38) + `…"`},
		{"percent given twice", percent, `1,"V":1`, noFloat, "given more than once"},
		{"percent an object", percent, `{}`, noFloat, "an object or list is not a percentage"},

		{"choice", word, `"one"`, 1, ""},
		{"choice in capitals", word, `"TWO"`, 2, ""},
		{"choice unknown", word, `"three"`, 0, `"three" is not known`},
		{"choice missing", word, ``, 0, ""},
		{"choice given twice", word, `"one","V":"one"`, 0, "given more than once"},
		{"choice an object", word, `{}`, 0, "an object or list is not known"},

		{"a URL in what is rejected", integer, `"http://oss/?Signature=SIGNED"`, noInt, `"(URL)" is not a whole number`},
		{"long text in what is rejected", integer, `"1234567890123456789012345678901234567890x"`, noInt, `"1234567890123456789012345678901234567890…" is not a whole number`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Reader
			if diff := cmp.Diff(tt.want, tt.read(&r, scalar(t, tt.value))); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			checkRejected(t, r, tt.bad)
		})
	}
}

// checkRejected wants one rejection of the field F, or none.
func checkRejected(t *testing.T, r Reader, problem string) {
	t.Helper()
	var want []Rejection
	if problem != "" {
		want = []Rejection{{"F", problem}}
	}
	if diff := cmp.Diff(want, r.Rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
}

func TestTimes(t *testing.T) {
	layouts := func(r *Reader, s Scalar) (time.Time, bool) { return r.Time("F", s, time.RFC3339, time.DateTime) }
	unix := func(r *Reader, s Scalar) (time.Time, bool) { return r.Milliseconds("F", s) }
	at := time.Date(2026, time.January, 14, 3, 1, 30, 0, time.UTC)
	tests := []struct {
		name  string
		read  func(*Reader, Scalar) (time.Time, bool)
		value string
		want  time.Time
		bad   string
	}{
		{"first layout", layouts, `"2026-01-14T03:01:30Z"`, at, ""},
		{"another zone", layouts, `"2026-01-14T11:01:30+08:00"`, at, ""},
		{"second layout", layouts, `"2026-01-14 03:01:30"`, at, ""},
		{"missing", layouts, ``, time.Time{}, ""},
		{"null", layouts, `null`, time.Time{}, ""},
		{"empty", layouts, `""`, time.Time{}, ""},
		{"a word", layouts, `"yesterday"`, time.Time{}, `"yesterday" is not a time`},
		{"a number", layouts, `1552451697`, time.Time{}, `"1552451697" is not a time`},
		{"an object", layouts, `{}`, time.Time{}, "an object or list is not a time"},
		{"Go's zero", layouts, `"0001-01-01T00:00:00Z"`, time.Time{}, `"0001-01-01T00:00:00Z" is not a time`},
		{"the epoch's zero", layouts, `"1970-01-01 00:00:00"`, time.Time{}, `"1970-01-01 00:00:00" is not a time`},
		{"the first second that is believed", layouts, `"2000-01-01T00:00:00Z"`, time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC), ""},
		{"the second before", layouts, `"1999-12-31T23:59:59Z"`, time.Time{}, `"1999-12-31T23:59:59Z" is not a time`},
		{"the end of the year 9999", layouts, `"9999-12-31T23:59:59Z"`, time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC), ""},
		{"milliseconds in the year 10000", unix, `253402300800000`, time.Time{}, `"253402300800000" is not a time`},
		{"milliseconds", unix, `1768359690000`, at, ""},
		{"milliseconds as text", unix, `"1768359690000"`, at, ""},
		{"milliseconds in scientific notation", unix, `1.76835969e12`, at, ""},
		{"milliseconds given twice", unix, `1768359690000,"V":1768359690000`, time.Time{}, "given more than once"},
		{"given twice", layouts, `"2026-01-14T03:01:30Z","V":"2026-01-14T03:01:30Z"`, time.Time{}, "given more than once"},
		{"milliseconds missing", unix, ``, time.Time{}, ""},
		{"milliseconds from before there were any backups", unix, `1`, time.Time{}, `"1" is not a time`},
		{"milliseconds beyond all calendars", unix, `4611686018427387904`, time.Time{}, `"4611686018427387904" is not a time`},
		{"milliseconds an object", unix, `{}`, time.Time{}, "an object or list is not a time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Reader
			got, ok := tt.read(&r, scalar(t, tt.value))
			if !got.Equal(tt.want) || got.Location() != time.UTC || ok != (tt.bad == "") {
				t.Errorf("got %v, %v; want %v", got, ok, tt.want)
			}
			checkRejected(t, r, tt.bad)
		})
	}
}

func TestTags(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]string
		bad        []Rejection // none: all tags are known
	}{
		{"none", `[]`, nil, nil},
		{"two", `[{"Key":"env","Value":"prod"},{"key":"team","value":"db"}]`, map[string]string{"env": "prod", "team": "db"}, nil},
		{"empty value", `[{"Key":"env","Value":""}]`, map[string]string{"env": ""}, nil},
		{"value of another type", `[{"Key":"env","Value":{}},{"Key":"team","Value":"db"}]`, map[string]string{"team": "db"}, []Rejection{{"V", "an object or list is not text"}}},
		{"key of another type", `[{"Key":true,"Value":"prod"}]`, nil, []Rejection{{"K", `"true" is not text`}}},
		{"no key", `[{"Value":"prod"},3]`, nil, []Rejection{{"K", `"" is not the key of a tag`}, {"K", `"" is not the key of a tag`}}},
		{"no list", `{}`, nil, []Rejection{{"T", "not of the form that is known"}}},
		{"null", `null`, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc struct{ Tags List[Tag] }
			if err := Unmarshal([]byte(`{"Tags":`+tt.text+`}`), &doc); err != nil {
				t.Fatal(err)
			}
			var r Reader
			got, ok := r.Tags("T", doc.Tags, "K", "V")
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.bad == nil) {
				t.Errorf("all known: %v; tags (-want +got):\n%s", ok, diff)
			}
			if diff := cmp.Diff(tt.bad, r.Rejected); diff != "" {
				t.Errorf("rejected (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	tests := []struct {
		name            string
		flag            *bool
		isTrue, isFalse bool
	}{
		{"not set", nil, false, false},
		{"true", new(true), true, false},
		{"false", new(false), false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if IsTrue(tt.flag) != tt.isTrue || IsFalse(tt.flag) != tt.isFalse {
				t.Errorf("IsTrue %v, IsFalse %v; want %v and %v", IsTrue(tt.flag), IsFalse(tt.flag), tt.isTrue, tt.isFalse)
			}
		})
	}
}
