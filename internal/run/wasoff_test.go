package run_test

import (
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// Power that a fence step read back off is lasting evidence with DagOnly: the members restart behind a cut link while the run goes
// on, and wait for their DACP bits. A fence that saw them on is none, and with DAC Off nothing lasts.
func TestFencedMembersRestartBehindACutLink(t *testing.T) {
	for _, tt := range []struct {
		name    string
		mode    dag.ActivationMode
		lost    bool // before the fence
		state   run.StepState
		refused string
	}{
		{"seen off", dag.DagOnly, true, run.Done, ""},
		{"never seen off", dag.DagOnly, false, run.Refused, run.RuleFenceBeforeForce},
		{"DAC Off", dag.Off, true, run.Refused, run.RuleFenceBeforeForce},
	} {
		t.Run(tt.name, func(t *testing.T) {
			topo := reference()
			topo.Mode = tt.mode
			s := newSim(t, topo)
			cut := func() {
				s.event(dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
				s.event(dag.Event{Kind: dag.EvLink, Site: 1, Other: 0})
			}
			if tt.lost {
				s.site(0, false)
			}
			cut()
			s.start("r-1", plan(step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"power"}})), false)
			s.round()
			s.round()
			if st := s.step("fence"); st.State != tt.state {
				t.Fatalf("%+v", st.Result)
			}
			if tt.refused != "" {
				if got := s.step("fence").Result.Refusal.Rule; got != tt.refused {
					t.Errorf("refused by %s", got)
				}
				return
			}
			s.site(0, true)
			if ref := s.recheckRestore(); ref != nil {
				t.Errorf("members that restarted behind a cut link are taken for harmful: %+v", ref)
			}
		})
	}
}

// recheckRestore asks the rules about a Restore that the run would do next.
func (s *sim) recheckRestore() *run.Refusal {
	r := *s.run()
	r.Plan.Steps = append(r.Plan.Steps, step("restore", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true}))
	r.Steps = append(r.Steps, run.Step{ID: "restore", State: run.Acting, Attempt: 1, Intent: &run.Intent{}})
	return run.Recheck(&r, "restore", s.input())
}
