package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
)

// WriteJSON writes a value as JSON for people and programs: indented, and with escapes in place of what a terminal would obey.
// A program reads the same texts from it.
func WriteJSON(to io.Writer, value any) error {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	_, err := to.Write(escaped(text.Bytes()))
	return err
}

// escaped returns JSON with escapes in place of control characters and of those that turn the direction of writing. Outside of
// strings JSON has no others than line breaks.
func escaped(text []byte) []byte {
	if !bytes.ContainsFunc(text, obeyed) {
		return text
	}
	var safe bytes.Buffer
	for _, c := range string(text) {
		if obeyed(c) {
			fmt.Fprintf(&safe, `\u%04x`, c) // all of them have four digits
			continue
		}
		safe.WriteRune(c)
	}
	return safe.Bytes()
}

// obeyed reports whether a terminal obeys a character in a text of JSON, which has line breaks of its own.
func obeyed(c rune) bool {
	return c != '\n' && (unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c))
}
