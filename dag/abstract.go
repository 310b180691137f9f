package dag

// Abstract maps log generations to the few classes that mount decisions distinguish: in sync, at most 6, at most 12,
// beyond, unknown. It keeps every decision of the mount dials (a test shows that it commutes with Apply for them), and
// makes the number of states finite.
func Abstract(t *Topology, s State) State {
	c := s.Clone()
	for d := range t.Databases {
		newest := int64(0)
		for i := range t.Databases[d].Copies {
			newest = max(newest, c.Copy(d, i).Logs)
		}
		for i := range t.Databases[d].Copies {
			cp := c.Copy(d, i)
			missing := class(cp.missing())
			behind := class(newest - cp.Logs)
			cp.Logs = abstractTop - behind
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
