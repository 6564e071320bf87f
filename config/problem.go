package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Path    string // e.g. accounts[0].regions[1].id; "": the file as a whole
	Line    int    // line of the file; 0: not known
	Message string // what is wrong and what to write instead; never contains a secret
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

// Errors is every problem of a configuration, in the order of the file. An Errors that is used as an error has at least
// one problem.
type Errors []Problem

// Error returns one problem per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, p := range e {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// orNil returns a nil error when there is no problem. An empty Errors would be an error that is not nil.
func (e Errors) orNil() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// sorted sorts the problems by line, in place. Problems of one line keep their order.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return e
}

// path is the path of a value in the file, written as in Problem.Path. "" is the whole file.
type path string

func (p path) key(name string) path {
	if p == "" {
		return path(name)
	}
	return p + "." + path(name)
}

func (p path) index(i int) path { return path(fmt.Sprintf("%s[%d]", p, i)) }

// parent returns the path of the mapping or list that contains p. For a key at the top it is "".
func (p path) parent() path {
	return p[:max(0, strings.LastIndexAny(string(p), ".["))]
}
