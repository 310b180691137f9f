package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
)

// Prediction is what a step will do, before anybody presses go.
type Prediction struct {
	Step    string    `json:"step"`
	Facts   dag.Facts `json:"facts"`             // what will be seen after it
	Changed []Change  `json:"changed,omitempty"` // the facts of its footprint that will be others
	Skipped bool      `json:"skipped,omitempty"` // its `when` will be false
	Notes   []string  `json:"notes,omitempty"`   // what could not be decided, what the model's answer warns of
	Failed  bool      `json:"failed,omitempty"`  // the model refuses it
	Span    dag.Span  `json:"span"`
}

// Change is a fact before and after.
type Change struct {
	Path   string    `json:"path"`
	Before dag.Value `json:"before"`
	After  dag.Value `json:"after"`
}

// Predict runs a plan over the model from a state, step by step in an order in which a run may carry it out. Where a `when`
// cannot be decided the step is taken as carried out and the other branch is noted.
func Predict(t *dag.Topology, plan *Plan, start dag.State, vantage int) []Prediction {
	kinds := kindIndex()
	x := NewExpressions()
	believed := Vantage(plan, t)
	if believed < 0 {
		believed = vantage
	}
	f := &forward{t: t, state: start, vantage: vantage}
	facts := f.observe()
	flat := dag.Flatten(t, &facts)
	out := make([]Prediction, 0, len(plan.Steps))
	mode, forced := "", false
	if params := settings(plan); params["mode"] != "" {
		mode = Mode(t, facts, params)
	}
	for _, i := range sequence(plan) {
		s := &plan.Steps[i]
		k := kinds[s.Kind]
		if k == nil {
			continue
		}
		p := Prediction{Step: s.ID, Span: k.Span(t, s.With)}
		truth, why, err := x.Eval(s.When, Env{Topology: t, Facts: facts, Vantage: believed, Params: plan.Parameters, Item: itemOf(s), Mode: mode, Forced: forced})
		switch {
		case err != nil:
			p.Notes = append(p.Notes, "when cannot be decided: "+err.Error())
		case truth == Unknown:
			p.Notes = append(p.Notes, "whether it is carried out depends on what cannot be seen now: "+strings.Join(why, "; "))
		case truth == False:
			p.Skipped, p.Span, p.Facts = true, dag.Span{}, facts
			out = append(out, p)
			continue
		}
		p.Notes, p.Failed = f.step(k, s, facts, p.Notes)
		forced = forced || Forces(s)
		facts = f.observe()
		after := dag.Flatten(t, &facts)
		p.Facts, p.Changed = facts, changes(k.Footprint(t, s.With), flat, after)
		flat = after
		out = append(out, p)
	}
	return out
}

// settings are the parameters of a plan by name.
func settings(plan *Plan) map[string]string {
	m := make(map[string]string, len(plan.Parameters))
	for _, s := range plan.Parameters {
		m[s.Name] = s.Value
	}
	return m
}

// Forces says whether a step forms quorum by force.
func Forces(s *Step) bool {
	return s.Kind == "dag.restore" || s.Kind == "cluster.start" && s.With.ForceQuorum
}

// itemOf is what a step of a for_each stands at.
func itemOf(s *Step) string {
	if s.Group == "" {
		return ""
	}
	return strings.TrimPrefix(s.ID, s.Group+"/")
}

// ItemOf is what a step of a for_each stands at, for [Env]; "" for any other step.
func ItemOf(s *Step) string { return itemOf(s) }

// forward is a state that steps are run on, with what the model does not hold.
type forward struct {
	t       *dag.Topology
	state   dag.State
	vantage int
	adjusts []func(*dag.Facts)
}

func (f *forward) observe() dag.Facts {
	facts := dag.Observe(f.t, &f.state, f.vantage)
	for _, a := range f.adjusts {
		a(&facts)
	}
	return facts
}

// step asks the model for what the step would ask of Exchange, and lets the world settle.
func (f *forward) step(k *Kind, s *Step, seen dag.Facts, notes []string) ([]string, bool) {
	failed := false
	ops := k.Model(f.t, s.With, seen)
	for _, op := range ops {
		var answer dag.Answer
		f.state, answer = dag.Do(f.t, f.state, op)
		if answer.Code != dag.OK {
			failed = true
			notes = append(notes, fmt.Sprintf("the model refuses: %s %s", answer.Code, answer.Subject))
		}
		for _, w := range answer.Warnings {
			notes = append(notes, fmt.Sprintf("warning: %s %s", w.Code, w.Subject))
		}
	}
	if len(ops) > 0 {
		f.state, _ = dag.Settle(f.t, f.state)
	}
	if k.Adjust != nil {
		f.adjusts = append(f.adjusts, func(facts *dag.Facts) { k.Adjust(f.t, s.With, facts) })
	}
	return notes, failed
}

// PredictStep is what will be seen after a step that starts on these facts, and the paths on which observation must agree
// with it. Unlike Predict it starts from what was observed, so it knows nothing that was not.
func PredictStep(t *dag.Topology, s *Step, seen dag.Facts, vantage int) (dag.Facts, []string) {
	k, ok := KindOf(s.Kind)
	if !ok {
		return seen, nil
	}
	// The directory that the command writes is the newest; a controller in a third place has none of its own.
	writes := runSite(t, s.With, vantage)
	f := &forward{t: t, state: dag.FromFacts(t, &seen, writes), vantage: vantage}
	assumed := f.state.Clone()
	f.step(&k, s, seen, nil)
	after := f.observe()
	forgetActive(t, &seen, &assumed, &after)
	if len(f.adjusts) > 0 { // what the model does not hold starts from what is seen, not from the site file
		carryTTL(&after, &seen)
		k.Adjust(t, s.With, &after)
	}
	return after, compared(k.Footprint(t, s.With))
}

// forgetActive: which copy a stopped cluster names as active cannot be read; the state that stands for what was seen has the
// home copy there. Where the step leaves that assumption as it is, nothing is predicted.
func forgetActive(t *dag.Topology, seen *dag.Facts, assumed *dag.State, after *dag.Facts) {
	for d := range after.Databases {
		is := &after.Databases[d].Active
		if at(seen.Databases, d).Active.Known || !is.Known {
			continue
		}
		for m := range assumed.Nodes {
			if conf := &assumed.Nodes[m].Conf; conf.Present && int(conf.Active[d]) == t.MemberIndex(is.Value) {
				*is = dag.Unknown[string](is.From, "it could not be read before the step, which does not change it")
				break
			}
		}
	}
}

// carryTTL takes the TTLs over from what is seen.
func carryTTL(after, seen *dag.Facts) {
	for i := range after.DNS {
		after.DNS[i].TTL = at(seen.DNS, i).TTL
	}
}

// compared are the paths of a footprint that are compared: queues, log numbers and ages are bounds and never are.
func compared(footprint []string) []string {
	out := make([]string, 0, len(footprint))
	for _, p := range footprint {
		switch field(p) {
		case "copy_queue", "replay_queue", "last_generated", "last_inspected":
		default:
			out = append(out, p)
		}
	}
	return out
}

// field is the last part of a path.
func field(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// changes are the values at the paths that differ.
func changes(paths []string, before, after []dag.Value) []Change {
	var out []Change
	for _, p := range slices.Sorted(slices.Values(paths)) {
		b, a := valueAt(before, p), valueAt(after, p)
		if b.Known != a.Known || b.Text != a.Text {
			out = append(out, Change{Path: p, Before: b, After: a})
		}
	}
	return out
}

// valueAt is the value at a path of a flattened observation, which is sorted.
func valueAt(flat []dag.Value, path string) dag.Value {
	i, ok := slices.BinarySearchFunc(flat, path, func(v dag.Value, p string) int { return strings.Compare(v.Path, p) })
	if !ok {
		return dag.Value{Path: path}
	}
	return flat[i]
}
