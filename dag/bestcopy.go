package dag

// failoverTarget is the member on which Active Manager would mount a database that is not mounted within reach of a
// cluster with quorum, -1: none. It is automatic, so blocks and the mount dial apply (AM, domain-exchange.md 5.3 to 5.5).
func (s *State) failoverTarget(t *Topology, db int) int {
	for m := range s.Nodes {
		if !s.HasQuorum(t, m) {
			continue
		}
		g := s.runningGroup(t, m)
		if g.nodes.First() != m || s.mountedIn(t, db, g.nodes) {
			continue
		}
		if target := s.bestCopy(t, db, g.nodes); target >= 0 {
			return target
		}
	}
	return -1
}

func (s *State) mountedIn(t *Topology, db int, nodes Set) bool {
	for i := range t.Databases[db].Copies {
		if s.Copy(db, i).Mounted && nodes.Has(t.Databases[db].Copies[i].Member) {
			return true
		}
	}
	return false
}

// bestCopy is best copy selection: the previous active copy if it can mount again, else the best of those that may be
// activated, by copy queue and then activation preference; with a dial of Lossless by activation preference alone (AM).
func (s *State) bestCopy(t *Topology, db int, nodes Set) int {
	byPreference := false
	for i := range t.Databases[db].Copies {
		m := t.Databases[db].Copies[i].Member
		if !nodes.Has(m) {
			continue
		}
		if int(s.Nodes[m].Conf.Active[db]) == m && s.mayMount(t, m) && s.Copy(db, i).Status == CopyHealthy {
			return m
		}
		byPreference = byPreference || s.Nodes[m].Dial == Lossless
	}
	best, queue := -1, int64(0)
	for i := range t.Databases[db].Copies { // in order of activation preference
		m := t.Databases[db].Copies[i].Member
		if !nodes.Has(m) || !s.mayActivateHere(t, db, m) {
			continue
		}
		q := s.missingAfterLastLogs(t, db, m)
		if q > s.Nodes[m].Dial.Logs() {
			continue
		}
		if best < 0 || !byPreference && q < queue {
			best, queue = m, q
		}
	}
	return best
}

// mayActivateHere: not blocked at the server or at the copy, of a status that selection takes, below the hard limit, on a
// server that may mount.
func (s *State) mayActivateHere(t *Topology, db, m int) bool {
	c := s.copyOn(t, db, m)
	if c == nil || c.Blocked || !s.mayMount(t, m) || s.Nodes[m].Policy == Blocked || !s.status(t, db, m).MayActivate() {
		return false
	}
	if prev := int(s.Nodes[m].Conf.Active[db]); s.Nodes[m].Policy == IntrasiteOnly && prev >= 0 && t.Members[prev].Site != t.Members[m].Site {
		return false
	}
	return !s.full(t, m)
}

// full: MaximumActiveDatabases is a hard limit, the store refuses the mount (PS:Set-MailboxServer).
func (s *State) full(t *Topology, m int) bool {
	limit := t.Members[m].MaxActive
	if limit == 0 {
		return false
	}
	n := 0
	for d := range t.Databases {
		if c := s.copyOn(t, d, m); c != nil && c.Mounted {
			n++
		}
	}
	return n >= limit
}

// missingAfterLastLogs is the copy queue that is left when attempt copy last logs has done what it can.
func (s *State) missingAfterLastLogs(t *Topology, db, m int) int64 {
	c := s.copyOn(t, db, m)
	prev := int(s.Nodes[m].Conf.Active[db])
	if prev >= 0 && prev != m && s.reaches(t, m, prev) && s.Nodes[prev].Repl {
		if o := s.copyOn(t, db, prev); o != nil && !o.Diverged {
			return 0
		}
	}
	return c.missing()
}

// homeTarget is where PreferenceMoveFrequency would move a mounted database: its most preferred copy, if that is healthy,
// has every log and may be activated (PS:Set); -1: nowhere.
func (s *State) homeTarget(t *Topology, db, from int) int {
	m := t.Databases[db].Copies[0].Member
	c := s.Copy(db, 0)
	if m == from || !s.reaches(t, from, m) || !s.mayActivateHere(t, db, m) || c.Status != CopyHealthy || c.missing() > 0 || c.Diverged {
		return -1
	}
	return m
}
