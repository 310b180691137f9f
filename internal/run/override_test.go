package run_test

import (
	"strings"
	"testing"
	"time"

	"siteswap/internal/run"
	"siteswap/runbooks"
)

// refusedSim is a held run whose first step is refused: the site that is left is the target.
func refusedSim(t fatal, lab bool) *sim {
	s := newSim(t, reference())
	s.c.Lab = lab
	p := plan(step("ready", "check", runbooks.Args{Checks: []string{"dac-mode"}}), calls("a", "ready"))
	p.Parameters[0].Value = "DR"
	s.start("r-1", p, true)
	s.take()
	s.take()
	return s
}

func (s *sim) override(step string, change func(*run.Override), by ...string) error {
	s.t.Helper()
	r := s.run()
	o := run.Override{Step: step, Attempt: s.step(step).Attempt, PlanHash: r.PlanHash, By: by, Reason: "we know", At: s.now, Expires: s.now.Add(30 * time.Minute)}
	if res := s.step(step).Result; res != nil && res.Refusal != nil {
		o.Rule, o.FactHash = res.Refusal.Rule, res.Refusal.FactHash
	} else if len(r.Refusals) > 0 {
		last := r.Refusals[len(r.Refusals)-1]
		o.Rule, o.FactHash = last.Rule, last.FactHash
	}
	if change != nil {
		change(&o)
	}
	return s.apply(run.Entry{Type: run.EntryOverride, Critical: true, Actor: by[0], Override: &o})
}

func TestOverrideTakesTwoPeople(t *testing.T) {
	tests := []struct {
		name   string
		lab    bool
		people [][]string
		holds  bool
	}{
		{"one", false, [][]string{{"anna"}}, false},
		{"the same twice", false, [][]string{{"anna"}, {"Anna "}}, false},
		{"two, one by one", false, [][]string{{"anna"}, {"bert"}}, true},
		{"two at once", false, [][]string{{"anna", "bert"}}, true},
		{"one in a lab", true, [][]string{{"anna"}}, true},
		{"two in a lab, as the drill does", true, [][]string{{"operator"}, {"operator-2"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := refusedSim(t, tt.lab)
			for _, by := range tt.people {
				if err := s.override("ready", nil, by...); err != nil {
					t.Fatal(err)
				}
			}
			if !tt.holds {
				s.says()
				return
			}
			want(t, s.finish(), run.OutcomeDone)
			if len(s.run().Refusals) != 1 || s.run().Refusals[0].Attempt != 1 {
				t.Errorf("%+v", s.run().Refusals)
			}
		})
	}
}

// An override is bound to rule, step, plan and what its giver was shown, and does not hold for ever.
func TestOverrideIsBound(t *testing.T) {
	for what, change := range map[string]func(*run.Override){
		"another rule": func(o *run.Override) { o.Rule = run.RuleTargetAlive }, "other evidence": func(o *run.Override) { o.FactHash = "0" },
		"another plan": func(o *run.Override) { o.PlanHash = "sha256:0" },
	} {
		s := refusedSim(t, true)
		if err := s.override("ready", change, "anna"); err == nil {
			t.Errorf("%s: it is taken", what)
		}
		s.says()
	}
	s := refusedSim(t, true)
	if err := s.override("ready", func(o *run.Override) { o.Expires = s.now.Add(time.Second) }, "anna"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Second) // lapsed before it was used
	s.take()
	if got := s.decisions(); len(got) != 1 || !strings.HasPrefix(got[0], "refused ready: refused by target-differs") {
		t.Error(got)
	}
	s = refusedSim(t, false) // the word of the first lapses while the second thinks
	if err := s.override("ready", func(o *run.Override) { o.Expires = s.now.Add(time.Minute) }, "anna"); err != nil {
		t.Fatal(err)
	}
	s.now = s.now.Add(time.Minute)
	if err := s.override("ready", nil, "bert"); err != nil {
		t.Fatal(err)
	}
	s.says()
	if err := s.override("ready", nil, "anna"); err != nil {
		t.Fatal(err)
	}
	s.says("intent ready 2")
}

// A run that does not hold its refusals ends; an override that comes too late says so.
func TestOverrideOfEndingRun(t *testing.T) {
	s := newSim(t, reference())
	p := plan(step("ready", "check", runbooks.Args{Checks: []string{"dac-mode"}}), calls("a"))
	p.Parameters[0].Value = "DR"
	s.start("r-1", p, false)
	s.take()
	s.must(run.Entry{Type: run.EntryResult, Critical: true, Result: run.Next(s.run(), s.input(), s.x)[0].Entry.Result})
	if err := s.override("ready", nil, "anna"); err == nil || !strings.Contains(err.Error(), "refusals are held") {
		t.Error(err)
	}
}

// Two rules refuse one after the other: the first one's override still holds when the second is overridden, since nothing was
// acted on between.
func TestTwoOverrides(t *testing.T) {
	s := newSim(t, reference()) // Prod is alive: the lists are wrong, and it is not fenced
	s.start("r-1", plan(step("restore", "dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR"})), true)
	var rules []string
	for range 6 {
		s.round()
		if st := s.step("restore"); st.State == run.Refused {
			rules = append(rules, st.Result.Refusal.Rule)
			if err := s.override("restore", nil, "anna"); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := strings.Join(rules, " "); got != run.RuleListsAgree+" "+run.RuleFenceBeforeForce+" "+run.RuleNoForceWithQuorum {
		t.Errorf("refused by %s", got)
	}
	if s.sent[attempt{"r-1", "restore", 4}] != 1 {
		t.Errorf("sent: %v", s.sent)
	}
}

// Once something was acted on, an override given before does not hold any more.
func TestOverrideLapsesByActing(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(step("stop", "cluster.stop", runbooks.Args{Site: "DR"})), true)
	s.effect = func(a attempt, e run.Effect) run.Effect {
		s.state, s.sent = newSim(t, reference()).state, map[attempt]int{} // it comes to nothing
		return run.Effect{State: run.Failed, Error: "0x46", Retry: true}
	}
	s.round()
	if err := s.override("stop", nil, "anna"); err != nil {
		t.Fatal(err)
	}
	s.round()
	if st := s.step("stop"); st.State != run.Failed || st.Attempt != 2 {
		t.Fatalf("%+v", st)
	}
	s.now = s.now.Add(10 * time.Second)
	s.round()
	if st := s.step("stop"); st.State != run.Refused || st.Attempt != 3 || st.Result.Refusal.Rule != run.RuleNoForceWithQuorum {
		t.Errorf("%+v", st)
	}
}

// A held fence that shows nothing goes on with the word of two people, and the restore after it too.
func TestWordOfTwoPeople(t *testing.T) {
	s := newSim(t, reference())
	cutOff(s)
	p := compile(t, "switchover", s.topo, "Prod", "DR")
	s.start("r-1", p, true)
	for s.step("fence").State != run.Refused {
		s.round()
	}
	if ref := s.step("fence").Result.Refusal; ref.Rule != run.RuleFenceBeforeForce {
		t.Fatalf("%+v", ref)
	}
	for _, st := range s.run().Steps {
		if run.Acts(p.Step(st.ID).Kind) && st.State != run.Todo && st.State != run.Skipped && st.ID != "fence" {
			t.Errorf("%s is %s although nothing is fenced", st.ID, st.State)
		}
	}
	s.must(approvalOf("fence", "anna"))
	s.says()
	s.must(approvalOf("fence", "bert"))
	s.says("intent fence 2")
	for s.step("restore").State != run.Done {
		if !s.round() {
			s.now = s.now.Add(10 * time.Second)
		}
	}
}

// The drill with --override fence-before-force: every step that the rule refuses is overridden by two names, and done.
func TestOverriddenFence(t *testing.T) {
	s := newSim(t, reference())
	cutOff(s)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), true)
	var refused []string
	for range 400 {
		if s.run().Outcome != "" {
			break
		}
		for _, st := range s.run().Steps {
			if st.State == run.Waiting { // nobody can see whether Prod still mounts it
				s.must(approvalOf(st.ID, "anna"))
			}
			if st.State != run.Refused {
				continue
			}
			refused = append(refused, st.ID+" "+st.Result.Refusal.Rule)
			for _, by := range []string{"operator", "operator-2"} {
				if err := s.override(st.ID, nil, by); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !s.round() {
			approveAll(s, s.run())
			s.now = s.now.Add(10 * time.Second)
		}
	}
	want(t, s.run(), run.OutcomeDone)
	if got := strings.Join(refused, ", "); got != "fence fence-before-force, restore fence-before-force, activate/DB1 fence-before-force" {
		t.Error(got)
	}
}
