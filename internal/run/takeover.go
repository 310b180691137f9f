package run

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// nextOpen decides about the open steps, and says how many there are.
func nextOpen(r *Run, in Input, x *runbooks.Expressions, over bool) (out []Decision, open int) {
	for i := range r.Steps {
		if r.Steps[i].State != Acting {
			continue
		}
		open++
		if d, ok := nextOfOpen(r, i, in, x, over); ok {
			out = append(out, d)
		}
	}
	return out, open
}

// nextOfOpen decides about one open step: of a kind that does not act, or one that another leader left behind. When the run
// ends, what acts is awaited, and what only waits is set aside: nobody will say yes to it any more.
func nextOfOpen(r *Run, i int, in Input, x *runbooks.Expressions, over bool) (Decision, bool) {
	s, p := &r.Steps[i], &r.Plan.Steps[i]
	if Acts(p.Kind) {
		if in.InFlight(s.ID) {
			return Decision{}, false
		}
		return takeOver(r, s, p, in, x)
	}
	if over {
		text := "set aside: the run ends"
		if r.Aborting {
			text = "aborted"
		}
		return result(Result{Step: s.ID, Attempt: s.Attempt, State: Failed, Aside: true, Text: text}), true
	}
	res, ready := passive(r, s, p, in, x)
	if !ready {
		return stillWaits(s, res.Text, in)
	}
	res.Step, res.Attempt = s.ID, s.Attempt
	return result(res), true
}

// lookAgain is how long after lands a new leader goes on looking for what it cannot see, real speed: one look that fails says
// little.
const lookAgain = 2 * time.Minute

// takeOver decides about an INTENT that a former leader left without RESULT. If it is seen done, it is done. Else the full
// lands must be over, since the effect may still appear; then the next attempt may begin. Never a blind repeat.
func takeOver(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (Decision, bool) {
	done, why := achieved(r, s, p, in, x)
	open := in.OpenFor(s.ID)
	res := Result{Step: s.ID, Attempt: s.Attempt}
	switch {
	case done:
		finish(r, s, p, in, &res)
		res.Text += " (found done by a new leader)"
	case open < in.scaled(s.Intent.Lands), why != "" && open < in.scaled(s.Intent.Lands+lookAgain):
		return Decision{}, false
	case why != "" && owesAll(p.Kind):
		finish(r, s, p, in, &res)
	case why != "":
		res.Memory = changedNames(p, in)
		res.State, res.Text = Unknown, "a former leader began it and it cannot be seen whether it is done: "+why
	default:
		res.Memory = changedNames(p, in)
		res.State, res.Retry, res.Lost = Failed, true, true
		res.Text = fmt.Sprintf("a former leader began it, nothing of it is to be seen %s later", s.Intent.Lands)
		if s.Lost+1 < maxLost && s.Attempt-s.Lost-1 < maxAttempts {
			res.Text += "; it will be tried again"
		}
	}
	return result(res), true
}

// achieved: run from what is seen now, the model changes nothing that the step is to change, and what must hold after the
// step holds. Why names what would have to be seen and is not.
func achieved(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (done bool, why string) {
	k, ok := runbooks.KindOf(p.Kind)
	if !ok {
		return false, ""
	}
	step := Chosen(p, s.Intent.Choice)
	paths := k.Footprint(in.Topology, step.With)
	if len(paths) == 0 {
		// Nothing is to be seen of it. Either there is nothing to do, or nothing that harms when it is done again.
		return k.Class != runbooks.Observe && len(k.Model(in.Topology, step.With, *in.Facts)) == 0, ""
	}
	if after := predict(r, p, in.Facts, in, s.Intent.Choice); differ(in.Topology, paths, in.Facts, &after) {
		return false, ""
	}
	holds, unmet := promised(r, s, p, in, x)
	switch {
	case holds == runbooks.False:
		return false, ""
	case holds == runbooks.Unknown:
		return false, unmet
	}
	seen := at(in.Topology, in.Facts, paths)
	dark := slices.DeleteFunc(slices.Clone(seen), func(v dag.Value) bool { return v.Known })
	if len(dark) == len(seen) {
		return false, "nothing of " + p.ID + " answers"
	}
	for _, v := range dark {
		before := slices.ContainsFunc(s.Intent.Before, func(b dag.Value) bool { return b.Path == v.Path })
		if before && p.Expect == "" && !owes(p.Kind) {
			return false, v.Path + " is not seen any more"
		}
	}
	return impossible(r, &step, in, in.Facts) == "", ""
}

// impossible is the model's no to a step on facts, "" if it can be done. A prediction does not show it: nothing changes then,
// as where everything is done already.
func impossible(r *Run, step *runbooks.Step, in Input, f *dag.Facts) string {
	k, ok := runbooks.KindOf(step.Kind)
	if !ok {
		return ""
	}
	site := Vantage(&r.Plan, in.Topology)
	if i := in.Topology.SiteIndex(step.With.RunFrom); i >= 0 {
		site = i
	}
	state := dag.FromFacts(in.Topology, f, site)
	for _, op := range k.Model(in.Topology, step.With, *f) {
		var a dag.Answer
		if state, a = dag.Do(in.Topology, state, op); a.Code != dag.OK {
			return strings.TrimSpace(string(a.Code) + " " + a.Subject)
		}
	}
	return ""
}
