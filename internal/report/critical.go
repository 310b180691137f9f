package report

import (
	"cmp"
	"slices"
)

// markCritical marks the chain of steps that the run's length came from: from the step that ended last back to the one
// among its needs that ended last, and so on.
func markCritical(steps []Step) {
	index := make(map[string]int, len(steps))
	last := -1
	for i := range steps {
		steps[i].Critical = false
		index[steps[i].ID] = i
		if ran(&steps[i]) && (last < 0 || steps[i].End > steps[last].End) {
			last = i
		}
	}
	for last >= 0 && !steps[last].Critical { // a need that comes round again ends it
		steps[last].Critical = true
		last = gate(steps, index, last)
	}
}

// gate is the step that the step i waited for longest, or -1. A skipped step hands on what it waited for itself.
func gate(steps []Step, index map[string]int, i int) int {
	best := -1
	seen := map[int]bool{i: true}
	todo := slices.Clone(steps[i].Needs)
	for len(todo) > 0 {
		k, ok := index[todo[0]]
		todo = todo[1:]
		if !ok || seen[k] {
			continue
		}
		seen[k] = true
		if !ran(&steps[k]) {
			todo = append(todo, steps[k].Needs...)
			continue
		}
		if best < 0 || steps[k].End > steps[best].End {
			best = k
		}
	}
	return best
}

// ran says whether the step took any part of the run's time.
func ran(s *Step) bool {
	return s.State != "skipped" && s.State != "todo" && s.End > 0 && s.End >= s.Start
}

// Path is the ids of the critical steps in the order of time.
func (r Run) Path() []string {
	var on []Step
	for _, s := range r.Steps {
		if s.Critical {
			on = append(on, s)
		}
	}
	slices.SortStableFunc(on, func(a, b Step) int { return cmp.Compare(a.End, b.End) })
	ids := make([]string, 0, len(on))
	for _, s := range on {
		ids = append(ids, s.ID)
	}
	return ids
}

// overhead is the part of a run in which no step was under way.
func overhead(steps []Step, start, end float64) float64 {
	var spans [][2]float64
	for i := range steps {
		if ran(&steps[i]) {
			spans = append(spans, [2]float64{max(steps[i].Start, start), min(steps[i].End, end)})
		}
	}
	slices.SortFunc(spans, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	idle, at := 0.0, start
	for _, s := range spans {
		idle += max(s[0]-at, 0)
		at = max(at, s[1])
	}
	return round(idle + max(end-at, 0))
}
