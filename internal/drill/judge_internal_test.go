package drill

import (
	"slices"
	"testing"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

func yes(b bool) *bool { return &b }

// ended is a report of runs that ended so.
func ended(outcomes ...string) report.Document {
	d := report.Document{Invariants: []report.Invariant{{Name: report.MountedTwice}, {Name: report.LostAcknowledged}, {Name: report.EffectTwice}, {Name: report.LeftFrozen}}}
	for _, o := range outcomes {
		d.Runs = append(d.Runs, report.Run{Runbook: "switchover", Outcome: o, Why: "why", Steps: []report.Step{{ID: "stop", State: "done", Agrees: yes(true)}, {ID: "restore", State: "todo"}}})
		if o == "refused" {
			d.Refusals = append(d.Refusals, api.Refusal{Rule: "fence-before-force"})
		}
	}
	return d
}

// broken is a report in which these invariants were violated.
func broken(d report.Document, names ...string) report.Document {
	d.Invariants = slices.Clone(d.Invariants)
	for i := range d.Invariants {
		if slices.Contains(names, d.Invariants[i].Name) {
			d.Invariants[i].Violations = 1
		}
	}
	return d
}

func disagrees(d report.Document) report.Document {
	d.Runs[0].Steps[0].Agrees = yes(false)
	return d
}

func lostCalls(d report.Document) report.Document {
	d.Calls.LostAfterService = 2
	return d
}

// TestJudge is the outcome of a drill, whether it is what was expected, and the exit code.
func TestJudge(t *testing.T) {
	passed, refused, failed := &Expect{Outcome: "passed"}, &Expect{Refused: "fence-before-force"}, &Expect{Outcome: "failed"}
	twice := &Expect{Violation: report.MountedTwice}
	for _, tt := range []struct {
		name    string
		doc     report.Document
		failure string
		expect  *Expect
		outcome string
		why     string
		code    int
	}{
		{"nothing ran", ended(), "", nil, "passed", "", 0},
		{"done", ended("done", "done"), "", nil, "passed", "", 0},
		{"done, as expected", ended("done"), "", passed, "passed", "", 0},
		{"done, and a refusal was expected", ended("done"), "", refused, "passed", "", 1},
		{"done, and a failure was expected", ended("done"), "", failed, "passed", "", 1},
		{"refused", ended("done", "refused"), "", nil, "refused", "", 3},
		{"refused, and a pass was expected", ended("refused"), "", passed, "refused", "", 3},
		{"refused, as expected", ended("refused"), "", refused, "refused", "", 0},
		{"refused by another rule", ended("refused"), "", &Expect{Refused: "dac-required"}, "refused", "", 1},
		{"refused, and mounted twice all the same", broken(ended("refused"), report.MountedTwice), "", refused, "failed", "", 1},
		{"failed", ended("failed"), "", nil, "failed", "the switchover ended failed: why", 1},
		{"failed, as expected", ended("failed"), "", failed, "failed", "the switchover ended failed: why", 0},
		{"degraded", ended("degraded"), "", passed, "failed", "the switchover ended degraded: why", 1},
		{"aborted", ended("aborted"), "", nil, "failed", "the switchover ended aborted: why", 1},
		{"still waiting", ended("waiting"), "", nil, "failed", "the switchover ended waiting: why", 1},
		{"failed after a refusal", ended("refused", "failed"), "", nil, "failed", "the switchover ended failed: why", 1},
		{"a violation", broken(ended("done"), report.EffectTwice), "", nil, "failed", "", 1},
		{"a violation, and a pass was expected", broken(ended("done"), report.LeftFrozen), "", passed, "failed", "", 1},
		{"the violation that was expected", broken(ended("done"), report.MountedTwice), "", twice, "failed", "", 0},
		{"another violation than expected", broken(ended("done"), report.LostAcknowledged), "", twice, "failed", "", 1},
		{"no violation, and one was expected", ended("done"), "", twice, "passed", "", 1},
		{"not as predicted", disagrees(ended("done")), "", nil, "failed", "step stop of the switchover did not end as predicted", 1},
		{"calls lost afterwards", lostCalls(ended("done")), "", nil, "failed", "2 calls were lost after calls were served again", 1},
		{"the drill itself failed", ended("done"), "no leader", passed, "failed", "no leader", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sc := &Scenario{Expect: tt.expect}
			s := &stage{o: Options{Scenario: sc}, failure: tt.failure}
			d := s.judge(tt.doc, false)
			if d.Outcome != tt.outcome || d.Why != tt.why {
				t.Errorf("%s (%s), expected %s (%s)", d.Outcome, d.Why, tt.outcome, tt.why)
			}
			if (d.ExpectMet == nil) != (tt.expect == nil) {
				t.Errorf("expect met: %v", d.ExpectMet)
			}
			if got := Exit(d, sc); got != tt.code {
				t.Errorf("exit code %d, expected %d", got, tt.code)
			}
		})
	}
}

// TestJudgeInterrupted: what was cut short is not judged, whatever stands in it.
func TestJudgeInterrupted(t *testing.T) {
	sc := &Scenario{Expect: &Expect{Outcome: "passed"}}
	d := (&stage{o: Options{Scenario: sc}}).judge(broken(ended("failed"), report.MountedTwice), true)
	if d.Outcome != "interrupted" || d.ExpectMet != nil || Exit(d, sc) != 130 {
		t.Errorf("%s, met %v, exit %d", d.Outcome, d.ExpectMet, Exit(d, sc))
	}
}

// TestWaiting: a run that waits for what was expected is no failure.
func TestWaiting(t *testing.T) {
	d := ended("waiting")
	d.Runs[0].Steps[1] = report.Step{ID: "accept-loss", State: "waiting", Text: "asks an operator for a yes"}
	for reason, code := range map[string]int{"operator": 0, "auditor": 1} {
		sc := &Scenario{Expect: &Expect{Waiting: reason}}
		if got := Exit((&stage{o: Options{Scenario: sc}}).judge(d, false), sc); got != code {
			t.Errorf("waiting for %s: exit code %d, expected %d", reason, got, code)
		}
	}
}

func TestExpectText(t *testing.T) {
	for want, e := range map[string]*Expect{"": nil, "passed": {Outcome: "passed"}, "refused by dac-required": {Refused: "dac-required"},
		"violation of left-frozen": {Violation: "left-frozen"}, "waiting for quorum": {Waiting: "quorum"}} {
		if got := (&stage{o: Options{Scenario: &Scenario{Expect: e}}}).expectText(); got != want {
			t.Errorf("%+v: %q, expected %q", e, got, want)
		}
	}
}
