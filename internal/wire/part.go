package wire

import (
	"fmt"
	"reflect"
)

// form is what stands where an object or list should be.
type form uint8

const (
	absent   form = iota // the field is not there
	null                 // null
	present              // an object or list, as it should be
	mistyped             // a value of another type
	oversize             // a list of more elements than a record may have
	repeated             // the field is there more than once
)

// formOf returns the form of a value whose first byte is first, where objects or lists begin with the byte opening.
func formOf(first, opening byte) form {
	switch first {
	case opening:
		return present
	case 'n':
		return null
	}
	return mistyped
}

// problem returns why there is no value although there should be; "" when there is one, or the field is not set.
func (f form) problem() string {
	switch f {
	case mistyped:
		return "not of the form that is known"
	case oversize:
		return fmt.Sprintf("more than %d entries", maxInner)
	case repeated:
		return "given more than once"
	case absent, null, present:
	}
	return ""
}

// Part is an object inside an answer or record. A part of another type does not affect what is around it. The zero value
// is a missing field.
type Part[T any] struct {
	Value T // the zero value unless the part is present
	form  form
}

// Present reports whether the part is there and an object.
func (p *Part[T]) Present() bool { return p.form == present }

func (p *Part[T]) fill(d *decoder) {
	if p.form != absent {
		*p = Part[T]{form: repeated}
		d.value()
		return
	}
	if p.form = formOf(d.next(), '{'); p.form == present {
		v := reflect.ValueOf(&p.Value).Elem()
		d.object(v, d.planOf(v.Type()))
		return
	}
	d.value()
}

// List is a list of records. An element that is no object is a record without fields. The zero value is a missing field.
type List[T any] struct {
	Items []T // empty unless the list is present
	form  form
}

// Present reports whether the list is there and a list, be it empty.
func (l *List[T]) Present() bool { return l.form == present }

// Empty reports whether the list says that there are no records: it is [] or null, or is not there.
func (l *List[T]) Empty() bool {
	return l.form == absent || l.form == null || (l.form == present && len(l.Items) == 0)
}

func (l *List[T]) fill(d *decoder) {
	if l.form != absent {
		*l = List[T]{form: repeated}
		d.value()
		return
	}
	if l.form = formOf(d.next(), '['); l.form != present {
		d.value()
		return
	}
	n, ok := d.admit()
	if !ok {
		l.form = oversize
		d.value()
		return
	}
	l.Items = make([]T, n)
	items, fields := reflect.ValueOf(l.Items), d.planOf(reflect.TypeFor[T]())
	d.depth++
	d.enter()
	for i := 0; d.err == nil && d.more(']'); i++ {
		d.object(items.Index(i), fields)
	}
	d.depth--
}
