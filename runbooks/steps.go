package runbooks

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// template finds {{x}}.
func template() *regexp.Regexp { return regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`) }

// whole is the name in a value that is {{x}} and nothing else.
func whole(value string) (name string, ok bool) {
	inner, found := strings.CutPrefix(value, "{{")
	if !found {
		return "", false
	}
	inner, found = strings.CutSuffix(inner, "}}")
	if !found || strings.ContainsAny(inner, "{}") {
		return "", false
	}
	return strings.TrimSpace(inner), true
}

// step checks one step by itself.
func (c *checker) step(i int, src *sourceStep) RunbookStep {
	s := RunbookStep{ID: src.ID, Kind: src.Kind, Title: src.Title, Why: src.Why, With: src.With, Needs: src.Needs, When: src.When, Expect: src.Expect,
		ForEach: src.ForEach, Parallel: src.Parallel, Batch: src.Batch, Timeout: src.Timeout.Std(), OnFailure: src.OnFailure}
	if s.OnFailure == "" {
		s.OnFailure = OnFailureStop
	}
	if s.ID != "" && !namePattern().MatchString(s.ID) {
		c.fail(stepPath(i, "id"), quote(s.ID)+" is no id", "write small letters, digits and dashes")
	}
	c.forEach(i, &s)
	c.text(stepPath(i, "title"), s.Title, s.ForEach != "")
	c.text(stepPath(i, "why"), s.Why, s.ForEach != "")
	c.expression(stepPath(i, "when"), s.When)
	c.expression(stepPath(i, "expect"), s.Expect)
	k := c.kinds[s.Kind]
	if k == nil {
		if s.Kind != "" {
			c.fail(stepPath(i, "kind"), "there is no kind "+quote(s.Kind), nearestFix(s.Kind, kindNames()))
		}
		return s
	}
	c.with(i, &s, k)
	if s.OnFailure == OnFailureContinue && k.Class == Destructive {
		c.fail(stepPath(i, "on_failure"), "continue is refused for "+k.Name+", which is destructive", "write stop, ask or isolate")
	}
	if s.OnFailure == OnFailureIsolate && s.ForEach == "" {
		c.fail(stepPath(i, "on_failure"), "isolate sets one of a for_each aside, and this step has none", "write stop or ask, or give it for_each")
	}
	return s
}

// expression: a parameter stands there by its name, never as {{x}}.
func (c *checker) expression(path, expr string) {
	if strings.Contains(expr, "{{") {
		c.fail(path, "{{ }} stands in an expression", "write the parameter by its name alone, as in members(from)")
	}
}

// forEach reads "databases" or "servers(SITE)".
func (c *checker) forEach(i int, s *RunbookStep) {
	if s.ForEach == "" {
		const fix = "remove it, or give the step for_each: databases"
		if s.Parallel > 0 {
			c.fail(stepPath(i, "parallel"), "stands only on a step with for_each", fix)
		}
		if s.Batch > 0 {
			c.fail(stepPath(i, "batch"), "stands only on a step with for_each", fix)
		}
		return
	}
	over, site := forEachOver(s.ForEach)
	switch {
	case over == "databases":
	case over == "servers":
		if name, ok := whole(site); ok {
			c.parameterUse(stepPath(i, "for_each"), name, Type{Base: TypeSite})
		} else if strings.Contains(site, "{{") {
			c.fail(stepPath(i, "for_each"), quote(site)+" is no site", "write servers({{parameter}}) or servers(SITE)")
		}
	default:
		c.fail(stepPath(i, "for_each"), quote(s.ForEach)+" cannot be gone through", "write databases, or servers({{site}})")
	}
}

// forEachOver takes "servers({{to}})" apart; over is "" if it is neither.
func forEachOver(text string) (over, site string) {
	if text == "databases" {
		return "databases", ""
	}
	if inner, ok := strings.CutPrefix(text, "servers("); ok {
		if inner, ok = strings.CutSuffix(inner, ")"); ok && strings.TrimSpace(inner) != "" {
			return "servers", strings.TrimSpace(inner)
		}
	}
	return "", ""
}

// text checks the {{x}} of a title or a why: any parameter may stand there, the DAG's name, and item in a for_each.
func (c *checker) text(path, text string, item bool) {
	for _, m := range template().FindAllStringSubmatch(text, -1) {
		if m[1] == "item" && item || m[1] == "dag" || c.rb.parameter(m[1]) != nil {
			continue
		}
		c.fail(path, "there is no parameter "+quote(m[1]), nearestFix(m[1], c.known(item)))
	}
}

func (c *checker) known(item bool) []string {
	known := append(c.rb.parameterNames(), "dag")
	if item {
		known = append(known, "item")
	}
	return known
}

// parameterUse checks {{x}} where a value of a type is wanted.
func (c *checker) parameterUse(path, name string, want Type) {
	p := c.rb.parameter(name)
	if p == nil {
		c.fail(path, "there is no parameter "+quote(name), nearestFix(name, c.rb.parameterNames()))
		return
	}
	if !fits(p.Type, want) {
		c.fail(path, "{{"+name+"}} is "+p.Type.article()+", and "+want.article()+" is wanted", "name a parameter of type "+want.String())
	}
}

// fits: the same type, one for a list of it, or anything plain for a text.
func fits(have, want Type) bool {
	if have.List && !want.List {
		return false
	}
	return have.Base == want.Base || want.Base == TypeString
}

// with checks the parameters of the kind.
func (c *checker) with(i int, s *RunbookStep, k *Kind) {
	var takes []string
	for _, p := range k.Parameters {
		takes = append(takes, p.Name)
		if _, given := s.With[p.Name]; p.Required && !given {
			c.fail(stepPath(i, "with"), k.Name+" needs "+p.Name, "write with: {"+p.Name+": ...}; "+p.Doc)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.With)) {
		value := s.With[name]
		path := stepPath(i, "with."+name)
		p := k.Takes(name)
		if p == nil {
			fix := k.Name + " takes no parameters"
			if len(takes) > 0 {
				fix = nearestFix(name, takes)
			}
			c.fail(path, "no parameter of "+k.Name, fix)
			continue
		}
		c.value(path, value, p, s.ForEach)
	}
	given := 0
	for _, e := range k.Either {
		if _, ok := s.With[e]; ok {
			given++
		}
	}
	if len(k.Either) > 0 && given != 1 {
		c.fail(stepPath(i, "with"), k.Name+" needs exactly one of "+strings.Join(k.Either, ", "), "write one of them")
	}
}

// value checks one value of `with` against its parameter.
func (c *checker) value(path string, value any, p *Parameter, forEach string) {
	if written, ok := value.(map[string]any); ok {
		c.mapping(path, written, p)
		return
	}
	if p.Type.Base == TypeWitness {
		c.fail(path, "no witness stands here", "write {server: FQDN, directory: 'C:\\...'}")
		return
	}
	items, isList := value.([]any)
	if !isList {
		items = []any{value}
	}
	if isList && !p.Type.List {
		c.fail(path, "a list stands where one "+p.Type.String()+" is wanted", "write one value")
		return
	}
	for _, v := range items {
		text, bad := plainText(v)
		if bad != "" {
			c.fail(path, bad, "write "+p.Type.article())
			continue
		}
		if p.Type.Base == TypeExpression {
			c.expression(path, text)
			continue
		}
		if name, ok := whole(text); ok {
			if name == "item" && forEach != "" {
				c.item(path, p, forEach)
				continue
			}
			want := p.Type
			if isList {
				want.List = false
			}
			c.parameterUse(path, name, want)
			continue
		}
		if strings.Contains(text, "{{") {
			c.fail(path, "{{ }} stands inside a longer text", "write {{x}} as the whole value")
			continue
		}
		if bad := checkValue(Type{Base: p.Type.Base}, text); bad != "" {
			c.fail(path, bad, "write "+Type{Base: p.Type.Base}.article())
		} else if len(p.Values) > 0 && !slices.Contains(p.Values, text) {
			c.fail(path, quote(text)+" is no known value", nearestFix(text, p.Values))
		}
	}
}

// item checks {{item}} where a value is wanted.
func (c *checker) item(path string, p *Parameter, forEach string) {
	have := Type{Base: TypeDatabase}
	if over, _ := forEachOver(forEach); over == "servers" {
		have.Base = TypeServer
	}
	if !fits(have, Type{Base: p.Type.Base, List: p.Type.List}) {
		c.fail(path, "{{item}} is "+have.article()+", and "+p.Type.article()+" is wanted", "write "+p.Type.article())
	}
}
