package runbooks

import (
	"reflect"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"
)

// partial is a list of which some elements are in, some are not, and of some it is not known. `x in list` is answered per
// element, so that one dead server does not hide what the others say; everything else that looks at it is unknown.
type partial struct {
	world *world
	name  string
	in    []string
	maybe []string
}

var _ traits.Container = (*partial)(nil)

// Contains answers `x in list`.
func (p *partial) Contains(x ref.Val) ref.Val {
	s, ok := x.(types.String)
	switch {
	case types.IsUnknownOrError(x):
		return x
	case !ok:
		return types.False
	case slices.Contains(p.in, string(s)):
		return types.True
	case slices.Contains(p.maybe, string(s)):
		return p.unknown(string(s))
	}
	return types.False
}

// unknown is what everything but `in` gets.
func (p *partial) unknown(of string) ref.Val {
	why := of + " cannot be seen"
	p.world.touched = append(p.world.touched, p.name+": "+why)
	return unknownValue(p.name, why)
}

// ConvertToNative is part of ref.Val.
func (p *partial) ConvertToNative(reflect.Type) (any, error) { return p, nil }

// ConvertToType is part of ref.Val.
func (p *partial) ConvertToType(ref.Type) ref.Val { return p.whole() }

// Equal is part of ref.Val.
func (p *partial) Equal(ref.Val) ref.Val { return p.whole() }

// Value is part of ref.Val.
func (p *partial) Value() any { return p }

// Type has the trait of a container and no other, so that what would iterate over the list, index it or measure it is an
// error, which Eval turns into unknown. It notes that somebody looked.
func (p *partial) Type() ref.Type {
	p.world.touched = append(p.world.touched, p.name+": "+strings.Join(p.maybe, ", ")+" cannot be seen")
	return types.NewObjectType("partial", traits.ContainerType)
}

func (p *partial) whole() ref.Val { return p.unknown(strings.Join(p.maybe, ", ")) }

// guardEquality is a decorator that makes == and != on a partial list unknown; the library would say false.
func guardEquality() cel.ProgramOption {
	return cel.CustomDecorator(func(i interpreter.Interpretable) (interpreter.Interpretable, error) {
		call, ok := i.(interpreter.InterpretableCall)
		if !ok || call.Function() != "_==_" && call.Function() != "_!=_" || len(call.Args()) != 2 {
			return i, nil
		}
		return &equality{id: i.ID(), left: call.Args()[0], right: call.Args()[1], not: call.Function() == "_!=_"}, nil
	})
}

type equality struct {
	id          int64
	left, right interpreter.InterpretableV2
	not         bool
}

// ID is part of interpreter.Interpretable.
func (e *equality) ID() int64 { return e.id }

// Eval is part of interpreter.Interpretable.
func (e *equality) Eval(a interpreter.Activation) ref.Val {
	l := e.left.Eval(a)
	r := e.right.Eval(a)
	for _, v := range []ref.Val{l, r} {
		if p, ok := v.(*partial); ok {
			return p.whole()
		}
		if types.IsUnknownOrError(v) {
			return v
		}
	}
	eq := types.Equal(l, r)
	if b, ok := eq.(types.Bool); ok && e.not {
		return !b
	}
	return eq
}
