package wire

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Rejection is a value that could not be read.
type Rejection struct {
	Field   string // the API's name
	Problem string // what was wrong with it
}

// Reader turns scalars into values, and keeps what it could not read. Every method takes a field that is missing, null
// or empty as one that says nothing, but for ID. The zero value is ready to use.
type Reader struct{ Rejected []Rejection }

// Reject notes that the value of a field is not what is wanted, e.g. "a time".
func (r *Reader) Reject(field string, s Scalar, want string) {
	if s.Kind == Composite {
		r.Note(field, "an object or list is not "+want)
		return
	}
	r.Note(field, fmt.Sprintf("%q is not %s", Clip(s.Text, 40), want))
}

// Note notes what is wrong with a field.
func (r *Reader) Note(field, problem string) {
	r.Rejected = append(r.Rejected, Rejection{field, problem})
}

// ID reads a string or number; ok is false when there is none or it is something else, both of which are rejected.
func (r *Reader) ID(field string, s Scalar) (id string, ok bool) {
	if (s.Kind == String || s.Kind == Number) && s.Text != "" {
		return s.Text, true
	}
	r.Reject(field, s, "an id")
	return "", false
}

// Words reads free text.
func (r *Reader) Words(field string, s Scalar) string {
	if s.Kind == Composite || s.Kind == Boolean {
		r.Reject(field, s, "text")
		return ""
	}
	return s.Text
}

// Time reads a string in the first of the layouts that fits, and returns it in UTC. ok is false when there is something
// else.
func (r *Reader) Time(field string, s Scalar, layouts ...string) (t time.Time, ok bool) {
	if !s.Said() {
		return time.Time{}, true
	}
	if s.Kind == String {
		for _, layout := range layouts {
			if t, err := time.Parse(layout, s.Text); err == nil && plausible(t) {
				return t.UTC(), true
			}
		}
	}
	r.Reject(field, s, "a time")
	return time.Time{}, false
}

// Milliseconds reads a Unix time; ok is false when there is something else.
func (r *Reader) Milliseconds(field string, s Scalar) (t time.Time, ok bool) {
	if !s.Said() {
		return time.Time{}, true
	}
	if n, err := strconv.ParseInt(s.Text, 10, 64); err == nil && plausible(time.UnixMilli(n).UTC()) {
		return time.UnixMilli(n).UTC(), true
	}
	r.Reject(field, s, "a time")
	return time.Time{}, false
}

// plausible is false for what an unset time tends to be printed as: no backup is as old.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 9999 }

// Integer reads a whole number, or a string of nothing else; nil when there is none.
func (r *Reader) Integer(field string, s Scalar) *int64 {
	if !s.Said() {
		return nil
	}
	if n, err := strconv.ParseInt(s.Text, 10, 64); err == nil {
		return &n
	}
	r.Reject(field, s, "a whole number")
	return nil
}

// Size reads a number of units, e.g. 1024 for kB, and returns it in bytes; nil when there is none.
func (r *Reader) Size(field string, s Scalar, unit int64) *int64 {
	n := r.Integer(field, s)
	if n == nil {
		return nil
	}
	if *n < 0 || *n > math.MaxInt64/unit {
		r.Reject(field, s, "a size")
		return nil
	}
	*n *= unit
	return n
}

// Flag reads true, false, 1 or 0, as they are or as a string; nil when there is none.
func (r *Reader) Flag(field string, s Scalar) *bool {
	if !s.Said() {
		return nil
	}
	switch strings.ToLower(s.Text) {
	case "true", "1":
		return new(true)
	case "false", "0":
		return new(false)
	}
	r.Reject(field, s, "true or false")
	return nil
}

// Percent reads "18%", "18" or 18; nil when there is none.
func (r *Reader) Percent(field string, s Scalar) *float64 {
	if !s.Said() {
		return nil
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s.Text, "%")), 64)
	if err == nil && p >= 0 && p <= 100 { // not NaN, that is
		return &p
	}
	r.Reject(field, s, "a percentage")
	return nil
}

// Choice looks a word up, whatever its case; what is not there is rejected and gives the zero value.
func Choice[T any](r *Reader, field string, s Scalar, values map[string]T) T {
	for word, value := range values {
		if strings.EqualFold(word, s.Text) {
			return value
		}
	}
	if s.Said() {
		r.Reject(field, s, "known")
	}
	var none T
	return none
}

// Take returns the value of a part; one of another type is rejected and gives the zero value.
func Take[T any](r *Reader, field string, p Part[T]) T {
	if p.mistyped {
		r.Note(field, "not of the form that is known")
		var none T
		return none
	}
	return p.Value
}
