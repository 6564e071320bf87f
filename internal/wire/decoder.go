package wire

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Unmarshal reads a JSON document into a struct. It reads fields of the types [Scalar], [Secret], [Part] and [List], also
// those of embedded structs. The name of a field is the one in its json tag, or else its own, and the document may write
// it in any case. All else in the document is skipped. The error says that the document is not JSON, or holds more than
// an answer may.
func Unmarshal(data []byte, into any) error {
	_, err := unmarshal(data, into)
	return err
}

// unmarshal also returns how much the document holds.
func unmarshal(data []byte, into any) (Extent, error) {
	if !valid(data) {
		return Extent{}, invalid(data)
	}
	d := &decoder{cursor: cursor{data: data}, plans: map[reflect.Type]plan{}}
	v := reflect.ValueOf(into).Elem()
	d.object(v, d.planOf(v.Type()))
	return Extent{d.records, len(data)}, d.err
}

// invalid returns what is wrong with data that is not valid JSON, or is nested deeper than encoding/json follows it.
func invalid(data []byte) error {
	var nothing struct{}
	err := json.Unmarshal(data, &nothing)
	if strings.HasSuffix(err.Error(), "exceeded max depth") {
		err = errors.New("objects and lists are nested more than 10000 deep")
	}
	return fmt.Errorf("the answer cannot be read: %w", err)
}

// decoder fills structs from JSON that is known to be valid. encoding/json would make all records of a list before
// anybody could count them, and would not notice that a field is there twice.
type decoder struct {
	cursor
	plans   map[reflect.Type]plan
	depth   int   // lists around the cursor
	records int   // elements of all lists that were read so far
	err     error // the answer holds more than it may; nothing more is read
}

// filler is a value that reads itself.
type filler interface{ fill(d *decoder) }

// object reads the object at the cursor into a struct with the plan of its type. Any other value leaves the struct as it is.
func (d *decoder) object(v reflect.Value, fields plan) {
	if d.next() != '{' {
		d.value()
		return
	}
	d.enter()
	for d.err == nil && d.more('}') {
		if i := fields.find(d.key()); i >= 0 {
			fields[i].in(v).fill(d)
			continue
		}
		d.value()
	}
}

// admit returns how many elements the list at the cursor has. ok is false when a list inside a record has too many, which
// costs that list only.
func (d *decoder) admit() (n int, ok bool) {
	if d.depth > 0 {
		n = d.count(maxInner)
		if n > maxInner {
			return 0, false
		}
	} else if n = d.count(maxRecords); n > maxRecords {
		d.err = fmt.Errorf("more than %d records in one answer", maxRecords)
		return 0, false
	}
	if d.records += n; d.records > maxAll {
		d.err = fmt.Errorf("more than %d records in one answer, those inside records included", maxAll)
		return 0, false
	}
	return n, true
}

// plan is the fields of a struct that can be read.
type plan []plannedField

type plannedField struct {
	name  string
	of    int // index of the embedded struct that has the field; -1: the struct itself has it
	index int
}

// in returns the field in a struct of the plan's type.
func (f *plannedField) in(v reflect.Value) filler {
	if f.of >= 0 {
		v = v.Field(f.of)
	}
	field, _ := reflect.TypeAssert[filler](v.Field(f.index).Addr()) // planOf has checked the type
	return field
}

// planOf returns the plan of a type. It is made once per document.
func (d *decoder) planOf(t reflect.Type) plan {
	fields, ok := d.plans[t]
	if ok {
		return fields
	}
	fields = appendFields(make(plan, 0, 16), t, -1)
	for i := range t.NumField() {
		if f := t.Field(i); f.Anonymous {
			fields = appendFields(fields, f.Type, i)
		}
	}
	d.plans[t] = fields
	return fields
}

// appendFields appends the own fields of a struct type to a plan.
func appendFields(to plan, t reflect.Type, of int) plan {
	for i := range t.NumField() {
		if f := t.Field(i); reflect.PointerTo(f.Type).Implements(reflect.TypeFor[filler]()) {
			to = append(to, plannedField{cmp.Or(f.Tag.Get("json"), f.Name), of, i})
		}
	}
	return to
}

// find returns the index of the field with a key; -1 for none. A key with escapes is none: no cloud escapes its own
// names.
func (p plan) find(key []byte) int {
	for i := range p {
		if len(p[i].name) == len(key) && (p[i].name == string(key) || equalFold(p[i].name, key)) {
			return i
		}
	}
	return -1
}

// equalFold compares two ASCII texts of the same length without regard to case.
func equalFold(name string, key []byte) bool {
	for i, b := range key {
		if a := name[i]; a != b && (a|0x20 != b|0x20 || a|0x20 < 'a' || a|0x20 > 'z') {
			return false
		}
	}
	return true
}
