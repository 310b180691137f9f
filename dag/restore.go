package dag

// restoreStep is Restore-DatabaseAvailabilityGroup (DCS, PS:Restore, KB10086): check, force quorum on one node, evict the
// stopped members, set the quorum model, let the other members join, set the DACP bits.
func (s *State) restoreStep(t *Topology, p *Prog) {
	switch p.PC {
	case 0:
		s.restoreCheck(t, p)
	case 1:
		s.force(t, int(p.Node))
	case 2:
		s.evictStopped(t, p)
	case 3:
		s.restoreModel(t, p)
	case 4:
		if !s.HasQuorum(t, int(p.Node)) {
			p.fail(ErrOpenCluster, t.Members[p.Node].Name)
			return
		}
		set := s.recoverySet(t, p)
		for m := range s.Nodes {
			n := &s.Nodes[m]
			if !set.Has(m) || n.Cluster == Running {
				continue
			}
			// One whose cluster configuration was wiped cannot be started by Restore (event 1090, QA:185443).
			if !s.joins(t, m, int(p.Node)) || !n.Conf.Present || !s.Nodes[p.Node].Conf.Nodes.Has(m) {
				p.warn(WarnMemberOffline, t.Members[m].Name)
				continue
			}
			n.Start = Automatic
			s.admit(t, m, int(p.Node))
		}
	case 5:
		set := s.recoverySet(t, p)
		for m := range s.Nodes {
			if set.Has(m) && s.HasQuorum(t, m) && s.Nodes[m].Repl {
				s.raise(t, m)
			}
		}
	}
}

// recoverySet are the Started members of the recovery site.
func (s *State) recoverySet(t *Topology, p *Prog) Set {
	if dir := s.directoryFor(p.Op.From); dir >= 0 {
		return t.MembersOf(p.Op.Site) & s.Sites[dir].Started
	}
	return 0
}

func (s *State) restoreCheck(t *Topology, p *Prog) {
	if t.Mode != DagOnly {
		p.fail(ErrNotDagOnly, t.Name)
		return
	}
	dir := s.directoryFor(p.Op.From)
	if dir < 0 {
		p.fail(ErrNoDirectory, t.Sites[p.Op.From].Name)
		return
	}
	if s.Sites[dir].Stopped == 0 {
		p.fail(ErrNothingStopped, t.Name)
		return
	}
	// Members elsewhere that are still Started: the cluster is opened on a server that runs none (QA:134981).
	if s.Sites[dir].Started&^t.MembersOf(p.Op.Site) != 0 {
		p.fail(ErrOpenCluster, t.Members[(s.Sites[dir].Started&^t.MembersOf(p.Op.Site)).First()].Name)
		return
	}
	set := s.recoverySet(t, p)
	for m := range s.Nodes {
		if set.Has(m) && s.answersTo(t, p.Op.From, m) && s.Nodes[m].Conf.Present {
			p.Node = int8(m)
			return
		}
	}
	p.fail(ErrUnreachable, t.Sites[p.Op.Site].Name)
}

// force starts a node's cluster service with /forcequorum: its copy of the cluster database becomes authoritative (SCN).
func (s *State) force(t *Topology, m int) {
	n := &s.Nodes[m]
	if !s.alive(m) || !n.Conf.Present || s.HasQuorum(t, m) { // a node that holds quorum has nothing to force
		return
	}
	if n.Cluster != Running {
		n.View = Set(0).Add(m)
	}
	n.Cluster, n.Start, n.Forced = Running, Automatic, true
	tag := s.newestTag() + 1
	for i := range s.Nodes {
		if s.clusterOf(t, m).nodes.Has(i) {
			s.Nodes[i].Conf.Tag = tag
		}
	}
	s.changeConf(t, m, func(c *Conf) { c.PAM = int8(m) })
	s.settleGroup(t, m)
}

func (s *State) evictStopped(t *Topology, p *Prog) {
	m := int(p.Node)
	dir := s.directoryFor(p.Op.From)
	if !s.HasQuorum(t, m) || dir < 0 {
		p.fail(ErrOpenCluster, t.Members[m].Name)
		return
	}
	stopped := s.Sites[dir].Stopped
	if n := &s.Nodes[m]; n.SlowStart && n.Forced {
		// The cluster service was still initialising: the members are marked stopped and stay nodes (TM46, row 4). By the
		// time somebody runs Restore again it answers.
		n.SlowStart = false
		for i := range s.Nodes {
			if (stopped & n.Conf.Nodes).Has(i) {
				p.warn(WarnNotEvicted, t.Members[i].Name)
			}
		}
		return
	}
	s.evict(t, m, stopped)
}

func (s *State) restoreModel(t *Topology, p *Prog) {
	m := int(p.Node)
	if !s.HasQuorum(t, m) {
		p.fail(ErrOpenCluster, t.Members[m].Name)
		return
	}
	if !s.replaceWitness(t, p) { // -AlternateWitnessServer writes the property as Set does (PS:Restore)
		return
	}
	use := p.Op.Witness
	if use == "" || use == WitnessNone {
		use = WitnessAlternate
	}
	model, witness := t.ParityModel(s.Nodes[m].Conf.Nodes.Len(), use)
	w := s.shareOf(witness)
	if witness != WitnessNone && !s.witnessUsable(t, m, w) {
		p.warn(WarnWitnessNotReady, w.server(t))
		model, w = NodeMajority, share{use: WitnessNone}
	}
	s.changeConf(t, m, func(c *Conf) { c.Model, c.Witness, c.Spare, c.Weights = model, w.use, w.spare, c.Nodes })
	s.settleGroup(t, m)
}

// unforce: a forced node that has a majority by votes is forced no longer.
func (s *State) unforce(t *Topology, m int) {
	s.Nodes[m].Forced = false
	if !s.HasQuorum(t, m) {
		s.Nodes[m].Forced = true
	}
}
