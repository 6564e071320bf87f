package report

import (
	"encoding/json"
	"strings"
	"testing"
)

// What a terminal would obey is escaped, and a program still reads it.
func TestWriteJSON(t *testing.T) {
	const name = "a\x1b[2J\x7f\u009b\u202e\u2066\n\"搜索\U0001f600"
	var out strings.Builder
	if err := WriteJSON(&out, map[string]string{"name": name}); err != nil {
		t.Fatal(err)
	}
	if want := "{\n  \"name\": \"a\\u001b[2J\\u007f\\u009b\\u202e\\u2066\\n\\\"搜索\U0001f600\"\n}\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	var read map[string]string
	if err := json.Unmarshal([]byte(out.String()), &read); err != nil || read["name"] != name {
		t.Errorf("a program reads %q (%v), want %q", read["name"], err, name)
	}
}
