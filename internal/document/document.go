// Package document reads the YAML documents that people write (site file, runbook, scenario) strictly and with line
// numbers, so that every error can name file, line, field, what is wrong and how to mend it.
//
// A document is decoded into a Go struct whose tags say what may stand there:
//
//	yaml:"name"       the field's name; a field without it is not read
//	need:"fix text"   must be given; the text says how
//	enum:"a|b"        holds one of these values (in a list: each element)
//	min:"1" max:"16"  bounds of a number
//	doc:"text"        one sentence for the JSON schema
//
// A type that implements encoding.TextUnmarshaler is read from a scalar by it (its error reads "what is wrong; fix"); if
// it is a struct it may stand as a mapping too, which makes the scalar its short form. Case is kept, nothing is guessed:
// anchors, aliases, tags, merge keys and a second document are refused, because a file for the worst day must say what
// it means where it says it.
package document

import (
	"reflect"
	"strings"
)

// Document is a decoded document: where the value of each field stands.
type Document struct {
	File  string
	lines map[string]int
}

// Decode reads data into the struct (or map) that into points to. All problems are returned, not only the first; what
// could be read is in into even then. The document is never nil.
func Decode(file string, data []byte, into any) (*Document, Problems) {
	doc := &Document{File: file, lines: map[string]int{"": 1}}
	body, problem := parse(file, data)
	if problem != nil {
		return doc, Problems{*problem}
	}
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.IsNil() {
		return doc, Problems{doc.Problem("", "the program gave no place to decode to", "this is an error of the program; report it")}
	}
	d := &decoder{doc: doc, fields: map[reflect.Type][]field{}}
	d.value(place{line: 1}, body, target.Elem(), rules{})
	return doc, d.problems.Sorted()
}

// Line is the line of the value at the path ("dag.exchange", "servers[2].fqdn"), or of the nearest parent that has one.
func (d *Document) Line(path string) int {
	for {
		if line, ok := d.lines[path]; ok {
			return line
		}
		if path == "" {
			return 1
		}
		path = parent(path)
	}
}

// Has tells whether something stands at the path, be it null.
func (d *Document) Has(path string) bool {
	_, ok := d.lines[path]
	return ok
}

// Problem is an error at the path.
func (d *Document) Problem(path, what, fix string) Problem {
	return Problem{File: d.File, Line: d.Line(path), Field: path, What: what, Fix: fix}
}

// Warning is a warning at the path.
func (d *Document) Warning(path, what, fix string) Problem {
	p := d.Problem(path, what, fix)
	p.Warning = true
	return p
}

// parent is the path without its last element; "" is the document. A key that holds a dot is cut in pieces on the way
// up, which ends at the same line.
func parent(path string) string {
	if cut := strings.LastIndexAny(path, ".["); cut > 0 {
		return path[:cut]
	}
	return ""
}

// join is the path of a field in the mapping at base.
func join(base, name string) string {
	if base == "" {
		return name
	}
	return base + "." + name
}
