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
		if !s.mayOwn(t, p, q) {
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
	s.changeConf(t, m, func(c *Conf) { c.Weights = t.dynamicWeights(rest&c.Nodes, c.Model) })
}

// mayOwn: a node that is down, paused or none cannot own the cluster group; pausing is for nodes (MDAG).
func (s *State) mayOwn(t *Topology, p *Prog, q int) bool {
	m, c := p.Op.Member, &s.Nodes[q].Conf
	switch {
	case p.Op.Kind != OpMoveGroup && p.Op.Kind != OpPause:
		return true
	case !c.Nodes.Has(m) || p.Op.Kind == OpMoveGroup && !s.Nodes[q].View.Has(m):
		p.fail(ErrUnreachable, t.Members[m].Name)
	case p.Op.Kind == OpMoveGroup && c.Paused.Has(m):
		p.fail(ErrPaused, t.Members[m].Name)
	}
	return p.Answer.Code == OK
}

func (s *State) confStep(t *Topology, p *Prog, c *Conf) {
	switch p.Op.Kind {
	case OpQuorum:
		w := share{use: WitnessNone}
		if p.Op.Model == NodeFileShareMajority {
			w = s.shareOf(p.Op.Witness)
		}
		c.Model, c.Witness, c.Spare = p.Op.Model, w.use, w.spare
	case OpMoveGroup:
		c.PAM = int8(p.Op.Member)
	case OpPause:
		c.Paused = c.Paused.Remove(p.Op.Member)
		if p.Op.On {
			c.Paused = c.Paused.Add(p.Op.Member)
		}
	}
}
