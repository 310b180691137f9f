package drill

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/internal/exchange/wire"
	"siteswap/internal/lab/cmdlets"
	"siteswap/internal/report"
)

// TestChooseSites: the flag, else the scenario, else the site that mounts most; and another one with members.
func TestChooseSites(t *testing.T) {
	for _, tt := range []struct {
		name, flag string
		parameters map[string]string
		fail, to   string
		err        string
	}{
		{"by itself", "", nil, "Prod", "DR", ""},
		{"flag", "DR", nil, "DR", "Prod", ""},
		{"flag before scenario", "DR", map[string]string{"fail": "Branch"}, "DR", "Prod", ""},
		{"scenario", "", map[string]string{"fail": "Branch"}, "Branch", "Prod", ""},
		{"target", "", map[string]string{"to": "Branch"}, "Prod", "Branch", ""},
		{"no such site", "Pord", nil, "", "", "--fail Pord: the site file has no such site; it has Prod, DR, Branch"},
		{"no such target", "", map[string]string{"to": "D"}, "", "", "to D: the site file has no such site; it has Prod, DR, Branch"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := reference(t)
			s.o.Fail, s.o.Scenario.Parameters = tt.flag, tt.parameters
			err := s.chooseSites()
			if tt.err != "" {
				if err == nil || err.Error() != tt.err {
					t.Errorf("%v, expected %s", err, tt.err)
				}
				return
			}
			if err != nil || s.t.Sites[s.fail].Name != tt.fail || s.t.Sites[s.to].Name != tt.to {
				t.Errorf("%d to %d, %v", s.fail, s.to, err)
			}
		})
	}
}

func TestWord(t *testing.T) {
	if got := reference(t).word("{{fail}} to {{to}}, {{first-server}}"); got != "Prod to DR, EX2010-1" {
		t.Errorf("got %s", got)
	}
}

// TestMisbehave: the cmdlet that is named misbehaves so many times, at the point that its kind asks for, and no other does.
func TestMisbehave(t *testing.T) {
	for how, want := range map[string]struct {
		at  cmdlets.Point
		act cmdlets.Action
	}{"lie": {cmdlets.Received, cmdlets.Lie}, "fail": {cmdlets.Received, cmdlets.Fail}, "drop": {cmdlets.Received, cmdlets.Drop}, "lose-answer": {cmdlets.Applied, cmdlets.Drop}} {
		s := reference(t)
		s.odd = []misbehaviour{{Misbehave{Cmdlet: "Mount-Database", How: how}, 2}}
		call := wire.Call{Cmdlet: "Mount-Database", Run: "r-1", Step: "mount"}
		for i, acts := range []cmdlets.Action{want.act, want.act, cmdlets.Go} {
			got := []cmdlets.Action{s.cmdletGate(cmdlets.Received, call, "EX1"), s.cmdletGate(cmdlets.Applied, call, "EX1")}
			at := 0
			if want.at == cmdlets.Applied {
				at = 1
			}
			if got[at] != acts || got[1-at] != cmdlets.Go {
				t.Errorf("%s, call %d: %v", how, i+1, got)
			}
		}
		s.odd[0].left = 1
		if got := s.cmdletGate(want.at, wire.Call{Cmdlet: "Dismount-Database", Run: "r-1", Step: "x"}, "EX1"); got != cmdlets.Go {
			t.Errorf("%s: another cmdlet: %v", how, got)
		}
		if got := s.cmdletGate(want.at, wire.Call{Cmdlet: "Mount-Database"}, "EX1"); got != cmdlets.Go {
			t.Errorf("%s: outside a run: %v", how, got)
		}
	}
}

// TestPoints: whoever reaches the point that the script waits for is held until the event has happened there, once.
func TestPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := reference(t)
		ctx := t.Context()
		var release func()
		go func() { release, _ = s.awaitPoint(ctx, "applied/restore") }()
		synctest.Wait()
		if got := s.pass(ctx, "applied/stop"); got != cmdlets.Go {
			t.Errorf("another point: %v", got)
		}
		held := true
		go func() { s.pass(ctx, "applied/restore"); held = false }()
		synctest.Wait()
		if !held || release == nil {
			t.Fatal("the call went on before the event had happened")
		}
		s.pass(ctx, "applied/restore") // a second call there is not held
		release()
		synctest.Wait()
		if held {
			t.Error("the call is still held")
		}
		again, err := s.awaitPoint(ctx, "applied/stop") // passed long ago
		if err != nil {
			t.Error(err)
		}
		again()
	})
}

// TestPointNotReached: the script does not wait for ever, and says what for.
func TestPointNotReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := reference(t)
		_, err := s.awaitPoint(t.Context(), "applied/restore")
		if err == nil || err.Error() != "applied of step restore was not reached in 5 minutes" {
			t.Errorf("got %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := s.awaitPoint(ctx, "applied/restore"); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestAwaitRun: the script goes on when a run has ended as it asks for, and ends where it ended otherwise.
func TestAwaitRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct{ ended, want, err string }{{"done", "done", ""}, {"failed", "", ""}, {"failed", "done", "the switchover ended failed"}} {
			s := reference(t)
			time.AfterFunc(time.Minute, func() {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.outcomes["switchover"] = tt.ended
			})
			err := s.awaitRun(t.Context(), "switchover", tt.want)
			if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err {
				t.Errorf("%+v: %v", tt, err)
			}
			var other *endedOtherwise
			if tt.err != "" && !errors.As(err, &other) {
				t.Errorf("%+v: %T", tt, err)
			}
		}
		if err := reference(t).awaitRun(t.Context(), "failback", "done"); err == nil || !strings.Contains(err.Error(), "did not end in 10 minutes") {
			t.Errorf("got %v", err)
		}
	})
}

// TestMerge: two drills in one report are as bad as the worse of them, and one time axis.
func TestMerge(t *testing.T) {
	a := report.Document{Outcome: "passed", Duration: 9, ExpectMet: yes(true), Invariants: []report.Invariant{{Name: report.EffectTwice}},
		Databases: []report.Database{{Name: "DB1", Acknowledged: 10, Found: 10}}, Calls: report.Calls{Placed: 5, Answered: 5},
		Timeline: []report.Lane{{Kind: "database", Name: "DB1", Spans: []report.Span{{From: 0, To: 9, Label: "EX1"}}}}}
	b := report.Document{Outcome: "failed", Why: "so", Duration: 5, ExpectMet: yes(false), Invariants: []report.Invariant{{Name: report.EffectTwice, Violations: 1, Evidence: []string{"twice"}}},
		Databases: []report.Database{{Name: "DB1", Acknowledged: 10, Found: 8, Lost: 2, LostLogs: 2, ApprovedLogs: 6}}, Calls: report.Calls{Placed: 5, Lost: 5, LostAfterService: 1},
		Runs:     []report.Run{{Runbook: "switchover", Outcome: "failed", Start: 1, End: 3, Steps: []report.Step{{ID: "a", State: "failed", Start: 1, End: 3}, {ID: "b", State: "todo"}}}},
		Timeline: []report.Lane{{Kind: "database", Name: "DB1", Spans: []report.Span{{From: 0, To: 5, Label: "EX2"}}}}}
	m := merge(a, b)
	if m.Outcome != "failed" || m.Why != "so" || *m.ExpectMet || m.Duration != 15 || m.Invariants[0].Violations != 1 || a.Invariants[0].Violations != 0 {
		t.Errorf("%+v", m)
	}
	if db := m.Databases[0]; db.Acknowledged != 20 || db.Found != 18 || db.Lost != 2 || a.Databases[0].Acknowledged != 10 {
		t.Errorf("%+v", db)
	}
	if m.Calls != (report.Calls{Placed: 10, Answered: 5, Lost: 5, LostAfterService: 1}) {
		t.Errorf("%+v", m.Calls)
	}
	if r := m.Runs[0]; r.Start != 11 || r.End != 13 || r.Steps[0].Start != 11 || r.Steps[1].Start != 0 || b.Runs[0].Steps[0].Start != 1 {
		t.Errorf("%+v", r)
	}
	if spans := m.Timeline[0].Spans; len(spans) != 2 || spans[1].From != 10 || spans[1].To != 15 {
		t.Errorf("%+v", spans)
	}
	if back := merge(b, a); back.Outcome != "failed" || back.Why != "so" || *back.ExpectMet {
		t.Errorf("the other way round: %s (%s)", back.Outcome, back.Why)
	}
}

// TestSwapped: the second drill kills at the other points, and the scenario stays as it is.
func TestSwapped(t *testing.T) {
	sc := &Scenario{Name: "x", KillLeader: &KillEvery{Even: "applied", Odd: "call-received"}}
	got := swapped(sc)
	if *got.KillLeader != (KillEvery{Even: "call-received", Odd: "applied"}) || got.Name != "x" || sc.KillLeader.Even != "applied" {
		t.Errorf("%+v of %+v", got.KillLeader, sc.KillLeader)
	}
}

// TestRunKey: a step of another run is another step: the leader is killed in it again.
func TestRunKey(t *testing.T) {
	s := reference(t)
	before := s.runKey("names")
	s.runs = []string{"r-1"}
	first := s.runKey("names")
	s.runs = append(s.runs, "r-2")
	if second := s.runKey("names"); before == first || first == second {
		t.Errorf("%s, %s, %s", before, first, second)
	}
}
