package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Scalar is a JSON value that should be a string, a number or a boolean. It accepts any value, so that a value of the
// wrong type does not affect the record around it. The zero value is a missing field.
type Scalar struct {
	Text string // valid UTF-8 without surrounding white space, because clouds end some ids with a newline
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
)

// UnmarshalJSON never fails.
func (s *Scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n':
		*s = Scalar{Kind: Null}
	case '"':
		*s = Scalar{unquote(data), String}
	case '{', '[':
		*s = Scalar{Kind: Composite}
	case 't', 'f':
		*s = Scalar{string(data), Boolean}
	default:
		*s = Scalar{string(data), Number}
	}
	return nil
}

func unquote(data []byte) string {
	inside := data[1 : len(data)-1]
	if bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
		return string(bytes.TrimSpace(inside))
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return "" // cannot happen: encoding/json passes valid JSON only
	}
	return strings.TrimSpace(text)
}

// IsSet reports whether there is a value: the field is not missing, null or empty.
func (s Scalar) IsSet() bool {
	return s.Kind != Missing && s.Kind != Null && (s.Kind != String || s.Text != "")
}

// Part is an object or list inside a record. A part of another type does not affect the record around it. The zero value
// is a missing field.
type Part[T any] struct {
	Value    T
	mistyped bool
}

// UnmarshalJSON never fails.
func (p *Part[T]) UnmarshalJSON(data []byte) error {
	*p = Part[T]{}
	p.mistyped = json.Unmarshal(data, &p.Value) != nil
	return nil
}

// Unmarshal decodes a JSON document. mistyped says that some value in it had the wrong type and was left out, which is
// no error.
func Unmarshal(data []byte, into any) (mistyped bool, err error) {
	err = json.Unmarshal(data, into)
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("the answer cannot be read: %w", err)
	}
	return false, nil
}

// LongestMessage is how many bytes of a cloud's own message an error shows.
const LongestMessage = 300

// Clip makes text of a cloud fit for an error or a log: one line of valid UTF-8 with at most longest bytes of the text.
// URLs are left out, because they may carry keys, signatures and tokens.
func Clip(text string, longest int) string {
	words := strings.Fields(strings.ToValidUTF8(text, "\uFFFD"))
	for i, word := range words {
		if strings.Contains(word, "://") {
			words[i] = "(URL)"
		}
	}
	text = strings.Join(words, " ")
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
