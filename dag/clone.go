package dag

// Clone is a deep copy.
func (s *State) Clone() State {
	var c State
	c.Take(s)
	return c
}

// Take makes s a deep copy of another state, in the storage that s has: who goes from state to state needs no new one.
func (s *State) Take(from *State) {
	nodes, progs := s.Nodes, s.Progs
	sites, dbs, copies := append(s.Sites[:0], from.Sites...), append(s.DBs[:0], from.DBs...), append(s.Copies[:0], from.Copies...)
	cuts, slow, pool := append(s.Cuts[:0], from.Cuts...), append(s.Slow[:0], from.Slow...), append(s.InPool[:0], from.InPool...)
	points, routes := append(s.Points[:0], from.Points...), append(s.Routes[:0], from.Routes...)
	*s = *from
	s.Sites, s.DBs, s.Copies, s.Cuts, s.Slow, s.InPool, s.Points, s.Routes = sites, dbs, copies, cuts, slow, pool, points, routes
	s.Nodes = takeNodes(nodes, from.Nodes)
	s.Progs = append(progs[:0], from.Progs...)
	for i := range s.Progs {
		s.Progs[i].Answer.Warnings = append([]Warning(nil), from.Progs[i].Answer.Warnings...)
	}
}

func takeNodes(nodes, from []NodeState) []NodeState {
	if len(nodes) != len(from) {
		nodes = make([]NodeState, len(from))
	}
	for i := range from {
		active := append(nodes[i].Conf.Active[:0], from[i].Conf.Active...)
		nodes[i] = from[i]
		nodes[i].Conf.Active = active
	}
	return nodes
}
