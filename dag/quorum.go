package dag

// group is a set of nodes whose cluster services run and of which each reaches every other.
type group struct {
	nodes Set
	conf  int // the node among them with the newest configuration, -1: none has one
}

// joiningGroup is the group that the member would be in with every other node that tries to join: those that run a cluster
// already, or may join one, do not form another.
func (s *State) joiningGroup(t *Topology, m int) group {
	among := s.services(Joining)
	for i := range s.Nodes {
		if among.Has(i) && s.joinable(t, i) >= 0 {
			among = among.Remove(i)
		}
	}
	return s.groupAmong(t, m, among)
}

// services are the living nodes whose cluster service is in the state and has a configuration.
func (s *State) services(state Service) Set {
	var set Set
	for i := range s.Nodes {
		if n := &s.Nodes[i]; n.Cluster == state && n.Conf.Present && s.alive(i) {
			set = set.Add(i)
		}
	}
	return set
}

func (s *State) groupAmong(t *Topology, m int, among Set) group {
	g := group{conf: -1}
	if !among.Has(m) {
		return g
	}
	g.nodes = s.clique(t, m, among)
	for i := range s.Nodes {
		if g.nodes.Has(i) && (g.conf < 0 || s.Nodes[i].Conf.Tag > s.Nodes[g.conf].Conf.Tag) {
			g.conf = i
		}
	}
	return g
}

// clique is the part of the living nodes among that m falls into when they are divided into sets in which each reaches
// every other. Where the links make no clean cut (two sites lost each other, both reach a third), a cluster drops nodes
// until those that are left see one another; which ones is not documented, here the lower index stays [INF].
func (s *State) clique(t *Topology, m int, among Set) Set {
	var part [16]Set // by part: its sites
	var of [16]int   // by site: 1 + its part
	var nodes [16]Set
	for i := range s.Nodes {
		if !among.Has(i) {
			continue
		}
		site := t.Members[i].Site
		for p := 0; of[site] == 0; p++ {
			if s.linkedAll(site, part[p]) { // it is linked to all of none
				part[p], of[site] = part[p].Add(site), p+1
			}
		}
		nodes[of[site]-1] = nodes[of[site]-1].Add(i)
	}
	return nodes[of[t.Members[m].Site]-1]
}

func (s *State) linkedAll(site int, sites Set) bool {
	for i := range s.Sites {
		if sites.Has(i) && !s.linked(site, i) {
			return false
		}
	}
	return true
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
		if t.witnessVotes(total) && !(conf.Nodes.Len() == 1 && t.Assume.SoleMemberNeedsNoWitness) {
			total++
			if s.groupLocksWitness(t, g, conf.share()) {
				present++
			}
		}
	}
	return present*2 > total
}

// witnessVotes: with dynamic witness (2012 R2 and later) the witness has a vote only while that of the nodes is even (WSQ).
func (t *Topology) witnessVotes(nodeVotes int) bool {
	return !t.Windows.DynamicWitness() || nodeVotes%2 == 0
}

// groupLocksWitness: one SMB lock, so of two groups that reach the share one has the vote. A group that already runs
// keeps it; between equals the one with the lowest node.
func (s *State) groupLocksWitness(t *Topology, g group, w share) bool {
	reach := false
	for i := range s.Nodes {
		reach = reach || g.nodes.Has(i) && s.witnessUsable(t, i, w)
	}
	if !reach || s.Latest[w.use.index()] > s.Nodes[g.conf].Conf.Tag {
		return false // the share holds that another node has a newer cluster database (DAGS)
	}
	for i := range s.Nodes {
		n := &s.Nodes[i]
		if n.Cluster == Stopped || n.Conf.share() != w || !s.witnessUsable(t, i, w) {
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
		if s.answersTo(t, site, i) && s.HasQuorum(t, i) {
			return i
		}
	}
	return -1
}

// runningGroup is the group of nodes that run a cluster, not those that still try; when a link heals they may be of two
// clusters, until they regroup.
func (s *State) runningGroup(t *Topology, m int) group {
	if s.Nodes[m].Cluster != Running {
		return group{conf: -1}
	}
	return s.groupAmong(t, m, s.services(Running))
}

// clusterOf is the part of m's own cluster that it still reaches.
func (s *State) clusterOf(t *Topology, m int) group {
	if s.Nodes[m].Cluster != Running {
		return group{conf: -1}
	}
	return s.groupAmong(t, m, s.services(Running)&s.Nodes[m].View.Add(m))
}

// HasQuorum says whether the member is a node of a running cluster that holds quorum.
func (s *State) HasQuorum(t *Topology, m int) bool {
	return s.holds(t, s.clusterOf(t, m))
}
