package cli

import (
	"strings"
	"testing"
)

// While it is watched, a report that is longer than the screen shows its beginning, where the worst is.
func TestBeginning(t *testing.T) {
	lines := func(n int) string { return strings.Repeat("a\n", n) }
	const further = " further lines: a taller window has them, or leave --watch out\n"
	for _, tc := range []struct {
		name           string
		text           string
		width          int
		height, others int
		want           string
	}{
		{"not known", lines(90), 0, 0, 3, lines(90)},
		{"as tall as the screen", lines(21), 0, 24, 3, lines(21)},
		{"a line too many", lines(22), 0, 24, 3, lines(20) + "… 2" + further},
		{"no room beside others", lines(22), 0, 24, 40, lines(4) + "… 18" + further},
		{"lines that take two rows", strings.Repeat(strings.Repeat("a", 80)+"\n", 10), 70, 20, 3, strings.Repeat(strings.Repeat("a", 80)+"\n", 8) + "… 2" + further},
		{"colours take no room", strings.Repeat("\x1b[31m"+strings.Repeat("a", 70)+"\x1b[0m\n", 17), 70, 20, 3, strings.Repeat("\x1b[31m"+strings.Repeat("a", 70)+"\x1b[0m\n", 17)},
		{"nothing", "", 0, 24, 3, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := (screen{width: tc.width, height: tc.height}).beginning(tc.text, tc.others); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
