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
