package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-kit/log"
	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

func TestRejects(t *testing.T) {
	var logged strings.Builder
	counted := map[string]int{}
	l := NewRejects(log.NewLogfmtLogger(&logged), func(field string) { counted[field]++ })
	one, other := backup.Target{InstanceID: "i1"}, backup.Target{InstanceID: "i2"}
	r := Reader{Rejected: []Rejection{{"Size", "bad"}, {"Size", "worse"}, {"End", "bad"}}}
	l.Report(one, r)
	l.Report(one, r)
	l.Report(other, Reader{Rejected: []Rejection{{"End", "bad"}}})
	l.Report(other, Reader{})
	const msg = `level=warn msg="cannot read a value of the cloud's answer; logged once" `
	want := msg + "target=///i1 field=Size problem=bad\n" + msg + "target=///i1 field=End problem=bad\n" + msg + "target=///i2 field=End problem=bad\n"
	if diff := cmp.Diff(want, logged.String()); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"Size": 4, "End": 3}, counted); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestRejectsWithoutLogger(t *testing.T) {
	counted := 0
	l := NewRejects(nil, func(string) { counted++ })
	l.Report(backup.Target{}, Reader{Rejected: []Rejection{{"Size", "bad"}}})
	if counted != 1 {
		t.Errorf("counted %d, want 1", counted)
	}
}

func TestRejectsAreBounded(t *testing.T) {
	l := NewRejects(nil, func(string) {})
	for i := range maxLogged + 1 {
		l.Report(backup.Target{InstanceID: fmt.Sprint(i)}, Reader{Rejected: []Rejection{{"Size", "bad"}}})
	}
	if n := len(l.logged); n != 1 {
		t.Errorf("%d kinds are remembered after one too many, want to begin again with 1", n)
	}
}
