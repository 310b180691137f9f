package runbooks

import "slices"

// resolve turns the needs of the runbook into needs of the plan: the id of a for_each means all that it became. One that
// became nothing passes its own needs on, so that the order stays.
func (c *compiler) resolve(p *Plan) {
	bySource := map[string]*RunbookStep{}
	for i := range c.rb.Steps {
		bySource[c.rb.Steps[i].ID] = &c.rb.Steps[i]
	}
	var ids func(id string, depth int) []string
	ids = func(id string, depth int) []string {
		out, known := c.byID[id]
		if len(out) > 0 || !known || depth > len(c.rb.Steps) {
			return out
		}
		for _, need := range bySource[id].Needs {
			out = append(out, ids(need, depth+1)...)
		}
		return out
	}
	batches := map[string][][]string{}
	for i := range p.Steps {
		s := &p.Steps[i]
		var needs []string
		for _, n := range s.Needs {
			needs = append(needs, ids(n, 0)...)
		}
		if src := c.rb.Steps[c.origin[i]]; src.Batch > 0 {
			if batches[src.ID] == nil {
				batches[src.ID] = c.batches(&src)
			}
			needs = append(needs, before(batches[src.ID], s.ID)...)
		}
		s.Needs = inOrder(needs)
	}
}

// inOrder drops doubles and keeps the order.
func inOrder(s []string) []string {
	seen := make(map[string]bool, len(s))
	var out []string
	for _, v := range s {
		if !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

// before is the batch before the one that holds the id.
func before(batches [][]string, id string) []string {
	for b, batch := range batches {
		if slices.Contains(batch, id) {
			if b == 0 {
				return nil
			}
			return batches[b-1]
		}
	}
	return nil
}

// batches divides the steps of a for_each. A batch of databases is closed under shared names (formats.md): clients of one
// name are never half moved, so a batch may be larger than asked for.
func (c *compiler) batches(src *RunbookStep) [][]string {
	var out [][]string
	var open []string
	for _, bundle := range c.bundles(src) {
		if len(open) > 0 && len(open)+len(bundle) > src.Batch {
			out = append(out, open)
			open = nil
		}
		open = append(open, bundle...)
	}
	if len(open) > 0 {
		out = append(out, open)
	}
	return out
}

// bundles are the steps that must stay in one batch: databases that share a name, directly or by way of others.
func (c *compiler) bundles(src *RunbookStep) [][]string {
	ids := c.byID[src.ID]
	if over, _ := forEachOver(src.ForEach); over != "databases" {
		out := make([][]string, len(ids))
		for i, id := range ids {
			out[i] = []string{id}
		}
		return out
	}
	leader := make([]int, len(ids))
	byName := map[int]int{}
	root := func(i int) int {
		for leader[i] != i {
			i = leader[i]
		}
		return i
	}
	for i := range ids {
		leader[i] = i
		for _, n := range c.t.Databases[i].Names {
			if j, ok := byName[n]; ok {
				a, b := root(i), root(j)
				leader[max(a, b)] = min(a, b)
			} else {
				byName[n] = i
			}
		}
	}
	place := map[int]int{}
	var out [][]string
	for i, id := range ids {
		r := root(i)
		if _, ok := place[r]; !ok {
			place[r] = len(out)
			out = append(out, nil)
		}
		out[place[r]] = append(out[place[r]], id)
	}
	return out
}
