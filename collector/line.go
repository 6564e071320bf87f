package collector

import (
	"bytes"
	"strconv"
	"strings"
)

// dialect is what differs between the text format and OpenMetrics, as far as gauges go.
type dialect struct{ openMetrics bool }

// appendHeader appends the lines that begin a family.
func (d dialect) appendHeader(b []byte, f *described) []byte {
	b = append(b, "# HELP "+namespace...)
	b = append(b, f.name...)
	b = append(b, ' ')
	b = d.appendHelp(b, f.help)
	b = append(b, "\n# TYPE "+namespace...)
	b = append(b, f.name...)
	return append(b, " gauge\n"...)
}

func (d dialect) appendHelp(b []byte, help string) []byte {
	if d.openMetrics {
		return appendEscaped(b, help)
	}
	return append(b, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(help)...)
}

// appendLines appends a line for each sample.
func (d dialect) appendLines(b []byte, f *described, all []sample) []byte {
	for _, s := range all {
		b = append(b, namespace...)
		b = append(b, f.name...)
		for i, pair := range s.labels {
			b = append(b, "{,"[min(i, 1)])
			b = append(b, *pair.Name...)
			b = append(b, `="`...)
			b = appendEscaped(b, *pair.Value)
			b = append(b, '"')
		}
		if len(s.labels) > 0 {
			b = append(b, '}')
		}
		b = append(b, ' ')
		b = d.appendValue(b, s.value)
		b = append(b, '\n')
	}
	return b
}

// appendValue appends a number. OpenMetrics wants a point or an exponent in it.
func (d dialect) appendValue(b []byte, value float64) []byte {
	if value == 0 {
		value = 0 // without a sign
	}
	from := len(b)
	b = strconv.AppendFloat(b, value, 'g', -1, 64)
	if d.openMetrics && !bytes.ContainsAny(b[from:], "e.nN") { // +Inf and NaN have an n
		b = append(b, ".0"...)
	}
	return b
}

// appendEscaped appends the value of a label.
func appendEscaped(b []byte, value string) []byte {
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, c)
		}
	}
	return b
}
