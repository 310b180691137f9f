package runbooks

import (
	"time"

	"siteswap/dag"
)

// Estimate is how long a plan takes at real speed, and the step that most of it goes to. Steps that may run together do; of
// a for_each only as many at once as it allows. A `when` that is not known beforehand is taken as true.
func Estimate(plan *Plan, t *dag.Topology) (dag.Span, string) {
	kinds := kindIndex()
	plan, _ = brief(t, plan)
	index := stepIndex(plan)
	spans := make([]dag.Span, len(plan.Steps))
	for i := range plan.Steps {
		if k := kinds[plan.Steps[i].Kind]; k != nil {
			spans[i] = k.Span(t, plan.Steps[i].With)
		}
	}
	extra := throttle(plan)
	longest := func(of func(dag.Span) time.Duration) (time.Duration, int) {
		end := make([]time.Duration, len(plan.Steps))
		from := make([]int, len(plan.Steps))
		last := -1
		for _, i := range sequence(plan) {
			from[i] = -1
			follow := func(j int) {
				if from[i] < 0 || end[j] > end[from[i]] {
					from[i] = j
				}
			}
			for _, n := range plan.Steps[i].Needs {
				follow(index[n])
			}
			if extra[i] >= 0 {
				follow(extra[i])
			}
			end[i] = of(spans[i])
			if from[i] >= 0 {
				end[i] += end[from[i]]
			}
			if last < 0 || end[i] > end[last] {
				last = i
			}
		}
		if last < 0 {
			return 0, -1
		}
		most := last
		for i := last; i >= 0; i = from[i] {
			if of(spans[i]) > of(spans[most]) {
				most = i
			}
		}
		return end[last], most
	}
	var out dag.Span
	var most int
	out.Min, _ = longest(func(s dag.Span) time.Duration { return s.Min })
	out.Max, _ = longest(func(s dag.Span) time.Duration { return s.Max })
	out.Typical, most = longest(func(s dag.Span) time.Duration { return s.Typical })
	if most < 0 {
		return out, ""
	}
	return out, plan.Steps[most].ID
}

// throttle is, for a step of a for_each with a limit, the one that must be done for it to start; -1: none. It always stands
// earlier in the plan.
func throttle(plan *Plan) []int {
	out := make([]int, len(plan.Steps))
	groups := map[string][]int{}
	for i := range plan.Steps {
		s := &plan.Steps[i]
		out[i] = -1
		if s.Group == "" || s.Parallel == 0 {
			continue
		}
		g := groups[s.Group]
		if len(g) >= s.Parallel {
			out[i] = g[len(g)-s.Parallel]
		}
		groups[s.Group] = append(g, i)
	}
	return out
}
