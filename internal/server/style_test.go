package server

import (
	"math"
	"regexp"
	"strconv"
	"testing"
)

// TestContrast checks the colours of texts and marks in both schemes by the rule of WCAG 2.1 AA: 4.5 for texts, 3 for marks.
func TestContrast(t *testing.T) {
	schemes := regexp.MustCompile(`:root \{([^}]*)\}`).FindAllStringSubmatch(styleSheet, -1)
	if len(schemes) != 2 {
		t.Fatalf("%d schemes, want a light one and a dark one", len(schemes))
	}
	for i, scheme := range schemes {
		colours := map[string]float64{}
		for _, found := range regexp.MustCompile(`--([a-z]+): (#[0-9a-f]+);`).FindAllStringSubmatch(scheme[1], -1) {
			colours[found[1]] = luminance(t, found[2])
		}
		for _, of := range []struct {
			name, on string
			least    float64
		}{
			{"text", "page", 4.5},
			{"dim", "page", 4.5},
			{"link", "page", 4.5},
			{"bad", "page", 4.5},
			{"warn", "page", 4.5},
			{"good", "page", 4.5},
			{"text", "soft", 4.5},
			{"dim", "shade", 3},
			{"text", "shade", 4.5},
			{"bar", "page", 3},
			{"bar", "shade", 3},
			{"bad", "shade", 3},
			{"link", "shade", 3},
		} {
			a, b := colours[of.name], colours[of.on]
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < of.least {
				t.Errorf("scheme %d: %s on %s has a contrast of %.2f, want %.1f", i, of.name, of.on, got, of.least)
			}
		}
	}
}

// luminance returns the relative luminance of a colour as WCAG 2.1 defines it.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := colour[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(shift uint) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}
