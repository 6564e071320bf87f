package backup

import (
	"strconv"
	"time"
)

// Span returns a duration the way people say it, in its two largest units: 40s, 13m, 22h 5m, 3d 4h. Days begin at two,
// since objectives are written as 26h.
func Span(d time.Duration) string {
	if d < time.Minute {
		return strconv.Itoa(int(d/time.Second)) + "s"
	}
	return string(appendSpan(nil, d))
}
