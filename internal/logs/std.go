package logs

import (
	"io"
	"regexp"
	"strings"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// Std returns the writer that the standard library's log package is to use. Each line becomes a warning. Quoted text in
// it is replaced: net/http quotes bytes of answers that it did not expect, and an answer may hold secrets.
func Std(logger log.Logger) io.Writer { return std{logger} }

type std struct{ logger log.Logger }

// quoted matches a string that was printed with %q.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// Write logs one line.
func (s std) Write(line []byte) (int, error) {
	text := quoted.ReplaceAllLiteralString(strings.TrimSpace(string(line)), `"…"`)
	return len(line), level.Warn(s.logger).Log("msg", "A library logged a message", "err", text)
}
