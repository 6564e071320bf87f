package huawei

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// The readers of single values: lenient in form (a number may come as a string and a string as a number, with spaces
// around), strict in meaning. ok is false for what cannot be read; null and a missing value are the zero value, ok.

// text reads a string. Invalid UTF-8 is replaced, because such a text can be no label.
func text(raw json.RawMessage) (s string, ok bool) {
	raw = bytes.TrimSpace(raw)
	switch {
	case isAbsent(raw):
		return "", true
	case raw[0] == '"':
		if inside := raw[1 : len(raw)-1]; bytes.IndexByte(inside, '\\') < 0 && utf8.Valid(inside) {
			return string(bytes.TrimSpace(inside)), true
		}
		err := json.Unmarshal(raw, &s)
		return strings.TrimSpace(s), err == nil
	case raw[0] == '-' || (raw[0] >= '0' && raw[0] <= '9'):
		return string(raw), true
	}
	return "", false
}

func isAbsent(raw json.RawMessage) bool { return len(raw) == 0 || bytes.Equal(raw, []byte("null")) }

// integer reads a whole number; absent ones are not ok.
func integer(raw json.RawMessage) (n int64, ok bool) {
	s, ok := text(raw)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// boolean reads true or false; nil: absent.
func boolean(raw json.RawMessage) (b *bool, ok bool) {
	if isAbsent(raw) {
		return nil, true
	}
	err := json.Unmarshal(raw, &b)
	return b, err == nil
}

// kilobytes reads a size in KB and returns it in bytes; nil: absent.
func kilobytes(raw json.RawMessage) (size *int64, ok bool) {
	if isAbsent(raw) {
		return nil, true
	}
	n, ok := integer(raw)
	if !ok || n < 0 || n > math.MaxInt64/1024 {
		return nil, false
	}
	n *= 1024
	return &n, true
}

// percent reads "9%" or 9.
func percent(raw json.RawMessage) (p *float64, ok bool) {
	s, ok := text(raw)
	if !ok || s == "" {
		return nil, ok
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(s, "%")), 64)
	if err != nil || !(f >= 0 && f <= 100) {
		return nil, false
	}
	return &f, true
}

// Formats of time in the API: of backups, of instances, of tasks, and RFC 3339.
var timeLayouts = [...]string{ //nolint:gochecknoglobals // a constant of a type that Go has no constants for
	time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", time.RFC3339,
}

// moment reads a time. One without a zone is UTC.
func moment(raw json.RawMessage) (t time.Time, ok bool) {
	s, ok := text(raw)
	if !ok || s == "" {
		return time.Time{}, ok
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && !t.IsZero() {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// milliseconds reads a Unix time in milliseconds; absent ones are not ok.
func milliseconds(raw json.RawMessage) (t time.Time, ok bool) {
	n, ok := integer(raw)
	if !ok || n <= 0 || n > maxMilliseconds {
		return time.Time{}, false
	}
	return time.UnixMilli(n).UTC(), true
}

// maxMilliseconds is the end of the year 9999.
const maxMilliseconds = 253402300799999
