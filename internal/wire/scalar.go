package wire

import (
	"strings"
	"unicode"
)

// Scalar is a JSON value that should be a string, a number or a boolean. It accepts any value, so that a value of the
// wrong type does not affect the record around it. The zero value is a missing field.
type Scalar struct {
	Text string // printable UTF-8 without surrounding white space, because clouds end some ids with a newline
	Kind Kind
}

// Kind is the type of a JSON value.
type Kind uint8

// The kinds. The zero value is Missing.
const (
	Missing   Kind = iota // the field is not there
	Null                  // Text is empty
	String                // Text is the string
	Number                // Text is the number with all its digits
	Boolean               // Text is true or false
	Composite             // an object or a list; Text is empty
	Long                  // a string or number of more than LongestText characters; Text is its beginning
	Repeated              // the field is there more than once, so that nobody knows which one counts; Text is empty
)

// IsSet reports whether there is a value: the field is not missing, null or empty.
func (s Scalar) IsSet() bool {
	return s.Kind != Missing && s.Kind != Null && (s.Kind != String || s.Text != "")
}

// IsID reports whether the value can be an id: a string or a number that is neither empty nor changed. A text that was
// cut, or has characters that do not print, could be equal to another.
func (s Scalar) IsID() bool {
	return (s.Kind == String || s.Kind == Number) && s.Text != "" && !strings.ContainsRune(s.Text, unicode.ReplacementChar)
}

// IsWord reports whether the value can be a word of the cloud, be it one that is not known yet. A field that must have a word
// and has none says nothing.
func (s Scalar) IsWord() bool { return s.Kind == String && s.Text != "" && !s.Garbled() }

// Garbled reports whether there is a value that cannot be a word of the cloud, not even one that is not known: it has
// another type, is too long, is there more than once, or has characters that do not print.
func (s Scalar) Garbled() bool {
	switch s.Kind {
	case Boolean, Composite, Long, Repeated:
		return true
	case Missing, Null, String, Number:
	}
	return strings.ContainsRune(s.Text, unicode.ReplacementChar)
}

// Clip makes the text fit for an error, as [Clip] does.
func (s Scalar) Clip(longest int) string {
	text := Clip(s.Text, longest)
	if s.Kind == Long && !strings.HasSuffix(text, "…") {
		text += "…"
	}
	return text
}

func (s *Scalar) fill(d *decoder) {
	raw := d.value()
	if s.Kind != Missing {
		*s = Scalar{Kind: Repeated}
		return
	}
	*s = scalarOf(raw)
}

// scalarOf reads a value that is known to be valid JSON.
func scalarOf(raw []byte) Scalar {
	switch raw[0] {
	case 'n':
		return Scalar{Kind: Null}
	case '"':
		text, long := textOf(raw[1 : len(raw)-1])
		if long {
			return Scalar{text, Long}
		}
		return Scalar{text, String}
	case '{', '[':
		return Scalar{Kind: Composite}
	case 't', 'f':
		return Scalar{string(raw), Boolean}
	}
	if len(raw) > LongestText {
		return Scalar{string(raw[:LongestText]), Long}
	}
	return Scalar{string(raw), Number}
}
