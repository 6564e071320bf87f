package alibaba

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scalar is a JSON value that ought to be a string, a number or a boolean. It takes whatever comes, so that one bad
// value never costs more than itself. The zero value is a field that is missing.
type scalar struct {
	text string // without surrounding white space: the API's own examples end ids with a newline
	kind kind
}

type kind uint8

const (
	missing kind = iota
	null
	str
	number
	boolean
	composite // an object or array; text is empty
)

// UnmarshalJSON never fails.
func (s *scalar) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case 'n':
		*s = scalar{kind: null}
	case '"':
		*s = scalar{unquote(data), str}
	case '{', '[':
		*s = scalar{kind: composite}
	case 't', 'f':
		*s = scalar{string(data), boolean}
	default:
		*s = scalar{string(data), number}
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

// said reports whether there is anything to read.
func (s scalar) said() bool {
	return s.kind != missing && s.kind != null && (s.kind != str || s.text != "")
}

// rejection is a value that could not be read.
type rejection struct {
	field   string // the API's name
	problem string // what was wrong with it
}

// reader turns scalars into values, and keeps what it could not read. Every method takes a field that is missing, null
// or empty as one that says nothing.
type reader struct{ rejected []rejection }

func (r *reader) reject(field string, s scalar, want string) {
	if s.kind == composite {
		r.rejected = append(r.rejected, rejection{field, "an object or list is not " + want})
		return
	}
	r.rejected = append(r.rejected, rejection{field, fmt.Sprintf("%q is not %s", clip(withoutURLs(s.text), 40), want)})
}

// id reads a string or number; ok is false when there is none or it is something else, both of which are rejected.
func (r *reader) id(field string, s scalar) (id string, ok bool) {
	if (s.kind == str || s.kind == number) && s.text != "" {
		return s.text, true
	}
	r.reject(field, s, "an id")
	return "", false
}

// words reads free text.
func (r *reader) words(field string, s scalar) string {
	if s.kind == composite {
		r.reject(field, s, "text")
	}
	return s.text
}

// time reads 2006-01-02T15:04:05Z, or the same without seconds. ok is false when there is something else.
func (r *reader) time(field string, s scalar) (t time.Time, ok bool) {
	if !s.said() {
		return time.Time{}, true
	}
	if s.kind == str {
		for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
			// No backup is as old as what an unset time tends to be printed as.
			if t, err := time.Parse(layout, s.text); err == nil && t.Year() >= 2000 && t.Year() <= 9999 {
				return t.UTC(), true
			}
		}
	}
	r.reject(field, s, "a time")
	return time.Time{}, false
}

// integer reads a whole number, or a string of nothing else; nil when there is none.
func (r *reader) integer(field string, s scalar) *int64 {
	if !s.said() {
		return nil
	}
	if s.kind == number || s.kind == str {
		if n, err := strconv.ParseInt(s.text, 10, 64); err == nil {
			return &n
		}
	}
	r.reject(field, s, "a whole number")
	return nil
}

// bytes reads a size; nil when there is none.
func (r *reader) bytes(field string, s scalar) *int64 {
	n := r.integer(field, s)
	if n != nil && *n < 0 {
		r.reject(field, s, "a size")
		return nil
	}
	return n
}

// flag reads true, false, 1 or 0, as they are or as a string; nil when there is none.
func (r *reader) flag(field string, s scalar) *bool {
	if !s.said() {
		return nil
	}
	if s.kind != composite {
		switch strings.ToLower(s.text) {
		case "true", "1":
			return new(true)
		case "false", "0":
			return new(false)
		}
	}
	r.reject(field, s, "true or false")
	return nil
}

// percent reads "18%", "18" or 18; nil when there is none.
func (r *reader) percent(field string, s scalar) *float64 {
	if !s.said() {
		return nil
	}
	if s.kind == number || s.kind == str {
		p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s.text, "%")), 64)
		if err == nil && !math.IsNaN(p) && p >= 0 && p <= 100 {
			return &p
		}
	}
	r.reject(field, s, "a percentage")
	return nil
}

// choice looks a word up, whatever its case; what is not there is rejected and gives the zero value.
func choice[T any](r *reader, field string, s scalar, values map[string]T) T {
	value, ok := values[strings.ToLower(s.text)]
	if !ok && s.said() {
		r.reject(field, s, "known")
	}
	return value
}

// list is a JSON array that knows whether it was there: null and [] are lists of nothing, a missing one is no list.
type list[T any] struct {
	items   []T
	present bool
}

// UnmarshalJSON fails for anything but an array or null. Elements of the wrong type become zero values.
func (l *list[T]) UnmarshalJSON(data []byte) error {
	l.present = true
	if data[0] != '[' && data[0] != 'n' {
		l.present = false
		return fmt.Errorf("a list is wanted, not %.1s", data)
	}
	err := json.Unmarshal(data, &l.items)
	if mistyped(err) {
		return nil
	}
	return err
}
