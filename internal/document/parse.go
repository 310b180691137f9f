package document

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	maxBytes = 16 << 20 // a list of 100,000 mailboxes is 6 MB
	maxDepth = 50       // the parser's time grows with the square of the depth; ours need less than 10
)

// parse is the body of the one document in data, or why there is none.
func parse(file string, data []byte) (ast.Node, *Problem) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	fail := func(line int, what, fix string) (ast.Node, *Problem) {
		return nil, &Problem{File: file, Line: line, What: what, Fix: fix}
	}
	if len(data) > maxBytes {
		return fail(1, fmt.Sprintf("the file has %d bytes", len(data)), fmt.Sprintf("keep it below %d", maxBytes))
	}
	if line := badBytes(data); line > 0 {
		return fail(line, "bytes that are no text in UTF-8", "save the file as UTF-8")
	}
	f, tokens, err := guarded(string(data))
	if line := tooDeep(tokens); line > 0 {
		return fail(line, fmt.Sprintf("nested deeper than %d levels", maxDepth), "close a bracket before this one")
	}
	if err != nil {
		line, what := syntax(err)
		return fail(line, what, remedy(data, line))
	}
	var bodies []ast.Node
	for _, d := range f.Docs {
		if isNull(d.Body) {
			continue
		}
		bodies = append(bodies, d.Body)
	}
	switch len(bodies) {
	case 0:
		return fail(1, "the document is empty", "write its fields")
	case 1:
		return bodies[0], nil
	default:
		return fail(lineOf(bodies[1]), "a second document begins here", "keep one document in a file, without a --- line")
	}
}

// badBytes is the line of the first byte that is no text, or 0.
func badBytes(data []byte) int {
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && n == 1 || r == 0 {
			return 1 + bytes.Count(data[:i], []byte("\n"))
		}
		i += n
	}
	return 0
}

// guarded parses and turns a panic of the parser into an error: what a person typed must never end the program.
func guarded(text string) (f *ast.File, tokens token.Tokens, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it cannot be read as YAML (%v)", r)
		}
	}()
	tokens = lexer.Tokenize(text)
	if tooDeep(tokens) > 0 {
		return nil, tokens, errors.New("nested too deep")
	}
	f, err = parser.Parse(tokens, 0, parser.AllowDuplicateMapKey()) // duplicates are found by the decoder, with their field
	return f, tokens, err
}

// tooDeep is the line where brackets, or dashes and question marks of one line, nest deeper than maxDepth; or 0.
func tooDeep(tokens token.Tokens) int {
	flow, dashes, line := 0, 0, 0
	for _, t := range tokens {
		if t.Position == nil {
			continue
		}
		if t.Position.Line != line {
			line, dashes = t.Position.Line, 0
		}
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			dashes++
		}
		if flow > maxDepth || dashes > maxDepth {
			return line
		}
	}
	return 0
}

// syntax is the line and the text of a parser's error, without its picture of the source.
func syntax(err error) (int, string) {
	var e yaml.Error
	if errors.As(err, &e) {
		line := 1
		if t := e.GetToken(); t != nil && t.Position != nil {
			line = max(1, t.Position.Line)
		}
		return line, "wrong YAML: " + e.GetMessage()
	}
	return 1, "wrong YAML: " + err.Error()
}

// remedy is the fix for a syntax error in the line. A bare {{x}} is what people get wrong most in a runbook: to YAML it is
// a mapping.
func remedy(data []byte, line int) string {
	lines := bytes.Split(data, []byte("\n"))
	if line <= len(lines) && bytes.Contains(lines[line-1], []byte("{{")) {
		return "put a value that holds {{ }} in quotes"
	}
	return "mend the YAML here or in the line before"
}

// lineOf is the line at which a node begins.
func lineOf(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return lineOf(m.Values[0].Key)
	}
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}
