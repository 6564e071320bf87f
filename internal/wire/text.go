package wire

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// LongestText is how many characters of a text are kept: no id, name or word of a cloud is longer. What is longer becomes
// a label or a log line of that length, and cannot be read as anything but text.
const LongestText = 256

// textOf returns what is between the quotes of a JSON string: without escapes and surrounding white space, and fit for a
// label and a terminal. long says that it has more than LongestText characters, and that text is only its beginning.
func textOf(raw []byte) (text string, long bool) {
	if len(raw) <= LongestText && isPlain(raw) {
		return string(bytes.TrimSpace(raw)), false
	}
	kept := make([]byte, 0, min(len(raw), LongestText*utf8.UTFMax))
	for n := 0; len(raw) > 0 && !long; {
		r, size := firstRune(raw)
		switch {
		case n == 0 && unicode.IsSpace(r):
		case n == LongestText:
			long = true
		default:
			kept = utf8.AppendRune(kept, r)
			n++
		}
		raw = raw[size:]
	}
	return printable(strings.TrimSpace(string(kept))), long
}

// isPlain reports whether a string has only printable ASCII and no escapes.
func isPlain(raw []byte) bool {
	for _, b := range raw {
		if b < ' ' || b > '~' || b == '\\' {
			return false
		}
	}
	return true
}

// printable makes one line of valid UTF-8 of a text. Control characters are replaced, because they could change a
// terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// firstRune decodes the first character of the inside of a valid JSON string. It returns the replacement character for
// invalid UTF-8 and for half of a surrogate pair, as encoding/json does.
func firstRune(raw []byte) (r rune, size int) {
	if raw[0] != '\\' {
		return utf8.DecodeRune(raw)
	}
	if raw[1] != 'u' {
		const letters, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		return rune(meanings[strings.IndexByte(letters, raw[1])]), 2
	}
	r = hexadecimal(raw[2:6])
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(raw) >= 12 && raw[6] == '\\' && raw[7] == 'u' {
		if both := utf16.DecodeRune(r, hexadecimal(raw[8:12])); both != unicode.ReplacementChar {
			return both, 12
		}
	}
	return unicode.ReplacementChar, 6
}

// hexadecimal reads four digits that are known to be valid.
func hexadecimal(digits []byte) rune {
	var r rune
	for _, d := range digits {
		r <<= 4
		switch {
		case d <= '9':
			r += rune(d - '0')
		default:
			r += rune(d|0x20-'a') + 10
		}
	}
	return r
}

// LongestMessage is how many characters of a cloud's own message an error shows.
const LongestMessage = 256

// Clip makes text of a cloud fit for an error or a log: one line of valid UTF-8 with at most longest characters of the
// text. URLs are left out, because they may carry keys, signatures and tokens.
func Clip(text string, longest int) string {
	words := strings.Fields(text)
	for i, word := range words {
		if strings.Contains(word, "://") {
			words[i] = "(URL)"
		}
	}
	text = printable(strings.Join(words, " "))
	n := 0
	for i := range text {
		if n == longest {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
