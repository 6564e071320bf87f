package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shelf is an answer with every kind of field.
type shelf struct {
	head
	Extent
	Rows  List[row]
	Label Part[record]
}

type head struct{ Code Scalar }

type row struct {
	ID    Scalar `json:"Id"`
	Parts List[record]
}

func TestUnmarshal(t *testing.T) {
	id := func(text string) Scalar { return Scalar{text, Number} }
	tests := []struct {
		name, text string
		want       shelf
		err        string
	}{
		{"nothing", `{}`, shelf{}, ""},
		{"null", `null`, shelf{}, ""},
		{"no object", `[{"Code":1}]`, shelf{}, ""},
		{
			"everything", ` { "Code" : 1 , "Rows" : [ { "Id" : 2 , "Parts" : [ { "ID" : 3 } ] } , {} ] , "Label" : { "ID" : 4 } } `,
			shelf{
				head:  head{id("1")},
				Rows:  List[row]{[]row{{id("2"), List[record]{[]record{{id("3")}}, present}}, {}}, present},
				Label: Part[record]{record{id("4")}, present},
			},
			"",
		},
		{"names in another case", `{"CODE":1,"rows":[{"ID":2}]}`, shelf{head: head{id("1")}, Rows: List[row]{[]row{{ID: id("2")}}, present}}, ""},
		{"names that only look alike", `{"Co\u0064e":1,"C\u006fde":2,"code ":3,"CODF":4,"\u0003ode":5}`, shelf{}, ""},
		{"names that are not read", `{"Extent":1,"head":{"Code":1},"records":7,"X":{"Code":[{"Rows":"]}"}]},"Y":"\\\""}`, shelf{}, ""},
		{"elements that are none", `{"Rows":[null,"x",7,[],{"Id":1}]}`, shelf{Rows: List[row]{[]row{{}, {}, {}, {}, {ID: id("1")}}, present}}, ""},
		{"null for a list and a part", `{"Rows":null,"Label":null}`, shelf{Rows: List[row]{nil, null}, Label: Part[record]{form: null}}, ""},
		{"other types for a list and a part", `{"Rows":{"Id":1},"Label":[1]}`, shelf{Rows: List[row]{nil, mistyped}, Label: Part[record]{form: mistyped}}, ""},
		{
			"given twice", `{"Code":1,"Code":1,"Rows":[{"Id":1}],"Rows":[{"Id":1}],"Label":{"ID":1},"Label":{"ID":1}}`,
			shelf{head{Scalar{"", Repeated}}, Extent{}, List[row]{nil, repeated}, Part[record]{form: repeated}},
			"",
		},
		{"given twice, first as null", `{"Rows":null,"Rows":[],"Label":null,"Label":{}}`, shelf{Rows: List[row]{nil, repeated}, Label: Part[record]{form: repeated}}, ""},
		{"cut", `{"Rows":[`, shelf{}, "the answer cannot be read: unexpected end of JSON input"},
		{"garbage behind", `{} x`, shelf{}, "the answer cannot be read: invalid character 'x' after top-level value"},
		{"NUL", "{\"Code\":\"\x00\"}", shelf{}, `the answer cannot be read: invalid character '\x00' in string literal`},
		{"a number that is none", `{"Code":01}`, shelf{}, "the answer cannot be read: invalid character '1' after object key:value pair"},
		{"nested too deep", `{"Code":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + `}`, shelf{}, "the answer cannot be read: objects and lists are nested more than 10000 deep"},
		{"nested deep", `{"Code":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}`, shelf{head: head{Scalar{"", Composite}}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got shelf
			err := Unmarshal([]byte(tt.text), &got)
			if text := errorText(err); text != tt.err {
				t.Errorf("error %q, want %q", text, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(shelf{}, Extent{}, List[row]{}, List[record]{}, Part[record]{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// elements returns n times the same element.
func elements(n int, text string) string {
	return strings.TrimSuffix(strings.Repeat(text+",", n), ",")
}

func TestLimitsOfAnAnswer(t *testing.T) {
	parts := func(n int) string { return `{"Id":1,"Parts":[` + elements(n, `{}`) + `]}` }
	tests := []struct {
		name, rows string
		records    int // of the answer, those inside records included
		first      string
		err        string
	}{
		{"10,000 records", elements(10_000, `{}`), 10_000, "", ""},
		{"one more", elements(10_001, `{}`), 0, "", "more than 10000 records in one answer"},
		{"elements that are no records count", elements(10_001, `0`), 0, "", "more than 10000 records in one answer"},
		{"1,000 entries", parts(1_000), 1_001, "", ""},
		{"one more costs that list", parts(1_001) + "," + parts(2), 4, "more than 1000 entries", ""},
		{"100,000 altogether", elements(99, parts(1_000)) + "," + parts(900), 100_000, "", ""},
		{"one more altogether", elements(99, parts(1_000)) + "," + parts(901), 0, "", "more than 100000 records in one answer, those inside records included"},
		{"entries of lists that are refused do not count", elements(1_000, parts(1_001)), 1_000, "more than 1000 entries", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got shelf
			body := []byte(`{"Rows":[` + tt.rows + `]}`)
			extent, err := unmarshal(body, &got)
			if text := errorText(err); text != tt.err {
				t.Fatalf("error %q, want %q", text, tt.err)
			}
			if err != nil {
				return
			}
			if extent != (Extent{tt.records, len(body)}) {
				t.Errorf("extent %+v, want %d records and %d bytes", extent, tt.records, len(body))
			}
			var r Reader
			entries, ok := Entries(&r, "F", got.Rows.Items[0].Parts)
			if checkRejected(t, r, tt.first); ok != (tt.first == "") || (!ok && len(entries) > 0) {
				t.Errorf("%d entries, %v", len(entries), ok)
			}
		})
	}
}

func TestLimitsOfAList(t *testing.T) {
	tests := []struct {
		name  string
		pages []Extent
		err   string
	}{
		{"records", []Extent{{100_000, 0}, {100_000, 0}}, ""},
		{"a record too many", []Extent{{100_000, 0}, {100_000, 0}, {1, 0}}, "Op: protocol: more than 200000 records in all pages together"},
		{"bytes", []Extent{{0, 32 << 20}, {0, 32 << 20}}, ""},
		{"a byte too many", []Extent{{0, 32 << 20}, {0, 32 << 20}, {0, 1}}, "Op: protocol: more than 64 MiB in all pages together"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var total Total
			var err error
			for i, page := range tt.pages {
				if err != nil {
					t.Fatalf("page %d was refused: %v", i, err)
				}
				err = total.Add("Op", page)
			}
			if got := errorText(err); got != tt.err {
				t.Errorf("error %q, want %q", got, tt.err)
			}
		})
	}
}

// tree reads a value with a cursor. Like [json.Decoder.UseNumber] it keeps numbers as they are.
func tree(c *cursor) any {
	switch c.next() {
	case '{':
		object := map[string]any{}
		for c.enter(); c.more('}'); {
			var key string
			if err := json.Unmarshal(slices.Concat([]byte{'"'}, c.key(), []byte{'"'}), &key); err != nil {
				panic(err)
			}
			object[key] = tree(c)
		}
		return object
	case '[':
		list := []any{}
		n := c.count(1 << 30)
		for c.enter(); c.more(']'); {
			list = append(list, tree(c))
		}
		if n != len(list) {
			panic("the elements were not counted right")
		}
		return list
	}
	return string(c.value())
}

// FuzzCursor compares with encoding/json: the structure of any document is the same.
func FuzzCursor(f *testing.F) {
	for _, text := range []string{`{"a":[1,{"b":"\\\""},[]],"c":{}}`, ` [ ] `, `"\\"`, `1`, `{"a\"":"\\\\\""}`, `[{},{},[[],0.5e-3]]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		c := &cursor{data: text}
		got := tree(c)
		if rest := bytes.TrimSpace(text[c.at:]); len(rest) > 0 {
			t.Errorf("%q is left of %q", rest, text)
		}
		var want any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if shape(got) != shape(want) {
			t.Errorf("%q has the shape %s, want %s", text, shape(got), shape(want))
		}
	})
}

// shape describes a document without its texts and keys.
func shape(v any) string {
	switch v := v.(type) {
	case []any:
		var all strings.Builder
		for _, element := range v {
			all.WriteString(shape(element) + ",")
		}
		return "[" + all.String() + "]"
	case map[string]any:
		return fmt.Sprintf("{%d}", len(v))
	}
	return "."
}
