package dag

// linked says whether two sites exchange packets both ways.
func (s *State) linked(a, b int) bool {
	n := len(s.Sites)
	return a == b || !s.Cuts[a*n+b] && !s.Cuts[b*n+a]
}

// alive says whether a member's operating system answers those who reach its site.
func (s *State) alive(m int) bool { return s.Nodes[m].Up && !s.Nodes[m].Hung }

// reaches says whether two members talk to each other.
func (s *State) reaches(t *Topology, a, b int) bool {
	return s.alive(a) && s.alive(b) && s.linked(t.Members[a].Site, t.Members[b].Site)
}

// answersTo says whether a member answers somebody in the site.
func (s *State) answersTo(t *Topology, site, m int) bool {
	return s.alive(m) && s.linked(site, t.Members[m].Site)
}

// reachable is the set of members that m talks to, itself included.
func (s *State) reachable(t *Topology, m int) Set {
	var r Set
	for i := range s.Nodes {
		if s.reaches(t, m, i) {
			r = r.Add(i)
		}
	}
	return r
}

// directoryFor is the site whose directory a cmdlet run in the site uses: its own, else the first that it reaches; -1: none.
func (s *State) directoryFor(site int) int {
	if s.Sites[site].Directory {
		return site
	}
	for i := range s.Sites {
		if s.Sites[i].Directory && s.linked(site, i) {
			return i
		}
	}
	return -1
}
