package report

import (
	"encoding/csv"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// WriteCSV writes a row per target with the scalar fields of the JSON, under the same names. What is not known is empty.
func (r Report) WriteCSV(to io.Writer) error { return WriteCSV(to, r.Targets) }

// WriteCSV writes a row per record: the fields of T that JSON has as a string, a number, a boolean or a time, under their names
// there. What is null or left out there is empty. Times are RFC 3339.
func WriteCSV[T any](to io.Writer, records []T) error {
	fields := scalarFields(reflect.TypeFor[T]())
	w := csv.NewWriter(to)
	head := make([]string, len(fields))
	for i, f := range fields {
		head[i] = f.name
	}
	if err := w.Write(head); err != nil {
		return err
	}
	row := make([]string, len(fields))
	for _, record := range records {
		value := reflect.ValueOf(record)
		for i, f := range fields {
			row[i] = scalar(value.FieldByIndex(f.index))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// column is a field of a record.
type column struct {
	name  string
	index []int
}

func scalarFields(t reflect.Type) []column {
	var columns []column
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "" && name != "-" && isScalar(f.Type) {
			columns = append(columns, column{name, f.Index})
		}
	}
	return columns
}

func isScalar(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t == reflect.TypeFor[time.Time]() || t.Kind() == reflect.String || t.Kind() == reflect.Bool || t.Kind() == reflect.Float64 || reflect.Zero(t).CanInt()
}

// scalar returns a value as text; "" for nil.
func scalar(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if at, ok := reflect.TypeAssert[time.Time](v); ok {
		return at.Format(time.RFC3339Nano)
	}
	switch {
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.Kind() == reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, 64)
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	}
	return HarmlessCell(v.String())
}

// HarmlessCell returns a text that no spreadsheet takes for a formula.
func HarmlessCell(text string) string {
	text = OneLine(text)
	if text != "" && strings.ContainsRune("=+-@", rune(text[0])) {
		return "'" + text
	}
	return text
}

// OneLine returns a text without line breaks, without other control characters, and without those that turn the direction of
// writing: clouds and their users choose names, and a terminal or a page must not obey them.
func OneLine(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\t':
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Bidi_Control, c):
			return unicode.ReplacementChar
		}
		return c
	}, text)
}
