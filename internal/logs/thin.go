package logs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
)

// The limits of what strangers can make the program log.
const (
	repeatPeriod = time.Minute // the time in which one cause makes one line
	maxCauses    = 50          // causes told apart at the same time
	maxValue     = 2000        // bytes of one value
)

// Thin is a logger for what clients cause. It logs the first line of a cause at once. It counts the lines with the same
// cause in the minute that follows, and logs the count at the end of the minute. Lines that differ only in network
// addresses have the same cause. When there are 50 causes at once, all others count as one. A value of more than 2,000
// bytes is cut.
type Thin struct {
	next log.Logger

	mu    sync.Mutex
	known map[string]*repeated
}

// repeated is what followed the first line of a cause.
type repeated struct {
	count int   // lines after the first
	last  []any // the newest of them
}

// NewThin returns a Thin that logs to next. Close it to log the counts that are still open.
func NewThin(next log.Logger) *Thin {
	return &Thin{next: next, known: map[string]*repeated{}}
}

// Log logs or counts a line.
func (t *Thin) Log(keyvals ...any) error {
	line := bounded(keyvals)
	if t.counted(causeOf(line), line) {
		return nil
	}
	return t.next.Log(line...)
}

// counted reports whether the cause is known already, and counts the line if it is.
func (t *Thin) counted(cause string, line []any) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, ok := t.known[cause]; !ok && len(t.known) >= maxCauses {
		cause = ""
	}
	if r, ok := t.known[cause]; ok {
		r.count++
		r.last = line
		return true
	}
	t.known[cause] = &repeated{}
	time.AfterFunc(repeatPeriod, func() { t.report(cause) })
	return false
}

// report logs how often a cause came again, and forgets it.
func (t *Thin) report(cause string) {
	t.mu.Lock()
	r, ok := t.known[cause]
	delete(t.known, cause)
	t.mu.Unlock()
	if !ok || r.count == 0 {
		return
	}
	_ = t.next.Log(append(r.last, "repeated", r.count)...)
}

// Close reports all counts that are still open.
func (t *Thin) Close() {
	t.mu.Lock()
	open := slices.Sorted(maps.Keys(t.known))
	t.mu.Unlock()
	for _, cause := range open {
		t.report(cause)
	}
}

// bounded returns the line with its long values cut.
func bounded(keyvals []any) []any {
	line := make([]any, 0, len(keyvals)+2) // room for the count
	for _, v := range keyvals {
		if text := fmt.Sprint(v); len(text) > maxValue {
			v = strings.ToValidUTF8(text[:maxValue], "") + fmt.Sprintf("… (%d bytes)", len(text))
		}
		line = append(line, v)
	}
	return line
}

// address matches an IP address with a port, e.g. 10.0.0.1:51234 and [2001:db8::1]:443.
var address = regexp.MustCompile(`\[?[0-9a-fA-F.:]+(?:%\w+)?\]?:\d+`)

// causeOf returns what lines with the same cause have in common.
func causeOf(line []any) string {
	var text strings.Builder
	for _, v := range line {
		fmt.Fprintln(&text, v)
	}
	return address.ReplaceAllString(text.String(), "address")
}
