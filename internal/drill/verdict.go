package drill

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/internal/api"
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
	for _, r := range d.Runs {
		for _, what := range r.NotPutBack {
			frozen.Evidence = append(frozen.Evidence, r.Runbook+" did not put back "+what)
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

// judge says how the drill ended, apart from what the scenario expected.
func (s *stage) judge(d report.Document, interrupted bool) report.Document {
	broken := 0
	for _, i := range d.Invariants {
		broken += i.Violations
	}
	d.Outcome = "passed"
	refused, failed := false, s.failure != ""
	d.Why, d.NoAuthority = s.failure, s.noAuthority
	for _, r := range d.Runs {
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
	switch {
	case interrupted:
		d.Outcome = "interrupted"
	case broken > 0 || failed:
		d.Outcome = "failed"
	case refused:
		d.Outcome = "refused"
	}
	if e := s.o.Scenario.Expect; e != nil && !interrupted {
		met := s.met(*e, d)
		d.ExpectMet = &met
	}
	return d
}

func (s *stage) met(e Expect, d report.Document) bool {
	if e.Outcome != "" && d.Outcome != e.Outcome {
		return false
	}
	violated := func(name string) bool {
		return slices.ContainsFunc(d.Invariants, func(i report.Invariant) bool { return i.Name == name && i.Violations > 0 })
	}
	if e.Violation != "" && !violated(e.Violation) {
		return false
	}
	if e.Refused != "" {
		if d.Outcome == "failed" || !slices.ContainsFunc(d.Refusals, func(r api.Refusal) bool { return r.Rule == e.Refused }) {
			return false
		}
	}
	if e.Waiting != "" {
		return slices.ContainsFunc(d.Runs, func(r report.Run) bool {
			return slices.ContainsFunc(r.Steps, func(st report.Step) bool { return st.State == "waiting" && strings.Contains(st.Text, e.Waiting) })
		})
	}
	return true
}

func (s *stage) expectText() string {
	e := s.o.Scenario.Expect
	switch {
	case e == nil:
		return ""
	case e.Refused != "":
		return "refused by " + e.Refused
	case e.Violation != "":
		return "violation of " + e.Violation
	case e.Waiting != "":
		return "waiting for " + e.Waiting
	}
	return e.Outcome
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
