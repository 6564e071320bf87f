package backup

import (
	"testing"
	"time"
)

// A record that could not be read may be a failure. It counts against a list until a full backup that began later has
// succeeded.
func TestListWithRecordsThatWereNotRead(t *testing.T) {
	asked := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	at := func(hour int) time.Time { return asked.Add(time.Duration(hour-12) * time.Hour) }
	entry := func(state State, began time.Time) Entry {
		return Entry{Backup: Backup{Kind: KindFull, State: state, StartedAt: began}}
	}
	lost := func(state State, began time.Time) Entry {
		e := entry(state, began)
		e.Unread = true
		return e
	}
	good := func(hour int) Entry { return entry(StateSuccess, at(hour)) }
	incremental := good(11)
	incremental.Kind = KindIncremental
	const none, doubt = "", "Op: protocol: 1 of the listed records could not be read, and may be a failure since the last success"
	tests := []struct {
		name    string
		entries []Entry
		want    string
	}{
		{"none", nil, none},
		{"all read", []Entry{good(2)}, none},
		{"nothing read", []Entry{lost(StateSuccess, at(2)), lost(StateUnknown, time.Time{})}, "Op: protocol: none of the 2 listed records could be read"},
		{"the newest", []Entry{lost(StateUnknown, at(3)), good(2)}, doubt},
		{"the newest, a failure", []Entry{lost(StateFailed, at(3)), good(2)}, doubt},
		{"the newest, a success", []Entry{lost(StateSuccess, at(3)), good(2)}, none},
		{"the newest, running", []Entry{lost(StateRunning, at(3)), good(2)}, none},
		{"an older one", []Entry{good(3), lost(StateUnknown, at(2))}, none},
		{"at the same time", []Entry{good(3), lost(StateUnknown, at(3))}, doubt},
		{"an older one, then a failure", []Entry{entry(StateFailed, at(4)), good(3), lost(StateUnknown, at(2))}, none},
		{"an older one, then increments only", []Entry{incremental, lost(StateUnknown, at(2)), good(1)}, doubt},
		{"without a time, at the top", []Entry{lost(StateUnknown, time.Time{}), good(3), good(2)}, doubt},
		{"without a time, between others", []Entry{good(3), lost(StateUnknown, time.Time{}), good(2)}, none},
		{"without a time, below two", []Entry{good(3), good(2), lost(StateUnknown, time.Time{})}, none},
		{"without a time, in a list without order", []Entry{good(2), good(3), lost(StateUnknown, time.Time{})}, doubt},
		{"without a time, beside one other", []Entry{good(3), lost(StateUnknown, time.Time{})}, doubt},
		{"begins in the future", []Entry{good(11), good(2), lost(StateUnknown, at(13))}, doubt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := List{Op: "Op"}
			list.Backups, list.Unread = Sift(tt.entries, asked)
			got := ""
			if err := list.Err(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if n := len(list.Backups) + list.Unread.Count; n != len(tt.entries) {
				t.Errorf("%d records of %d", n, len(tt.entries))
			}
		})
	}
}
