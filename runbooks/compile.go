package runbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/document"
)

// Compile makes the plan of a runbook for one topology and one set of parameters. Facts are no input: `auto`, `when` and
// `expect` stay in the plan and are decided when a step starts. The same inputs give the same plan, byte for byte. The plan
// is nil if there are errors.
func Compile(rb *Runbook, t *dag.Topology, params map[string]string) (*Plan, document.Problems) {
	c := &compiler{checker: checker{rb: rb, kinds: kindIndex()}, t: t, values: map[string]string{"dag": t.Name}, byID: map[string][]string{}}
	if rb.doc == nil {
		rb.doc = &document.Document{File: rb.File}
	}
	p := &Plan{Runbook: rb.Name, DAG: t.Name, Topology: HashTopology(t)}
	p.Parameters = c.settings(params)
	if c.problems.Err() != nil {
		return nil, c.problems.Sorted()
	}
	p.Title = c.fill(rb.Title, "")
	for i := range rb.Steps {
		p.Steps = append(p.Steps, c.expand(i)...)
	}
	c.withoutMembers(p)
	c.resolve(p)
	c.overlaps(p)
	if c.problems.Err() != nil {
		return nil, c.problems.Sorted()
	}
	return p, c.problems.Sorted()
}

// HashTopology is "sha256:" and 64 hex digits over a topology's JSON: a plan names the topology that it was made for.
func HashTopology(t *dag.Topology) string {
	b, err := json.Marshal(t)
	if err != nil {
		panic("a topology is plain data: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

type compiler struct {
	checker
	t      *dag.Topology
	values map[string]string   // parameters by name, and the DAG's name
	byID   map[string][]string // step of the runbook -> steps of the plan
	origin []int               // step of the plan -> step of the runbook
}

// settings checks the parameters that the caller gives against those that the runbook takes.
func (c *compiler) settings(given map[string]string) []Setting {
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if c.rb.parameter(name) == nil {
			c.fail("parameters", "the runbook has no parameter "+quote(name), nearestFix(name, c.rb.parameterNames()))
		}
	}
	var out []Setting
	for _, p := range c.rb.Parameters {
		path := "parameters." + p.Name
		value, ok := given[p.Name]
		if !ok || value == "" {
			value = p.Default
			if !p.Optional {
				c.fail(path, "no value is given", "say which "+p.Type.String()+", as in --"+p.Name+" NAME")
				continue
			}
		}
		if bad := checkValue(p.Type, value); bad != "" {
			c.fail(path, bad, "give "+p.Type.article())
			continue
		}
		if what, fix := checkName(c.t, p.Type, value); what != "" {
			c.fail(path, what, fix)
			continue
		}
		if len(p.Values) > 0 && !slices.Contains(p.Values, value) {
			c.fail(path, quote(value)+" is none of the values", nearestFix(value, p.Values))
			continue
		}
		if p.Type.List {
			value = strings.Join(splitList(value), ", ")
		}
		out = append(out, Setting{Name: p.Name, Type: p.Type.String(), Value: value})
		c.values[p.Name] = value
	}
	return out
}

// fill puts parameters into a title or a why.
func (c *compiler) fill(text, item string) string {
	if !strings.Contains(text, "{{") {
		return strings.TrimSpace(text)
	}
	return strings.TrimSpace(template().ReplaceAllStringFunc(text, func(m string) string {
		name, _ := whole(m)
		if name == "item" {
			return item
		}
		return c.values[name]
	}))
}

// expand is a step of the runbook as steps of the plan; their needs are still those of the runbook.
func (c *compiler) expand(i int) []Step {
	src := &c.rb.Steps[i]
	k := c.kinds[src.Kind]
	if k == nil {
		c.fail(stepPath(i, "kind"), "there is no kind "+quote(src.Kind), nearestFix(src.Kind, kindNames()))
		return nil
	}
	base := c.args(i, src, k)
	if src.ForEach == "" {
		c.byID[src.ID] = []string{src.ID}
		c.origin = append(c.origin, i)
		return []Step{c.make(src, k, base, "")}
	}
	items := c.items(src)
	out := make([]Step, 0, len(items))
	c.byID[src.ID] = make([]string, 0, len(items))
	for _, item := range items {
		s := c.make(src, k, c.withItem(base, src, item), item)
		s.ID, s.Group, s.Parallel = src.ID+"/"+item, src.ID, src.Parallel
		c.byID[src.ID] = append(c.byID[src.ID], s.ID)
		c.origin = append(c.origin, i)
		out = append(out, s)
	}
	return out
}

func (c *compiler) make(src *RunbookStep, k *Kind, a Args, item string) Step {
	s := Step{ID: src.ID, Kind: src.Kind, Title: c.fill(src.Title, item), Why: c.fill(src.Why, item), With: a, Needs: src.Needs,
		When: strings.TrimSpace(src.When), Expect: strings.TrimSpace(src.Expect), Timeout: src.Timeout, Lands: k.Lands, OnFailure: src.OnFailure}
	if s.Timeout == 0 {
		s.Timeout = max(k.Timeout, a.For+time.Minute)
	}
	if s.OnFailure == "" {
		s.OnFailure = OnFailureStop
	}
	if s.Title == "" {
		s.Title, _ = k.Summary(c.t, a)
	}
	return s
}

// args are the parameters of the kind for a step, but for {{item}}.
func (c *compiler) args(i int, src *RunbookStep, k *Kind) Args {
	var a Args
	for _, p := range k.Parameters {
		if written, ok := src.With[p.Name].(map[string]any); ok {
			c.replacement(stepPath(i, "with."+p.Name), written, &p, &a)
			continue
		}
		values, given := listOf(src.With[p.Name])
		if !given {
			if p.Default != "" {
				a.set(p.Name, []string{p.Default})
			}
			continue
		}
		var out []string
		for _, v := range values {
			name, isWhole := whole(v)
			switch {
			case isWhole && name == "item":
				continue
			case isWhole && p.Type.List:
				out = append(out, splitList(c.values[name])...)
				continue
			case isWhole:
				v = c.values[name]
			case p.Type.Base == TypeExpression:
			default:
				if what, fix := checkName(c.t, Type{Base: p.Type.Base}, v); what != "" {
					c.fail(stepPath(i, "with."+p.Name), what, fix)
				}
			}
			if len(p.Values) > 0 && !slices.Contains(p.Values, v) {
				c.fail(stepPath(i, "with."+p.Name), quote(v)+" is no known value", nearestFix(v, p.Values))
			}
			out = append(out, v)
		}
		a.set(p.Name, out)
	}
	return a
}

// withItem fills {{item}} in.
func (c *compiler) withItem(a Args, src *RunbookStep, item string) Args {
	for _, name := range slices.Sorted(maps.Keys(src.With)) {
		values, _ := listOf(src.With[name])
		var out []string
		found := false
		for _, v := range values {
			n, ok := whole(v)
			switch {
			case ok && n == "item":
				out, found = append(out, item), true
			case ok:
				out = append(out, splitList(c.values[n])...)
			default:
				out = append(out, v)
			}
		}
		if found {
			a.set(name, out)
		}
	}
	return a
}

// items are what a for_each goes through, in the order of the site file.
func (c *compiler) items(src *RunbookStep) []string {
	over, site := forEachOver(src.ForEach)
	if over == "servers" {
		if name, ok := whole(site); ok {
			site = c.values[name]
		}
		i := c.t.SiteIndex(site)
		if i < 0 {
			return nil
		}
		return c.t.MemberNames(c.t.MembersOf(i))
	}
	out := make([]string, 0, len(c.t.Databases))
	for i := range c.t.Databases {
		out = append(out, c.t.Databases[i].Name)
	}
	return out
}
