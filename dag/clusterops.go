package dag

// clusterStep is the family of Windows tools: the cluster service of members, eviction, cleanup, the quorum model, the
// owner of the cluster group (DCS 1.3).
func (s *State) clusterStep(t *Topology, p *Prog) {
	switch p.Op.Kind {
	case OpClusterStop, OpClusterStart:
		for m := range s.Nodes {
			if !p.Op.Members.Has(m) {
				continue
			}
			if !s.answersTo(t, p.Op.From, m) {
				p.fail(ErrUnreachable, t.Members[m].Name)
				return
			}
			s.clusterService(t, p, m)
		}
	case OpCleanup:
		// Runs on the member itself. Nothing stops it on the last holder of the cluster database (EXPTA).
		if !s.answersTo(t, p.Op.From, p.Op.Member) {
			p.fail(ErrUnreachable, t.Members[p.Op.Member].Name)
			return
		}
		s.clean(t, p.Op.Member)
	default:
		q := s.quorumNode(t, p.Op.From)
		if q < 0 {
			p.fail(ErrNoQuorum, t.Name)
			return
		}
		if p.Op.Kind == OpEvict {
			s.evict(t, q, Set(0).Add(p.Op.Member))
		} else {
			s.changeConf(t, q, func(c *Conf) { s.confStep(t, p, c) })
		}
		s.settleGroup(t, q)
	}
}

func (s *State) clusterService(t *Topology, p *Prog, m int) {
	n := &s.Nodes[m]
	if p.Op.Kind == OpClusterStop {
		s.handOverVote(t, m)
		n.Cluster, n.View, n.Forced = Stopped, 0, false
		s.dismountOn(t, m)
		return
	}
	if !n.Conf.Present {
		p.fail(ErrOpenCluster, t.Members[m].Name)
		return
	}
	if p.Op.Force {
		s.force(t, m)
		return
	}
	if n.Cluster == Stopped {
		n.Cluster, n.Start = Joining, Automatic
	}
}

// handOverVote: with dynamic quorum a node that stops in good order leaves its vote to the others first, so that the last
// one survives; an assumption (domain-exchange.md section 4).
func (s *State) handOverVote(t *Topology, m int) {
	g := s.clusterOf(t, m)
	rest := g.nodes.Remove(m)
	if !t.Assume.LastManStanding || !t.Windows.DynamicQuorum() || rest == 0 || !s.HasQuorum(t, m) {
		return
	}
	s.changeConf(t, m, func(c *Conf) { c.Weights = dynamicWeights(rest&c.Nodes, c.Model) })
}

func (s *State) confStep(t *Topology, p *Prog, c *Conf) {
	switch p.Op.Kind {
	case OpQuorum:
		c.Model, c.Witness = p.Op.Model, WitnessNone
		if p.Op.Model == NodeFileShareMajority {
			c.Witness = p.Op.Witness
		}
	case OpMoveGroup:
		c.PAM = int8(p.Op.Member)
	}
}
