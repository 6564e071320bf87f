package config

import (
	"strings"
)

// suggest returns the end of a message about an unknown key: the nearest known key, or else all of them.
func suggest(name string, known []string) string {
	if key := nearest(name, known); key != "" {
		return "; did you mean " + key + "?"
	}
	return "; known here are " + strings.Join(known, ", ")
}

// nearest returns the known key that name most likely stands for; "" when none is close. It looks through camel case
// and dashes.
func nearest(name string, known []string) string {
	plain := strings.NewReplacer("_", "", "-", "")
	folded := plain.Replace(strings.ToLower(name))
	best, fewest := "", 1+len(folded)/4
	if len(name) > 64 {
		return ""
	}
	for _, key := range known {
		if n := distance(folded, plain.Replace(key)); n < fewest || n == fewest && best == "" {
			best, fewest = key, n
		}
	}
	return best
}

// distance returns how many letters must be put in, taken out or replaced to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// isWord reports whether s could be a key: up to 40 letters, digits, dashes and underscores.
func isWord(s string) bool {
	return len(s) > 0 && len(s) <= 40 && strings.Trim(s, "0123456789_-"+letters) == ""
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
