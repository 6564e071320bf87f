package wire

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Rejection is a value that could not be read.
type Rejection struct {
	Field   string // the API's name of the field
	Problem string // what is wrong with the value
}

// Reader turns scalars into values, and keeps a rejection for each value that it cannot read. All methods except ID
// treat a missing, null or empty field as not set, which is not rejected. The zero value is ready to use.
type Reader struct{ Rejected []Rejection }

// Reject rejects the value of a field that is not what is wanted, e.g. "a time".
func (r *Reader) Reject(field string, s Scalar, wanted string) {
	switch s.Kind {
	case Composite:
		r.RejectAs(field, "an object or list is not "+wanted)
	case Repeated:
		r.RejectAs(field, repeated.problem())
	case Long:
		r.RejectAs(field, fmt.Sprintf("more than %d characters are not %s: %q", LongestText, wanted, s.Clip(40)))
	case Missing, Null, String, Number, Boolean:
		r.RejectAs(field, fmt.Sprintf("%q is not %s", s.Clip(40), wanted))
	}
}

// FirstRejected returns the first of the fields whose value was rejected; "" for none.
func (r *Reader) FirstRejected(fields ...string) string {
	for _, bad := range r.Rejected {
		if slices.Contains(fields, bad.Field) {
			return bad.Field
		}
	}
	return ""
}

// RejectAs rejects the value of a field because of a problem that [Reader.Reject] has no words for.
func (r *Reader) RejectAs(field, problem string) {
	r.Rejected = append(r.Rejected, Rejection{field, problem})
}

// ID reads a value for which [Scalar.IsID] holds. It rejects everything else, an empty or missing field included; ok is
// false then.
func (r *Reader) ID(field string, s Scalar) (id string, ok bool) {
	if s.IsID() {
		return s.Text, true
	}
	r.Reject(field, s, "an id")
	return "", false
}

// Text reads free text and returns at most [LongestText] characters of it; "" when it is not set or was rejected.
func (r *Reader) Text(field string, s Scalar) string {
	if s.Kind == Composite || s.Kind == Boolean || s.Kind == Repeated {
		r.Reject(field, s, "text")
		return ""
	}
	return s.Text
}

// Time reads a string in the first of the layouts that fits, and returns it in UTC; zero when it is not set. ok is false
// when the value was rejected.
func (r *Reader) Time(field string, s Scalar, layouts ...string) (t time.Time, ok bool) {
	if !s.IsSet() {
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

// Milliseconds reads a Unix time in milliseconds; zero when it is not set. ok is false when the value was rejected.
func (r *Reader) Milliseconds(field string, s Scalar) (t time.Time, ok bool) {
	if !s.IsSet() {
		return time.Time{}, true
	}
	if n, ok := integer(s); ok && plausible(time.UnixMilli(n).UTC()) {
		return time.UnixMilli(n).UTC(), true
	}
	r.Reject(field, s, "a time")
	return time.Time{}, false
}

// plausible is false for the years in which unset times are usually printed, 1 and 1970: no backup is that old.
func plausible(t time.Time) bool { return t.Year() >= 2000 && t.Year() <= 9999 }

// Integer reads a whole number, which may be a string; nil when it is not set or was rejected.
func (r *Reader) Integer(field string, s Scalar) *int64 {
	if !s.IsSet() {
		return nil
	}
	if n, ok := integer(s); ok {
		return &n
	}
	r.Reject(field, s, "a whole number")
	return nil
}

// integer is false for everything that is no whole number.
func integer(s Scalar) (n int64, ok bool) {
	if s.Kind != Number && s.Kind != String {
		return 0, false
	}
	return wholeNumber(s.Text)
}

// Size reads a number of units of that many bytes, e.g. 1024 for kB, and returns it in bytes; nil when it is not set or
// was rejected.
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

// Flag reads true, false, 1 or 0, any of which may be a string; nil when it is not set or was rejected.
func (r *Reader) Flag(field string, s Scalar) *bool {
	if !s.IsSet() {
		return nil
	}
	n, isNumber := integer(s)
	switch text := strings.ToLower(s.Text); {
	case text == "true", isNumber && n == 1:
		return new(true)
	case text == "false", isNumber && n == 0:
		return new(false)
	}
	r.Reject(field, s, "true or false")
	return nil
}

// IsTrue reports whether a flag is set and true.
func IsTrue(flag *bool) bool { return flag != nil && *flag }

// IsFalse reports whether a flag is set and false.
func IsFalse(flag *bool) bool { return flag != nil && !*flag }

// Percent reads "18%", "18" or 18; nil when it is not set or was rejected.
func (r *Reader) Percent(field string, s Scalar) *float64 {
	if !s.IsSet() {
		return nil
	}
	p, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s.Text, "%")), 64)
	if err == nil && s.Kind != Long && p >= 0 && p <= 100 { // false for NaN
		return &p
	}
	r.Reject(field, s, "a percentage")
	return nil
}

// Choice returns the value of a word, in any case; the zero value when it is not set, or when the word is not in values
// and was rejected.
func Choice[T any](r *Reader, field string, s Scalar, values map[string]T) T {
	for word, value := range values {
		if strings.EqualFold(word, s.Text) {
			return value
		}
	}
	if s.IsSet() {
		r.Reject(field, s, "known")
	}
	var none T
	return none
}

// Take returns the value of a part; the zero value when it is not set or was rejected. ok is false when it was rejected.
func Take[T any](r *Reader, field string, p Part[T]) (value T, ok bool) {
	return p.Value, r.take(field, p.form)
}

// take rejects what has the wrong form; ok is false then.
func (r *Reader) take(field string, f form) (ok bool) {
	problem := f.problem()
	if problem != "" {
		r.RejectAs(field, problem)
	}
	return problem == ""
}

// Entries returns the entries of a list inside a record; none when it is not set, or when it was rejected. ok is false
// when it was rejected: it has another type, or more entries than a record may have.
func Entries[T any](r *Reader, field string, l List[T]) (entries []T, ok bool) {
	return l.Items, r.take(field, l.form)
}

// Tag is a label that the owner of an instance gave it. Its JSON names may be in any case.
type Tag struct{ Key, Value Scalar }

// Tags returns the values of tags by key; nil when there are none. ok is false when there may be others that could not be
// read. The names are those of the API: of the list, and of keys and values in it.
func (r *Reader) Tags(field string, list List[Tag], keyField, valueField string) (all map[string]string, ok bool) {
	tags, ok := Entries(r, field, list)
	for _, tag := range tags {
		before := len(r.Rejected)
		key, value := r.Text(keyField, tag.Key), r.Text(valueField, tag.Value)
		if len(r.Rejected) == before && key == "" {
			r.Reject(keyField, tag.Key, "the key of a tag")
		}
		if len(r.Rejected) > before {
			ok = false
			continue
		}
		if all == nil {
			all = make(map[string]string, len(tags))
		}
		all[key] = value
	}
	return all, ok
}
