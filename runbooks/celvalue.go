package runbooks

import (
	"strconv"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"siteswap/internal/document"
)

// celType of a parameter's type: names of the site file are strings.
func celType(name string) *cel.Type {
	t, _ := ParseType(name)
	var c *cel.Type
	switch t.Base {
	case TypeDuration:
		c = cel.DurationType
	case TypeBool:
		c = cel.BoolType
	case TypeInt:
		c = cel.IntType
	default:
		c = cel.StringType
	}
	if t.List {
		return cel.ListType(c)
	}
	return c
}

// celValue of a setting.
func celValue(s Setting) ref.Val {
	t, _ := ParseType(s.Type)
	if !t.List {
		return celScalar(t.Base, s.Value)
	}
	if t.Base != TypeInt && t.Base != TypeBool && t.Base != TypeDuration {
		return stringList(splitList(s.Value))
	}
	var vals []ref.Val
	for _, v := range splitList(s.Value) {
		vals = append(vals, celScalar(t.Base, v))
	}
	return types.DefaultTypeAdapter.NativeToValue(vals)
}

func celScalar(base, value string) ref.Val {
	switch base {
	case TypeDuration:
		d, err := document.ParseDuration(value)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Duration{Duration: d.Std()}
	case TypeBool:
		return types.Bool(value == "true")
	case TypeInt:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return types.WrapErr(err)
		}
		return types.Int(n)
	}
	return types.String(value)
}

// splitList reads a list as a Setting renders it.
func splitList(s string) []string {
	var out []string
	for _, v := range strings.Split(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// activation resolves the words of an expression when they are asked for.
type activation struct {
	world *world
	words map[string]func(*world) ref.Val
}

// wordIndex is the vocabulary by name, of the words that are values.
var wordIndex = sync.OnceValue(func() map[string]func(*world) ref.Val {
	index := map[string]func(*world) ref.Val{}
	for _, w := range Vocabulary() {
		if w.value != nil {
			index[w.Name] = w.value
		}
	}
	return index
})

// ResolveName is part of cel.Activation.
func (a *activation) ResolveName(name string) (any, bool) {
	switch {
	case name == worldName:
		return a.world, true
	case name == "item" && a.world.Item != "":
		return types.String(a.world.Item), true
	}
	for _, p := range a.world.Params {
		if p.Name == name {
			return celValue(p), true
		}
	}
	if f, ok := a.words[name]; ok {
		return f(a.world), true
	}
	return nil, false
}

// Parent is part of cel.Activation.
func (a *activation) Parent() cel.Activation { return nil }
