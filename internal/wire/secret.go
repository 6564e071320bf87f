package wire

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Secret is a JSON string that is kept whole, however long it is, and that never prints: a key or a token. The zero value
// is a missing field.
type Secret struct {
	text string
	read bool
}

// Reveal returns the secret without surrounding white space; "" when the field is missing, is there more than once, or
// has another type.
func (s Secret) Reveal() string { return s.text }

// Format prints <secret> for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("<secret>")) }

func (s *Secret) fill(d *decoder) {
	raw := d.value()
	text := ""
	if raw[0] == '"' && !s.read {
		_ = json.Unmarshal(raw, &text) // a valid string
	}
	*s = Secret{strings.TrimSpace(text), true}
}
