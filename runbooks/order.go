package runbooks

import (
	"slices"

	"siteswap/dag"
)

// order is, for every step, the set of steps that come before it for certain.
type order struct {
	words int
	bits  []uint64
}

func (o *order) has(i, before int) bool { return o.bits[i*o.words+before/64]>>(before%64)&1 == 1 }

// closure is the transitive closure of needs, nil if they go in a circle.
func closure(p *Plan) *order {
	sequence := sequence(p)
	if sequence == nil && len(p.Steps) > 0 {
		return nil
	}
	index := stepIndex(p)
	o := &order{words: (len(p.Steps) + 63) / 64}
	o.bits = make([]uint64, o.words*len(p.Steps))
	for _, i := range sequence {
		row := o.bits[i*o.words : (i+1)*o.words]
		for _, n := range p.Steps[i].Needs {
			j := index[n]
			row[j/64] |= 1 << (j % 64)
			for w, b := range o.bits[j*o.words : (j+1)*o.words] {
				row[w] |= b
			}
		}
	}
	return o
}

func stepIndex(p *Plan) map[string]int {
	index := make(map[string]int, len(p.Steps))
	for i := range p.Steps {
		index[p.Steps[i].ID] = i
	}
	return index
}

// sequence is an order in which the steps may be carried out one by one: of those that may start, the first in the plan.
// Nil if needs go in a circle.
func sequence(p *Plan) []int {
	index := stepIndex(p)
	waits := make([]int, len(p.Steps))
	next := make([][]int, len(p.Steps))
	for i := range p.Steps {
		for _, n := range p.Steps[i].Needs {
			if j, ok := index[n]; ok {
				waits[i]++
				next[j] = append(next[j], i)
			}
		}
	}
	var ready, out []int
	for i := range waits {
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	for len(ready) > 0 {
		i := ready[0]
		ready = ready[1:]
		out = append(out, i)
		for _, j := range next[i] {
			if waits[j]--; waits[j] == 0 {
				at, _ := slices.BinarySearch(ready, j)
				ready = slices.Insert(ready, at, j)
			}
		}
	}
	if len(out) != len(p.Steps) {
		return nil
	}
	return out
}

// Vantage is the site whose directory and members a run believes: where its commands are run from. -1 if no step says so.
func Vantage(p *Plan, t *dag.Topology) int {
	for i := range p.Steps {
		if v := t.SiteIndex(p.Steps[i].With.RunFrom); p.Steps[i].With.RunFrom != "" && v >= 0 {
			return v
		}
	}
	return -1
}
