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
		return Entry{Backup: Backup{Kind: KindFull, State: state, StartedAt: began, EndedAt: began}}
	}
	lost := func(state State, began time.Time) Entry {
		e := entry(state, began)
		e.Unread = true
		return e
	}
	good := func(hour int) Entry { return entry(StateSuccess, at(hour)) }
	incremental := good(11)
	incremental.Kind = KindIncremental
	scaled := good(5)
	scaled.Part = "DB"
	undatedFailure := Entry{Backup: Backup{Kind: KindFull, State: StateFailed}}
	future := entry(StateSuccess, at(40))
	future.EndedAt = at(41)
	const none, doubt = "", "Op: protocol: 1 of the listed records could not be read, and may be a failure since the last success"
	tests := []struct {
		name    string
		entries []Entry
		since   time.Time // when a record without a time was there first; zero: now
		want    string
	}{
		{"none", nil, time.Time{}, none},
		{"all read", []Entry{good(2)}, time.Time{}, none},
		{"nothing read", []Entry{lost(StateSuccess, at(2)), lost(StateUnknown, time.Time{})}, time.Time{}, "Op: protocol: none of the 2 listed records could be read"},
		{"the newest", []Entry{lost(StateUnknown, at(3)), good(2)}, time.Time{}, doubt},
		{"the newest, a failure", []Entry{lost(StateFailed, at(3)), good(2)}, time.Time{}, doubt},
		{"the newest, a success", []Entry{lost(StateSuccess, at(3)), good(2)}, time.Time{}, none},
		{"the newest, running", []Entry{lost(StateRunning, at(3)), good(2)}, time.Time{}, none},
		{"an older one", []Entry{good(3), lost(StateUnknown, at(2))}, time.Time{}, none},
		{"at the same time", []Entry{good(3), lost(StateUnknown, at(3))}, time.Time{}, doubt},
		{"an older one, then a failure", []Entry{entry(StateFailed, at(4)), good(3), lost(StateUnknown, at(2))}, time.Time{}, none},
		{"an older one, then increments only", []Entry{incremental, lost(StateUnknown, at(2)), good(1)}, time.Time{}, doubt},
		{"an older one, then a part of the instance", []Entry{scaled, lost(StateUnknown, at(2)), good(1)}, time.Time{}, doubt},
		{"an older one, then a success in the future", []Entry{future, lost(StateUnknown, at(2)), good(1)}, time.Time{}, doubt},
		{"without a time", []Entry{good(3), lost(StateUnknown, time.Time{})}, time.Time{}, doubt},
		{"without a time, there before the success", []Entry{good(3), lost(StateUnknown, time.Time{})}, at(2), none},
		{"without a time, there since the success", []Entry{good(3), lost(StateUnknown, time.Time{})}, at(3), doubt},
		{"begins in the future", []Entry{good(11), lost(StateUnknown, at(13))}, time.Time{}, doubt},
		{"a failure without any time", []Entry{good(3), undatedFailure}, time.Time{}, doubt},
		{"a failure of the future", []Entry{good(3), entry(StateFailed, at(40))}, time.Time{}, doubt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := List{Op: "Op"}
			list.Backups, list.Unread = Sift(tt.entries, asked)
			got := ""
			since := tt.since
			if since.IsZero() {
				since = asked
			}
			if err := list.Err(since); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if n := len(list.Backups) + list.Unread.Count; n < len(tt.entries) {
				t.Errorf("%d records of %d", n, len(tt.entries))
			}
		})
	}
}
