package wire

import (
	"errors"
	"testing"

	"mongodb_backup_exporter/internal/backup"
)

// plainAnswer is an answer of a cloud that sends errors with an HTTP status of their own.
type plainAnswer struct{ List List[record] }

type record struct{ ID Scalar }

func (a *plainAnswer) Missing() string { return MissingUnless(a.List.Present(), "List") }

// faultyAnswer is an answer of a cloud that may send an error with HTTP 200.
type faultyAnswer struct {
	plainAnswer
	Code Scalar
}

func (a *faultyAnswer) Fault(op, missing string) error {
	if !a.Code.IsSet() {
		return nil
	}
	return errors.New(op + " without " + missing + ": " + a.Code.Text)
}

func TestDecode(t *testing.T) {
	plain := func(body []byte) (int, error) {
		a, err := Decode[plainAnswer]("Op", body)
		if err != nil {
			return 0, err
		}
		return len(a.List.Items), nil
	}
	faulty := func(body []byte) (int, error) {
		a, err := Decode[faultyAnswer]("Op", body)
		if err != nil {
			return 0, err
		}
		return len(a.List.Items), nil
	}
	tests := []struct {
		name   string
		decode func([]byte) (int, error)
		body   string
		want   int
		err    string
	}{
		{"list", plain, `{"List":[1,"2"]}`, 2, ""},
		{"empty list", plain, `{"List":[]}`, 0, ""},
		{"no list", plain, `{}`, 0, "Op: protocol: the answer has no proper List"},
		{"null", plain, `{"List":null}`, 0, "Op: protocol: the answer has no proper List"},
		{"list of the wrong type", plain, `{"List":{}}`, 0, "Op: protocol: the answer has no proper List"},
		{"an error that the cloud does not send", plain, `{"List":[1],"Code":"Bad"}`, 1, ""},
		{"cut", plain, `{"List":[`, 0, "Op: protocol: the answer cannot be read: unexpected end of JSON input"},
		{"list, of a cloud that sends errors", faulty, `{"List":[1]}`, 1, ""},
		{"no list, of a cloud that sends errors", faulty, `{}`, 0, "Op: protocol: the answer has no proper List"},
		{"error", faulty, `{"Code":"Bad"}`, 0, "Op without List: Bad"},
		{"error beside a list", faulty, `{"List":[],"Code":"Bad"}`, 0, "Op without : Bad"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.decode([]byte(tt.body))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if n != tt.want || got != tt.err {
				t.Errorf("%d records and %q, want %d and %q", n, got, tt.want, tt.err)
			}
		})
	}
}

func TestProtocolErrorHasItsClass(t *testing.T) {
	if got := backup.ClassOf(Incomplete("Op", "List")); got != backup.ClassProtocol {
		t.Errorf("class = %q, want protocol", got)
	}
}

func TestNoneReadable(t *testing.T) {
	for _, tt := range []struct {
		records, read int
		fails         bool
	}{{0, 0, false}, {3, 0, true}, {3, 1, false}, {3, 3, false}} {
		err := NoneReadable("Op", tt.records, tt.read)
		if (err != nil) != tt.fails || tt.fails && err.Error() != "Op: protocol: none of the 3 listed records could be read" {
			t.Errorf("%d of %d read: %v", tt.read, tt.records, err)
		}
	}
}
