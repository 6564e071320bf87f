package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// LoadFile reads the configuration file. A problem of its content is an error of type [Errors]; a file that cannot be
// read is another error.
func LoadFile(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Load(data, filepath.Dir(file))
}

// Load reads a configuration: the defaults, replaced by the values of data. Paths of credential files are relative to
// dir. The error is of type [Errors] and holds every problem, not only the first.
func Load(data []byte, dir string) (*Config, error) {
	root, problem := parse(data)
	if problem != nil {
		return nil, Errors{*problem}
	}
	c := Default()
	d := newDecoder()
	d.decode(root, &c)
	problems := append(d.problems, d.independent(c.Validate())...)
	if err := problems.sorted().orNil(); err != nil {
		return nil, err
	}
	for i := range c.Accounts {
		c.Accounts[i].Credentials.resolve(dir)
	}
	return &c, nil
}

// independent returns the problems that validation found, with their lines. It leaves out those that may only follow
// from a value that could not be read.
func (d *decoder) independent(err error) Errors {
	problems, _ := errors.AsType[Errors](err) // Validate returns nothing else
	var independent Errors
	for _, p := range problems {
		if !d.affected(path(p.Path)) {
			p.Line = d.line(path(p.Path))
			independent = append(independent, p)
		}
	}
	return independent
}

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
		return nil, syntaxProblem(err)
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		return nil, &Problem{Line: next.Line, Message: "a second YAML document starts; put everything into one"}
	case !errors.Is(err, io.EOF):
		return nil, syntaxProblem(err)
	}
	return doc.Content[0], nil
}

// syntaxProblem turns an error such as "yaml: line 3: did not find expected key" into a Problem. The parser often names
// the line before the block that it could not read.
func syntaxProblem(err error) *Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1]) // fails only when there are too many digits: then 0, not known
	}
	if strings.HasPrefix(text, "unknown anchor") { // the name may be a secret that starts with an asterisk
		text = "unknown anchor; put a value that starts with * between quotes"
	}
	return &Problem{Line: line, Message: "not YAML: " + text + "; look at this line and the few after it"}
}
