package runbooks_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"siteswap/dag"
	"siteswap/runbooks"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	got = regexp.MustCompile(`[0-9a-f]{4}…`).ReplaceAllString(got, "….") // hashes change with every field of a topology
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (go test -update writes it):\n%s", name, diff)
	}
}

func compile(t testing.TB, name string, topo *dag.Topology, from, to string) *runbooks.Plan {
	t.Helper()
	rb, ok := runbooks.Find(name)
	if !ok {
		t.Fatalf("no runbook %s", name)
	}
	plan, problems := runbooks.Compile(rb, topo, map[string]string{"from": from, "to": to})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return plan
}

func TestTables(t *testing.T) {
	golden(t, "switchover.txt", runbooks.Table(reference(), compile(t, "switchover", reference(), "Prod", "DR")))
	golden(t, "failback.txt", runbooks.Table(reference(), compile(t, "failback", reference(), "DR", "Prod")))
	golden(t, "failback-large.txt", runbooks.Table(large(12), compile(t, "failback", large(12), "DR", "Prod")))
}

func TestPaper(t *testing.T) {
	topo := reference()
	extra := runbooks.Extra{SiteFile: "reference.yaml", Addresses: map[string]string{"EX2010-3": "10.0.2.13"}, Contacts: []string{"Service desk: 4711"}}
	golden(t, "switchover.paper.txt", runbooks.Paper(topo, compile(t, "switchover", topo, "Prod", "DR"), extra))
	golden(t, "failback.paper.txt", runbooks.Paper(topo, compile(t, "failback", topo, "DR", "Prod"), runbooks.Extra{Done: map[string]string{"start": "done at 03:14"}}))
	old := large(2)
	old.Exchange = dag.Version{Release: 2013, CU: 3}
	for _, want := range []string{"Set-MailboxServer MBX09 -AutoDatabaseMountDial Lossless", "Mount each of 2 databases in DR", "-ActivateOnServer MBX09", "-ActivateOnServer MBX10"} {
		if got := runbooks.Paper(old, compile(t, "switchover", old, "Prod", "DR"), runbooks.Extra{}); !strings.Contains(got, want) {
			t.Errorf("the paper lacks %q", want)
		}
	}
}

func TestPlan(t *testing.T) {
	topo := reference()
	plan := compile(t, "switchover", topo, "Prod", "DR")
	if plan.Title != "Datacenter switchover of DAG1, Prod to DR" || plan.DAG != "DAG1" || !strings.HasPrefix(plan.Topology, "sha256:") || runbooks.Vantage(plan, topo) != 1 {
		t.Errorf("%q %q %q", plan.Title, plan.DAG, plan.Topology)
	}
	want := []runbooks.Setting{{Name: "from", Type: "site", Value: "Prod"}, {Name: "to", Type: "site", Value: "DR"}, {Name: "mode", Type: "string", Value: "auto"}, {Name: "power_off", Type: "bool", Value: "false"}}
	if diff := cmp.Diff(want, plan.Parameters); diff != "" {
		t.Error(diff)
	}
	got := plan.Step("activate/DB1")
	if got == nil {
		t.Fatal("no activate/DB1")
	}
	step := runbooks.Step{ID: "activate/DB1", Kind: "db.activate", Title: "Mount DB1 in DR", Why: got.Why,
		With:  runbooks.Args{Site: "DR", RunFrom: "DR", Databases: []string{"DB1"}, Loss: "good"},
		Needs: []string{"restore", "off-join", "set", "accept-loss"}, When: `run.mode == "unplanned" && item in copies(to) && !(item in mounted(to))`, Expect: "item in mounted(to)",
		Timeout: 10 * time.Minute, Lands: 2 * time.Minute, OnFailure: "isolate", Group: "activate", Parallel: 4}
	if diff := cmp.Diff(step, *got); diff != "" {
		t.Error(diff)
	}
	if runbooks.ItemOf(got) != "DB1" || plan.Parameter("to") != "DR" {
		t.Error("item or parameter")
	}
	if many := compile(t, "switchover", large(100), "Prod", "DR"); len(many.Step("release").Needs) != 100 {
		t.Errorf("release needs %d steps, not each of 100", len(many.Step("release").Needs))
	}
}

func TestParameters(t *testing.T) {
	rb, _ := runbooks.Find("switchover")
	tests := []struct {
		name   string
		params map[string]string
		want   string
	}{
		{"missing", map[string]string{"from": "Prod"}, "built-in switchover.yaml:8: parameters.to: no value is given; say which site, as in --to NAME"},
		{"unknown site", map[string]string{"from": "Porod", "to": "DR"}, "built-in switchover.yaml:7: parameters.from: the site file has no site \"Porod\"; did you mean `Prod`?"},
		{"unknown parameter", map[string]string{"form": "Prod", "from": "Prod", "to": "DR"}, "built-in switchover.yaml:6: parameters: the runbook has no parameter \"form\"; did you mean `from`?"},
		{"no members", map[string]string{"from": "Prod", "to": "Branch"}, "built-in switchover.yaml:8: parameters.to: Branch has no server of the DAG, and hold works on its servers; name one of Prod, DR"},
		{"mode", map[string]string{"from": "Prod", "to": "DR", "mode": "plannd"}, "built-in switchover.yaml:9: parameters.mode: \"plannd\" is none of the values; did you mean `planned`?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			plan, problems := runbooks.Compile(rb, reference(), tt.params)
			if plan != nil {
				t.Error("a plan in spite of errors")
			}
			wantProblem(t, problems, tt.want)
		})
	}
	// The site that is left as target is refused by a rule with evidence, not by the compiler.
	if plan, problems := runbooks.Compile(rb, reference(), map[string]string{"from": "Prod", "to": "Prod"}); plan == nil {
		t.Error(problems)
	}
}

func parse(t testing.TB, steps string) *runbooks.Runbook {
	t.Helper()
	rb, problems := runbooks.Parse("try.yaml", []byte("name: try\ntitle: A try\nparameters:\n  to: {type: site}\nsteps:\n"+steps))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return rb
}

func TestOverlap(t *testing.T) {
	to := map[string]string{"to": "DR"}
	together := parse(t, "  - {id: a, kind: approve, with: {role: x}}\n  - {id: b, kind: vip.drain, with: {site: Prod}, needs: [a]}\n  - {id: c, kind: vip.enable, with: {server: EX2010-2}, needs: [a]}\n")
	_, problems := runbooks.Compile(together, reference(), to)
	wantProblem(t, problems, "try.yaml:8: steps[2].needs: c and b may run at the same time, and both change sites/Prod/pool/EX2010-2/enabled; let one need the other, or write parallel: 1 if they are of one for_each")
	if problems := runbooks.Check(together, reference()); problems.Err() == nil {
		t.Error("Check does not see it")
	}
	ordered := parse(t, "  - {id: a, kind: approve, with: {role: x}}\n  - {id: b, kind: vip.drain, with: {site: Prod}, needs: [a]}\n  - {id: m, kind: approve, with: {role: x}, needs: [b]}\n  - {id: c, kind: vip.enable, with: {server: EX2010-2}, needs: [m]}\n")
	if _, problems := runbooks.Compile(ordered, reference(), to); problems.Err() != nil {
		t.Error(problems)
	}
	for parallel, bad := range map[string]bool{"": true, "parallel: 1, ": false} {
		each := parse(t, "  - {id: a, kind: dns.repoint, for_each: databases, "+parallel+"with: {to: '{{to}}'}}\n")
		if _, problems := runbooks.Compile(each, large(2), to); (problems.Err() != nil) != bad {
			t.Errorf("%q: %v", parallel, problems)
		}
	}
}

func TestForEachOfNothing(t *testing.T) {
	rb := parse(t, "  - {id: a, kind: approve, with: {role: x}}\n  - {id: b, kind: cluster.cleanup, for_each: servers(Branch), with: {server: '{{item}}'}, needs: [a]}\n  - {id: c, kind: approve, with: {role: x}, needs: [b]}\n")
	plan, problems := runbooks.Compile(rb, reference(), map[string]string{"to": "DR"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	if diff := cmp.Diff([]string{"a"}, plan.Step("c").Needs); diff != "" || len(plan.Steps) != 2 {
		t.Error(diff)
	}
}

// Batches are closed under shared names: clients of one name are never half moved.
func TestBatches(t *testing.T) {
	topo := large(6)
	topo.Databases[2].Names, topo.Databases[3].Names, topo.Databases[4].Names, topo.Databases[5].Names = []int{1}, []int{1}, nil, nil
	rb := parse(t, "  - {id: m, kind: db.activate, for_each: databases, batch: 3, with: {site: '{{to}}', databases: '{{item}}'}}\n")
	plan, problems := runbooks.Compile(rb, topo, map[string]string{"to": "DR"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	got := map[string][]string{}
	for _, s := range plan.Steps {
		got[s.ID] = s.Needs
	}
	first := []string{"m/DB001", "m/DB002"}
	second := []string{"m/DB003", "m/DB004", "m/DB005"}
	want := map[string][]string{"m/DB001": nil, "m/DB002": nil, "m/DB003": first, "m/DB004": first, "m/DB005": first, "m/DB006": second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Compile is deterministic, and every plan can be carried out: each step after all that it needs.
func TestCompileProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "steps")
		var b strings.Builder
		for i := range n {
			var needs []string
			for j := range i {
				if rapid.IntRange(0, 3).Draw(t, "need") == 0 {
					needs = append(needs, fmt.Sprintf("s%d", j))
				}
			}
			kind := rapid.SampledFrom([]string{"kind: approve, with: {role: x}", "kind: wait, with: {for: 5s}", "kind: db.activate, for_each: databases, batch: 2, with: {site: '{{to}}', databases: '{{item}}'}",
				"kind: cluster.cleanup, for_each: 'servers({{to}})', parallel: 1, with: {server: '{{item}}'}", "kind: dns.settle"}).Draw(t, "kind")
			fmt.Fprintf(&b, "  - {id: s%d, %s, needs: [%s]}\n", i, kind, strings.Join(needs, ", "))
		}
		rb, problems := runbooks.Parse("try.yaml", []byte("name: try\ntitle: A try\nparameters:\n  to: {type: site}\nsteps:\n"+b.String()))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		topo := large(rapid.IntRange(0, 5).Draw(t, "databases"))
		params := map[string]string{"to": rapid.SampledFrom([]string{"Prod", "DR", "Branch"}).Draw(t, "to")}
		plan, problems := runbooks.Compile(rb, topo, params)
		again, problemsAgain := runbooks.Compile(rb, topo, params)
		if diff := cmp.Diff(problems, problemsAgain); diff != "" {
			t.Fatal(diff)
		}
		if plan == nil {
			return
		}
		if plan.Hash() != again.Hash() {
			t.Fatal(cmp.Diff(plan, again))
		}
		done := map[string]bool{}
		for len(done) < len(plan.Steps) {
			before := len(done)
			for _, s := range plan.Steps {
				if !slices.ContainsFunc(s.Needs, func(n string) bool { return !done[n] }) {
					done[s.ID] = true
				}
			}
			if len(done) == before {
				t.Fatalf("nothing can start: %v of %d", done, len(plan.Steps))
			}
		}
		if _, most := runbooks.Estimate(plan, topo); most == "" && len(plan.Steps) > 0 {
			t.Fatal("no step dominates")
		}
		if rows := runbooks.TableRows(topo, plan); len(rows) > n {
			t.Fatal("more rows than steps in the runbook")
		}
	})
}

func TestEstimate(t *testing.T) {
	topo := large(10)
	rb := parse(t, "  - {id: a, kind: wait, with: {for: 1m}}\n  - {id: b, kind: wait, with: {for: 3m}}\n  - {id: m, kind: db.activate, for_each: databases, parallel: 4, with: {site: '{{to}}', databases: '{{item}}'}, needs: [a]}\n")
	plan, problems := runbooks.Compile(rb, topo, map[string]string{"to": "DR"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	one := dag.Op{Kind: dag.OpActivate}.Span().Typical
	span, most := runbooks.Estimate(plan, topo)
	if want := max(3*time.Minute, time.Minute+3*one); span.Typical != want {
		t.Errorf("typical %s, want %s (mostly %s)", span.Typical, want, most)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"switchover", "failback"} {
		data, err := runbooks.BuiltInSource(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("name: a\ntitle: b\nsteps:\n  - {id: a, kind: wait, with: {until: 'dag.quorum'}, needs: [a]}\n")
	f.Add("steps: [{needs: [x], id: x}, {needs: [x], id: x}]")
	topo := reference()
	f.Fuzz(func(t *testing.T, text string) {
		rb, problems := runbooks.Parse("f.yaml", []byte(text))
		_, again := runbooks.Parse("f.yaml", []byte(text))
		if diff := cmp.Diff(problems, again); diff != "" {
			t.Error(diff)
		}
		for _, p := range problems {
			if p.Line < 1 || p.What == "" {
				t.Errorf("a problem without line or text: %+v", p)
			}
		}
		if problems.Err() != nil {
			return
		}
		runbooks.Check(rb, topo)
		plan, problems := runbooks.Compile(rb, topo, map[string]string{"from": "Prod", "to": "DR"})
		if (plan == nil) == (problems.Err() == nil) {
			t.Errorf("plan %v, problems %v", plan != nil, problems)
		}
		if plan != nil {
			runbooks.Table(topo, plan)
			runbooks.Paper(topo, plan, runbooks.Extra{})
		}
	})
}
