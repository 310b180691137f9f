package document

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Shorter is a struct that may stand in a short form, the one that its UnmarshalText reads.
type Shorter interface {
	Short() (text string, ok bool)
}

// fields is a mapping whose order is kept.
type fields []pair

type pair struct {
	key   string
	value any
}

// MarshalJSON writes the mapping with sorted keys, so that equal content has equal bytes.
func (f fields) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(f))
	for _, p := range f {
		m[p.key] = p.value
	}
	return json.Marshal(m)
}

// Canonical is v as JSON under its YAML names: keys sorted, nothing that is empty, equal values equal bytes. It is what a
// document is hashed by: layout and comments do not count.
func Canonical(v any) ([]byte, error) {
	t, err := tree(reflect.ValueOf(v))
	if err != nil {
		return nil, err
	}
	return json.Marshal(t)
}

// tree is v as plain data: nil, bool, int64, float64, string, []any or fields.
func tree(v reflect.Value) (any, error) {
	if !v.IsValid() {
		return nil, nil
	}
	if v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return nil, nil
		}
		return tree(v.Elem())
	}
	if s, ok := v.Interface().(Shorter); ok {
		if text, short := s.Short(); short {
			return text, nil
		}
	} else if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, err := m.MarshalText()
		return string(text), err
	}
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.Kind() == reflect.Bool:
		return v.Bool(), nil
	case v.CanInt():
		return v.Int(), nil
	case v.CanFloat():
		return v.Float(), nil
	case v.Kind() == reflect.Slice:
		return treeList(v)
	case v.Kind() == reflect.Map:
		return treeMap(v)
	case v.Kind() == reflect.Struct:
		return treeStruct(v)
	}
	return nil, fmt.Errorf("a %s cannot stand in a document", v.Type())
}

func treeList(v reflect.Value) (any, error) {
	out := make([]any, 0, v.Len())
	for i := range v.Len() {
		e, err := tree(v.Index(i))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func treeMap(v reflect.Value) (any, error) {
	out := make(fields, 0, v.Len())
	for _, k := range v.MapKeys() {
		e, err := tree(v.MapIndex(k))
		if err != nil {
			return nil, err
		}
		out = append(out, pair{k.String(), e})
	}
	slices.SortFunc(out, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	return out, nil
}

// treeStruct leaves out what is zero: absent and zero are the same in our documents, and where they are not the field is
// a pointer.
func treeStruct(v reflect.Value) (any, error) {
	out := fields{}
	for _, f := range fieldsOf(v.Type()) {
		value := v.Field(f.index)
		if value.IsZero() || empty(value) {
			continue
		}
		e, err := tree(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		out = append(out, pair{f.name, e})
	}
	return out, nil
}
