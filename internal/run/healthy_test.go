package run_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// stretchedNames is the reference design with a name that every healthy site serves.
func stretchedNames() *dag.Topology {
	topo := reference()
	topo.Names[1].Policy = dag.AllHealthy
	return topo
}

// Which sites a name gets is chosen when the step begins and kept in its INTENT: what becomes of a site meanwhile makes neither
// drift nor a debt. Injected faults come twice: not done, and done but reported failed or not answered.
func TestAllHealthyNames(t *testing.T) {
	failed := run.Effect{State: run.Failed, Error: "REFUSED"}
	for name, c := range map[string]struct {
		args    runbooks.Args
		happens bool
		after   func(s *sim)
		effect  run.Effect
		chosen  []string
		state   run.StepState
		debts   []string
	}{
		"left":                           {runbooks.Args{To: "DR", Leave: "Prod"}, true, nil, run.Effect{State: run.Done}, []string{"DR"}, run.Done, nil},
		"left, done, reported failed":    {runbooks.Args{To: "DR", Leave: "Prod"}, true, nil, failed, []string{"DR"}, run.Done, nil},
		"left, done, not answered":       {runbooks.Args{To: "DR", Leave: "Prod"}, true, nil, run.Effect{State: run.Unknown}, []string{"DR"}, run.Done, nil},
		"left, not done":                 {runbooks.Args{To: "DR", Leave: "Prod"}, false, nil, failed, []string{"DR"}, run.Failed, nil},
		"left, not done, said to be":     {runbooks.Args{To: "DR", Leave: "Prod"}, false, nil, run.Effect{State: run.Done}, []string{"DR"}, run.Failed, nil},
		"both":                           {runbooks.Args{To: "DR"}, true, nil, run.Effect{State: run.Done}, []string{"Prod", "DR"}, run.Done, nil},
		"the other dies after the step":  {runbooks.Args{To: "DR"}, true, func(s *sim) { s.site(0, false) }, run.Effect{State: run.Done}, []string{"Prod", "DR"}, run.Done, []string{"10.0.1.5:53"}},
		"the other's pool drains after":  {runbooks.Args{To: "DR"}, true, do(dag.Op{Kind: dag.OpPool, Members: 3}), run.Effect{State: run.Done}, []string{"Prod", "DR"}, run.Done, nil},
		"one server has the other value": {runbooks.Args{To: "DR"}, true, do(dag.Op{Kind: dag.OpRepoint, Server: 0, Name: 1, Sites: 1 << 1}), run.Effect{State: run.Done}, []string{"Prod", "DR"}, run.Failed, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, stretchedNames())
			s.start("r-1", plan(step("names", "dns.repoint", c.args)), false)
			s.take()
			j := &judging{s, s.facts()}
			if diff := cmp.Diff(c.chosen, j.step("names").Intent.Choice.Sites); diff != "" {
				t.Fatal(diff)
			}
			if c.happens {
				j.happens()
			}
			if c.after != nil {
				c.after(s)
			}
			res := j.says(c.effect, true)
			var debts []string
			for _, d := range res.Debts {
				debts = append(debts, d.Key)
			}
			if res.State != c.state || cmp.Diff(c.debts, debts) != "" {
				t.Errorf("%+v", res)
			}
		})
	}
}

// A whole switchover and failback: the lost site's addresses go, and come back with it; its returned DNS server is no reason to
// refuse the Start once it has learnt that.
func TestAllHealthyWhole(t *testing.T) {
	s := newSim(t, stretchedNames())
	s.quick = true
	s.site(0, false)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	want(t, s.finish(), run.OutcomeDone)
	leads := func(sites ...string) {
		t.Helper()
		for _, i := range []int{1, 3} {
			if f := s.facts().DNS[i].Sites; f.Known && cmp.Diff(sites, f.Value) != "" {
				t.Errorf("%s: %v, want %v", f.From, f.Value, sites)
			}
		}
	}
	leads("DR")
	s.site(0, true)
	s.start("r-2", compile(t, "failback", s.topo, "DR", "Prod"), false)
	want(t, s.finish(), run.OutcomeDone)
	leads("Prod", "DR")
}

// While a name leads to the site that is left too, there is something to do, wherever everything is mounted; and a returning
// site's DNS server that leads to it, alone or beside another, bites.
func TestAllHealthyPreflight(t *testing.T) {
	for name, c := range map[string]struct {
		sites dag.Set
		state run.StepState
	}{"to both": {3, run.Done}, "to the target alone": {1, run.Refused}} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, stretchedNames())
			for srv := range 2 {
				do(dag.Op{Kind: dag.OpRepoint, Server: srv, Name: 1, Sites: c.sites})(s)
			}
			p := plan(step("x", "check", runbooks.Args{}))
			p.Parameters[0].Value, p.Parameters[1].Value = "DR", "Prod"
			s.start("r-1", p, false)
			s.round()
			s.round()
			if st := s.step("x"); st.State != c.state {
				t.Errorf("%s: %+v", st.State, st.Result)
			}
		})
	}
}
