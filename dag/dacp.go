package dag

// mayRaise says whether a member's DACP bit may become 1 (TM2, domain-exchange.md section 3): it is in a cluster with
// quorum, and a reachable member answers with bit 1, or it talks to every member on the Started list. With a sole Started
// member, or a DAG of two, the witness's boot time arbitrates instead: both rebooted is a no.
func (s *State) mayRaise(t *Topology, m int) bool {
	n := &s.Nodes[m]
	if n.Bit || !n.Repl || !s.HasQuorum(t, m) {
		return false
	}
	if t.Mode != DagOnly {
		return true
	}
	dir := s.directoryFor(t.Members[m].Site)
	if dir < 0 {
		return false // the Started list cannot be read
	}
	started := s.Sites[dir].Started
	reach := s.reachable(t, m)
	for i := range s.Nodes {
		// Stopped members are not asked; its own bit is 0.
		if reach.Has(i) && started.Has(i) && s.Nodes[i].Bit {
			return true
		}
	}
	if !started.Has(m) {
		return false
	}
	if started.Len() == 1 || len(t.Members) == 2 {
		if !s.witnessUsable(t, m, n.Conf.share()) {
			return t.Assume.UnreadBootTimeAllows // its boot time cannot be read ([INF], section 3 rule 6)
		}
		return n.WitnessSame
	}
	for i := range s.Nodes {
		if started.Has(i) && !(reach.Has(i) && s.Nodes[i].Repl) {
			return false
		}
	}
	return true
}

// mayMount says whether Active Manager on the member may mount: quorum, and the bit (with DAC Off it follows quorum).
func (s *State) mayMount(t *Topology, m int) bool {
	return s.Nodes[m].Repl && s.HasQuorum(t, m) && (s.Nodes[m].Bit || t.Mode != DagOnly)
}
