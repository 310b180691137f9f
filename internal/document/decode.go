package document

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder walks the document and the struct side by side and keeps on after a problem.
type decoder struct {
	doc      *Document
	problems Problems
	fields   map[reflect.Type][]field
}

// place is where a value stands: its path and the line of its key (or of the dash before it).
type place struct {
	path string
	line int
}

func (d *decoder) fail(path, what, fix string) {
	d.problems = append(d.problems, d.doc.Problem(path, what, fix))
}

func (d *decoder) failAt(line int, path, what, fix string) {
	d.problems = append(d.problems, Problem{File: d.doc.File, Line: line, Field: path, What: what, Fix: fix})
}

// value decodes the node into v and notes its line. It tells whether something usable stands there.
func (d *decoder) value(at place, n ast.Node, v reflect.Value, r rules) bool {
	line := at.line
	if _, text := scalarText(n); text || isFlow(n) {
		line = lineOf(n)
	}
	d.doc.lines[at.path] = max(line, at.line)
	if !d.plain(at.path, n) {
		return false
	}
	if isNull(n) {
		return v.Kind() == reflect.Interface // in free-form values null is a value; elsewhere it is as if the field were absent
	}
	if v.Kind() == reflect.Pointer {
		fresh := reflect.New(v.Type().Elem())
		if !d.value(at, n, fresh.Elem(), r) {
			return false
		}
		v.Set(fresh)
		return true
	}
	if reader, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if _, mapping := n.(*ast.MappingNode); !mapping || v.Kind() != reflect.Struct || len(d.fieldsOf(v.Type())) == 0 {
			return d.text(at.path, n, v, reader, r)
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.structure(at, n, v)
	case reflect.Map:
		return d.mapping(at, n, v, r)
	case reflect.Slice:
		return d.list(at, n, v, r)
	case reflect.Interface:
		v.Set(reflect.ValueOf(d.free(at, n)))
		return true
	default:
		return d.scalar(at.path, n, v, r)
	}
}

// plain refuses what makes a value stand elsewhere than where it is read.
func (d *decoder) plain(path string, n ast.Node) bool {
	switch n.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		d.fail(path, "anchors and aliases are not read here", "write the value out")
	case *ast.TagNode:
		d.fail(path, "type tags are not read here", "write the value without its ! mark")
	default:
		return true
	}
	return false
}

// entry is a key of a mapping with its value.
type entry struct {
	key   string
	line  int
	value ast.Node
}

// entries are the keys of a mapping; doubles and keys that are no plain text are reported and left out.
func (d *decoder) entries(path string, n ast.Node) ([]entry, bool) {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.fail(path, shown(n)+" stands where a mapping is expected", "write fields, as in {name: value}")
		return nil, false
	}
	var out []entry
	first := map[string]int{}
	for _, v := range m.Values {
		key, plain := scalarText(v.Key)
		line := lineOf(v.Key)
		if _, merge := v.Key.(*ast.MergeKeyNode); merge || !plain {
			d.failAt(max(line, d.doc.Line(path)), path, "a key here is no plain text", "write a name and a colon, and put a value that holds {{ }} in quotes")
			continue
		}
		if before, double := first[key]; double {
			d.failAt(line, join(path, key), fmt.Sprintf("given twice, first in line %d", before), "remove one of the two")
			continue
		}
		first[key] = line
		out = append(out, entry{key, line, v.Value})
	}
	return out, true
}

// structure decodes a mapping into the fields of a struct.
func (d *decoder) structure(at place, n ast.Node, v reflect.Value) bool {
	fields := d.fieldsOf(v.Type())
	given := map[string]bool{}
	list, ok := d.entries(at.path, n)
	if !ok {
		return false
	}
	for _, e := range list {
		path := join(at.path, e.key)
		f := find(fields, e.key)
		if f == nil {
			d.failAt(e.line, path, "unknown field", suggest(e.key, fields))
			continue
		}
		had := len(d.problems)
		usable := d.value(place{path, e.line}, e.value, v.Field(f.index), f.rules)
		given[e.key] = len(d.problems) > had || usable && !empty(v.Field(f.index))
	}
	for _, f := range fields {
		if f.need != "" && !given[f.name] {
			d.fail(join(at.path, f.name), "missing", f.need)
		}
	}
	return true
}

// empty: text, a list or a mapping without content says as little as nothing at all.
func empty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return false
}

// mapping decodes a mapping with free keys.
func (d *decoder) mapping(at place, n ast.Node, v reflect.Value, r rules) bool {
	list, ok := d.entries(at.path, n)
	if !ok {
		return false
	}
	out := reflect.MakeMapWithSize(v.Type(), len(list))
	for _, e := range list {
		element := reflect.New(v.Type().Elem()).Elem()
		if d.value(place{join(at.path, e.key), e.line}, e.value, element, r) {
			out.SetMapIndex(reflect.ValueOf(e.key).Convert(v.Type().Key()), element)
		}
	}
	v.Set(out)
	return true
}

// list decodes a sequence. An element that cannot be read keeps its place, so that paths stay right.
func (d *decoder) list(at place, n ast.Node, v reflect.Value, r rules) bool {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		fix := "write a list, as in [a, b]"
		if text, scalar := scalarText(n); scalar && len(text) < 40 {
			fix = "write a list, as in [" + text + "]"
		}
		d.fail(at.path, shown(n)+" stands where a list is expected", fix)
		return false
	}
	out := reflect.MakeSlice(v.Type(), len(s.Values), len(s.Values))
	for i, e := range s.Values {
		path := fmt.Sprintf("%s[%d]", at.path, i)
		had := len(d.problems)
		if !d.value(place{path, max(lineOf(e), 1)}, e, out.Index(i), r) && len(d.problems) == had {
			d.fail(path, "an empty element", "write a value or remove the dash")
		}
	}
	v.Set(out)
	return true
}

// free decodes a value of any shape: text, int64, float64, bool, nil, []any or map[string]any.
func (d *decoder) free(at place, n ast.Node) any {
	switch n := n.(type) {
	case *ast.MappingNode:
		out := map[string]any{}
		d.mapping(at, n, reflect.ValueOf(&out).Elem(), rules{})
		return out
	case *ast.SequenceNode:
		out := []any{}
		for i, e := range n.Values {
			var element any
			d.value(place{fmt.Sprintf("%s[%d]", at.path, i), max(lineOf(e), 1)}, e, reflect.ValueOf(&element).Elem(), rules{})
			out = append(out, element)
		}
		return out
	default:
		return freeScalar(n)
	}
}

// suggest is the fix for a name that is no field.
func suggest(name string, fields []field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	best, near := Nearest(name, names)
	switch {
	case best == "":
		return "no field may stand here"
	case near:
		return fmt.Sprintf("did you mean `%s`?", best)
	default:
		return fmt.Sprintf("the nearest known name is `%s`; known here: %s", best, strings.Join(names, ", "))
	}
}
