package wire

import (
	"strconv"
	"strings"
)

// wholeNumber reads a whole number in any form that JSON has for it: 2803, 2803.0, 2.803e3, 28030e-1. ok is false for
// anything else, a number that an int64 cannot hold included. It is exact, which a float64 is not.
func wholeNumber(text string) (n int64, ok bool) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	mantissa, exponent, ok := cutExponent(text)
	if !ok {
		return 0, false
	}
	sign := ""
	if strings.HasPrefix(mantissa, "-") {
		sign, mantissa = "-", mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	if whole == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	exponent -= len(fraction)
	significant := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	if significant = strings.TrimLeft(significant, "0"); significant == "" {
		return 0, true
	}
	const longest = 19 // digits of the largest int64
	if exponent < 0 || exponent > longest {
		return 0, false
	}
	n, err := strconv.ParseInt(sign+significant+strings.Repeat("0", exponent), 10, 64)
	return n, err == nil
}

// cutExponent returns what stands before the e, and the number after it; 0 when there is no e. ok is false when that is
// no number.
func cutExponent(text string) (mantissa string, exponent int, ok bool) {
	i := strings.IndexAny(text, "eE")
	if i < 0 {
		return text, 0, true
	}
	exponent, err := strconv.Atoi(text[i+1:])
	return text[:i], exponent, err == nil
}
