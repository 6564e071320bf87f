package config

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// TestLoadReadsEveryKey gives every key a value of its own. It ranges over the types, so that a new key needs no line
// here.
func TestLoadReadsEveryKey(t *testing.T) {
	var want, got Config
	n := 0
	file := fill(t, reflect.ValueOf(&want).Elem(), &n)
	d := newDecoder()
	d.decode(file, &got)
	if len(d.problems) > 0 {
		t.Fatalf("problems:\n%v", d.problems)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	if n < 30 {
		t.Errorf("%d values filled in, want at least 30", n)
	}
}

// fill sets every value in v to one that no other has, and returns the YAML that describes v. n counts the values.
func fill(t *testing.T, v reflect.Value, n *int) *yaml.Node {
	t.Helper()
	if into, ok := reflect.TypeAssert[*RPO](v.Addr()); ok {
		return fill(t, reflect.ValueOf(&into.Duration).Elem(), n)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(t, v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{fill(t, v.Index(0), n)}}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"tag": "value"}))
		return mappingOf("tag", word("value"))
	case reflect.Struct:
		var content []any
		for i, key := range keysOf(v.Type()) {
			if !isWord(key) {
				t.Fatalf("%v: field %d has the key %q", v.Type(), i, key)
			}
			content = append(content, key, fill(t, v.Field(i), n))
		}
		return mappingOf(content...)
	default:
		*n++
		return word(fillScalar(t, v, *n))
	}
}

// fillScalar sets v to a value made from n, and returns it as the file writes it.
func fillScalar(t *testing.T, v reflect.Value, n int) string {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", n))
	case reflect.Int:
		v.SetInt(int64(n))
	case reflect.Int64:
		v.SetInt(int64(time.Duration(n) * time.Second))
		return Duration(v.Int()).String()
	case reflect.Float64:
		v.SetFloat(float64(n))
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("this test knows no value of type %v", v.Type())
	}
	if secret, ok := reflect.TypeAssert[Secret](v); ok {
		return secret.Reveal()
	}
	return fmt.Sprint(v.Interface())
}

func word(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }

// mappingOf returns a mapping of keys, each followed by its value.
func mappingOf(content ...any) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i < len(content); i += 2 {
		node.Content = append(node.Content, word(content[i].(string)), content[i+1].(*yaml.Node))
	}
	return node
}
