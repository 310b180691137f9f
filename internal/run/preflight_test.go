package run_test

import (
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// The rules about the run as a whole, in its check or, without one, before the first dangerous step.
func TestPreflight(t *testing.T) {
	far := reference()
	far.Databases[0].Copies = far.Databases[0].Copies[:2]
	tests := []struct {
		name     string
		topo     *dag.Topology
		from, to string
		world    func(s *sim)
		rule     string
	}{
		{"the same site", reference(), "DR", "DR", nothing, run.RuleTargetDiffers},
		{"it is there already", reference(), "DR", "Prod", nothing, run.RuleTargetDiffers},
		{"no copies", far, "Prod", "DR", prodLost, run.RuleTargetHasCopies},
		{"nobody answers", reference(), "Prod", "DR", func(s *sim) { s.site(1, false) }, run.RuleTargetAlive},
		{"nobody lives there", reference(), "Prod", "Branch", prodLost, run.RuleTargetHasCopies},
		{"all is well", reference(), "Prod", "DR", prodLost, ""},
	}
	for _, tt := range tests {
		for _, check := range []bool{true, false} {
			t.Run(tt.name, func(t *testing.T) {
				s := newSim(t, tt.topo)
				tt.world(s)
				steps := []runbooks.Step{step("x", "check", runbooks.Args{})}
				if !check {
					steps = []runbooks.Step{step("x", "cluster.stop", runbooks.Args{Site: tt.to})}
				}
				p := plan(steps...)
				p.Parameters[0].Value, p.Parameters[1].Value = tt.from, tt.to
				s.start("r-1", p, false)
				s.round()
				s.round()
				st := s.step("x")
				if tt.rule == "" {
					if st.State != run.Done {
						t.Errorf("%+v", st.Result)
					}
					return
				}
				if st.State != run.Refused || st.Result.Refusal.Rule != tt.rule {
					t.Fatalf("%+v", st.Result)
				}
				fourParts(t, st.Result.Refusal)
				if got := s.finish(); got.Outcome != run.OutcomeRefused || !strings.HasPrefix(got.Why, "refused by "+tt.rule) {
					t.Errorf("%s: %s", got.Outcome, got.Why)
				}
			})
		}
	}
}

// What the rules about the run as a whole say, and what they say nothing of.
func TestPreflightWords(t *testing.T) {
	nobody := func(f *dag.Facts) { f.Members[2].Answers = dag.Know(false, "x") }
	spare := func(s *sim) { // a server in Branch with a database of its own
		s.topo.Members = append(s.topo.Members, dag.Member{Name: "EX2010-4", FQDN: "ex2010-4.test.local", Site: 2, Dial: dag.GoodAvailability})
		s.topo.Databases = append(s.topo.Databases, dag.Database{Name: "DB2", Copies: []dag.Copy{{Member: 3, Preference: 1}}})
		s.state = dag.New(s.topo)
		s.site(0, false)
	}
	atDR := func(s *sim) {
		for srv := range 2 {
			for n := range 2 {
				do(dag.Op{Kind: dag.OpRepoint, Server: srv, Name: n, From: srv, Sites: 1 << 1})(s)
			}
			do(dag.Op{Kind: dag.OpRoute, Server: srv, From: srv, Site: 1})(s)
		}
	}
	lonely := func(s *sim) { s.topo.Databases[0].Copies = s.topo.Databases[0].Copies[:2]; s.state = dag.New(s.topo) }
	stop, calls := step("x", "cluster.stop", runbooks.Args{Site: "DR"}), step("x", "um.reroute", runbooks.Args{To: "DR"})
	start := step("x", "cluster.start", runbooks.Args{Server: "EX2010-3"})
	for _, c := range []struct {
		name, from, to, rule, why, evidence string
		step                                runbooks.Step
		scene                               scene
	}{
		{"nobody answers", "Prod", "DR", run.RuleTargetAlive, "no member in DR answers", "EX2010-3: no answer", stop, scene{prodLost, nil, nobody}},
		{"nobody answers, and nothing is endangered", "Prod", "DR", "", "", "", calls, scene{prodLost, nil, nobody}},
		{"nobody answers, and no site is left", "", "DR", "", "", "", stop, scene{prodLost, nil, nobody}},
		{"no target", "Prod", "", "", "", "", stop, scene{prodLost, nil, nobody}},
		{"nobody lives there, and no database is to", "DR", "Branch", run.RuleTargetAlive, "Branch has no member of the DAG", "servers[]", stop, scene{world: lonely}},
		{"a database that is in neither site", "Prod", "DR", "", "", "", stop, scene{world: spare}},
		{"it is there already, one DNS server and one redirector are silent", "DR", "Prod", run.RuleTargetDiffers, "Prod mounts everything already", "1 of 1", stop, scene{nothing, nil, func(f *dag.Facts) {
			unreadable(&f.DNS[3].Sites)
			unreadable(&f.Redirector[1].Site)
		}}},
		{"it is there already, a name leads elsewhere", "DR", "Prod", "", "", "", start, scene{nothing, nil, func(f *dag.Facts) { f.DNS[0].Sites.Value = nil }}},
		{"it is there already, a name leads to the site that is left too", "DR", "Prod", "", "", "", start, scene{nothing, nil, func(f *dag.Facts) { f.DNS[0].Sites.Value = []string{"Prod", "DR"} }}},
		{"it is in a third site, names and calls lead to the target", "Branch", "DR", "", "", "", stop, scene{world: func(s *sim) { atDR(s); do(dag.Op{Kind: dag.OpClusterStop, From: 1, Members: 4})(s) }}},
		{"there is no database", "DR", "Prod", "", "", "", stop, scene{world: func(s *sim) {
			s.topo.Databases = nil
			s.state = dag.New(s.topo)
			do(dag.Op{Kind: dag.OpClusterStop, Members: 7})(s)
		}}},
	} {
		ref := judged(t, c.from, c.to, asked{c.name, []runbooks.Step{c.step}, run.Choice{}, c.scene})
		if c.rule == "" && ref == nil {
			continue
		}
		if ref == nil || ref.Rule != c.rule || !strings.Contains(ref.Why, c.why) || !strings.Contains(ref.Evidence, c.evidence) {
			t.Errorf("%s: %+v", c.name, ref)
		}
	}
}

// A readiness check that fails or cannot be read refuses, under its rule's name or its own.
func TestChecksRefuse(t *testing.T) {
	tests := []struct {
		check, rule, unblock string
		world                func(s *sim)
		facts                func(f *dag.Facts)
	}{
		{"dac-mode", run.RuleDACRequired, "make it readable", nothing, func(f *dag.Facts) { unreadable(&f.Mode) }},
		{"source-lost", run.RuleFenceBeforeForce, "if the site works, leave it", nothing, nil},
		{"target-directory", "check-target-directory", "mend it", func(s *sim) { s.event(dag.Event{Kind: dag.EvDirectory, Site: 1}) }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.check, func(t *testing.T) {
			s := newSim(t, reference())
			tt.world(s)
			p := plan(step("x", "check", runbooks.Args{Checks: []string{tt.check}}))
			p.Parameters = append(p.Parameters, runbooks.Setting{Name: "mode", Value: "unplanned"})
			s.start("r-1", p, false)
			s.blind = tt.facts
			s.take()
			s.take()
			ref := s.step("x").Result.Refusal
			if ref == nil || ref.Rule != tt.rule || !strings.Contains(ref.Unblock, tt.unblock) {
				t.Fatalf("%+v", s.step("x").Result)
			}
			fourParts(t, ref)
		})
	}
}

// A DAG that has failed over by itself is where it should be, but its users are not: names or calls still lead to the site that
// is left, so there is something to do.
func TestFailedOverByItself(t *testing.T) {
	for name, world := range map[string]func(*sim){"names": do(dag.Op{Kind: dag.OpRepoint, Server: 0, Name: 0, Sites: 1 << 1}), "calls": newCalls} {
		t.Run(name, func(t *testing.T) {
			s := newSim(t, reference())
			world(s)
			p := plan(step("x", "check", runbooks.Args{}))
			p.Parameters[0].Value, p.Parameters[1].Value = "DR", "Prod"
			s.start("r-1", p, false)
			s.round()
			s.round()
			if st := s.step("x"); st.State != run.Done {
				t.Errorf("%+v", st.Result)
			}
		})
	}
}
