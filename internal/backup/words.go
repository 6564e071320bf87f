package backup

import (
	"strconv"
	"time"
)

// Span returns a duration in its two largest units: 40s, 13m, 22h 5m, 3d 4h. Less than two days are written in hours, as
// objectives are: 26h.
func Span(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return string(appendSpan(nil, d))
}
