package runbooks_test

import (
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/document"
	"siteswap/runbooks"
)

// A runbook in which one thing is wrong, and the line that is said about it.
func TestProblems(t *testing.T) {
	const head = "name: try\ntitle: A try\nparameters:\n  from: {type: site}\n  to: {type: site}\n  n: {type: int, default: 3}\nsteps:\n"
	tests := []struct {
		name, text, want string
	}{
		{"no steps", "name: a\ntitle: b\n", "try.yaml:1: steps: missing; write at least one step"},
		{"name", "name: A b\ntitle: b\nsteps:\n  - {id: a, kind: approve, with: {role: operator}}\n", `try.yaml:1: name: "A b" is no name of a runbook; write small letters, digits and dashes`},
		{"unknown field", head + "  - {id: a, kind: approve, wiht: {role: x}}\n", "try.yaml:8: steps[0].wiht: unknown field; did you mean `with`?"},
		{"unknown kind", head + "  - {id: a, kind: dag.stpo, with: {site: x}}\n", "try.yaml:8: steps[0].kind: there is no kind \"dag.stpo\"; did you mean `dag.stop`?"},
		{"unknown parameter of kind", head + "  - {id: a, kind: dag.stop, with: {sit: x}}\n", "try.yaml:8: steps[0].with.sit: no parameter of dag.stop; did you mean `site`?"},
		{"required", head + "  - {id: a, kind: dag.restore}\n", "try.yaml:8: steps[0].with: dag.restore needs site; write with: {site: ...}; the site that takes over"},
		{"either", head + "  - {id: a, kind: dag.stop, with: {site: x, server: y}}\n", "try.yaml:8: steps[0].with: dag.stop needs exactly one of site, server; write one of them"},
		{"unknown id", head + "  - {id: aaa, kind: approve, with: {role: x}}\n  - id: b\n    kind: approve\n    with: {role: x}\n    needs: [aab]\n",
			"try.yaml:12: steps[1].needs[0]: there is no step \"aab\"; did you mean `aaa`?"},
		{"double id", head + "  - {id: a, kind: approve, with: {role: x}}\n  - {id: a, kind: approve, with: {role: x}}\n", `try.yaml:9: steps[1].id: the id "a" is given twice; give one of the two steps another id`},
		{"cycle", head + "  - {id: a, kind: approve, with: {role: x}, needs: [c]}\n  - {id: b, kind: approve, with: {role: x}, needs: [a]}\n  - {id: c, kind: approve, with: {role: x}, needs: [b]}\n",
			"try.yaml:10: steps[2].needs: a cycle: a needs c needs b needs a; remove one of these needs"},
		{"needs itself", head + "  - {id: a, kind: approve, with: {role: x}, needs: [a]}\n", "try.yaml:8: steps[0].needs[0]: the step needs itself; remove it"},
		{"lonely", head + "  - {id: a, kind: approve, with: {role: x}}\n  - {id: b, kind: approve, with: {role: x}}\n  - {id: c, kind: approve, with: {role: x}, needs: [a]}\n",
			"try.yaml:9: warning: steps[1].needs: nothing needs b, and it needs nothing; say what it must wait for, or what must wait for it"},
		{"template in CEL", head + "  - {id: a, kind: approve, with: {role: x}, when: 'dag.mode == \"{{from}}\"'}\n",
			"try.yaml:8: steps[0].when: {{ }} stands in an expression; write the parameter by its name alone, as in members(from)"},
		{"template in until", head + "  - {id: a, kind: wait, with: {until: 'x in members({{from}})'}}\n",
			"try.yaml:8: steps[0].with.until: {{ }} stands in an expression; write the parameter by its name alone, as in members(from)"},
		{"template not whole", head + "  - {id: a, kind: dag.stop, with: {site: 'x{{from}}'}}\n", "try.yaml:8: steps[0].with.site: {{ }} stands inside a longer text; write {{x}} as the whole value"},
		{"template unknown", head + "  - {id: a, kind: dag.stop, with: {site: '{{form}}'}}\n", "try.yaml:8: steps[0].with.site: there is no parameter \"form\"; did you mean `from`?"},
		{"template in title", head + "  - {id: a, kind: approve, title: 'for {{frm}}', with: {role: x}}\n", "try.yaml:8: steps[0].title: there is no parameter \"frm\"; did you mean `from`?"},
		{"template type", head + "  - {id: a, kind: dag.stop, with: {site: '{{n}}'}}\n", "try.yaml:8: steps[0].with.site: {{n}} is an int, and a site is wanted; name a parameter of type site"},
		{"item without for_each", head + "  - {id: a, kind: db.mount, with: {databases: '{{item}}'}}\n", "try.yaml:8: steps[0].with.databases: there is no parameter \"item\"; the nearest known name is `from`; known here: from, to, n"},
		{"item type", head + "  - {id: a, kind: db.mount, for_each: 'servers({{to}})', with: {databases: '{{item}}'}}\n",
			"try.yaml:8: steps[0].with.databases: {{item}} is a server, and a list of databases is wanted; write a list of databases"},
		{"for_each", head + "  - {id: a, kind: db.mount, for_each: sites, with: {databases: '{{item}}'}}\n", "try.yaml:8: steps[0].for_each: \"sites\" cannot be gone through; write databases, or servers({{site}})"},
		{"parallel alone", head + "  - {id: a, kind: approve, parallel: 2, with: {role: x}}\n", "try.yaml:8: steps[0].parallel: stands only on a step with for_each; remove it, or give the step for_each: databases"},
		{"continue", head + "  - {id: a, kind: dag.stop, on_failure: continue, with: {site: x}}\n", "try.yaml:8: steps[0].on_failure: continue is refused for dag.stop, which is destructive; write stop, ask or isolate"},
		{"on_failure", head + "  - {id: a, kind: approve, on_failure: stopp, with: {role: x}}\n", "try.yaml:8: steps[0].on_failure: \"stopp\" is no known value; did you mean `stop`? Known: stop, ask, continue, isolate"},
		{"isolate alone", head + "  - {id: a, kind: approve, on_failure: isolate, with: {role: x}}\n", "try.yaml:8: steps[0].on_failure: isolate sets one of a for_each aside, and this step has none; write stop or ask, or give it for_each"},
		{"enumeration", head + "  - {id: a, kind: dag.stop, with: {site: x, configuration_only: ture}}\n", "try.yaml:8: steps[0].with.configuration_only: \"ture\" is no known value; did you mean `true`?"},
		{"check id", head + "  - {id: a, kind: check, with: {checks: [dac-mod]}}\n", "try.yaml:8: steps[0].with.checks: \"dac-mod\" is no known value; did you mean `dac-mode`?"},
		{"duration", head + "  - {id: a, kind: wait, with: {for: soon}}\n", "try.yaml:8: steps[0].with.for: \"soon\" is no duration; write a duration"},
		{"list", head + "  - {id: a, kind: dag.stop, with: {site: [a, b]}}\n", "try.yaml:8: steps[0].with.site: a list stands where one site is wanted; write one value"},
		{"mapping", head + "  - {id: a, kind: dag.restore, with: {site: {a: b}}}\n", "try.yaml:8: steps[0].with.site: a mapping stands where a plain value is wanted; write a site"},
		{"parameter type", "name: a\ntitle: b\nparameters:\n  x: {type: sit}\nsteps:\n  - {id: a, kind: approve, with: {role: x}}\n", "try.yaml:4: parameters.x.type: \"sit\" is no type; did you mean `site`?"},
		{"parameter default", "name: a\ntitle: b\nparameters:\n  x: {type: int, default: much}\nsteps:\n  - {id: a, kind: approve, with: {role: x}}\n", `try.yaml:4: parameters.x.default: "much" is no whole number; write an int`},
		{"parameter name", "name: a\ntitle: b\nparameters:\n  item: {type: int}\nsteps:\n  - {id: a, kind: approve, with: {role: x}}\n",
			`try.yaml:4: parameters.item: "item" cannot be a parameter; write small letters, digits and _, and none of the words of expressions (siteswap runbook facts)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, problems := runbooks.Parse("try.yaml", []byte(tt.text))
			wantProblem(t, problems, tt.want)
		})
	}
}

func wantProblem(t *testing.T, problems document.Problems, want string) {
	t.Helper()
	var all []string
	for _, p := range problems {
		if p.String() == want {
			return
		}
		all = append(all, p.String())
	}
	t.Errorf("want %s\n got %s", want, strings.Join(all, "\n     "))
}

func TestCheckExpressions(t *testing.T) {
	const head = "name: try\ntitle: A try\nparameters:\n  from: {type: site}\nsteps:\n  - id: a\n    kind: approve\n    with: {role: x}\n    when: '"
	tests := []struct{ name, expr, want string }{
		{"unknown word", `dag.stoped == members(from)`, "column 1: no word dag.stoped; did you mean `dag.stopped`?"},
		{"unknown function", `size(mmbers(from)) > 0`, "column 12: no word mmbers; did you mean `members`?"},
		{"type", `dag.release == "2010"`, "column 13: found no matching overload for '_==_' applied to '(int, string)'; `siteswap runbook facts` lists the words and their types"},
		{"no truth", `dag.stopped`, "it is a list(string), not true or false; compare it with something"},
		{"item outside", `item in dag.stopped`, "column 1: no word item;"},
		{"nested", `[dag.evicted] == [dag.stopped]`, "a list of lists is not read here"},
		{"map", `{"a": 1} == {"a": 1}`, "maps are not read here"},
		{"dyn", `dyn(dag.evicted) == dag.stopped`, "dyn() is not read here"},
		{"loops", `members(from).all(a, members(from).all(b, members(from).all(c, a == c)))`, "comprehension exceeds nesting limit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rb, problems := runbooks.Parse("try.yaml", []byte(head+tt.expr+"'\n"))
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			got := runbooks.Check(rb, nil)
			if len(got) != 1 || !strings.Contains(got[0].String(), tt.want) || !strings.HasPrefix(got[0].String(), "try.yaml:9: steps[0].when: the expression cannot be read; ") {
				t.Errorf("got %v\nwant %s", got, tt.want)
			}
		})
	}
}

func TestCheckNames(t *testing.T) {
	rb, problems := runbooks.Parse("try.yaml", []byte("name: try\ntitle: A try\nsteps:\n  - id: a\n    kind: dag.stop\n    with:\n      site: Porod\n"))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	wantProblem(t, runbooks.Check(rb, reference()), "try.yaml:7: steps[0].with.site: the site file has no site \"Porod\"; did you mean `Prod`?")
}

func TestBuiltIn(t *testing.T) {
	for _, rb := range runbooks.BuiltIn() {
		for name, topo := range map[string]*dag.Topology{"reference": reference(), "large": large(12)} {
			if problems := runbooks.Check(rb, topo); len(problems) > 0 {
				t.Errorf("%s on %s: %v", rb.Name, name, problems)
			}
		}
	}
	if _, ok := runbooks.Find("switch"); ok {
		t.Error("found a runbook that there is not")
	}
	if _, err := runbooks.BuiltInSource("swichover"); err == nil || !strings.Contains(err.Error(), "switchover") {
		t.Errorf("no nearest name: %v", err)
	}
}

// Every kind of the built-in runbooks is documented, and every kind is whole.
func TestKinds(t *testing.T) {
	topo := reference()
	for _, k := range runbooks.Kinds() {
		if k.Does == "" || k.Timeout <= 0 || k.Lands <= 0 || k.Span == nil || k.Footprint == nil || k.Model == nil || k.Summary == nil || k.ByHand == nil || k.Look == nil {
			t.Errorf("%s lacks something", k.Name)
			continue
		}
		if again, ok := runbooks.KindOf(k.Name); !ok || again.Name != k.Name {
			t.Errorf("KindOf(%s)", k.Name)
		}
		for _, row := range k.Trouble {
			found := false
			for _, tr := range runbooks.Troubles() {
				found = found || tr.Row == row
			}
			if !found {
				t.Errorf("%s names trouble %d, which is not told", k.Name, row)
			}
		}
		a := runbooks.Args{Site: "Prod", To: "Prod", RunFrom: "DR", Databases: []string{"DB1"}}
		for _, p := range k.Parameters {
			if p.Name == "server" && p.Required {
				a.Site, a.Server = "", "EX2010-1"
			}
		}
		facts := dag.Observe(topo, ptr(dag.New(topo)), 1)
		known := map[string]bool{}
		for _, v := range dag.Flatten(topo, &facts) {
			known[v.Path] = true
		}
		for _, p := range k.Footprint(topo, a) {
			if !known[p] {
				t.Errorf("%s: footprint %s is no fact", k.Name, p)
			}
		}
		k.Model(topo, a, facts)
		k.Model(topo, a, dag.Facts{})
	}
}

func ptr[T any](v T) *T { return &v }
