package config

import (
	"reflect"
	"strings"

	"gopkg.in/yaml.v3"
)

// pair is one key of a mapping and its value.
type pair struct {
	key, value *yaml.Node
	merged     bool // by <<, so that the mapping's own keys win
}

const maxMerges = 8 // nested merges; a mapping that merges itself ends here

// pairs lists the keys of a mapping: its own, then those that it merges with <<.
func pairs(node *yaml.Node, around []*yaml.Node) []pair {
	if len(around) > maxMerges || node.Kind != yaml.MappingNode {
		return nil
	}
	var own, merged []pair
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], follow(node.Content[i+1])
		switch {
		case key.ShortTag() != "!!merge":
			own = append(own, pair{key: key, value: value, merged: len(around) > 0})
		case value.Kind == yaml.SequenceNode:
			for _, item := range value.Content {
				merged = append(merged, pairs(follow(item), append(around, node))...)
			}
		default:
			merged = append(merged, pairs(value, append(around, node))...)
		}
	}
	return append(own, merged...)
}

// follow returns what an alias stands for.
func follow(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias // the parser resolves an alias to a node that is none
	}
	return node
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.ShortTag() == "!!null" }

// keysOf returns the YAML keys of a struct, by field.
func keysOf(t reflect.Type) []string {
	var keys []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		keys = append(keys, name)
	}
	return keys
}
