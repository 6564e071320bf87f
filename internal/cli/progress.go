package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"mongodb_backup_exporter/internal/manual"
)

// plainProgress prints a line whenever something changed.
func plainProgress(to io.Writer) func(manual.Progress) {
	last := ""
	return func(p manual.Progress) {
		line := describe(p)
		if line != last {
			fmt.Fprintf(to, "%s after %v\n", line, p.Elapsed.Round(time.Second))
		}
		last = line
	}
}

// progressBar draws over the same line of a terminal.
func progressBar(to io.Writer) func(manual.Progress) {
	const width = 30
	return func(p manual.Progress) {
		filled := 0
		if p.Percent != nil {
			filled = int(*p.Percent / 100 * width)
		}
		if p.Done == p.Targets {
			filled = width
		}
		filled = min(max(filled, 0), width)
		fmt.Fprintf(to, "\r\x1b[K[%s%s] %s, %v", strings.Repeat("#", filled), strings.Repeat(".", width-filled), describe(p), p.Elapsed.Round(time.Second))
	}
}

func describe(p manual.Progress) string {
	switch {
	case p.Err != nil:
		return "cannot look: " + p.Err.Error()
	case p.Done == p.Targets:
		return "done"
	}
	line := "running"
	if p.Percent != nil {
		line = fmt.Sprintf("%.0f %%", *p.Percent)
	}
	if p.Targets > 1 {
		line += fmt.Sprintf(", %d of %d shards done", p.Done, p.Targets)
	}
	return line
}

// isTerminal reports whether a person watches.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
