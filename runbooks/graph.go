package runbooks

import "strings"

// graph checks what the steps say of one another: ids, needs, cycles, steps that hang in the air.
func (c *checker) graph() {
	index := map[string]int{}
	var ids []string
	for i, s := range c.rb.Steps {
		if s.ID == "" {
			continue
		}
		if _, double := index[s.ID]; double {
			c.fail(stepPath(i, "id"), "the id "+quote(s.ID)+" is given twice", "give one of the two steps another id")
			continue
		}
		index[s.ID] = i
		ids = append(ids, s.ID)
	}
	needed := map[string]bool{}
	for i, s := range c.rb.Steps {
		for n, need := range s.Needs {
			path := stepPath(i, "needs") + "[" + plainInt(int64(n)) + "]"
			if _, ok := index[need]; !ok {
				c.fail(path, "there is no step "+quote(need), nearestFix(need, ids))
			}
			if need == s.ID {
				c.fail(path, "the step needs itself", "remove it")
			} else {
				needed[need] = true
			}
		}
	}
	if len(c.rb.Steps) > 1 {
		for i, s := range c.rb.Steps {
			if s.ID != "" && !needed[s.ID] && len(s.Needs) == 0 {
				c.warn(stepPath(i, "needs"), "nothing needs "+s.ID+", and it needs nothing", "say what it must wait for, or what must wait for it")
			}
		}
	}
	c.cycles(index)
}

// cycles reports each cycle once, at the last of its steps in the file.
func (c *checker) cycles(index map[string]int) {
	const (
		fresh = iota
		open
		closed
	)
	state := make([]int, len(c.rb.Steps))
	var path []int
	var visit func(i int)
	visit = func(i int) {
		state[i] = open
		path = append(path, i)
		for _, need := range c.rb.Steps[i].Needs {
			j, ok := index[need]
			if !ok || j == i {
				continue
			}
			if state[j] == fresh {
				visit(j)
			}
			if state[j] == open {
				c.cycle(path, j)
				state[j] = closed // once
			}
		}
		path = path[:len(path)-1]
		state[i] = closed
	}
	for i := range c.rb.Steps {
		if j, ok := index[c.rb.Steps[i].ID]; ok && j == i && state[i] == fresh {
			visit(i)
		}
	}
}

func (c *checker) cycle(path []int, from int) {
	start := 0
	for k, i := range path {
		if i == from {
			start = k
		}
	}
	var names []string
	last := path[start]
	for _, i := range path[start:] {
		names = append(names, c.rb.Steps[i].ID)
		last = max(last, i)
	}
	names = append(names, c.rb.Steps[from].ID)
	c.fail(stepPath(last, "needs"), "a cycle: "+strings.Join(names, " needs "), "remove one of these needs")
}
