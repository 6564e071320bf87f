package logs_test

import (
	"fmt"
	"testing"

	"mongodb_backup_exporter/internal/logs"
)

func TestStd(t *testing.T) {
	tests := []struct {
		name, line, want string
	}{
		{
			"bytes of an answer", fmt.Sprintf("Unsolicited response received on idle HTTP channel starting with %q; err=%v\n", `{"Secret": "s\e""`+"\n", nil),
			`level warn msg A library logged a message err Unsolicited response received on idle HTTP channel starting with "…"; err=<nil>`,
		},
		{"nothing quoted", "unmarshal iam endpoints file failed, use default\n", "level warn msg A library logged a message err unmarshal iam endpoints file failed, use default"},
		{"quotes within quotes", `a "b\"c" d "e\\" f` + "\n", `level warn msg A library logged a message err a "…" d "…" f`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := &recorder{}
			n, err := logs.Std(r).Write([]byte(test.line))
			if n != len(test.line) || err != nil {
				t.Errorf("Write returned %d, %v", n, err)
			}
			check(t, "lines", r, test.want)
		})
	}
}
