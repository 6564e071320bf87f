package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestSecret(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	tests := []struct{ name, text, want string }{
		{"missing", `{}`, ""},
		{"null", `{"Token":null}`, ""},
		{"a number", `{"Token":1}`, ""},
		{"text", `{"Token":" a\u002fb\n"}`, "a/b"},
		{"long text", `{"Token":"` + long + `"}`, long},
		{"twice", `{"Token":"a","Token":"a"}`, ""},
		{"twice, first as null", `{"Token":null,"token":"a"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var doc struct{ Token Secret }
			if err := Unmarshal([]byte(tt.text), &doc); err != nil {
				t.Fatal(err)
			}
			if got := doc.Token.Reveal(); got != tt.want {
				t.Errorf("secret of %d bytes, want %d", len(got), len(tt.want))
			}
			if shown := fmt.Sprintf("%v %+v %#v %s %q", doc, doc, doc, doc.Token, doc.Token); tt.want != "" && strings.Contains(shown, tt.want) {
				t.Error("the secret prints")
			}
		})
	}
}
