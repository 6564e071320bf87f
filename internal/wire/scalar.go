package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Scalar is a JSON value that ought to be a string, a number or a boolean. It takes whatever comes, so that one bad
// value never costs more than itself. The zero value is a field that is missing.
type Scalar struct {
	Text string // valid UTF-8, without surrounding white space: clouds end ids with a newline
	Kind Kind
}

// Kind is the type of a JSON value.
type Kind uint8

// The kinds.
const (
	Missing Kind = iota
	Null
	String
	Number
	Boolean
	Composite // an object or list; Text is empty
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
		return "" // the decoder hands out valid JSON only
	}
	return strings.TrimSpace(text)
}

// Said reports whether there is anything to read.
func (s Scalar) Said() bool {
	return s.Kind != Missing && s.Kind != Null && (s.Kind != String || s.Text != "")
}

// Part is an object or list inside a record. One of another type is left out, and costs the record nothing else.
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

// Clip makes a cloud's own words fit for an error or a log: one line of valid UTF-8, longest bytes of it at most, and
// no URLs, which may carry keys, signatures and tokens.
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
