package config

import "strings"

// Limits of what may be a key, in bytes. No key is as long.
const (
	longestWord = 40 // a longer text is left out of messages: it may be a secret
	longestTypo = 64 // a longer text is not compared with the keys: the time grows with its length
)

// suggest returns the end of a message about an unknown key. It names the nearest known key, or else all of them.
func suggest(name string, known []string) string {
	if key := Nearest(name, known); key != "" {
		return "; did you mean " + key + "?"
	}
	return "; known here are " + strings.Join(known, ", ")
}

// Nearest returns the known key that name is most likely a misspelling of, or "" when none is close enough: one
// letter and a quarter of the letters may be wrong. Case, dashes and underscores do not count.
func Nearest(name string, known []string) string {
	if len(name) > longestTypo {
		return ""
	}
	plain := strings.NewReplacer("_", "", "-", "")
	folded := plain.Replace(strings.ToLower(name))
	best, fewest := "", 1+len(folded)/4
	for _, key := range known {
		if n := distance(folded, plain.Replace(key)); n < fewest || n == fewest && best == "" {
			best, fewest = key, n
		}
	}
	return best
}

// distance returns how many letters must be inserted, deleted or replaced to turn a into b (Levenshtein distance).
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

// isWord reports whether s looks like a key: letters, digits, dashes and underscores, and not too many.
func isWord(s string) bool {
	return len(s) > 0 && len(s) <= longestWord && strings.Trim(s, "0123456789_-"+letters) == ""
}

// isPlainWord reports whether s has nothing but small letters and underscores. A generated secret has more.
func isPlainWord(s string) bool {
	return isWord(s) && strings.Trim(s, "_"+lowerCase) == ""
}

const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	letters   = lowerCase + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
