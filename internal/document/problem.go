package document

import (
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, or doubtful, in a document: where it stands, what it is, and how to mend it.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`  // of the offending value; 0: the file as a whole
	Field   string `json:"field,omitempty"` // its path, as in servers[2].fqdn; empty: the document as a whole
	What    string `json:"what"`
	Fix     string `json:"fix,omitempty"`
	Warning bool   `json:"warning,omitempty"` // does not keep the document from being used
}

// String is the line that people see: FILE:LINE: field: what; fix. A warning says so before its field.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.What)
	if p.Fix != "" {
		b.WriteString("; " + p.Fix)
	}
	return b.String()
}

// Problems are all problems of a document, sorted by line. As an error it is every error of it, one a line.
type Problems []Problem

// Errors are the problems that keep the document from being used.
func (ps Problems) Errors() Problems { return ps.keep(func(p Problem) bool { return !p.Warning }) }

// Warnings are the problems that do not.
func (ps Problems) Warnings() Problems { return ps.keep(func(p Problem) bool { return p.Warning }) }

func (ps Problems) keep(want func(Problem) bool) Problems {
	var out Problems
	for _, p := range ps {
		if want(p) {
			out = append(out, p)
		}
	}
	return out
}

// Error is the text of the errors, one a line; the warnings are left out.
func (ps Problems) Error() string {
	errs := ps.Errors()
	lines := make([]string, 0, len(errs))
	for _, p := range errs {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// Err is ps as an error if it holds errors, and nil if it holds nothing but warnings.
func (ps Problems) Err() error {
	if len(ps.Errors()) == 0 {
		return nil
	}
	return ps
}

// Sorted is ps by line; problems of one line stay in the order in which they were found, and no problem stands twice.
func (ps Problems) Sorted() Problems {
	out := slices.Clone(ps)
	slices.SortStableFunc(out, func(a, b Problem) int { return a.Line - b.Line })
	seen := map[Problem]bool{}
	return slices.DeleteFunc(out, func(p Problem) bool {
		if seen[p] {
			return true
		}
		seen[p] = true
		return false
	})
}
