package wire

import (
	"encoding/json"
	"strings"
	"testing"
)

// documents are JSON, nearly JSON and no JSON.
func documents() []string {
	list := []string{
		``, ` `, `{}`, `[]`, ` [ ] `, `{ }`, `{"a":1}`, `{"a":1,"b":[{},[],""]}`, `[1,2]`, `[1,]`, `[,1]`, `{,}`, `{"a"}`, `{"a":}`, `{"a":1,}`,
		`{a:1}`, `{1:1}`, `{"a":1]`, `[1}`, `}`, `]`, `[`, `{`, `[[]`, `[]]`, `{} {}`, `{}x`, `1 2`, `,`, `:`,
		`0`, `-0`, `-`, `01`, `+1`, `1.`, `.1`, `1.5`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`, `0.0e-0`, `--1`, `1-`, `Infinity`, `NaN`,
		`true`, `false`, `null`, `tru`, `truex`, `True`, `nul`, `fals`,
		`"`, `""`, `"a`, `"\`, `"\"`, `"\""`, `"\\"`, `"\\\"`, `"\a"`, `"\/\b\f\n\r\t"`, `"\u00e9"`, `"\u00E9"`, `"\u00g9"`, `"\u00e"`, `"\u`, `"\ud800"`,
		"\"\x00\"", "\"\x1f\"", "\"\n\"", "\"\x7f\"", "\"\xff\xfe\"", "\"é\"", "\x00", "\ufeff{}", "{}\x00", "[1\x00]", "\t\r\n{}\t\r\n", "\v{}", "\u00a0{}",
		strings.Repeat("[", deepest) + strings.Repeat("]", deepest),
		strings.Repeat("[", deepest+1) + strings.Repeat("]", deepest+1),
		strings.Repeat(`{"a":`, deepest) + "1" + strings.Repeat("}", deepest),
		strings.Repeat(`[{"a":`, 100) + "1" + strings.Repeat("}]", 100),
		strings.Repeat(`[{"a":`, 100) + "1" + strings.Repeat("]}", 100),
	}
	for n := range 20 { // a special byte at each place of what is looked at together
		text := strings.Repeat("x", n)
		for _, special := range []string{`"`, `\"`, "\x1f", "\x00", `\`, "\xff", "\x80", "\xa2", "\xdc", "!", "#", "[", "]", " "} {
			list = append(list, `"`+text+special+strings.Repeat("y", 20-n)+`"`)
		}
	}
	return list
}

func TestValid(t *testing.T) {
	good := 0
	for _, text := range documents() {
		want := json.Valid([]byte(text))
		if want {
			good++
		}
		if got := valid([]byte(text)); got != want {
			t.Errorf("%.60q is valid: %v, want %v", text, got, want)
		}
	}
	if good == 0 || good == len(documents()) {
		t.Errorf("%d of %d documents are good", good, len(documents()))
	}
}

// FuzzValid compares with encoding/json.
func FuzzValid(f *testing.F) {
	for _, text := range documents() {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if got, want := valid(text), json.Valid(text); got != want {
			t.Errorf("%q is valid: %v, want %v", text, got, want)
		}
	})
}
