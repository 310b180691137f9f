package dag

// regroup is what clusters do when heartbeats stop: a group with quorum goes on without the lost nodes, one without it
// stops its cluster service everywhere, and all its mounted databases dismount (DAGS). The service control manager starts
// it again, so such nodes keep trying to join. Where two running clusters meet again, the one with the newer configuration
// goes on, and nodes of the other leave theirs and join it.
func (s *State) regroup(t *Topology) {
	var leave Set
	var views [16]Set
	for m := range s.Nodes {
		g := s.runningGroup(t, m)
		if g.conf < 0 {
			continue
		}
		newest := &s.Nodes[g.conf].Conf
		foreign := s.Nodes[m].Conf.Tag < newest.Tag && !s.Nodes[m].View.Has(g.conf)
		if foreign || !newest.Nodes.Has(m) || !s.holds(t, g) {
			leave = leave.Add(m)
		}
		views[m] = g.nodes
	}
	for m := range s.Nodes {
		if leave.Has(m) {
			s.leave(t, m)
		} else if views[m] != 0 {
			s.Nodes[m].View = views[m] &^ leave
		}
	}
	for m := range s.Nodes {
		if g := s.clusterOf(t, m); g.nodes.First() == m && s.holds(t, g) {
			s.settleGroup(t, m)
		}
	}
}

// leave ends a node's membership of the cluster that it runs; its service goes on trying to join.
func (s *State) leave(t *Topology, m int) {
	n := &s.Nodes[m]
	n.Cluster, n.View, n.Forced = Joining, 0, false
	if n.Start == Disabled {
		n.Cluster = Stopped
	}
	s.dismountOn(t, m)
}

// settleGroup gives a group with quorum one configuration, an owner of the cluster group among its nodes, and, with
// dynamic quorum, votes for those that are up (WSQ).
func (s *State) settleGroup(t *Topology, m int) {
	g := s.clusterOf(t, m)
	if g.conf < 0 {
		return
	}
	conf := &s.Nodes[g.conf].Conf
	pam := conf.PAM
	if !g.nodes.Has(int(pam)) {
		pam = int8(g.nodes.First())
		if able := g.nodes &^ conf.Paused; able != 0 { // a paused node takes no group over
			pam = int8(able.First())
		}
	}
	weights := conf.Weights
	if t.Windows.DynamicQuorum() {
		weights = t.dynamicWeights(g.nodes&conf.Nodes, conf.Model)
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
// by taking one vote away (WSQ): the last one's, which pessimistically is the recovery site's, unless assumed otherwise.
func (t *Topology) dynamicWeights(up Set, model QuorumModel) Set {
	if model != NodeMajority || up.Len()%2 != 0 || up == 0 {
		return up
	}
	if t.Assume.TieSparesLast {
		return up.Remove(up.First())
	}
	return up.Remove(up.Last())
}

// form: joining nodes that reach one another and hold a majority of the newest configuration start the cluster.
func (s *State) form(t *Topology, m int) {
	formed := s.formable(t, m)
	if formed.First() != m {
		return
	}
	g := s.joiningGroup(t, m)
	newest := &s.Nodes[g.conf].Conf
	for i := range s.Nodes {
		if formed.Has(i) {
			n := &s.Nodes[i]
			n.Conf.take(newest)
			n.Cluster, n.View = Running, formed
		}
	}
	s.settleGroup(t, m) // nodes that run an older cluster within reach are taken in when the clusters regroup
}

// formable are the joining nodes of m's group that its newest configuration counts as nodes, if the group holds a majority.
func (s *State) formable(t *Topology, m int) Set {
	if s.Nodes[m].Cluster != Joining {
		return 0
	}
	g := s.joiningGroup(t, m)
	if !s.holds(t, g) {
		return 0
	}
	return g.nodes & s.Nodes[g.conf].Conf.Nodes
}

// join: the cluster takes the member back, or tells it that it was evicted: then it cleans its configuration and sets its
// cluster service to Disabled, events 7040 and 4621 (TM7).
func (s *State) join(t *Topology, m int) {
	to := s.joinable(t, m)
	if s.Nodes[m].Cluster != Joining || to < 0 {
		return
	}
	if !s.Nodes[s.clusterOf(t, to).conf].Conf.Nodes.Has(m) {
		s.clean(t, m)
		return
	}
	s.admit(t, m, to)
}

// admit makes a member a running node of to's cluster.
func (s *State) admit(t *Topology, m, to int) {
	n := &s.Nodes[m]
	g := s.clusterOf(t, to)
	if g.conf < 0 {
		return
	}
	conf := &s.Nodes[g.conf].Conf
	n.Conf.take(conf)
	n.Cluster, n.Learnt, n.Forced = Running, false, false
	for i := range s.Nodes {
		if g.nodes.Add(m).Has(i) {
			s.Nodes[i].View = g.nodes.Add(m)
		}
	}
	for d := range t.Databases {
		// A copy that comes back verifies its logs against the active one before it is healthy (MON).
		if c := s.copyOn(t, d, m); c != nil && !c.Mounted && c.Status == CopyHealthy && int(conf.Active[d]) != m {
			c.Status = CopyInitializing
		}
		s.examine(t, d, m)
	}
	s.settleGroup(t, to)
}

// evict takes members out of the cluster that q runs. Those that run in it are cleaned at once; the others learn it when
// they come to join (TM7).
func (s *State) evict(t *Topology, q int, out Set) {
	running := s.clusterOf(t, q).nodes
	s.changeConf(t, q, func(c *Conf) {
		c.Nodes &^= out
		c.Weights &^= out
		c.Paused &^= out
	})
	for m := range s.Nodes {
		if running.Has(m) && out.Has(m) {
			s.clean(t, m)
		}
	}
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
	s.rankTags()
}

func (s *State) raise(t *Topology, m int) {
	s.Nodes[m].Bit = true
	s.Nodes[m].WitnessSame = true
}
