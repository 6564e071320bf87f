package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// decoder fills a Config from YAML nodes. It is as strict as yaml.v3 with KnownFields. Unlike yaml.v3 it collects all
// problems, each with its path, and names the types of values as the documentation does. Decision 22 has the reasons.
//
// Its recursion ends because the types of Config are not recursive: an alias to its own parent cannot go deeper.
type decoder struct {
	problems Errors
	lines    map[path]int  // line of every value that was read
	failed   map[path]bool // values that could not be read
	holders  map[path]bool // mappings and lists that contain a failed value, at any depth
}

// maxValues is the number of values that a file may hold. Ten thousand instances with four nodes and six objectives each
// have 140,000. Without a limit, a page of aliases within aliases would take hours to read.
const maxValues = 250_000

func newDecoder() *decoder {
	return &decoder{lines: map[path]int{}, failed: map[path]bool{}, holders: map[path]bool{}}
}

// decode reads the whole file into c, which holds the defaults.
func (d *decoder) decode(root *yaml.Node, c *Config) {
	d.value(root, reflect.ValueOf(c).Elem(), "")
	if len(d.lines) > maxValues {
		d.fail(root, "", fmt.Sprintf("holds more than %d values; do its aliases repeat each other? If not, run an exporter for each part of it", maxValues))
	}
}

// value reads a node into a value of any type of Config. A null leaves the default.
func (d *decoder) value(node *yaml.Node, into reflect.Value, at path) {
	node = follow(node)
	if len(d.lines) > maxValues {
		return
	}
	d.lines[at] = node.Line
	if isNull(node) {
		return
	}
	switch {
	case into.Kind() == reflect.Pointer:
		fresh := reflect.New(into.Type().Elem())
		d.value(node, fresh.Elem(), at)
		into.Set(fresh)
	case into.Type() == reflect.TypeFor[Exclusion]() && node.Kind == yaml.ScalarNode:
		d.value(node, into.FieldByName("ID"), at)
	case isScalar(into):
		if want := scalar(node, into.Addr().Interface()); want != "" {
			d.fail(node, at, "must be "+want+given(node, into)+templated(node))
		}
	case into.Kind() == reflect.Slice:
		d.list(node, into, at)
	default:
		d.mapping(node, into, at)
	}
}

func (d *decoder) list(node *yaml.Node, into reflect.Value, at path) {
	if into.Type() == reflect.TypeFor[[]Region]() && node.Kind == yaml.ScalarNode {
		regions, ok := regionsWord(node)
		if !ok {
			d.fail(node, at, "must be a list, or the word all"+given(node, into))
		}
		into.Set(reflect.ValueOf(regions))
		return
	}
	if node.Kind != yaml.SequenceNode {
		d.fail(node, at, "must be a list"+given(node, into))
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, item := range node.Content {
		d.value(item, into.Index(i), at.index(i))
	}
}

// mapping fills a struct or a map[string]string.
func (d *decoder) mapping(node *yaml.Node, into reflect.Value, at path) {
	if node.Kind != yaml.MappingNode {
		d.fail(node, at, "must be a mapping of keys to values")
		return
	}
	seen := map[string]int{}
	for _, p := range pairs(node) {
		name := p.key.Value
		first, duplicate := seen[name]
		switch {
		case p.key.Kind != yaml.ScalarNode:
			d.report(p.key, at, "a key must be a plain word")
			continue
		case duplicate && p.merged:
			continue
		case duplicate:
			d.report(p.key, d.printable(into, at, name), fmt.Sprintf("given twice, first in line %d", first))
			continue
		}
		seen[name] = p.key.Line
		d.field(p, into, at)
	}
}

// field reads the value of one key into the struct or map. When a key is unknown, the key that was probably meant counts
// as failed, so that nothing is reported about its absence.
func (d *decoder) field(p pair, into reflect.Value, at path) {
	name := p.key.Value
	if into.Kind() == reflect.Map {
		var value string
		d.value(p.value, reflect.ValueOf(&value).Elem(), d.printable(into, at, name))
		if into.IsNil() {
			into.Set(reflect.MakeMap(into.Type()))
		}
		into.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf(value))
		return
	}
	keys := keysOf(into.Type())
	if i := slices.Index(keys, name); i >= 0 {
		d.value(p.value, into.Field(i), at.key(name))
		return
	}
	if at != "" || !strings.HasPrefix(name, "x-") { // x- at the top is a place for anchors
		d.unknownKey(p, into, at, keys)
	}
}

func (d *decoder) unknownKey(p pair, into reflect.Value, at path, keys []string) {
	name := p.key.Value
	shown := d.printable(into, at, name)
	if isPlainWord(name) && hasValue(p.value) {
		shown = at.key(name) // not a secret in the wrong place, which would have no value, or digits or capitals
	}
	d.report(p.key, shown, "unknown key"+suggest(name, keys))
	if meant := Nearest(name, keys); meant != "" {
		d.markFailed(at.key(meant))
	}
}

// fail reports a value that could not be read.
func (d *decoder) fail(node *yaml.Node, at path, message string) {
	d.markFailed(at)
	d.report(node, at, message)
}

// markFailed records that the value at a path could not be read.
func (d *decoder) markFailed(at path) {
	d.failed[at] = true
	for at != "" {
		at = at.parent()
		d.holders[at] = true
	}
}

func (d *decoder) report(node *yaml.Node, at path, message string) {
	d.problems = append(d.problems, Problem{Path: string(at), Line: node.Line, Message: message})
}

// printable returns the path to show for a key. It leaves the key out when it may be a secret in the wrong place, such as
// {access_key_secret:xyz} without a space after the colon: when it does not look like a key, or stands among the
// credentials and resembles none of their keys.
func (d *decoder) printable(into reflect.Value, at path, name string) path {
	if !isWord(name) || into.Type() == reflect.TypeFor[Credentials]() && Nearest(name, keysOf(into.Type())) == "" {
		return at
	}
	return at.key(name)
}

// affected reports whether a value that could not be read is at the path, below it or above it.
func (d *decoder) affected(at path) bool {
	if d.holders[at] || d.failed[""] {
		return true
	}
	for ; at != ""; at = at.parent() {
		if d.failed[at] {
			return true
		}
	}
	return false
}

// line returns the line of the value at a path, or else of the innermost mapping or list around it.
func (d *decoder) line(at path) int {
	for ; at != ""; at = at.parent() {
		if line, ok := d.lines[at]; ok {
			return line
		}
	}
	return d.lines[""]
}

// scalar reads node into one of the types that isScalar accepts. It returns "", or what the value must be.
func scalar(node *yaml.Node, into any) (want string) {
	switch into := into.(type) {
	case *string, *Secret:
		if node.Kind != yaml.ScalarNode {
			return "text"
		}
		if !strings.HasPrefix(node.ShortTag(), "!!") || node.ShortTag() == "!!binary" {
			return "text; put it between quotes"
		}
		reflect.ValueOf(into).Elem().SetString(node.Value)
	case *Duration:
		if node.Kind != yaml.ScalarNode || into.UnmarshalText([]byte(node.Value)) != nil {
			return "a duration such as 90s, 26h or 8d"
		}
	case *RPO:
		if node.Kind != yaml.ScalarNode || into.UnmarshalText([]byte(node.Value)) != nil {
			return "a duration such as 90s, 26h or 8d, or the word policy"
		}
	default:
		if node.Decode(into) != nil {
			return map[reflect.Kind]string{
				reflect.Int: "a whole number", reflect.Float64: "a number", reflect.Bool: "true or false",
			}[reflect.TypeOf(into).Elem().Kind()]
		}
	}
	return ""
}

// given returns the end of a message about a value that could not be read: the value, unless it may be a secret.
func given(node *yaml.Node, into reflect.Value) string {
	_, secret := reflect.TypeAssert[Secret](into)
	if secret || node.Kind != yaml.ScalarNode || len(node.Value) > longestWord {
		return ""
	}
	return fmt.Sprintf(", not %q", node.Value)
}

// templated returns the end of a message about {{ … }} without quotes, which is a mapping with a mapping as its key in YAML.
func templated(node *yaml.Node) string {
	if node.Kind != yaml.MappingNode || node.Style&yaml.FlowStyle == 0 || len(node.Content) == 0 || node.Content[0].Kind != yaml.MappingNode {
		return ""
	}
	return "; {{ … }} is part of a template that was not filled in: fill it in before this program reads the file"
}

// isScalar reports whether values of the type are single values in the file. RPO is a struct, but a word in the file.
func isScalar(v reflect.Value) bool {
	return v.Type() == reflect.TypeFor[RPO]() || !slices.Contains([]reflect.Kind{reflect.Struct, reflect.Slice, reflect.Map}, v.Kind())
}
