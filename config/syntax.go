package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// parse returns the root of the only YAML document in data.
func parse(data []byte) (*yaml.Node, *Problem) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF) || err == nil && isNull(doc.Content[0]):
		return nil, &Problem{Message: "the file is empty; it needs at least one account with a region, e.g. " +
			"accounts: [{name: prod, cloud: alibaba, regions: [{id: cn-hangzhou, discovery: {enabled: true}}]}]"}
	case err != nil:
		return nil, syntaxProblem(data, err)
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		return nil, &Problem{Line: next.Line, Message: "a second YAML document starts; put everything into one"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxProblem(data, err)
	}
	return doc.Content[0], nil
}

// syntaxProblem turns an error such as "yaml: line 3: did not find expected key" into a Problem. The parser often names
// the line before, or the start of the block that it could not read. So the line is searched in the text first.
func syntaxProblem(data []byte, err error) *Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1]) // fails only when there are too many digits: then 0, not known
	}
	where := "; look at this line and the few after it"
	if first := firstBadLine(data); first > 0 {
		line, where = first, whatToLookFor(data, first)
	}
	if strings.HasPrefix(text, "unknown anchor") { // the name may be a secret that starts with an asterisk
		text, where = "unknown anchor", "; put a value that starts with * between quotes"
	}
	return &Problem{Line: line, Message: "not YAML: " + text + where}
}

// whatToLookFor returns the end of a message about a line that is known to be wrong.
func whatToLookFor(data []byte, line int) string {
	text := bytes.Split(data, []byte("\n"))[line-1]
	indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
	if bytes.ContainsRune(indent, '\t') {
		return "; indent this line with spaces instead of a tab"
	}
	return "; look at this line: its indentation, colons, quotes and brackets"
}

// lookahead is how many lines the parser may have read beyond the one that it could not understand.
const lookahead = 8

// firstBadLine returns the number of the line with which data stops being YAML; 0 when it cannot be told. The lines
// before it are YAML by themselves. That is not so within brackets and quotes of several lines.
func firstBadLine(data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	r := &lineReader{lines: lines}
	if isYAML(r) {
		return 0
	}
	for n := r.read - 1; n >= max(0, r.read-lookahead); n-- {
		if isYAML(bytes.NewReader(bytes.Join(lines[:n], nil))) {
			return n + 1
		}
	}
	return 0
}

// isYAML reports whether r holds up to two documents without a mistake.
func isYAML(r io.Reader) bool {
	dec := yaml.NewDecoder(r)
	for range 2 {
		var doc yaml.Node
		if err := dec.Decode(&doc); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
	return true
}

// lineReader gives one line at a time, so that read tells how far the parser has come.
type lineReader struct {
	lines [][]byte
	rest  []byte // of the newest line
	read  int    // lines given so far
}

// Read implements io.Reader.
func (r *lineReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.read == len(r.lines) {
			return 0, io.EOF
		}
		r.rest = r.lines[r.read]
		r.read++
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
