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
		s.changeConf(t, q, func(c *Conf) { s.confStep(t, p, c) })
		s.settleGroup(t, s.runningGroup(t, q).nodes.First())
	}
}

func (s *State) clusterService(t *Topology, p *Prog, m int) {
	n := &s.Nodes[m]
	if p.Op.Kind == OpClusterStop {
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

func (s *State) confStep(t *Topology, p *Prog, c *Conf) {
	switch p.Op.Kind {
	case OpEvict:
		c.Nodes, c.Weights = c.Nodes.Remove(p.Op.Member), c.Weights.Remove(p.Op.Member)
	case OpQuorum:
		c.Model, c.Witness = p.Op.Model, WitnessNone
		if p.Op.Model == NodeFileShareMajority {
			c.Witness = p.Op.Witness
		}
	case OpMoveGroup:
		c.PAM = int8(p.Op.Member)
	}
}
