package runbooks_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/runbooks"
)

func params() []runbooks.Setting {
	return []runbooks.Setting{{Name: "from", Type: "site", Value: "Prod"}, {Name: "to", Type: "site", Value: "DR"}, {Name: "n", Type: "int", Value: "3"},
		{Name: "long", Type: "duration", Value: "90s"}, {Name: "sure", Type: "bool", Value: "true"}, {Name: "dbs", Type: "[database]", Value: "DB2, DB1"}, {Name: "ns", Type: "[int]", Value: "1, 2"}}
}

// lost is what DR sees when Prod has lost its power.
func lost(topo *dag.Topology) dag.Facts {
	s := dag.New(topo)
	s, _ = dag.Apply(topo, s, dag.Event{Kind: dag.EvSite, Site: 0})
	s, _ = dag.Settle(topo, s)
	return dag.Observe(topo, &s, 1)
}

// cut is what DR sees when the link to Prod is cut, and Prod lives.
func cut(topo *dag.Topology) dag.Facts {
	s := dag.New(topo)
	for _, e := range []dag.Event{{Kind: dag.EvLink, Site: 0, Other: 1}, {Kind: dag.EvLink, Site: 1, Other: 0}} {
		s, _ = dag.Apply(topo, s, e)
	}
	s, _ = dag.Settle(topo, s)
	return dag.Observe(topo, &s, 1)
}

func healthy(topo *dag.Topology) dag.Facts {
	s := dag.New(topo)
	return dag.Observe(topo, &s, 1)
}

func TestEval(t *testing.T) {
	topo := reference()
	const T, F, U = runbooks.True, runbooks.False, runbooks.Unknown
	tests := []struct {
		expr                string
		healthy, lost, dark runbooks.Truth // dark: nothing is known at all
	}{
		{``, T, T, T},
		{`dag.mode == "DagOnly"`, T, T, U},
		{`dag.mode != "Off"`, T, T, U},
		{`dag.release < 2013`, T, T, T},
		{`dag.stopped == []`, T, T, U},
		{`dag.stopped == members(from)`, F, F, U},
		{`dag.started == members(from) + members(to)`, T, T, U},
		{`members(to) == ["EX2010-3"]`, T, T, T},
		{`dag.quorum`, T, F, U},
		{`!dag.quorum`, F, T, U},
		{`dag.operational == []`, F, T, U},
		{`"EX2010-3" in dag.nodes`, T, F, U},
		{`dag.witness_in_use == "None"`, T, U, U},
		{`dag.pam in members(from)`, T, U, U},
		{`dag.preference_moves`, F, F, U},
		{`item in mounted(from)`, T, F, U},
		{`!(item in mounted(to))`, T, T, U},
		{`mounted(to) == []`, T, T, U},
		{`item in copies(to)`, T, T, T},
		{`item in healthy(to)`, T, F, U},
		{`members(from).all(m, m in dag.evicted)`, F, U, U},
		{`members(from).exists(m, m in servers.answering)`, T, F, U},
		{`members(from).all(m, m in servers.off)`, F, T, U},
		{`"EX2010-3" in dag.evicted`, F, F, U},
		{`dag.evicted == []`, T, U, U},
		{`[] == dag.evicted`, T, U, U},
		{`dag.evicted != []`, F, U, U},
		{`size(dag.evicted) == 0`, T, U, U},
		{`dag.evicted.exists(x, true)`, F, U, U},
		{`dag.evicted + ["a"] == ["a"]`, T, U, U},
		{`(dag.quorum ? dag.evicted : dag.evicted) == []`, T, U, U},
		{`dag.mode == "Off" && dag.quorum`, F, F, U},
		{`dag.release == 2010 || dag.quorum`, T, T, T},
		{`dag.release == 2016 && dag.quorum`, F, F, F},
		{`um.redirectors > 0`, T, T, T},
		{`n == 3 && long > duration("1m") && sure && "DB1" in dbs && dbs == ["DB1", "DB2"] && 2 in ns`, T, T, T},
	}
	x := runbooks.NewExpressions()
	for _, tt := range tests {
		for _, c := range []struct {
			what  string
			facts dag.Facts
			want  runbooks.Truth
		}{{"healthy", healthy(topo), tt.healthy}, {"lost", lost(topo), tt.lost}, {"dark", dag.Facts{}, tt.dark}} {
			got, why, err := x.Eval(tt.expr, runbooks.Env{Topology: topo, Facts: c.facts, Vantage: 1, Params: params(), Item: "DB1"})
			if err != nil || got != c.want {
				t.Errorf("%s, %s: got %s, want %s (why %q, error %v)", tt.expr, c.what, got, c.want, why, err)
			}
			if got == U && len(why) == 0 {
				t.Errorf("%s, %s: unknown without a why", tt.expr, c.what)
			}
		}
	}
}

// What one dead server hides is only what it alone could tell.
func TestPartlyKnown(t *testing.T) {
	topo := reference()
	f := lost(topo)
	f.Members[0].Evicted = dag.Know(true, "events")
	x := runbooks.NewExpressions()
	for expr, want := range map[string]runbooks.Truth{
		`"EX2010-1" in dag.evicted`: runbooks.True, `"EX2010-2" in dag.evicted`: runbooks.Unknown, `"EX2010-3" in dag.evicted`: runbooks.False,
	} {
		got, why, err := x.Eval(expr, runbooks.Env{Topology: topo, Facts: f, Vantage: 1, Params: params()})
		if got != want || err != nil {
			t.Errorf("%s: %s, want %s (%v, %v)", expr, got, want, why, err)
		}
		if got == runbooks.Unknown && !strings.Contains(why[0], "dag.evicted: EX2010-2 cannot be seen") {
			t.Errorf("%s: why %q", expr, why)
		}
	}
}

// A place without a directory believes those that were read, if they agree.
func TestListsWithoutOwnDirectory(t *testing.T) {
	topo := reference()
	x := runbooks.NewExpressions()
	eval := func(f dag.Facts) runbooks.Truth {
		got, _, err := x.Eval(`size(dag.stopped) == 0`, runbooks.Env{Topology: topo, Facts: f, Vantage: 2, Params: params()})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	f := healthy(topo)
	if got := eval(f); got != runbooks.True {
		t.Errorf("both directories agree: %s", got)
	}
	f.Sites[0].Stopped = dag.Know([]string{"EX2010-3"}, "dc")
	if got := eval(f); got != runbooks.Unknown {
		t.Errorf("the directories differ: %s", got)
	}
}

func TestEvalErrors(t *testing.T) {
	x := runbooks.NewExpressions()
	env := runbooks.Env{Topology: reference(), Facts: healthy(reference()), Params: params()}
	for _, expr := range []string{`members("Mars") == []`, `1 / 0 == 1`, `dag.stopped[7] == ""`, `nothing`, `1`, strings.Repeat("(", 5000), `"` + strings.Repeat("x", 3000) + `" == ""`} {
		if got, _, err := x.Eval(expr, env); err == nil || got != runbooks.Unknown {
			t.Errorf("%.40s: %s, %v", expr, got, err)
		}
	}
}

func TestVocabulary(t *testing.T) {
	var names []string
	for _, w := range runbooks.Vocabulary() {
		names = append(names, w.Name)
		if w.Doc == "" || w.Type == "" || w.Source == "" || w.Source != "site file" && (w.SeenFrom == "" || w.MaxAge < time.Second) {
			t.Errorf("%s lacks something: %+v", w.Name, w)
		}
	}
	want := []string{"run.mode", "run.forced", "dag.mode", "dag.release", "dag.started", "dag.stopped", "dag.evicted", "dag.preference_moves", "dag.quorum", "dag.operational", "dag.nodes",
		"dag.witness_in_use", "dag.pam", "servers.answering", "servers.off", "um.redirectors", "members(site)", "copies(site)", "healthy(site)", "diverged(site)", "settling(site)", "mounted(site)"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestExpressionsTogether(t *testing.T) {
	x := runbooks.NewExpressions()
	topo := reference()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got, _, err := x.Eval(`item in mounted(to)`, runbooks.Env{Topology: topo, Facts: healthy(topo), Vantage: 1, Params: params(), Item: "DB1"}); got != runbooks.False || err != nil {
					t.Error(got, err)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzEval(f *testing.F) {
	for _, s := range []string{`dag.mode == "x"`, `item in mounted(to)`, `members(from).all(m, m in dag.evicted)`, `dag.evicted == []`, `size(dag.stopped) > 1 ? sure : !sure`} {
		f.Add(s, uint8(0))
	}
	topo := reference()
	facts := []dag.Facts{healthy(topo), lost(topo), cut(topo), {}}
	x := runbooks.NewExpressions()
	f.Fuzz(func(t *testing.T, expr string, which uint8) {
		env := runbooks.Env{Topology: topo, Facts: facts[int(which)%len(facts)], Vantage: 1, Params: params(), Item: "DB1"}
		got, why, err := x.Eval(expr, env)
		again, whyAgain, _ := x.Eval(expr, env)
		if got != again || !slices.Equal(why, whyAgain) {
			t.Errorf("%q: %s then %s", expr, got, again)
		}
		if got == runbooks.Unknown && err == nil && len(why) == 0 {
			t.Errorf("%q: unknown without why", expr)
		}
		if got != runbooks.Unknown && err != nil {
			t.Errorf("%q: %s and %v", expr, got, err)
		}
	})
}
