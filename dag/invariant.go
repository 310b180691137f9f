package dag

// MountedTwice are the databases with two mounted copies: the split brain that everything here exists to prevent. A copy
// that a server held mounted when it hung serves nobody and does not count.
func MountedTwice(t *Topology, s *State) []string {
	var twice []string
	for d := range t.Databases {
		n := 0
		for i := range t.Databases[d].Copies {
			if s.Copy(d, i).Mounted && s.alive(t.Databases[d].Copies[i].Member) {
				n++
			}
		}
		if n > 1 {
			twice = append(twice, t.Databases[d].Name)
		}
	}
	return twice
}

// QuorumSites are the sites in which a member holds quorum, as a set of site indexes.
func QuorumSites(t *Topology, s *State) Set {
	var sites Set
	for m := range s.Nodes {
		if s.HasQuorum(t, m) {
			sites = sites.Add(t.Members[m].Site)
		}
	}
	return sites
}
