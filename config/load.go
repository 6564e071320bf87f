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

// LoadFile reads the configuration file. What is wrong with its content is an error of type [Errors].
func LoadFile(file string) (*Config, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return Load(data, filepath.Dir(file))
}

// Load reads a configuration: the defaults, overlaid with what data says. dir is what the paths of credential files
// are relative to. What is wrong is an error of type [Errors], which holds every problem, not only the first.
func Load(data []byte, dir string) (*Config, error) {
	root, problem := parse(data)
	if problem != nil {
		return nil, Errors{*problem}
	}
	c := Default()
	d := newDecoder()
	d.decode(root, &c)
	problems := append(d.problems, d.news(c.Validate())...)
	if err := problems.sorted().orNil(); err != nil {
		return nil, err
	}
	for i := range c.Accounts {
		c.Accounts[i].Credentials.resolve(dir)
	}
	return &c, nil
}

// news returns the problems in err that do not follow from a value that could not be read, with their lines.
func (d *decoder) news(err error) Errors {
	problems, _ := errors.AsType[Errors](err) // Validate returns nothing else
	var news Errors
	for _, p := range problems {
		if !d.explains(path(p.Path)) {
			p.Line = d.line(path(p.Path))
			news = append(news, p)
		}
	}
	return news
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

// syntaxProblem turns an error such as "yaml: line 3: did not find expected key" into a Problem. The line is often that
// before the block in which the parser stumbled.
func syntaxProblem(err error) *Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ = strconv.Atoi(m[1]) // digits only; 0, "not known", when there are too many
	}
	if strings.HasPrefix(text, "unknown anchor") { // its name may be a secret that starts with an asterisk
		text = "unknown anchor; put a value that starts with * between quotes"
	}
	return &Problem{Line: line, Message: "not YAML: " + text + "; look at this line and the few after it"}
}
