package drill

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"siteswap/internal/api"
	"siteswap/internal/report"
)

// unmet is what of the expectation did not come true, one sentence each.
func (s *stage) unmet(e *Expect, d report.Document) []string {
	var out []string
	add := func(wrong bool, format string, args ...any) {
		if wrong {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(e.Outcome != "" && d.Outcome != e.Outcome, "the drill ended %s, expected %s", d.Outcome, e.Outcome)
	violated := slices.ContainsFunc(d.Invariants, func(i report.Invariant) bool { return i.Name == e.Violation && i.Violations > 0 })
	add(e.Violation != "" && !violated, "%s was not violated", e.Violation)
	refused := d.Outcome != "failed" && slices.ContainsFunc(d.Refusals, func(r api.Refusal) bool { return r.Rule == e.Refused })
	add(e.Refused != "" && !refused, "no run was refused by %s, or something else failed", e.Refused)
	waits := slices.ContainsFunc(d.Runs, func(r report.Run) bool {
		return slices.ContainsFunc(r.Steps, func(st report.Step) bool { return st.State == "waiting" && strings.Contains(st.Text, e.Waiting) })
	})
	add(e.Waiting != "" && !waits, "no step waits for %s", e.Waiting)
	add(e.Authority == "none" && (s.powerless == "" || d.Outcome != "failed" || violations(d) > 0), "a controller could act, or an invariant was violated")
	add(len(e.Runs) > 0 && !s.endedAsExpected(d.Runs), "the runs ended %s, expected %s", strings.Join(outcomesOf(d.Runs), ", "), strings.Join(e.Runs, ", "))
	return append(out, s.unfelt(e, d)...)
}

// endedAsExpected: the scenario says how its runs end, and so they did.
func (s *stage) endedAsExpected(runs []report.Run) bool {
	e := s.o.Scenario.Expect
	return e != nil && len(e.Runs) > 0 && slices.Equal(e.Runs, outcomesOf(runs))
}

func outcomesOf(runs []report.Run) []string {
	var out []string
	for _, r := range runs {
		out = append(out, r.Outcome)
	}
	return out
}

// unfelt is what is not as expected of databases, steps, sessions and calls.
func (s *stage) unfelt(e *Expect, d report.Document) []string {
	var out []string
	for _, db := range slices.Sorted(maps.Keys(e.Mounted)) {
		on, _ := s.lab.MountedOn(s.word(db))
		if want := s.word(e.Mounted[db]); on != want && s.siteOf(on) != want {
			out = append(out, fmt.Sprintf("%s is mounted on %s, expected %s", s.word(db), first(on, "no server"), want))
		}
	}
	for _, db := range slices.Sorted(maps.Keys(e.Moved)) {
		if n := s.mountsOf(s.word(db)); n != e.Moved[db] {
			out = append(out, fmt.Sprintf("%s was mounted anew %d times, expected %d", s.word(db), n, e.Moved[db]))
		}
	}
	for _, step := range slices.Sorted(maps.Keys(e.Steps)) {
		want := e.Steps[step]
		if !slices.ContainsFunc(d.Runs, func(r report.Run) bool {
			return slices.ContainsFunc(r.Steps, func(st report.Step) bool { return st.ID == s.word(step) && st.State == want })
		}) {
			out = append(out, fmt.Sprintf("step %s is %s in no run", s.word(step), want))
		}
	}
	for _, want := range e.Sessions {
		felt := s.lab.Sessions()
		name, not := strings.CutPrefix(want, "no-")
		if n := map[string]int{"broken": felt.Broken, "restart": felt.Restarts}[name]; (n > 0) == not {
			out = append(out, fmt.Sprintf("sessions: %d %s, expected %s", n, name, want))
		}
	}
	if e.Outages != "" && (e.Outages == "none") != (len(d.Outages) == 0) {
		out = append(out, fmt.Sprintf("users felt %d outages, expected %s", len(d.Outages), e.Outages))
	}
	if e.Legacy == "declined" && (d.Calls.UnservedLegacy == 0 || d.Calls.LostAfterService > 0) {
		out = append(out, fmt.Sprintf("%d calls for older mailboxes got a final answer, %d calls were lost", d.Calls.UnservedLegacy, d.Calls.LostAfterService))
	}
	if e.Lossy != nil && *e.Lossy != s.lossy(d) {
		out = append(out, fmt.Sprintf("a database was mounted with loss: %t, expected %t", s.lossy(d), *e.Lossy))
	}
	return out
}

// mountsOf is how often a database was mounted on another copy, or again.
func (s *stage) mountsOf(db string) int {
	n := 0
	for _, m := range s.lab.Record().Moments {
		if m.Lane == "database "+db && m.Up && !m.At.Before(s.whole) {
			n++
		}
	}
	return n
}

// savedStep is the step of the built-in failback that is done only where a copy diverged.
const savedStep = "saved"

// lossy: logs were lost, or a copy was found that holds what its database lost.
func (s *stage) lossy(d report.Document) bool {
	return slices.ContainsFunc(d.Databases, func(db report.Database) bool { return db.LostLogs > 0 }) ||
		slices.ContainsFunc(d.Runs, func(r report.Run) bool {
			return slices.ContainsFunc(r.Steps, func(st report.Step) bool { return st.ID == savedStep && st.State == "done" })
		})
}

func violations(d report.Document) int {
	n := 0
	for _, i := range d.Invariants {
		n += i.Violations
	}
	return n
}

// unexplained are the steps in which what was seen is not what was predicted, and in which the script did nothing that could
// be why: then the model is wrong, or the product.
func (s *stage) unexplained(d report.Document) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, r := range d.Runs {
		for _, st := range r.Steps {
			if len(st.Drift) == 0 && (st.State != "done" || st.Agrees == nil || *st.Agrees) {
				continue
			}
			inside := slices.ContainsFunc(s.marks, func(m mark) bool {
				return m.kind != report.MarkRun && s.since(m.at) >= st.Start && s.since(m.at) <= st.End
			})
			if !inside {
				out = append(out, fmt.Sprintf("step %s of the %s is not as predicted, and nothing happened in it that explains it", st.ID, r.Runbook))
			}
		}
	}
	return out
}

func (s *stage) expectText() string { return s.o.Scenario.Expect.Text() }

// Text is what is expected, in a few words.
func (e *Expect) Text() string {
	switch {
	case e == nil:
		return ""
	case e.Refused != "":
		return "refused by " + e.Refused
	case e.Violation != "":
		return "violation of " + e.Violation
	case e.Waiting != "":
		return "waiting for " + e.Waiting
	case e.Authority != "":
		return "no controller may act"
	}
	return e.Outcome
}
