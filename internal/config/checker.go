package config

import (
	"fmt"
	"strings"

	"siteswap/internal/document"
)

// checker finds what is wrong between the fields of a site file; what is wrong with one field alone the decoder has found.
// It passes over what is empty, so that a missing field is reported once.
type checker struct {
	site     *Site
	doc      *document.Document
	problems document.Problems
	unread   map[string]bool // fields in which the decoder found something wrong, so that their value means nothing
}

func (c *checker) fail(path, what, fix string) {
	if c.unread[path] {
		return
	}
	c.problems = append(c.problems, c.doc.Problem(path, what, fix))
}

func (c *checker) warn(path, what, fix string) {
	c.problems = append(c.problems, c.doc.Warning(path, what, fix))
}

// at is a path with its indexes filled in.
func at(format string, indexes ...any) string { return fmt.Sprintf(format, indexes...) }

// later is a, or b if b stands in a later line: where two fields clash, the later one is reported.
func (c *checker) later(a, b string) string {
	if c.doc.Line(b) > c.doc.Line(a) {
		return b
	}
	return a
}

// refer reports a reference to something that the file does not describe.
func (c *checker) refer(path, value, what string, known []string) bool {
	if value == "" {
		return false
	}
	for _, k := range known {
		if k == value {
			return true
		}
	}
	fix := "describe it, or write one of " + strings.Join(known, ", ")
	if best, near := document.Nearest(value, known); near {
		fix = fmt.Sprintf("did you mean `%s`?", best)
	} else if best == "" {
		fix = "this file describes none; describe it first"
	}
	c.fail(path, fmt.Sprintf("%q is no %s of this file", value, what), fix)
	return false
}

// claims find values that may stand only once; the later one is reported.
type claims struct {
	c    *checker
	seen map[string]string // folded value -> path
}

func (c *checker) claims() claims { return claims{c, map[string]string{}} }

// take claims a value; what says what it is, as in "names two servers".
func (u claims) take(value, path, what, fix string) {
	if value == "" {
		return
	}
	key := strings.ToLower(value)
	first, taken := u.seen[key]
	if !taken {
		u.seen[key] = path
		return
	}
	u.c.fail(path, fmt.Sprintf("%q %s, the first in line %d", value, what, u.c.doc.Line(first)), fix)
}

// domain is a DNS name as it is compared: without the last dot, in lower case.
func domain(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// placeNames are the names of the sites.
func (s *Site) placeNames() []string {
	out := make([]string, 0, len(s.Sites))
	for _, p := range s.Sites {
		out = append(out, p.Name)
	}
	return out
}

// serverNames are the names of the servers that want keeps.
func (s *Site) serverNames(want func(Server) bool) []string {
	var out []string
	for _, v := range s.Servers {
		if want(v) {
			out = append(out, v.Name)
		}
	}
	return out
}
