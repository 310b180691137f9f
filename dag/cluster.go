package dag

// regroup is what clusters do when heartbeats stop: a group with quorum goes on without the lost nodes, one without it
// stops its cluster service everywhere, and all its mounted databases dismount (DAGS). The service control manager starts
// it again, so such nodes keep trying to join.
func (s *State) regroup(t *Topology) {
	type verdict struct {
		nodes Set
		holds bool
	}
	verdicts := make([]verdict, len(s.Nodes))
	for m := range s.Nodes {
		g := s.runningGroup(t, m)
		verdicts[m] = verdict{g.nodes, g.conf >= 0 && s.holds(t, g)}
	}
	for m := range s.Nodes {
		n := &s.Nodes[m]
		if n.Cluster != Running || !s.alive(m) {
			continue
		}
		if !verdicts[m].holds {
			n.Cluster, n.View, n.Forced = Joining, 0, false
			if n.Start == Disabled {
				n.Cluster = Stopped
			}
			s.dismountOn(t, m)
			continue
		}
		n.View = verdicts[m].nodes
	}
	for m := range s.Nodes {
		if verdicts[m].holds && verdicts[m].nodes.First() == m {
			s.settleGroup(t, m)
		}
	}
}

// settleGroup gives a group with quorum one configuration, an owner of the cluster group among its nodes, and, with
// dynamic quorum, votes for those that are up (WSQ).
func (s *State) settleGroup(t *Topology, m int) {
	g := s.runningGroup(t, m)
	conf := &s.Nodes[g.conf].Conf
	pam := conf.PAM
	if pam < 0 || !g.nodes.Has(int(pam)) {
		pam = int8(g.nodes.First())
	}
	weights := conf.Weights
	if t.Windows.DynamicQuorum() {
		weights = dynamicWeights(g.nodes&conf.Nodes, conf.Model)
	}
	same := pam == conf.PAM && weights == conf.Weights
	for i := range s.Nodes {
		same = same && (!g.nodes.Has(i) || s.Nodes[i].Conf.Tag == conf.Tag)
	}
	if !same {
		s.changeConf(t, m, func(c *Conf) { c.PAM, c.Weights = pam, weights })
	}
	for i := range s.Nodes {
		if g.nodes.Has(i) && s.Nodes[i].Forced {
			s.unforce(t, i)
		}
	}
}

// dynamicWeights: with dynamic quorum only nodes that are up vote; without a witness an even number of them is made odd
// by taking one vote away (WSQ), pessimistically the last one's.
func dynamicWeights(up Set, model QuorumModel) Set {
	if model == NodeMajority && up.Len()%2 == 0 {
		for i := 15; i >= 0; i-- {
			if up.Has(i) {
				return up.Remove(i)
			}
		}
	}
	return up
}

// form: joining nodes that reach one another and hold a majority of the newest configuration start the cluster.
func (s *State) form(t *Topology, m int) {
	g := s.groupOf(t, m)
	if s.Nodes[m].Cluster != Joining || !s.holds(t, g) {
		return
	}
	nodes := s.Nodes[g.conf].Conf.Nodes
	for i := range s.Nodes {
		if g.nodes.Has(i) && nodes.Has(i) {
			s.Nodes[i].Cluster = Running
		}
	}
	for i := range s.Nodes {
		if s.Nodes[i].Cluster == Running && g.nodes.Has(i) {
			s.Nodes[i].View = s.runningGroup(t, i).nodes
		}
	}
	s.settleGroup(t, g.nodes.First())
}

// join: the cluster takes the member back, or tells it that it was evicted: then it cleans its configuration and sets its
// cluster service to Disabled, events 7040 and 4621 (TM7).
func (s *State) join(t *Topology, m int) {
	to := s.joinable(t, m)
	if s.Nodes[m].Cluster != Joining || to < 0 {
		return
	}
	conf := s.Nodes[s.runningGroup(t, to).conf].Conf
	if !conf.Nodes.Has(m) {
		s.clean(t, m)
		return
	}
	s.admit(t, m, to)
}

// admit makes a member a running node of to's cluster.
func (s *State) admit(t *Topology, m, to int) {
	n := &s.Nodes[m]
	conf := s.Nodes[s.runningGroup(t, to).conf].Conf
	n.Conf = conf
	n.Conf.Active = append([]int8(nil), conf.Active...)
	n.Cluster, n.Learnt, n.Forced = Running, false, false
	g := s.runningGroup(t, to)
	for i := range s.Nodes {
		if g.nodes.Has(i) {
			s.Nodes[i].View = g.nodes
		}
	}
	for d := range t.Databases {
		// A copy that comes back verifies its logs against the active one before it is healthy (MON).
		if c := s.copyOn(t, d, m); c != nil && !c.Mounted && c.Status == CopyHealthy {
			c.Status = CopyInitializing
		}
	}
	s.settleGroup(t, g.nodes.First())
}

// clean wipes the member's cluster configuration: what an evicted node does, and what Clear-ClusterNode does.
func (s *State) clean(t *Topology, m int) {
	n := &s.Nodes[m]
	n.Cluster, n.Start, n.Learnt, n.Forced, n.View = Stopped, Disabled, true, false, 0
	n.Bit = false
	n.Conf = Conf{PAM: -1, Active: n.Conf.Active}
	for i := range n.Conf.Active {
		n.Conf.Active[i] = -1
	}
	s.dismountOn(t, m)
}

func (s *State) raise(t *Topology, m int) {
	s.Nodes[m].Bit = true
	s.Nodes[m].WitnessSame = true
}
