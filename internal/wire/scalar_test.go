package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestScalar(t *testing.T) {
	long := strings.Repeat("x", LongestText)
	tests := []struct {
		name, text string
		want       Scalar
	}{
		{"null", `null`, Scalar{"", Null}},
		{"string", `"a b"`, Scalar{"a b", String}},
		{"empty string", `""`, Scalar{"", String}},
		{"string with white space around", `" \n a\t"`, Scalar{"a", String}},
		{"string with all escapes", `"a\"\\\/\b\f\n\r\tz"`, Scalar{"a\"\\/\uFFFD    z", String}},
		{"string with code points", `"\u00E9\u4e2d\ud83d\ude00"`, Scalar{"é中😀", String}},
		{"string with half a pair", `"a\ud83d"`, Scalar{"a\uFFFD", String}},
		{"string with half a pair and another escape", `"\ud83d\u0061"`, Scalar{"\uFFFDa", String}},
		{"string with half a pair and a letter", `"\ud83da"`, Scalar{"\uFFFDa", String}},
		{"string of the greatest length", `"` + long + `"`, Scalar{long, String}},
		{"string that is longer", `"` + long + `y"`, Scalar{long, Long}},
		{"string of the greatest length with white space before", `"  ` + long + `"`, Scalar{long, String}},
		{"string of the greatest length in escapes", `"` + strings.Repeat(`\u0041`, LongestText) + `"`, Scalar{strings.Repeat("A", LongestText), String}},
		{"number", `-1.50E+3`, Scalar{"-1.50E+3", Number}},
		{"number that is too long", strings.Repeat("1", LongestText+1), Scalar{strings.Repeat("1", LongestText), Long}},
		{"true", `true`, Scalar{"true", Boolean}},
		{"false", `false`, Scalar{"false", Boolean}},
		{"object", `{"a":["}"]}`, Scalar{"", Composite}},
		{"list", `[1,"]",[]]`, Scalar{"", Composite}},
		{"given twice", `1,"V":1`, Scalar{"", Repeated}},
		{"given three times", `1,"V":1,"v":2`, Scalar{"", Repeated}},
		{"given twice, once as null", `null,"V":1`, Scalar{"", Repeated}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := scalar(t, tt.text); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestClip(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"short", "as it is", "as it is"},
		{"lines", " a\n\tb  c ", "a b c"},
		{"invalid UTF-8", "a\xffb", "a\uFFFDb"},
		{"control characters", "a\x00\x1b[2Jb", "a\uFFFD\uFFFD[2Jb"},
		{"URL", "see https://oss/?Signature=SIGNED now", "see (URL) now"},
		{"as long as it may be", strings.Repeat("é", 20), strings.Repeat("é", 20)},
		{"too long", strings.Repeat("é", 21), strings.Repeat("é", 20) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Clip(tt.text, 20); got != tt.want {
				t.Errorf("Clip = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestClippedScalar(t *testing.T) {
	tests := []struct {
		name, text string
		longest    int
		want       string
	}{
		{"short", `"a"`, 256, "a"},
		{"longer than wanted", `"abc"`, 2, "ab…"},
		{"longer than is kept", `"` + strings.Repeat("x", 257) + `"`, 256, strings.Repeat("x", 256) + "…"},
		{"longer than both", `"` + strings.Repeat("x", 257) + `"`, 2, "xx…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := scalar(t, tt.text).Clip(tt.longest); got != tt.want {
				t.Errorf("Clip = %q, want %q", got, tt.want)
			}
		})
	}
}

// reference returns a value as encoding/json reads it.
func reference(t *testing.T, text []byte) Scalar {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		t.Fatal(err)
	}
	switch value := value.(type) {
	case nil:
		return Scalar{"", Null}
	case string:
		return Scalar{value, String}
	case json.Number:
		return Scalar{value.String(), Number}
	case bool:
		return Scalar{map[bool]string{true: "true", false: "false"}[value], Boolean}
	}
	return Scalar{"", Composite}
}

// FuzzScalar compares with encoding/json.
func FuzzScalar(f *testing.F) {
	for _, text := range []string{`"a\n"`, `1e99`, `null`, `{}`, "\"\xff\"", `"\ud800"`, `true`, ` 1 `, `"\u0000"`, `"\ud83d\ude00\\"`, `[[]]`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		want := reference(t, text)
		c := cursor{data: text}
		got := scalarOf(c.value())
		if !utf8.ValidString(got.Text) || utf8.RuneCountInString(got.Text) > LongestText || got.Text != strings.TrimSpace(got.Text) {
			t.Errorf("%q is read as %q", text, got.Text)
		}
		if got.Kind == Long {
			return
		}
		if want.Text = printable(strings.TrimSpace(want.Text)); got != want {
			t.Errorf("%q is read as %+v, want %+v", text, got, want)
		}
	})
}
