package config

import (
	"errors"
	"fmt"
	"path/filepath"
)

// maxFile is the size of the largest configuration file, in bytes. Ten thousand instances with four nodes each take two
// MiB.
const maxFile = 8 << 20

// LoadFile reads the configuration file. A problem of its content is an error of type [Errors]; a file that cannot be
// read is another error, and so is anything but a regular file.
func LoadFile(file string) (*Config, error) {
	data, err := readRegular(file, maxFile, "write the configuration to a file of its own")
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
