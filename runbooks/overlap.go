package runbooks

import "slices"

// overlaps refuses two steps that may run together and change the same fact: neither could tell its effect from the
// other's (architecture.md, Footprint).
func (c *compiler) overlaps(p *Plan) {
	if c.sameSite(p) {
		return // refused at the start of a run by target-differs, with evidence
	}
	after := closure(p)
	if after == nil {
		return // a cycle, which Parse has named
	}
	owners := map[string][]int{}
	for i := range p.Steps {
		k := c.kinds[p.Steps[i].Kind]
		for _, path := range k.Footprint(c.t, p.Steps[i].With) {
			owners[path] = append(owners[path], i)
		}
	}
	type pair struct{ a, b int }
	seen := map[pair]bool{}
	var skipped []map[string]bool // worked out when it is asked for
	exclude := func(i, j int) bool {
		if skipped == nil {
			skipped = everySituation(c.t, p)
		}
		return !meet(skipped, p.Steps[i].ID, p.Steps[j].ID)
	}
	for _, path := range slices.Sorted(mapKeys(owners)) {
		steps := owners[path]
		for x := range steps {
			for _, j := range steps[x+1:] {
				i := steps[x]
				if i == j || after.has(i, j) || after.has(j, i) || p.Steps[i].Group != "" && p.Steps[i].Group == p.Steps[j].Group && p.Steps[i].Parallel == 1 {
					continue
				}
				if key := (pair{c.origin[i], c.origin[j]}); !seen[key] && !exclude(i, j) {
					seen[key] = true
					c.fail(stepPath(c.origin[j], "needs"), p.Steps[j].ID+" and "+p.Steps[i].ID+" may run at the same time, and both change "+path,
						"let one need the other, or write parallel: 1 if they are of one for_each")
				}
			}
		}
	}
}

func mapKeys(m map[string][]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k, v := range m {
			if len(v) > 1 && !yield(k) {
				return
			}
		}
	}
}

// sameSite: two site parameters with one value.
func (c *compiler) sameSite(p *Plan) bool {
	seen := map[string]bool{}
	for _, s := range p.Parameters {
		if s.Type == TypeSite {
			if seen[s.Value] {
				return true
			}
			seen[s.Value] = true
		}
	}
	return false
}
