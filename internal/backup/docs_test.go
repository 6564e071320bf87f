package backup_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mongodb_backup_exporter/internal/backup"
)

// The examples of docs/health.md are true, and all of them are here.
func TestExamplesOfTheDocumentation(t *testing.T) {
	denied := &backup.Error{Op: "ListBackups", Class: backup.ClassPermission, Code: "DBS.280032"}
	list := func(b ...backup.Backup) []backup.Backup { return b }
	lastNight := list(full(at(22, 2, 10)))
	cases := []verdictCase{
		{name: "daily schedule, backup of 02:10", policy: daily(), list: lastNight},
		{name: "Mon/Wed/Fri, Friday's backup", policy: monWedFri(), list: list(full(at(20, 2, 10)))},
		{name: "rpo: 4h, backup of 02:10", rpo: 4 * time.Hour, list: lastNight},
		{
			name:   "daily schedule, a manual backup of yesterday 13:00, nothing since",
			policy: daily(), list: list(manual(at(21, 13, 0))),
		},
		{
			name: "backups until Thursday 08:00, then two failures",
			list: list(failed(at(22, 2, 10)), failed(at(21, 2, 10)), full(at(19, 8, 0))),
		},
		{name: "backup of yesterday 14:00, then a failure", list: list(failed(at(22, 2, 10)), full(at(21, 14, 0)))},
		{
			name: "daily schedule, six nights of failed backups, an incremental one of 11:30", policy: daily(),
			list: list(incremental(at(22, 11, 30)), failed(at(22, 2, 10)), failed(at(21, 2, 10)),
				failed(at(20, 2, 10)), failed(at(19, 2, 10)), failed(at(18, 2, 10)), failed(at(17, 2, 10)), full(at(16, 2, 10))),
		},
		{name: "created three hours ago, no backup", created: new(at(22, 9, 0))},
		{name: "no backup"},
		{
			name:   "daily schedule, yesterday's backup of 06:00, and a set of 02:10 whose logs are not attached",
			policy: daily(), list: list(full(at(21, 6, 0)), with(full(at(22, 2, 10)), func(b *backup.Backup) {
				b.Unusable = "cannot be restored, its logs are not attached: Failed"
			})),
		},
		{name: "one backup, of zero bytes", list: list(sized(at(22, 2, 10), 0))},
		{name: "not read since 10:30 for want of a permission", list: lastNight, edit: func(in *backup.TargetState) {
			in.Backups.At, in.Backups.GoodUntil, in.Backups.Err = at(22, 10, 30), at(22, 11, 31), denied
		}},
		{name: "restarted without `--storage.path` while the cloud is down, the instance named in the configuration", edit: func(in *backup.TargetState) {
			in.Backups = backup.Reading[backup.List]{Err: &backup.Error{Op: "DescribeBackups", Class: backup.ClassTimeout}}
		}},
		{name: "read a day from now, by a clock that was set back since", list: lastNight, edit: func(in *backup.TargetState) {
			in.Backups.At, in.Backups.GoodUntil = at(23, 12, 0), at(23, 13, 1)
		}},
	}
	var want strings.Builder
	for _, c := range cases {
		c.now = noon
		in, objectives := c.input()
		h := backup.Assess(in, objectives, noon)
		fmt.Fprintf(&want, "| %s | `%s` | %s |\n", c.name, h.State, h.Reason)
	}
	page, err := os.ReadFile("../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	_, examples, _ := strings.Cut(string(page), "| what is known | state | reason |\n|---|---|---|\n")
	examples, _, _ = strings.Cut(examples, "\n\n")
	if got := examples + "\n"; got != want.String() {
		t.Errorf("the examples of docs/health.md are\n%s\nbut should be\n%s", got, want.String())
	}
}

// The table of findings in docs/health.md has each one, in the order in which people are shown them, and says how grave it is.
func TestTableOfFindings(t *testing.T) {
	page, err := os.ReadFile("../../docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "| finding | of | stands while | rests on | alert | severity |\n|---|---|---|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var got, want []string
	for row := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(row, " | ")
		got = append(got, strings.Trim(cells[0], "| `")+" "+strings.Trim(cells[len(cells)-1], "| "))
	}
	for _, name := range backup.FindingNames() {
		severity := "warning"
		if name.Critical() {
			severity = "critical"
		}
		want = append(want, string(name)+" "+severity)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/health.md (-want +got):\n%s", diff)
	}
}
