package cli

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"

	"mongodb_backup_exporter/internal/report"
)

// screen is where text for people goes.
type screen struct {
	io.Writer
	width    int  // in columns; 0: not limited
	height   int  // in lines; 0: not known
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
	if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		s.width, s.height = width, height
	}
	s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// into returns the same screen for text that is collected first.
func (s screen) into(w io.Writer) screen {
	s.Writer = w
	return s
}

// beginning returns as many lines of a text as the screen has room for beside others, and says how many are missing: the first
// would leave the screen where all are written. They take five rows together in any case; without a height it is the whole text.
func (s screen) beginning(t string, others int) string {
	const further = "… %d further lines: a taller window has them, or leave --watch out\n"
	lines := strings.SplitAfter(strings.TrimSuffix(t, "\n"), "\n")
	room := max(s.height-others, 5)
	if s.height == 0 || s.rowsOf(lines...) <= room {
		return t
	}
	room -= s.rowsOf(fmt.Sprintf(further, len(lines)))
	shown := 0
	for s.rowsOf(lines[:shown+1]...) <= room {
		shown++
	}
	return strings.Join(lines[:shown], "") + fmt.Sprintf(further, len(lines)-shown)
}

// rowsOf returns how many rows of the screen lines take: one that is wider than the screen goes on in the next row.
func (s screen) rowsOf(lines ...string) int {
	rows := 0
	for _, line := range lines {
		rows++
		if width := text.StringWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); s.width > 0 && width > s.width {
			rows += (width - 1) / s.width
		}
	}
	return rows
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
