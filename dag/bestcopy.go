package dag

// clusters are those that run, each as its nodes: one, unless somebody forced another. They take no storage.
type clusters struct {
	nodes [16]Set
	n     int
}

// quorate are the clusters with quorum: all that run, for it is asked of a state that needs no regroup.
func (s *State) quorate(t *Topology) (groups clusters) {
	for m := range s.Nodes {
		if g := s.clusterOf(t, m); g.nodes.First() == m {
			groups.nodes[groups.n] = g.nodes
			groups.n++
		}
	}
	return groups
}

// failoverTarget is the member on which Active Manager would mount a database that is not mounted in one of the clusters
// with quorum, -1: none. What is mounted beyond that cluster's reach it cannot know: this is how a database comes to be
// mounted twice. It is automatic, so blocks and the mount dial apply (AM, domain-exchange.md 5.3 to 5.5).
func (s *State) failoverTarget(t *Topology, db int, groups *clusters) int {
	for _, g := range groups.nodes[:groups.n] {
		if s.mountedIn(t, db, g) {
			continue
		}
		if target := s.bestCopy(t, db, g); target >= 0 {
			return target
		}
	}
	return -1
}

func (s *State) mountedIn(t *Topology, db int, nodes Set) bool {
	for i := range t.Databases[db].Copies {
		if s.Copy(db, i).Mounted && nodes.Has(t.Databases[db].Copies[i].Member) {
			return true
		}
	}
	return false
}

// missingAfterLastLogs is the copy queue that is left when attempt copy last logs has done what it can.
func (s *State) missingAfterLastLogs(t *Topology, db, m int) int64 {
	c := s.copyOn(t, db, m)
	if s.lastLogsFrom(t, db, m) >= 0 {
		return 0
	}
	return c.missing()
}

// lastLogsFrom is the previous active copy's member if it still serves its last logs to m, -1 if not.
func (s *State) lastLogsFrom(t *Topology, db, m int) int {
	prev := int(s.Nodes[m].Conf.Active[db])
	if prev < 0 || prev == m || !s.reaches(t, m, prev) || !s.Nodes[prev].Repl || s.copyOn(t, db, prev) == nil || s.forked(t, db, m, prev) {
		return -1
	}
	return prev
}

// homeSource is the member from which PreferenceMoveFrequency would move a mounted database to its most preferred copy, if
// that is healthy and may be activated (PS:Set); the move copies the rest. -1: nothing to move. How short the copy queue must
// be is not documented: pessimistically it does not matter ([INF], Assumptions.MovesOnlyInSync).
func (s *State) homeSource(t *Topology, db int) int {
	m, c := t.Databases[db].Copies[0].Member, s.Copy(db, 0)
	if !s.PreferenceMoves || s.beingMoved(db) {
		return -1
	}
	from := s.sourceFor(t, db, m)
	if s.forked(t, db, m, from) || !s.mayActivateHere(t, db, m) {
		return -1
	}
	if t.Assume.MovesOnlyInSync && c.missing() > GoodAvailability.Logs() {
		return -1
	}
	return from
}
