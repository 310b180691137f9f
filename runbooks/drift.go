package runbooks

import (
	"slices"

	"siteswap/dag"
)

// Difference is a fact that is not as it was predicted.
type Difference struct {
	Path      string    `json:"path"`
	Predicted dag.Value `json:"predicted"`
	Observed  dag.Value `json:"observed"`
}

// Drift compares what is seen after a step with what was predicted from what was seen before it. Only known fields of the
// step's footprint count. A field that the world goes on changing by itself after the answer (Kind.Later) may still be as it
// was before, or on its way; queues, log numbers and ages are bounds and are not compared.
func Drift(t *dag.Topology, s *Step, before, predicted, after dag.Facts) []Difference {
	k, ok := KindOf(s.Kind)
	if !ok {
		return nil
	}
	was, want, is := dag.Flatten(t, &before), dag.Flatten(t, &predicted), dag.Flatten(t, &after)
	var out []Difference
	for _, p := range compared(k.Footprint(t, s.With)) {
		w, i := valueAt(want, p), valueAt(is, p)
		if !w.Known || !i.Known || w.Text == i.Text {
			continue
		}
		if slices.Contains(k.Later, field(p)) && (underWay(field(p), i.Text) || valueAt(was, p).Text == i.Text && valueAt(was, p).Known) {
			continue
		}
		out = append(out, Difference{Path: p, Predicted: w, Observed: i})
	}
	return out
}

// underWay says whether a value is one that passes by itself.
func underWay(field, text string) bool {
	switch field {
	case "status":
		switch dag.CopyStatus(text) {
		case dag.CopyInitializing, dag.CopyResynchronizing, dag.CopyDisconnectedHealthy, dag.CopyDisconnectedResync, dag.CopyServiceDown,
			dag.CopyMounting, dag.CopyDismounting, dag.CopySeeding, dag.CopySeedingSource:
			return true
		}
	case "cluster":
		return text == string(dag.Joining)
	}
	return false
}

// Unseen are the facts that a step was predicted to change and that nobody can see after it. If there are any, nobody
// knows whether the step worked: its result is Unknown.
func Unseen(t *dag.Topology, s *Step, before, predicted, after dag.Facts) []dag.Value {
	k, ok := KindOf(s.Kind)
	if !ok {
		return nil
	}
	was, want, is := dag.Flatten(t, &before), dag.Flatten(t, &predicted), dag.Flatten(t, &after)
	var out []dag.Value
	for _, c := range changes(compared(k.Footprint(t, s.With)), was, want) {
		if i := valueAt(is, c.Path); c.Before.Known && c.After.Known && !i.Known {
			out = append(out, i)
		}
	}
	return out
}
