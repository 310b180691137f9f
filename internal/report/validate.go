package report

import (
	"fmt"
	"math"
	"slices"
)

const (
	fewestMessages = 50 // per database of a drill: fewer show nothing
	fewestCalls    = 20
)

// Validate is what in the document contradicts itself or shows too little, one sentence each; empty: nothing. A report
// that fails it is a defect of siteswap or of the drill, never of the site.
func Validate(d Document) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	if d.Schema != Schema {
		say("schema is %d, not %d", d.Schema, Schema)
	}
	outcomes := []string{"passed", "failed", "refused", "interrupted"}
	if d.Kind == KindRun {
		outcomes = runOutcomes()
	} else if d.Kind != KindDrill {
		say("kind %q is neither drill nor run", d.Kind)
	}
	if !slices.Contains(outcomes, d.Outcome) {
		say("outcome %q of a %s is none of %q", d.Outcome, d.Kind, outcomes)
	}
	for _, r := range d.Runs {
		bad = append(bad, validateRun(r)...)
	}
	for _, o := range d.Outages {
		if diff := math.Abs(o.Parts.Sum() - o.Seconds); diff > 0.0005 {
			say("the parts of the outage of %s (%s) sum to %v, not %v", o.Clients, o.Run, o.Parts.Sum(), o.Seconds)
		}
		for _, p := range o.Parts.List() {
			if p.Seconds < 0 {
				say("part %s of the outage of %s is %v", p.Name, o.Clients, p.Seconds)
			}
		}
	}
	bad = append(bad, validateLoss(d)...)
	return append(bad, validateLanes(d)...)
}

func runOutcomes() []string {
	return []string{"done", "failed", "refused", "aborted", "waiting", "degraded"}
}

func validateRun(r Run) []string {
	var bad []string
	say := func(format string, args ...any) {
		bad = append(bad, r.Runbook+": "+fmt.Sprintf(format, args...))
	}
	if !slices.Contains(runOutcomes(), r.Outcome) {
		say("outcome %q is none of %q", r.Outcome, runOutcomes())
	}
	states := []string{"done", "failed", "unknown", "skipped", "refused", "waiting", "todo"}
	seen := map[string]bool{}
	for _, s := range r.Steps {
		if seen[s.ID] {
			say("step %s stands twice", s.ID)
		}
		seen[s.ID] = true
		if !slices.Contains(states, s.State) {
			say("state %q of step %s is none of %q", s.State, s.ID, states)
		}
		if s.State == "done" && s.Agrees == nil {
			say("done step %s does not say whether it agrees with its prediction", s.ID)
		}
		if s.Agrees != nil && *s.Agrees && len(s.Drift) > 0 {
			say("step %s agrees, and %d facts differ", s.ID, len(s.Drift))
		}
		if s.End < s.Start && s.End != 0 {
			say("step %s ends at %v, before it starts at %v", s.ID, s.End, s.Start)
		}
	}
	return bad
}

func validateLoss(d Document) []string {
	var bad []string
	say := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	judged := d.Kind == KindDrill && d.Outcome != "interrupted"
	for _, db := range d.Databases {
		if db.Found+db.Lost != db.Acknowledged {
			say("%s: found %d and lost %d are not acknowledged %d", db.Name, db.Found, db.Lost, db.Acknowledged)
		}
		if judged && db.Acknowledged < fewestMessages {
			say("%s: only %d messages were acknowledged; a drill needs %d to show anything", db.Name, db.Acknowledged, fewestMessages)
		}
	}
	c := d.Calls
	if c.Answered+c.Lost > c.Placed {
		say("calls: answered %d and lost %d are more than placed %d", c.Answered, c.Lost, c.Placed)
	}
	if judged && c.None == "" && c.Placed < fewestCalls {
		say("calls: only %d were placed; a drill needs %d to show anything", c.Placed, fewestCalls)
	}
	if judged {
		for _, name := range []string{MountedTwice, LostAcknowledged, EffectTwice, LeftFrozen} {
			if !slices.ContainsFunc(d.Invariants, func(i Invariant) bool { return i.Name == name }) {
				say("invariant %s was not judged", name)
			}
		}
	}
	if d.Outcome == "passed" && (d.ExpectMet == nil || *d.ExpectMet) {
		for _, i := range d.Invariants {
			if i.Violations > 0 {
				say("passed, and %s was broken %d times", i.Name, i.Violations)
			}
		}
	}
	return bad
}

func validateLanes(d Document) []string {
	var bad []string
	for _, l := range d.Timeline {
		at := math.Inf(-1)
		for _, s := range l.Spans {
			if s.From < at || s.To < s.From {
				bad = append(bad, fmt.Sprintf("lane %s %s: the span %q from %v to %v is out of order", l.Kind, l.Name, s.Label, s.From, s.To))
				break
			}
			at = s.To
		}
	}
	return bad
}
