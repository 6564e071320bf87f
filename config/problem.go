package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Path    string // where, e.g. accounts[0].regions[1].id; "": the file as a whole
	Line    int    // of the file; 0: not known
	Message string // what is wrong and what to write instead; never holds a secret
}

// String returns the problem as one line: path, message, line number.
func (p Problem) String() string {
	s := p.Message
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if p.Line > 0 {
		s += fmt.Sprintf(" (line %d)", p.Line)
	}
	return s
}

// Errors is every problem of a configuration, in the order of the file. It is never empty when used as an error.
type Errors []Problem

// Error returns one problem per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// orNil keeps a typed nil from becoming an error.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return e
}

// path is a place in the file, written as in Problem.Path.
type path string

func (p path) key(name string) path {
	if p == "" {
		return path(name)
	}
	return p + "." + path(name)
}

func (p path) index(i int) path { return path(fmt.Sprintf("%s[%d]", p, i)) }

// parent returns the place that holds p; "" for a key at the top.
func (p path) parent() path {
	return p[:max(0, strings.LastIndexAny(string(p), ".["))]
}
