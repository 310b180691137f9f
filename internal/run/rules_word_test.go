package run_test

import (
	"slices"
	"strings"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// TestWordIsOnItsFence: the word of two people counts where they gave it: on a fence step that asks people, about its members.
func TestWordIsOnItsFence(t *testing.T) {
	force := step("x", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true})
	for name, fence := range map[string]runbooks.Step{
		"it asks machines":         step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"power"}}),
		"it is about another site": step("fence", "fence", runbooks.Args{Site: "Branch", By: []string{"people"}}),
		"it is about one member":   step("fence", "fence", runbooks.Args{Server: "EX2010-1", By: []string{"people"}}),
		"it is no fence":           step("fence", "approve", runbooks.Args{Site: "Prod", By: []string{"people"}, Count: 2}),
	} {
		ref := judged(t, "Prod", "DR", asked{steps: behindCheck(onFailure(fence, "ask"), force), scene: scene{world: cutOff, people: by("fence", "anna", "bert")}})
		if ref == nil || ref.Rule != run.RuleFenceBeforeForce || !strings.Contains(ref.Why, "EX2010-2") {
			t.Errorf("%s: %+v", name, ref)
		}
	}
}

// TestLossAtTheFirst: a loss is approved by people whichever copy is activated, also the first of the first server.
func TestLossAtTheFirst(t *testing.T) {
	drLost := func(s *sim) {
		do(dag.Op{Kind: dag.OpActivate, From: 1, Member: 2})(s)
		do(dag.Op{Kind: dag.OpPolicy, Members: 3, Policy: dag.Blocked})(s) // else it fails over by itself
		s.site(1, false)
	}
	activate := behindCheck(step("x", "db.activate", runbooks.Args{Site: "Prod", Databases: []string{"DB1"}, Loss: "good"}))
	choice := run.Choice{Server: "EX2010-1", Database: "DB1", Dial: dag.GoodAvailability}
	if ref := judged(t, "DR", "Prod", asked{"", activate, choice, scene{world: drLost}}); ref == nil || ref.Rule != run.RuleLossAcknowledged {
		t.Errorf("nobody approved: %+v", ref)
	}
	if ref := judged(t, "DR", "Prod", asked{"", activate, choice, scene{world: drLost, people: ceiling(6)}}); ref != nil {
		t.Errorf("approved: %+v", ref)
	}
}

// TestSavedBeforeResync: a person who did the manual step that saves the files has attested to it.
func TestSavedBeforeResync(t *testing.T) {
	resync := step("x", "db.resync", runbooks.Args{Site: "Prod", Reseed: "auto", Until: "healthy"}, "save")
	for _, done := range []bool{true, false} {
		s := newSim(t, reference())
		s.start("r-1", plan(step("ready", "check", runbooks.Args{}), step("save", "manual", runbooks.Args{Instructions: "save the files"}), resync), false)
		s.blind = diverged
		s.round()
		s.round()
		if done {
			s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: "anna", Approval: &run.Approval{Step: "save", By: "anna"}})
			for range 4 {
				if s.step("save").State != run.Done {
					s.round()
				}
			}
		}
		r := *s.run()
		x := slices.IndexFunc(r.Steps, func(st run.Step) bool { return st.ID == "x" })
		r.Steps = slices.Clone(r.Steps)
		r.Steps[x].State, r.Steps[x].Attempt, r.Steps[x].Intent = run.Acting, 1, &run.Intent{}
		if ref := run.Recheck(&r, "x", s.input()); done != (ref == nil) {
			t.Errorf("done %v: %+v", done, ref)
		}
	}
}

// TestFencedIsFencedForActivation: power that a fence read back off with DagOnly covers an activation too, when its members have
// restarted behind a cut link.
func TestFencedIsFencedForActivation(t *testing.T) {
	for _, fenced := range []bool{true, false} {
		s := newSim(t, reference())
		steps := []runbooks.Step{step("accept", "approve", runbooks.Args{Count: 1})}
		if fenced {
			steps = append(steps, step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"power"}}))
		}
		s.site(0, false)
		s.start("r-1", plan(steps...), false)
		for range 3 {
			s.round()
		}
		s.must(run.Entry{Type: run.EntryApprove, Critical: true, Actor: "anna", Approval: &ceiling(6)[0]})
		cutOff(s)
		s.site(0, true)
		r := *s.run()
		r.Plan.Steps = append(slices.Clone(r.Plan.Steps), step("ready", "check", runbooks.Args{}), step("x", "db.activate", runbooks.Args{Site: "DR", Databases: []string{"DB1"}, Loss: "good"}))
		r.Steps = append(slices.Clone(r.Steps), run.Step{ID: "ready", State: run.Done}, run.Step{ID: "x", State: run.Acting, Attempt: 1, Intent: &run.Intent{Choice: toDR}})
		if ref := run.Recheck(&r, "x", s.input()); fenced != (ref == nil) || ref != nil && ref.Rule != run.RuleFenceBeforeForce {
			t.Errorf("fenced %v: %+v", fenced, ref)
		}
	}
}
