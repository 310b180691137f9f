package dag

// changeConf lets a change of the cluster database reach every node that runs m's cluster. Its tag rises just above what it
// was: a configuration that was newer, because a node was forced elsewhere, stays newer (SCN: the forced copy wins).
func (s *State) changeConf(t *Topology, m int, change func(*Conf)) {
	g := s.clusterOf(t, m)
	if g.conf < 0 {
		return
	}
	conf := &s.Nodes[g.conf].Conf // changed in place, since its node is one of those that it reaches
	old := conf.Tag
	change(conf)
	for i := range s.Nodes {
		if s.Nodes[i].Conf.Tag > old {
			s.Nodes[i].Conf.Tag++
		}
	}
	for i := range s.Latest {
		if s.Latest[i] > old {
			s.Latest[i]++
		}
	}
	conf.Tag = old + 1
	for i := range s.Nodes {
		if g.nodes.Has(i) {
			s.Nodes[i].Conf.take(conf)
		}
	}
	s.recordLatest(t, g)
	s.rankTags()
}

// recordLatest: the witness's share holds which node has the latest cluster database, not the database (DAGS), so that a
// node that missed changes cannot form a cluster with the witness alone.
func (s *State) recordLatest(t *Topology, g group) {
	conf := &s.Nodes[g.conf].Conf
	if conf.Model != NodeFileShareMajority || !s.groupLocksWitness(t, g, conf.share()) {
		return
	}
	s.Latest[conf.Witness.index()] = conf.Tag
}

// take makes c equal to another configuration, in the storage that it has.
func (c *Conf) take(from *Conf) {
	if c == from {
		return
	}
	active := append(c.Active[:0], from.Active...)
	*c = *from
	c.Active = active
}

// index is the witness's place in State.Latest; WitnessNone is never looked up.
func (u WitnessUse) index() int {
	if u == WitnessAlternate {
		return 1
	}
	return 0
}

func (s *State) newestTag() uint8 {
	tag := max(s.Latest[0], s.Latest[1])
	for i := range s.Nodes {
		tag = max(tag, s.Nodes[i].Conf.Tag)
	}
	return tag
}

// rankTags keeps tags as ranks, so that no counter grows without bound. A node without a configuration has rank 0.
func (s *State) rankTags() {
	var used [256]bool
	for i := range s.Nodes {
		if s.Nodes[i].Conf.Present {
			used[s.Nodes[i].Conf.Tag] = true
		}
	}
	used[s.Latest[0]], used[s.Latest[1]] = true, true
	var rank [256]uint8
	next := uint8(0)
	for tag := range used {
		rank[tag] = next
		if used[tag] {
			next++
		}
	}
	for i := range s.Nodes {
		if c := &s.Nodes[i].Conf; c.Present {
			c.Tag = rank[c.Tag]
		}
	}
	s.Latest[0], s.Latest[1] = rank[s.Latest[0]], rank[s.Latest[1]]
}
