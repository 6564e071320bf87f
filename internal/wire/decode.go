package wire

import (
	"errors"
	"fmt"

	"mongodb_backup_exporter/internal/backup"
)

// Answer is a pointer to a struct that holds the body of an HTTP 200, for one operation of a cloud. It may have the
// method Fault too: see [Decode].
type Answer[A any] interface {
	*A
	// Missing returns the name of a field that every such answer has and this one does not, or "" for none. A field that
	// is there more than once is missing.
	Missing() string
}

// faulty is an Answer of a cloud that may send an error with HTTP 200.
type faulty interface {
	// Fault returns the error that the body is, or nil for none. missing is what Missing returned.
	Fault(op, missing string) error
}

// extended is an Answer that embeds [Extent].
type extended interface{ setExtent(e Extent) }

// Decode reads the body of an HTTP 200 that op was answered with. A body without the field that the operation promises
// is an error, so that it is never taken for an empty list. So is a body that holds more than an answer may. The error is
// the one that Fault returns, where the answer has that method, or a [*backup.Error] of class protocol.
func Decode[A any, P Answer[A]](op string, body []byte) (P, error) {
	answer := P(new(A))
	extent, err := unmarshal(body, answer)
	if err != nil {
		return nil, ProtocolError(op, err.Error())
	}
	if e, ok := any(answer).(extended); ok {
		e.setExtent(extent)
	}
	missing := answer.Missing()
	if f, ok := any(answer).(faulty); ok {
		if err := f.Fault(op, missing); err != nil {
			return nil, err
		}
	}
	if missing != "" {
		return nil, Incomplete(op, missing)
	}
	return answer, nil
}

// Incomplete returns the error of an answer in which a field is missing or has the wrong type.
func Incomplete(op, missing string) *backup.Error {
	return ProtocolError(op, "the answer has no proper "+missing)
}

// ProtocolError returns the error of an answer that is not what the API promises.
func ProtocolError(op, problem string) *backup.Error {
	return &backup.Error{Op: op, Class: backup.ClassProtocol, Err: errors.New(problem)}
}

// MissingUnless returns field, or "" when it is present. It serves [Answer.Missing].
func MissingUnless(present bool, field string) string {
	if present {
		return ""
	}
	return field
}

// Named is a value and the API's name of its field.
type Named struct {
	Field string
	Value Scalar
}

// FirstGarbled returns the field of the first value that is garbled; "" for none. It serves [Answer.Missing].
func FirstGarbled(values ...Named) string {
	for _, v := range values {
		if v.Value.Garbled() {
			return v.Field
		}
	}
	return ""
}

// NoneReadable returns the error of a list of which no record could be read; nil: some were, or there are none. Such a
// list is not an empty one: what was known before stays.
func NoneReadable(op string, records, read int) error {
	if records == 0 || read > 0 {
		return nil
	}
	return ProtocolError(op, fmt.Sprintf("none of the %d listed records could be read", records))
}
