package wire

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSchedules(t *testing.T) {
	type window struct{ Start, Length time.Duration }
	weekdays := func(r *Reader, s Scalar) any { return r.Weekdays("F", s, WeekdayByName) }
	numbers := func(r *Reader, s Scalar) any { return r.Weekdays("F", s, WeekdayByNumber) }
	daily := func(r *Reader, s Scalar) any { a, b := r.DailyWindow("F", s, "15:04Z"); return window{a, b} }
	days := func(n int64) func(*Reader, Scalar) any {
		return func(r *Reader, s Scalar) any { d, _ := r.Span("F", s, n, 24*time.Hour); return d }
	}
	none := []time.Weekday(nil)
	tests := []struct {
		name  string
		read  func(*Reader, Scalar) any
		value string
		want  any
		bad   string
	}{
		{"days sorted, once each", weekdays, `"Friday, Monday,,Friday"`, []time.Weekday{time.Monday, time.Friday}, ""},
		{"an empty name between days", weekdays, `"Friday,,Monday"`, []time.Weekday{time.Monday, time.Friday}, ""},
		{"no days", weekdays, ``, none, ""},
		{"empty days", weekdays, `""`, none, ""},
		{"one name that is no weekday rejects the list", weekdays, `"Friday,Someday"`, none, `"Friday,Someday" is not a list of weekdays`},
		{"days in a list", weekdays, `["Friday"]`, none, "an object or list is not a list of weekdays"},
		{"days in any case", weekdays, `"friday,MONDAY"`, []time.Weekday{time.Monday, time.Friday}, ""},
		{"first and last day", weekdays, `"Saturday,Sunday"`, []time.Weekday{time.Sunday, time.Saturday}, ""},
		{"numbers from Monday to Sunday", numbers, `"1,6,7"`, []time.Weekday{time.Sunday, time.Monday, time.Saturday}, ""},
		{"one number", numbers, `3`, []time.Weekday{time.Wednesday}, ""},
		{"one number with a fraction", numbers, `3.0`, []time.Weekday{time.Wednesday}, ""},
		{"numbers given twice", numbers, `3,"V":3`, none, "given more than once"},
		{"number 0", numbers, `"0"`, none, `"0" is not a list of weekdays`},
		{"number 8", numbers, `"1,8"`, none, `"1,8" is not a list of weekdays`},
		{"window", daily, `"09:00Z-10:30Z"`, window{9 * time.Hour, 90 * time.Minute}, ""},
		{"window with spaces", daily, `"09:00Z - 10:00Z"`, window{9 * time.Hour, time.Hour}, ""},
		{"window to midnight", daily, `"23:00Z-00:00Z"`, window{23 * time.Hour, time.Hour}, ""},
		{"window over midnight", daily, `"23:30Z-00:30Z"`, window{23*time.Hour + 30*time.Minute, time.Hour}, ""},
		{"window to the end of the day", daily, `"23:00Z-24:00Z"`, window{23 * time.Hour, time.Hour}, ""},
		{"window of the whole day", daily, `"00:00Z-24:00Z"`, window{0, 24 * time.Hour}, ""},
		{"window from the end of a day", daily, `"24:00Z-01:00Z"`, window{0, time.Hour}, ""},
		{"window after the end of the day", daily, `"23:00Z-24:01Z"`, window{}, `"23:00Z-24:01Z" is not a time of day`},
		{"no window", daily, `null`, window{}, ""},
		{"half a window", daily, `"09:00Z"`, window{}, `"09:00Z" is not a time of day`},
		{"window of the wrong layout", daily, `"09:00-10:00"`, window{}, `"09:00-10:00" is not a time of day`},
		{"window given twice", daily, `"09:00Z-10:00Z","V":"09:00Z-10:00Z"`, window{}, "given more than once"},
		{"window an object", daily, `{}`, window{}, "an object or list is not a time of day"},
		{"span", days(7), `7`, 7 * 24 * time.Hour, ""},
		{"empty span", days(0), `0`, time.Duration(0), ""},
		{"span of a hundred years", days(36600), `36600`, 36600 * 24 * time.Hour, ""},
		{"span of more", days(36601), `36601`, time.Duration(0), `"36601" is not a number of "24h0m0s"`},
		{"span that overflows", days(math.MaxInt64), `9223372036854775807`, time.Duration(0), `"9223372036854775807" is not a number of "24h0m0s"`},
		{"span below none", days(-1), `-1`, time.Duration(0), `"-1" is not a number of "24h0m0s"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r Reader
			if diff := cmp.Diff(tt.want, tt.read(&r, scalar(t, tt.value))); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			checkRejected(t, r, tt.bad)
		})
	}
}
