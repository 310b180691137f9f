package drill

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

// TestUnexplained: a step that is not as predicted is explained by what the script did while it was carried out, and by nothing else.
func TestUnexplained(t *testing.T) {
	drift := []api.Difference{{Path: "sites/DR/stopped", Predicted: "a", Observed: ""}}
	step := func(state string, drift []api.Difference) report.Document {
		return report.Document{Runs: []report.Run{{Runbook: "switchover", Steps: []report.Step{{ID: "stop", State: state, Agrees: yes(true), Start: 10, End: 12, Drift: drift}}}}}
	}
	for _, tt := range []struct {
		name string
		doc  report.Document
		mark mark
		want int
	}{
		{"as predicted", step("done", nil), mark{}, 0},
		{"nothing happened", step("failed", drift), mark{}, 1},
		{"a fault in it", step("failed", drift), mark{text: "EX3 lost", kind: report.MarkFault}, 0},
		{"something came back in it", step("unknown", drift), mark{text: "Prod back", kind: report.MarkHeal}, 0},
		{"only the run began in it", step("failed", drift), mark{text: "switchover", kind: report.MarkRun}, 1},
		{"done, with a difference", step("done", drift), mark{}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := reference(t)
			s.start = time.Now()
			for _, at := range []time.Duration{9, 13} { // before and after it
				s.marks = append(s.marks, mark{s.start.Add(at * time.Second), "elsewhere", report.MarkFault})
			}
			if tt.mark.kind != "" {
				tt.mark.at = s.start.Add(11 * time.Second)
				s.marks = append(s.marks, tt.mark)
			}
			if got := s.unexplained(tt.doc); len(got) != tt.want {
				t.Errorf("%v", got)
			}
		})
	}
}

// TestUnmet: each thing that is expected and is not so is said.
func TestUnmet(t *testing.T) {
	passed := ended("done")
	passed.Outcome = "passed"
	for _, tt := range []struct {
		name   string
		expect Expect
		want   []string
	}{
		{"as it is", Expect{Outcome: "passed", Runs: []string{"done"}, Steps: map[string]string{"restore": "todo"}, Outages: "none"}, nil},
		{"outcome", Expect{Outcome: "failed"}, []string{"the drill ended passed, expected failed"}},
		{"runs", Expect{Outcome: "passed", Runs: []string{"failed", "done"}}, []string{"the runs ended done, expected failed, done"}},
		{"a step", Expect{Outcome: "passed", Steps: map[string]string{"restore": "skipped"}}, []string{"step restore is skipped in no run"}},
		{"outages", Expect{Outcome: "passed", Outages: "some"}, []string{"users felt 0 outages, expected some"}},
		{"authority", Expect{Authority: "none"}, []string{"a controller could act, or an invariant was violated"}},
		{"legacy calls", Expect{Outcome: "passed", Legacy: "declined"}, []string{"0 calls for older mailboxes got a final answer, 0 calls were lost"}},
		{"loss", Expect{Outcome: "passed", Lossy: yes(true)}, []string{"a database was mounted with loss: false, expected true"}},
		{"a violation", Expect{Violation: report.MountedTwice}, []string{"mounted-twice was not violated"}},
		{"waiting", Expect{Waiting: "a person"}, []string{"no step waits for a person"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := reference(t)
			s.o.Scenario.Expect = &tt.expect
			if diff := cmp.Diff(tt.want, s.unmet(&tt.expect, passed)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRunsMayEndBadly: a run that the scenario lets fail fails no drill; in another order it does.
func TestRunsMayEndBadly(t *testing.T) {
	for want, expect := range map[string][]string{"passed": {"failed", "done"}, "failed": {"done", "failed"}} {
		s := reference(t)
		s.o.Scenario.Expect = &Expect{Outcome: "passed", Runs: expect}
		if d := s.judge(ended("failed", "done"), false); d.Outcome != want {
			t.Errorf("expecting %v: %s", expect, d.Outcome)
		}
	}
}

// TestWindows: calls may be lost from a fault until a run that mends it has ended; one that was refused mends nothing.
func TestWindows(t *testing.T) {
	ran := func(outcome string, start, end float64) report.Run {
		return report.Run{Outcome: outcome, Start: start, End: end}
	}
	for _, tt := range []struct {
		name string
		runs []report.Run
		end  float64
	}{
		{"nobody acts", nil, 15},
		{"done", []report.Run{ran("done", 7, 20)}, 20},
		{"refused", []report.Run{ran("refused", 7, 8)}, math.Inf(1)},
		{"failed, then done", []report.Run{ran("failed", 7, 9), ran("done", 12, 30)}, 30},
		{"done before it", []report.Run{ran("done", 1, 3)}, 15},
	} {
		s := reference(t)
		s.start = time.Now()
		s.faults = []fault{{at: s.start.Add(5 * time.Second)}}
		got := s.windows(tt.runs)
		if got[0][0] < 4.999 || got[0][0] > 5.001 || got[0][1] != tt.end && math.Abs(got[0][1]-tt.end) > 0.001 {
			t.Errorf("%s: from %v to %v, expected 5 to %v", tt.name, got[0][0], got[0][1], tt.end)
		}
	}
}
