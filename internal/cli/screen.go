package cli

import (
	"io"
	"os"
	"strconv"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"mongodb_backup_exporter/internal/report"
)

// screen is where text for people goes.
type screen struct {
	io.Writer
	width    int  // in columns; 0: not limited
	terminal bool // somebody watches: what was written can be drawn over
	colours  bool
}

// screenOf finds out what a writer is. The variable COLUMNS says how wide it is where it is not a terminal.
func screenOf(w io.Writer) screen {
	s := screen{Writer: w}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		s.width = columns
	}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return s
	}
	s.terminal = true
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		s.width = width
	}
	s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// paint colours a text, where colours are wanted.
func (s screen) paint(t string, with ...text.Color) string {
	if !s.colours || len(with) == 0 {
		return t
	}
	return text.Colors(with).EscapeSeq() + t + text.Reset.EscapeSeq()
}

// plain returns a text on one line that does not command a terminal.
func plain(s string) string { return report.OneLine(s) }
