package drill

import (
	"fmt"

	"siteswap/internal/lab"
	"siteswap/internal/report"
)

// invariants are the promises, and how often each was broken.
func (s *stage) invariants(d report.Document, rec lab.Record, interrupted bool) []report.Invariant {
	lost := report.Invariant{Name: report.LostAcknowledged}
	for _, db := range d.Databases {
		if over := db.Lost - min(db.ApprovedLogs, db.LostLogs); over > 0 {
			lost.Violations += int(over)
			lost.Evidence = append(lost.Evidence, fmt.Sprintf("%s: %d acknowledged messages are not there, %d logs were lost and %d approved", db.Name, db.Lost, db.LostLogs, db.ApprovedLogs))
		}
	}
	frozen := report.Invariant{Name: report.LeftFrozen, Evidence: s.lab.LeftFrozen()}
	if n := len(d.Runs); n > 0 { // what an earlier run left, a later one may have put back: the sites show it
		for _, what := range d.Runs[n-1].NotPutBack {
			frozen.Evidence = append(frozen.Evidence, d.Runs[n-1].Runbook+" did not put back "+what)
		}
	}
	frozen.Violations = len(frozen.Evidence)
	if interrupted { // a run in the middle has changed things for the time being
		frozen.Violations = 0
	}
	return []report.Invariant{
		{Name: report.MountedTwice, Violations: len(rec.MountedTwice), Evidence: rec.MountedTwice}, lost,
		{Name: report.EffectTwice, Violations: len(rec.EffectTwice), Evidence: rec.EffectTwice}, frozen}
}

// NotAsExpected begins the notes of a report that say what of an expectation did not come true.
const NotAsExpected = "not as expected: "

// judge says how the drill ended, apart from what the scenario expected.
func (s *stage) judge(d report.Document, interrupted bool) report.Document {
	d.Outcome = "passed"
	refused, failed := false, s.failure != ""
	d.Why, d.NoAuthority = first(s.failure, s.powerless), s.noAuthority
	expected := s.endedAsExpected(d.Runs)
	for _, r := range d.Runs {
		if expected {
			break // some end badly, and the scenario says so
		}
		switch r.Outcome {
		case "refused":
			refused = true
		case "done":
			for _, st := range r.Steps {
				if st.State == "done" && (st.Agrees == nil || !*st.Agrees) {
					failed, d.Why = true, first(d.Why, "step "+st.ID+" of the "+r.Runbook+" did not end as predicted")
				}
			}
		default:
			failed, d.Why = true, first(d.Why, "the "+r.Runbook+" ended "+r.Outcome+": "+r.Why)
		}
	}
	if d.Calls.LostAfterService > 0 {
		failed, d.Why = true, first(d.Why, fmt.Sprintf("%d calls were lost after calls were served again", d.Calls.LostAfterService))
	}
	for _, text := range s.unexplained(d) {
		failed, d.Why = true, first(d.Why, text)
	}
	switch {
	case interrupted:
		d.Outcome = "interrupted"
	case violations(d) > 0 || failed || s.powerless != "":
		d.Outcome = "failed"
	case refused:
		d.Outcome = "refused"
	}
	if e := s.o.Scenario.Expect; e != nil && !interrupted {
		unmet := s.unmet(e, d)
		met := len(unmet) == 0
		d.ExpectMet = &met
		for _, text := range unmet {
			d.Notes = append(d.Notes, NotAsExpected+text)
		}
	}
	return d
}

// Exit is the exit code of a drill: 0 exactly when its expectation came true (formats.md).
func Exit(d report.Document, sc *Scenario) int {
	if d.Outcome == "interrupted" {
		return 130
	}
	if sc.Expect != nil && d.ExpectMet != nil && *d.ExpectMet {
		return 0
	}
	if d.NoAuthority {
		return 4
	}
	asksPassed := sc.Expect == nil || sc.Expect.Outcome == "passed"
	switch {
	case asksPassed && d.Outcome == "passed":
		return 0
	case asksPassed && d.Outcome == "refused":
		return 3
	}
	return 1
}
