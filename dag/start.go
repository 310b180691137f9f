package dag

// startStep is Start-DatabaseAvailabilityGroup (PS:Start): the lists, the nodes, the answer. A returned member must have
// been cleaned first, else the cluster answers "invalid node" (TM10, domain-exchange.md section 2).
func (s *State) startStep(t *Topology, p *Prog) {
	switch p.PC {
	case 0:
		if t.Mode != DagOnly {
			p.fail(ErrNotDagOnly, t.Name)
			return
		}
		dir := s.directoryFor(p.Op.From)
		if dir < 0 {
			p.fail(ErrNoDirectory, t.Sites[p.Op.From].Name)
			return
		}
		q := s.quorumNode(t, p.Op.From)
		if q < 0 && !p.Op.ConfigurationOnly {
			p.fail(ErrNoQuorum, t.Name)
			return
		}
		p.Node = int8(q)
		s.writeLists(t, dir, func(st *SiteState) {
			st.Started, st.Stopped = st.Started|p.Op.Members, st.Stopped&^p.Op.Members
		})
	case 1:
		if p.Op.ConfigurationOnly {
			return
		}
		for m := range s.Nodes {
			if p.Op.Members.Has(m) {
				s.startMember(t, p, m)
			}
		}
	}
}

func (s *State) startMember(t *Topology, p *Prog, m int) {
	q := int(p.Node)
	if !s.HasQuorum(t, q) {
		p.fail(ErrNoQuorum, t.Name)
		return
	}
	if !s.joins(t, m, q) {
		p.fail(ErrUnreachable, t.Members[m].Name)
		return
	}
	n := &s.Nodes[m]
	if s.clusterOf(t, q).nodes.Has(m) {
		p.warn(WarnAlreadyThere, t.Members[m].Name)
		return
	}
	if n.Conf.Present && !s.Nodes[q].Conf.Nodes.Has(m) {
		p.fail(ErrInvalidNode, t.Members[m].Name)
		return
	}
	s.changeConf(t, q, func(c *Conf) {
		c.Nodes = c.Nodes.Add(m)
		c.Weights = c.Weights.Add(m)
	})
	n.Start = Automatic
	s.admit(t, m, q)
}

// setStep is Set-DatabaseAvailabilityGroup, bare or with another witness: it repairs the quorum model for the number of nodes, with the
// primary witness (MDAG, domain-exchange.md section 2 rule 4).
func (s *State) setStep(t *Topology, p *Prog) {
	if !s.replaceWitness(t, p) {
		return
	}
	q := s.quorumNode(t, p.Op.From)
	if q < 0 {
		p.fail(ErrNoQuorum, t.Name) // the cluster must have quorum to change what it stores (PS:Set)
		return
	}
	use := p.Op.Witness
	if use == "" || use == WitnessNone {
		use = WitnessPrimary
	}
	model, witness := t.ParityModel(s.Nodes[q].Conf.Nodes.Len(), use)
	w := s.shareOf(witness)
	if witness != WitnessNone && !s.witnessUsable(t, q, w) {
		p.fail(ErrWitness, w.server(t))
		return
	}
	s.changeConf(t, q, func(c *Conf) { c.Model, c.Witness, c.Spare, c.Weights = model, witness, w.spare, c.Nodes })
	s.settleGroup(t, q)
}

// addStep is Add-DatabaseAvailabilityGroupServer: the way back of an evicted member with DAC Off (DCS).
func (s *State) addStep(t *Topology, p *Prog) {
	q := s.quorumNode(t, p.Op.From)
	if q < 0 {
		p.fail(ErrNoQuorum, t.Name)
		return
	}
	p.Node = int8(q)
	s.startMember(t, p, p.Op.Member)
}
