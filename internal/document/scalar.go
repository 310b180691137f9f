package document

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// scalarText is the text of a scalar as it is written (quotes and folding taken off), and whether n is one. Numbers stay
// text until a number is asked for: extension 0100 is not 64.
func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		if n.GetToken() == nil {
			return "", true
		}
		return n.GetToken().Value, true
	}
	return "", false
}

// isNull: nothing, null or ~.
func isNull(n ast.Node) bool {
	switch n.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return true
	}
	return false
}

// isFlow: a mapping or list in brackets; its value begins at the bracket, that of an indented one at its key.
func isFlow(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.IsFlowStyle
	case *ast.SequenceNode:
		return n.IsFlowStyle
	}
	return false
}

// shown names a value in an error.
func shown(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode:
		return "a mapping"
	case *ast.SequenceNode:
		return "a list"
	}
	if text, ok := scalarText(n); ok {
		return strconv.Quote(short(text))
	}
	return "something else"
}

// short cuts what would fill the screen.
func short(text string) string {
	const longest = 60
	if r := []rune(text); len(r) > longest {
		return string(r[:longest]) + "..."
	}
	return text
}

// text hands a scalar to the type's own reader.
func (d *decoder) text(path string, n ast.Node, v reflect.Value, reader encoding.TextUnmarshaler, r rules) bool {
	text, ok := scalarText(n)
	if !ok {
		want := "text"
		if v.Kind() == reflect.Struct && len(d.fieldsOf(v.Type())) > 0 {
			want = "text or a mapping"
		}
		d.fail(path, shown(n)+" stands where "+want+" is expected", "write "+want)
		return false
	}
	if err := reader.UnmarshalText([]byte(text)); err != nil {
		what, fix, _ := strings.Cut(err.Error(), "; ")
		d.fail(path, what, fix)
		return false
	}
	return d.listed(path, text, r)
}

// listed checks a value against the enumeration of its field.
func (d *decoder) listed(path, text string, r rules) bool {
	if len(r.enum) == 0 {
		return true
	}
	for _, known := range r.enum {
		if known == text {
			return true
		}
	}
	fix := "write one of " + strings.Join(r.enum, ", ")
	if best, near := Nearest(text, r.enum); near {
		fix = fmt.Sprintf("did you mean `%s`? Known: %s", best, strings.Join(r.enum, ", "))
	}
	d.fail(path, strconv.Quote(short(text))+" is no known value", fix)
	return false
}

// scalar decodes text, numbers and booleans.
func (d *decoder) scalar(path string, n ast.Node, v reflect.Value, r rules) bool {
	text, ok := scalarText(n)
	_, boolean := n.(*ast.BoolNode)
	wrong := func(want, fix string) bool {
		d.fail(path, shown(n)+" stands where "+want+" is expected", fix)
		return false
	}
	switch {
	case v.Kind() == reflect.String:
		if !ok {
			return wrong("text", "write text")
		}
		if boolean {
			return wrong("text", "put it in quotes")
		}
		v.SetString(text)
		return d.listed(path, text, r)
	case v.Kind() == reflect.Bool:
		if !boolean {
			return wrong("true or false", "write true or false")
		}
		v.SetBool(strings.EqualFold(text, "true"))
		return true
	case v.CanInt():
		number, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil || v.OverflowInt(number) {
			return wrong("a whole number", "write a whole number"+r.bounds())
		}
		v.SetInt(number)
		return d.within(path, text, float64(number), r)
	case v.CanFloat():
		number, err := strconv.ParseFloat(text, 64)
		if !ok || err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
			return wrong("a number", "write a number"+r.bounds())
		}
		v.SetFloat(number)
		return d.within(path, text, number, r)
	}
	d.fail(path, "the program cannot read a "+v.Kind().String(), "this is an error of the program; report it")
	return false
}

// within checks a number against the bounds of its field.
func (d *decoder) within(path, text string, number float64, r rules) bool {
	if r.min != nil && number < *r.min || r.max != nil && number > *r.max {
		d.fail(path, text+" is out of bounds", "write a number"+r.bounds())
		return false
	}
	return true
}

// freeScalar is a scalar where anything may stand; a number that is not plainly decimal stays text.
func freeScalar(n ast.Node) any {
	text, ok := scalarText(n)
	if !ok {
		return nil
	}
	switch n.(type) {
	case *ast.BoolNode:
		return strings.EqualFold(text, "true")
	case *ast.IntegerNode:
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number
		}
	case *ast.FloatNode:
		if number, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(number, 0) {
			return number
		}
	}
	return text
}
