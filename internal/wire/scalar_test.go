package wire

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestUnmarshal(t *testing.T) {
	type record struct{ ID Scalar }
	tests := []struct {
		name, text string
		want       []record
		mistyped   bool
		err        string
	}{
		{"as it should be", `[{"ID":1},{"ID":"2"}]`, []record{{Scalar{"1", Number}}, {Scalar{"2", String}}}, false, ""},
		{"values of any type", `[{"ID":null},{"ID":{}},{"ID":[1]},{"ID":true},{}]`, []record{{Scalar{"", Null}}, {Scalar{"", Composite}}, {Scalar{"", Composite}}, {Scalar{"true", Boolean}}, {}}, false, ""},
		{"a record of the wrong type", `["x",{"ID":1}]`, []record{{}, {Scalar{"1", Number}}}, true, ""},
		{"no list", `{}`, nil, true, ""},
		{"null", `null`, nil, false, ""},
		{"cut", `[{"ID":`, nil, false, "the answer cannot be read: unexpected end of JSON input"},
		{"garbage behind", `[] x`, nil, false, "the answer cannot be read: invalid character 'x' after top-level value"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []record
			mistyped, err := Unmarshal([]byte(tt.text), &got)
			text := ""
			if err != nil {
				text = err.Error()
			}
			if mistyped != tt.mistyped || text != tt.err {
				t.Errorf("mistyped %v, error %q; want %v and %q", mistyped, text, tt.mistyped, tt.err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPart(t *testing.T) {
	tests := []struct {
		name, text string
		want       []Scalar
		bad        string
	}{
		{"as it should be", `{"Part":["a"]}`, []Scalar{{"a", String}}, ""},
		{"missing", `{}`, nil, ""},
		{"null", `{"Part":null}`, nil, ""},
		{"an object", `{"Part":{}}`, nil, "not of the form that is known"},
		{"text", `{"Part":"a"}`, nil, "not of the form that is known"},
		{"twice, and the last is good", `{"Part":"a","Part":["b"]}`, []Scalar{{"b", String}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc struct{ Part Part[[]Scalar] }
			if mistyped, err := Unmarshal([]byte(tt.text), &doc); mistyped || err != nil {
				t.Fatal(mistyped, err)
			}
			var r Reader
			if diff := cmp.Diff(tt.want, Take(&r, "F", doc.Part)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			checkRejected(t, r, tt.bad)
		})
	}
}

func TestClip(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"short", "as it is", "as it is"},
		{"lines", " a\n\tb  c ", "a b c"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
		{"URL", "see https://oss/?Signature=SIGNED now", "see (URL) now"},
		{"as long as it may be", strings.Repeat("x", 20), strings.Repeat("x", 20)},
		{"too long", strings.Repeat("x", 21), strings.Repeat("x", 20) + "…"},
		{"cut within a letter", "x" + strings.Repeat("é", 10), "x" + strings.Repeat("é", 9) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clip(tt.text, 20); got != tt.want {
				t.Errorf("Clip = %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzScalar checks that every value of a document is read as valid UTF-8, and that numbers keep all their digits.
func FuzzScalar(f *testing.F) {
	for _, text := range []string{`"a\n"`, `1e99`, `null`, `{}`, "\"\xff\"", `"\ud800"`, `true`, ` 1 `} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var s Scalar
		if json.Unmarshal(text, &s) != nil {
			return
		}
		if !utf8.ValidString(s.Text) || s.Text != strings.TrimSpace(s.Text) {
			t.Errorf("%q is read as %q", text, s.Text)
		}
		if s.Kind == Number && s.Text != strings.TrimSpace(string(text)) {
			t.Errorf("%q is read as the number %q", text, s.Text)
		}
		if s.Kind == Missing {
			t.Errorf("%q is read as missing", text)
		}
	})
}
