package run

import (
	"fmt"
	"slices"

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
		return Decision{}, false
	}
	res.Step, res.Attempt = s.ID, s.Attempt
	return result(res), true
}

// takeOver decides about an INTENT that a former leader left without RESULT. If it is seen done, it is done. Else the full
// lands must be over, since the effect may still appear; then the next attempt may begin. Never a blind repeat.
func takeOver(r *Run, s *Step, p *runbooks.Step, in Input, x *runbooks.Expressions) (Decision, bool) {
	done, why := achieved(r, s, p, in, x)
	over := in.OpenFor(s.ID) >= in.scaled(s.Intent.Lands)
	res := Result{Step: s.ID, Attempt: s.Attempt, Memory: changedNames(p, in)}
	switch {
	case done:
		res.Memory = nil
		finish(r, s, p, in, &res)
		res.Text += " (found done by a new leader)"
	case !over:
		return Decision{}, false
	case why != "":
		res.State, res.Text = Unknown, "a former leader began it and it cannot be seen whether it is done: "+why
	default:
		res.State, res.Retry = Failed, true
		res.Text = fmt.Sprintf("a former leader began it, nothing of it is to be seen %s later", s.Intent.Lands)
		if s.Attempt < maxAttempts {
			res.Text += ": tried again"
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
	step := chosen(p, s.Intent.Choice)
	paths := k.Footprint(in.Topology, step.With)
	if len(paths) == 0 {
		return false, "" // nothing to be seen of it, and nothing that harms when it is done again
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
	dark := 0
	for _, v := range at(in.Topology, in.Facts, paths) {
		if v.Known {
			continue
		}
		dark++
		before := slices.ContainsFunc(s.Intent.Before, func(b dag.Value) bool { return b.Path == v.Path })
		if before && p.Expect == "" && !owes(p.Kind) {
			return false, v.Path + " is not seen any more"
		}
	}
	if dark == len(at(in.Topology, in.Facts, paths)) {
		return false, "nothing of " + p.ID + " answers"
	}
	return true, ""
}
