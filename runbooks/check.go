package runbooks

import (
	"slices"

	"siteswap/dag"
	"siteswap/internal/document"
)

// Check type-checks every expression of a runbook; with a topology it looks up every name too, and compiles the runbook
// once for a likely pair of sites, so that steps that would get into each other's way are found in peacetime.
func Check(rb *Runbook, t *dag.Topology) document.Problems {
	c := &checker{rb: rb, kinds: kindIndex()}
	c.expressions()
	if t == nil {
		return c.problems.Sorted()
	}
	c.literals(t)
	if params, ok := likely(rb, t); ok && c.problems.Err() == nil {
		_, problems := Compile(rb, t, params)
		c.problems = append(c.problems, problems...)
	}
	return c.problems.Sorted()
}

func (c *checker) expressions() {
	x := NewExpressions()
	var params []Setting
	for _, p := range c.rb.Parameters {
		params = append(params, Setting{Name: p.Name, Type: p.Type.String()})
	}
	check := func(path, expr string, item bool) {
		if expr == "" {
			return
		}
		if err := x.Check(expr, params, item); err != nil {
			c.fail(path, "the expression cannot be read", err.Error())
		}
	}
	for i, s := range c.rb.Steps {
		item := s.ForEach != ""
		check(stepPath(i, "when"), s.When, item)
		check(stepPath(i, "expect"), s.Expect, item)
		k := c.kinds[s.Kind]
		if k == nil {
			continue
		}
		for _, p := range k.Parameters {
			if text, ok := s.With[p.Name].(string); ok && p.Type.Base == TypeExpression {
				check(stepPath(i, "with."+p.Name), text, item)
			}
		}
	}
}

// literals looks up the names of sites, servers and databases that stand in the runbook itself.
func (c *checker) literals(t *dag.Topology) {
	for i, s := range c.rb.Steps {
		if over, site := forEachOver(s.ForEach); over == "servers" {
			if _, ok := whole(site); !ok {
				c.literal(stepPath(i, "for_each"), t, Type{Base: TypeSite}, site)
			}
		}
		k := c.kinds[s.Kind]
		if k == nil {
			continue
		}
		for _, p := range k.Parameters {
			values, _ := listOf(s.With[p.Name])
			for _, v := range values {
				if _, ok := whole(v); !ok {
					c.literal(stepPath(i, "with."+p.Name), t, Type{Base: p.Type.Base}, v)
				}
			}
		}
	}
	for _, p := range c.rb.Parameters {
		if p.Default != "" {
			c.literal("parameters."+p.Name+".default", t, p.Type, p.Default)
		}
	}
}

func (c *checker) literal(path string, t *dag.Topology, typ Type, value string) {
	if what, fix := checkName(t, typ, value); what != "" {
		c.fail(path, what, fix)
	}
}

// listOf is a value of `with` as texts; ok is false if none was given.
func listOf(v any) (values []string, ok bool) {
	if v == nil {
		return nil, false
	}
	items, isList := v.([]any)
	if !isList {
		items = []any{v}
	}
	for _, i := range items {
		if s, bad := plainText(i); bad == "" {
			values = append(values, s)
		}
	}
	return values, true
}

// likely are parameters that a runbook could be run with here: its sites in the order of the site file, as far as it asks
// for nothing else.
func likely(rb *Runbook, t *dag.Topology) (map[string]string, bool) {
	var sites []string
	for i := range t.Sites {
		if t.MembersOf(i) != 0 {
			sites = append(sites, t.Sites[i].Name)
		}
	}
	params := map[string]string{}
	for _, p := range rb.Parameters {
		switch {
		case p.Optional:
		case p.Type == (Type{Base: TypeSite}) && len(sites) > 0:
			params[p.Name] = sites[0]
			sites = slices.Delete(sites, 0, 1)
		default:
			return nil, false
		}
	}
	return params, true
}
