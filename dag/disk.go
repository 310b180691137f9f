package dag

// disk fills or frees the volume of a member's log files. A database whose logs cannot be written dismounts; passive copies
// there show Failed, and go on when there is room again (domain-exchange.md 5.5, section 9 row 20).
func (s *State) disk(t *Topology, m int, full bool) {
	s.Nodes[m].DiskFull = full
	if full {
		s.dismountOn(t, m)
	}
}

// Retained is how many log files of a database the active copy on a member must keep: those that the copy furthest behind has
// not had yet, for nothing is truncated while a passive copy is suspended or away (MDAG, domain-exchange.md 5.5).
func (s *State) Retained(t *Topology, db, m int) int64 {
	c := s.copyOn(t, db, m)
	if c == nil {
		return 0
	}
	least := c.Logs
	for i := range t.Databases[db].Copies {
		least = min(least, s.Copy(db, i).Logs)
	}
	return c.Logs - least
}

// fillDisk: what a member's mounted databases must keep is more than its log volume holds.
func (s *State) fillDisk(t *Topology, m int) {
	space := t.Members[m].LogSpace
	if space == 0 {
		return
	}
	var kept int64
	for d := range t.Databases {
		if c := s.copyOn(t, d, m); c != nil && c.Mounted {
			kept += s.Retained(t, d, m)
		}
	}
	if kept > space {
		s.disk(t, m, true)
	}
}

// copyFault: a content index that fails or is mended, and a replay that has fallen behind.
func (s *State) copyFault(t *Topology, e Event) {
	c := s.copyOn(t, e.Database, e.Member)
	switch {
	case c == nil:
	case e.Kind == EvLag:
		if !c.Mounted {
			c.Replay = min(max(0, e.N), c.Logs)
		}
	case c.Index == IndexNotApplicable: // it is part of the database (2019 and later)
	case e.On:
		c.Index = IndexHealthy
	default:
		c.Index = IndexFailed
	}
}
