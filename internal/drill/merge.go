package drill

import (
	"fmt"
	"slices"

	"siteswap/internal/report"
)

// merge is the report of two drills that belong together, the second after the first on one time axis.
func merge(a, b report.Document) report.Document {
	shift := a.Duration + 1
	out := a
	out.Duration = shift + b.Duration
	out.Runs = slices.Clone(a.Runs)
	for _, r := range b.Runs {
		r.Start, r.End = r.Start+shift, r.End+shift
		r.Steps = slices.Clone(r.Steps)
		for i := range r.Steps {
			if r.Steps[i].State != "todo" {
				r.Steps[i].Start, r.Steps[i].End = r.Steps[i].Start+shift, r.Steps[i].End+shift
			}
		}
		out.Runs = append(out.Runs, r)
	}
	out.Outages = slices.Clone(a.Outages)
	for _, o := range b.Outages {
		o.Start, o.End = o.Start+shift, o.End+shift
		o.Run += " (second drill)"
		out.Outages = append(out.Outages, o)
	}
	out.Marks = slices.Clone(a.Marks)
	for _, m := range b.Marks {
		m.At += shift
		out.Marks = append(out.Marks, m)
	}
	out.Timeline = mergeLanes(a.Timeline, b.Timeline, shift)
	out.Databases = mergeDatabases(a.Databases, b.Databases)
	out.Calls.Placed, out.Calls.Answered = a.Calls.Placed+b.Calls.Placed, a.Calls.Answered+b.Calls.Answered
	out.Calls.Lost, out.Calls.LostAfterService = a.Calls.Lost+b.Calls.Lost, a.Calls.LostAfterService+b.Calls.LostAfterService
	out.Calls.UnservedLegacy = a.Calls.UnservedLegacy + b.Calls.UnservedLegacy
	out.Invariants = slices.Clone(a.Invariants)
	for i := range out.Invariants {
		for _, v := range b.Invariants {
			if v.Name == out.Invariants[i].Name {
				out.Invariants[i].Violations += v.Violations
				out.Invariants[i].Evidence = append(slices.Clone(out.Invariants[i].Evidence), v.Evidence...)
			}
		}
	}
	out.Refusals, out.Approvals = append(slices.Clone(a.Refusals), b.Refusals...), append(slices.Clone(a.Approvals), b.Approvals...)
	out.Overrides, out.LostReasons = append(slices.Clone(a.Overrides), b.Overrides...), append(slices.Clone(a.LostReasons), b.LostReasons...)
	return mergeOutcome(out, a, b)
}

// mergeOutcome: the worse of the two, and what was expected must have come true in both.
func mergeOutcome(out, a, b report.Document) report.Document {
	rank := map[string]int{"passed": 0, "refused": 1, "failed": 2, "interrupted": 3}
	if rank[b.Outcome] > rank[a.Outcome] {
		out.Outcome, out.Why = b.Outcome, b.Why
	}
	if a.ExpectMet != nil && b.ExpectMet != nil {
		met := *a.ExpectMet && *b.ExpectMet
		out.ExpectMet = &met
	}
	out.Notes = append(slices.Clone(a.Notes), fmt.Sprintf("two drills in one report: the second begins at %.0f s", a.Duration+1))
	for _, n := range b.Notes {
		if !slices.Contains(out.Notes, n) {
			out.Notes = append(out.Notes, n)
		}
	}
	return report.Finish(out)
}

func mergeLanes(a, b []report.Lane, shift float64) []report.Lane {
	out := slices.Clone(a)
	for _, l := range b {
		k := slices.IndexFunc(out, func(o report.Lane) bool { return o.Kind == l.Kind && o.Name == l.Name })
		if k < 0 {
			continue
		}
		out[k].Spans, out[k].Points = slices.Clone(out[k].Spans), slices.Clone(out[k].Points)
		for _, s := range l.Spans {
			s.From, s.To = s.From+shift, s.To+shift
			out[k].Spans = append(out[k].Spans, s)
		}
		for _, p := range l.Points {
			p.At += float64(int(shift))
			out[k].Points = append(out[k].Points, p)
		}
	}
	return out
}

func mergeDatabases(a, b []report.Database) []report.Database {
	out := slices.Clone(a)
	for i := range out {
		for _, d := range b {
			if d.Name == out[i].Name {
				out[i].Acknowledged, out[i].Found, out[i].Lost = out[i].Acknowledged+d.Acknowledged, out[i].Found+d.Found, out[i].Lost+d.Lost
				out[i].LostLogs, out[i].ApprovedLogs = out[i].LostLogs+d.LostLogs, out[i].ApprovedLogs+d.ApprovedLogs
			}
		}
	}
	return out
}

// swapped is the scenario with the points of even and odd steps exchanged.
func swapped(sc *Scenario) *Scenario {
	other := *sc
	other.KillLeader = &KillEvery{Even: sc.KillLeader.Odd, Odd: sc.KillLeader.Even}
	return &other
}
