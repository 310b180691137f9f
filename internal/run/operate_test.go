package run_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// upTo goes on until a step of a started switchover is in a state.
func (s *sim) upTo(id string, states ...run.StepState) {
	s.t.Helper()
	for range 2000 {
		if slices.Contains(states, s.step(id).State) {
			return
		}
		if !s.round() {
			approveAll(s, s.run())
			s.now = s.now.Add(10 * time.Second)
		}
	}
	s.t.Fatalf("%s is %s", id, s.step(id).State)
}

func verb(kind run.EntryType, id, why string) run.Entry {
	return run.Entry{Type: kind, Critical: true, Actor: "anna", Step: id, Text: why}
}

// A step that failed and waits for people may be tried again, gone without, or attested; what acts or is done may not.
func TestOperate(t *testing.T) {
	broken := func(t *testing.T) *sim {
		s := newSim(t, reference())
		s.site(0, false)
		s.effect = func(a attempt, e run.Effect) run.Effect {
			if a.step == "x" && a.number == 1 {
				return run.Effect{State: run.Failed, Error: "no"}
			}
			return e
		}
		st := onFailure(step("x", "dag.stop", runbooks.Args{Server: "EX2010-1", ConfigurationOnly: "true", RunFrom: "DR"}), "ask")
		s.start("r-1", plan(step("ready", "check", runbooks.Args{}), st), false)
		s.crash = func(a attempt) crash {
			if a.number == 1 {
				return beforeEffect
			}
			return noCrash
		}
		s.upTo("x", run.Acting)
		res := run.Result{Step: "x", Attempt: 1, State: run.Failed, Text: "no"}
		s.must(run.Entry{Type: run.EntryResult, Critical: true, Result: &res})
		return s
	}
	for kind, want := range map[run.EntryType]run.StepState{run.EntryRetry: run.Todo, run.EntryForgo: run.Skipped, run.EntryAttest: run.Done} {
		t.Run(string(kind), func(t *testing.T) {
			s := broken(t)
			s.must(verb(kind, "x", "we looked"))
			if st := s.step("x"); st.State != want {
				t.Fatalf("%s", st.State)
			}
			r := s.finish()
			if r.Outcome != run.OutcomeDone {
				t.Errorf("%s: %s", r.Outcome, r.Why)
			}
			stopped := s.state.Sites[1].Stopped.Has(0)
			if stopped != (kind == run.EntryRetry) {
				t.Errorf("stopped: %t", stopped)
			}
		})
	}
	s := newSim(t, reference())
	s.site(0, false)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	s.upTo("stop", run.Done)
	for _, kind := range []run.EntryType{run.EntryRetry, run.EntryForgo, run.EntryAttest} {
		if err := s.apply(verb(kind, "stop", "?")); err == nil {
			t.Errorf("%s of a step that is done", kind)
		}
	}
}

// After a handover no step begins and the run does not end. People do what is left by hand; the run sees what they did, does the
// rest and ends.
func TestHandover(t *testing.T) {
	s := newSim(t, reference())
	s.site(0, false)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	s.upTo("stop", run.Done)
	s.must(verb(run.EntryHandover, "", "the controllers are slow"))
	begun := len(s.sent)
	for range 20 {
		s.round()
		s.now = s.now.Add(10 * time.Second)
	}
	if len(s.sent) != begun || s.run().Outcome != "" {
		t.Fatalf("%d steps began after the handover, outcome %q", len(s.sent)-begun, s.run().Outcome)
	}
	for _, op := range []dag.Op{{Kind: dag.OpRestore, From: 1, Site: 1, Witness: dag.WitnessAlternate}, {Kind: dag.OpActivate, From: 1, Member: 2, Dial: dag.GoodAvailability}} {
		s.state, _ = dag.Do(s.topo, s.state, op)
		s.state, _ = dag.Settle(s.topo, s.state)
	}
	if err := s.apply(run.Entry{Type: run.EntryReconciled, Critical: true}); err == nil {
		t.Error("taken back although nobody asked")
	}
	s.must(verb(run.EntryReconcile, "", ""))
	s.round()
	for id, want := range map[string]run.StepState{"activate/DB1": run.Done, "restore": run.Done, "stop": run.Done, "verify": run.Todo} {
		if st := s.step(id); st.State != want {
			t.Errorf("%s is %s", id, st.State)
		} else if want == run.Done && id != "stop" && !strings.Contains(st.Result.Text, "seen done after the handover") {
			t.Errorf("%s: %s", id, st.Result.Text)
		}
	}
	want(t, s.finish(), run.OutcomeDone)
	served(t, s, 1)
	for a := range s.sent {
		if a.step == "restore" || a.step == "activate/DB1" {
			t.Errorf("%s was done again", a.step)
		}
	}
}

// What cannot be seen after a handover waits for people, and does not end the run.
func TestHandoverInTheDark(t *testing.T) {
	s := newSim(t, reference())
	s.site(0, false)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	s.upTo("names", run.Done)
	s.must(verb(run.EntryHandover, "", "x"))
	for s.run().Step("calls").State == run.Acting {
		s.round()
	}
	s.blind = func(f *dag.Facts) {
		f.Databases[0].MountedOn = dag.Unknown[string]("x", "dark")
		f.Members[2].Policy = dag.Unknown[dag.ActivationPolicy]("x", "dark")
		for i := range f.Databases[0].Copies {
			f.Databases[0].Copies[i] = dag.CopyFacts{}
		}
	}
	s.must(verb(run.EntryReconcile, "", ""))
	s.round()
	if r := s.run(); r.HandedOver != "" || r.Outcome != "" {
		t.Errorf("%q %q", r.HandedOver, r.Outcome)
	}
	for _, id := range []string{"activate/DB1", "release"} {
		if st := s.step(id); st.State != run.Unknown || !st.Result.Ask || !strings.Contains(st.Result.Text, "cannot be seen") {
			t.Errorf("%s in the dark: %s %+v", id, st.State, st.Result)
		}
	}
}

// An abort in the middle puts back what the run changed for its own sake, and nothing else begins.
func TestAbortPutsBack(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
	s.upTo("ttl-down", run.Done)
	if len(s.ttl) == 0 {
		t.Fatal("no TTL was lowered")
	}
	s.must(run.Entry{Type: run.EntryAbort, Critical: true, Actor: "anna", Text: "aborted by anna"})
	r := s.finish()
	if r.Outcome != run.OutcomeAborted || len(run.NotPutBack(r)) > 0 || len(s.ttl) > 0 {
		t.Errorf("%s: %s; TTLs %v", r.Outcome, r.Why, s.ttl)
	}
	if st := r.Step("names"); st.Attempt > 0 {
		t.Error("names were moved after the abort")
	}
}

// A copy that was blocked so that nothing mounts with an unapproved loss stays blocked once quorum was formed; before that it is
// unblocked again.
func TestAbortLeavesTheBlock(t *testing.T) {
	for until, blocked := range map[string]bool{"hold": false, "restore": true} {
		s := newSim(t, reference())
		s.site(0, false)
		s.people = func(*sim, *run.Run) {}
		s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), false)
		for s.step(until).State != run.Done {
			if !s.round() {
				s.now = s.now.Add(10 * time.Second)
			}
		}
		s.must(run.Entry{Type: run.EntryAbort, Critical: true, Actor: "anna", Text: "aborted by anna"})
		r := s.finish()
		if got := s.state.Copy(0, 2).Blocked; got != blocked || blocked != (len(run.NotPutBack(r)) > 0) {
			t.Errorf("after %s: blocked %t, %s", until, got, r.Why)
		}
	}
}

// The code of a site that stood down, which the controller has checked, is evidence like any other: a held fence goes on, and so
// does the restore.
func TestStoodDown(t *testing.T) {
	s := newSim(t, reference())
	cutOff(s)
	s.start("r-1", compile(t, "switchover", s.topo, "Prod", "DR"), true)
	for s.step("fence").State != run.Refused {
		s.round()
	}
	word := approvalOf("fence", "anna")
	word.Approval.StandDown = []string{"EX2010-1"}
	s.must(word)
	for range 3 {
		s.round()
		s.now = s.now.Add(10 * time.Second)
	}
	if st := s.step("fence"); st.State != run.Refused || !strings.HasPrefix(st.Result.Refusal.Why, "EX2010-2 not shown") {
		t.Fatalf("one of two has stood down: %s %+v", st.State, st.Result)
	}
	word.Approval.StandDown = []string{"EX2010-1", "EX2010-2"}
	s.must(word)
	s.upTo("restore", run.Done)
}
