package dag

// group is a set of nodes whose cluster services run and that reach one another through the first of them.
type group struct {
	nodes Set
	conf  int // the node among them with the newest configuration, -1: none has one
}

// groupOf is the group that the member would be in with every running or joining node that it reaches.
func (s *State) groupOf(t *Topology, m int) group {
	g := group{conf: -1}
	if s.Nodes[m].Cluster == Stopped || !s.alive(m) {
		return g
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if n.Cluster == Stopped || !n.Conf.Present || !s.reaches(t, m, i) {
			continue
		}
		g.nodes = g.nodes.Add(i)
		if g.conf < 0 || n.Conf.Tag > s.Nodes[g.conf].Conf.Tag {
			g.conf = i
		}
	}
	return g
}

// holds says whether the group's nodes have a majority of the votes in its newest configuration: floor(votes/2)+1
// (domain-exchange.md section 4). A forced node has it by decree.
func (s *State) holds(t *Topology, g group) bool {
	if g.conf < 0 {
		return false
	}
	conf := &s.Nodes[g.conf].Conf
	for i := range s.Nodes {
		if g.nodes.Has(i) && conf.Nodes.Has(i) && s.Nodes[i].Forced {
			return true
		}
	}
	present := (g.nodes & conf.Weights).Len()
	total := conf.Weights.Len()
	if present == 0 {
		return false
	}
	if conf.Model == NodeFileShareMajority {
		// A one-node cluster: TM2 says it always has quorum, the parity formula counts the witness. The pessimistic
		// reading is the default (domain-exchange.md section 3, rule 6).
		if !(conf.Nodes.Len() == 1 && t.Assume.SoleMemberNeedsNoWitness) {
			total++
			if s.groupLocksWitness(t, g, conf.Witness) {
				present++
			}
		}
	}
	return present*2 > total
}

// groupLocksWitness: one SMB lock, so of two groups that reach the share one has the vote. A group that already runs
// keeps it; between equals the one with the lowest node.
func (s *State) groupLocksWitness(t *Topology, g group, use WitnessUse) bool {
	reach := false
	for i := range s.Nodes {
		reach = reach || g.nodes.Has(i) && s.witnessUsable(t, i, use)
	}
	if !reach {
		return false
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if g.nodes.Has(i) || n.Cluster == Stopped || !n.Conf.Present || n.Conf.Witness != use || !s.witnessUsable(t, i, use) {
			continue
		}
		mine := s.Nodes[g.nodes.First()].Cluster == Running
		if n.Cluster == Running && !mine || n.Cluster == Running == mine && i < g.nodes.First() {
			return false
		}
	}
	return true
}

// quorumNode is a member that the site reaches and whose cluster runs with quorum, -1: none.
func (s *State) quorumNode(t *Topology, site int) int {
	for i := range s.Nodes {
		if s.Nodes[i].Cluster == Running && s.answersTo(t, site, i) && s.holds(t, s.runningGroup(t, i)) {
			return i
		}
	}
	return -1
}

// runningGroup is the group of nodes that have joined, not those that still try.
func (s *State) runningGroup(t *Topology, m int) group {
	g := group{conf: -1}
	if s.Nodes[m].Cluster != Running || !s.alive(m) {
		return g
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if n.Cluster != Running || !s.reaches(t, m, i) {
			continue
		}
		g.nodes = g.nodes.Add(i)
		if g.conf < 0 || n.Conf.Tag > s.Nodes[g.conf].Conf.Tag {
			g.conf = i
		}
	}
	return g
}

// HasQuorum says whether the member is a node of a running cluster that holds quorum.
func (s *State) HasQuorum(t *Topology, m int) bool {
	return s.Nodes[m].Cluster == Running && s.holds(t, s.runningGroup(t, m))
}

// changeConf lets a change of the cluster database reach every running node of m's group, with a newer tag.
func (s *State) changeConf(t *Topology, m int, change func(*Conf)) {
	g := s.runningGroup(t, m)
	if g.conf < 0 {
		return
	}
	conf := s.Nodes[g.conf].Conf
	conf.Active = append([]int8(nil), conf.Active...)
	change(&conf)
	conf.Tag = s.newestTag() + 1
	for i := range s.Nodes {
		if g.nodes.Has(i) {
			s.Nodes[i].Conf = conf
			s.Nodes[i].Conf.Active = append([]int8(nil), conf.Active...)
		}
	}
	s.rankTags()
}

func (s *State) newestTag() uint8 {
	var tag uint8
	for i := range s.Nodes {
		tag = max(tag, s.Nodes[i].Conf.Tag)
	}
	return tag
}

// rankTags keeps tags as ranks, so that no counter grows without bound.
func (s *State) rankTags() {
	rank := uint8(0)
	for tag := 0; tag <= 255; tag++ {
		found := false
		for i := range s.Nodes {
			if s.Nodes[i].Conf.Present && int(s.Nodes[i].Conf.Tag) == tag {
				s.Nodes[i].Conf.Tag = rank
				found = true
			}
		}
		if found {
			rank++
		}
	}
}
