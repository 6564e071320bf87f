package bench

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// table is rows of cells, of which the first is the heading.
type table [][]string

func (t *table) add(cells ...string) { *t = append(*t, cells) }

// print writes the table as Markdown, with columns of one width, if it has anything.
func (t table) print(title string) {
	if len(t) > 1 {
		t.write(os.Stdout, title)
	}
}

func (t table) write(w io.Writer, title string) {
	widths := make([]int, len(t[0]))
	for _, row := range t {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintf(w, "\n%s\n\n", title)
	for n, row := range t {
		fmt.Fprint(w, "|")
		for i, cell := range row {
			fmt.Fprintf(w, " %s%s |", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w)
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(w, "|%s", strings.Repeat("-", width+2))
			}
			fmt.Fprintln(w, "|")
		}
	}
}

// goal is one line of what must hold.
type goal struct {
	figure   string
	measured float64
	most     float64
	unit     string
}

// goals are the lines so far.
type goals []goal

func (g *goals) add(figure string, measured, most float64, unit string) {
	*g = append(*g, goal{figure, measured, most, unit})
}

func (g goals) print() {
	if len(g) == 0 {
		return
	}
	t := table{{"figure", "measured", "goal", ""}}
	for _, line := range g {
		verdict := "holds"
		if !(line.measured <= line.most) {
			verdict = "MISSED"
		}
		t.add(line.figure, number(line.measured)+line.unit, "≤ "+number(line.most)+line.unit, verdict)
	}
	t.print("Against the goals")
}

// number writes three digits that count.
func number(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
