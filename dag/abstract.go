package dag

import "slices"

// Abstract maps log generations to the few classes that mount decisions distinguish: in sync, at most 6, at most 12,
// beyond, unknown. Within a class it keeps only which copy holds more than which, since selection and forks go by that. It
// keeps every decision of the mount dials (a test shows that it commutes with Apply for them), and makes the number of
// states finite.
func Abstract(t *Topology, s State) State {
	c := s.Clone()
	for d := range t.Databases {
		newest := int64(0)
		for i := range t.Databases[d].Copies {
			newest = max(newest, c.Copy(d, i).Logs)
		}
		behind := make([]int64, 0, 16)
		for i := range t.Databases[d].Copies {
			behind = append(behind, newest-c.Copy(d, i).Logs)
		}
		slices.Sort(behind)
		behind = slices.Compact(behind)
		for i := range t.Databases[d].Copies {
			cp := c.Copy(d, i)
			missing := class(cp.missing())
			cp.Logs = abstractTop - ordered(behind, newest-cp.Logs)
			cp.Known = cp.Logs + missing
		}
	}
	return c
}

const abstractTop = 1000

// class is the representative of a number of missing logs.
func class(n int64) int64 {
	switch {
	case n >= UnknownQueue:
		return UnknownQueue
	case n > 12:
		return 13
	case n > 6:
		return 12
	case n > 0:
		return 6
	}
	return 0
}

// ordered is a representative in n's class that is smaller than that of a greater one of all, which are sorted: 6 for the
// greatest of those from 1 to 6, 5 for the next, and so on down; 13 for the smallest of those beyond 12, and so on up.
func ordered(all []int64, n int64) int64 {
	at := int64(slices.Index(all, n))
	for last := len(all) - 1; last >= 0; last-- {
		if top := class(all[last]); top <= 12 && top == class(n) {
			return top - (int64(last) - at)
		}
	}
	for first := range all {
		if all[first] > 12 {
			return 13 + at - int64(first)
		}
	}
	return 0
}
