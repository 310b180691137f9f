package runbooks

import "siteswap/dag"

// situation is what decides early which steps of a plan can be needed at all: the run's mode, and whether the DAG has DAC mode on.
// Both are known long before a run begins, and stay as they are during one.
type situation struct {
	mode string
	dac  dag.ActivationMode
}

func situations() []situation {
	return []situation{{"unplanned", dag.DagOnly}, {"unplanned", dag.Off}, {"planned", dag.DagOnly}, {"planned", dag.Off}}
}

// expected is the situation that a plan is shown for when nothing has been observed: the worst day, unless the plan says planned.
func expected(t *dag.Topology, plan *Plan) situation {
	s := situation{mode: "unplanned", dac: t.Mode}
	if plan.Parameter("mode") == "planned" {
		s.mode = "planned"
	}
	return s
}

// needless are the steps that are skipped in a situation whatever else is seen; x may know the expressions already.
func needless(x *Expressions, t *dag.Topology, plan *Plan, s situation) map[string]bool {
	env := Env{Topology: t, Params: plan.Parameters, Mode: s.mode, Vantage: max(0, Vantage(plan, t))}
	env.Facts.Mode = dag.Know(s.dac, "situation")
	out := map[string]bool{}
	for i := range plan.Steps {
		p := &plan.Steps[i]
		if p.When == "" {
			continue
		}
		env.Item = itemOf(p)
		if truth, _, err := x.Eval(p.When, env); err == nil && truth == False {
			out[p.ID] = true
		}
	}
	return out
}

// Needless are the steps of a plan that a run of that mode never needs, whatever is seen: they belong to another way.
func Needless(t *dag.Topology, plan *Plan, mode string, dac dag.ActivationMode) map[string]bool {
	if mode == "" {
		mode = "unplanned"
	}
	return needless(NewExpressions(), t, plan, situation{mode: mode, dac: dac})
}

// meet says whether there is a situation in which neither of two steps is needless.
func meet(skipped []map[string]bool, a, b string) bool {
	for _, s := range skipped {
		if !s[a] && !s[b] {
			return true
		}
	}
	return false
}

// everySituation is needless in each of them.
func everySituation(t *dag.Topology, plan *Plan) []map[string]bool {
	var out []map[string]bool
	x := NewExpressions()
	for _, s := range situations() {
		if m := plan.Parameter("mode"); m != "" && m != "auto" && m != s.mode {
			continue
		}
		out = append(out, needless(x, t, plan, s))
	}
	return out
}

// brief is the plan without the steps that are needless in the situation that is expected, and their names. What waited for one
// of them waits for what it waited for.
func brief(t *dag.Topology, plan *Plan) (short *Plan, left []string) {
	skip := needless(NewExpressions(), t, plan, expected(t, plan))
	if len(skip) == 0 {
		return plan, nil
	}
	var needs func(id string, depth int) []string
	needs = func(id string, depth int) []string {
		if !skip[id] || depth > len(plan.Steps) {
			return []string{id}
		}
		var out []string
		for _, n := range plan.Step(id).Needs {
			out = append(out, needs(n, depth+1)...)
		}
		return out
	}
	c := *plan
	c.Steps = nil
	for i := range plan.Steps {
		s := plan.Steps[i]
		if skip[s.ID] {
			name := s.ID
			if s.Group != "" {
				name = s.Group
			}
			left = append(left, name)
			continue
		}
		var all []string
		for _, n := range s.Needs {
			all = append(all, needs(n, 0)...)
		}
		s.Needs = shortest(inOrder(all), plan)
		c.Steps = append(c.Steps, s)
	}
	return &c, inOrder(left)
}

// shortest leaves out a need that another need waits for anyway.
func shortest(needs []string, plan *Plan) []string {
	index, after := stepIndex(plan), closure(plan)
	if after == nil {
		return needs
	}
	var out []string
	for _, n := range needs {
		implied := false
		for _, m := range needs {
			implied = implied || m != n && after.has(index[m], index[n])
		}
		if !implied {
			out = append(out, n)
		}
	}
	return out
}

// leftOut says which steps a table or paper does not show, and for which situation it is made.
func leftOut(t *dag.Topology, plan *Plan, left []string) string {
	s := expected(t, plan)
	if len(left) == 0 {
		return ""
	}
	text := "Not shown, since not needed with DAC mode " + string(s.dac)
	if plan.Parameter("mode") != "" {
		text += " and " + s.mode
	}
	return text + ": " + list(left) + "."
}
