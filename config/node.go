package config

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// pair is one key of a mapping and its value.
type pair struct {
	key, value *yaml.Node
	merged     bool // comes from <<, so the mapping's own key wins
}

// pairs lists the keys of a mapping: its own, then those that it merges with <<. A mapping that is merged several times,
// or into itself, is listed once, because a second time would add nothing.
func pairs(node *yaml.Node) []pair {
	return appendPairs(nil, node, map[*yaml.Node]bool{})
}

// appendPairs appends the keys of node to to. listed are the mappings that were appended already.
func appendPairs(to []pair, node *yaml.Node, listed map[*yaml.Node]bool) []pair {
	if node.Kind != yaml.MappingNode || listed[node] {
		return to
	}
	listed[node] = true
	merged := len(listed) > 1
	var merges []*yaml.Node
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i], follow(node.Content[i+1])
		switch {
		case key.ShortTag() != "!!merge":
			to = append(to, pair{key: key, value: value, merged: merged})
		case value.Kind == yaml.SequenceNode:
			merges = append(merges, value.Content...)
		default:
			merges = append(merges, value)
		}
	}
	for _, m := range merges {
		to = appendPairs(to, follow(m), listed)
	}
	return to
}

// follow returns the node that an alias refers to, and any other node itself.
func follow(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias // never an alias itself: the parser has resolved it
	}
	return node
}

// hasValue reports whether a value follows the key.
func hasValue(node *yaml.Node) bool {
	return node.Kind != yaml.ScalarNode || node.Value != ""
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

// keysOf returns the YAML keys of a struct type, in the order of its fields.
func keysOf(t reflect.Type) []string {
	var keys []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		keys = append(keys, name)
	}
	return keys
}
