package dag

// Pending is what the world may do by itself in this state, in a fixed order. An event that stays possible from one state
// to the next keeps its Key, and its time goes on running.
func Pending(t *Topology, s *State) []Event {
	var events []Event
	for i := range s.Progs {
		events = append(events, Event{Kind: EvStep, N: int64(s.Progs[i].ID), Span: s.Progs[i].stepSpan()})
	}
	for i := range s.Sites {
		if s.siteBoots(t, i) {
			events = append(events, Event{Kind: EvSiteBoot, Site: i, Span: spanSiteBoot})
		}
	}
	if s.needsRegroup(t) {
		events = append(events, Event{Kind: EvRegroup, Span: spanRegroup})
	}
	for m := range s.Nodes {
		events = s.pendingNode(t, m, events)
	}
	for d := range s.DBs {
		events = s.pendingDatabase(t, d, events)
	}
	for i := range s.Sites {
		for j := range s.Sites {
			if s.replicates(j, i) {
				events = append(events, Event{Kind: EvReplicate, Site: i, Other: j, Span: spanReplicate})
			}
		}
	}
	return events
}

func (s *State) siteBoots(t *Topology, i int) bool {
	st := &s.Sites[i]
	return st.Power && (!st.Directory && !st.DirectoryHeld && len(t.Sites[i].DomainControllers) > 0 || !st.Witness && !st.WitnessHeld)
}

func (s *State) pendingNode(t *Topology, m int, events []Event) []Event {
	n := &s.Nodes[m]
	if n.Power == PowerOn && s.Sites[t.Members[m].Site].Power && !n.Up && !n.Hung {
		return append(events, Event{Kind: EvBoot, Member: m, Span: spanBoot})
	}
	if !s.alive(m) {
		return events
	}
	if n.Cluster == Joining {
		if to := s.joinable(t, m); to >= 0 {
			events = append(events, Event{Kind: EvJoin, Member: m, Span: spanJoin})
		} else if g := s.groupOf(t, m); g.nodes.First() == m && s.holds(t, g) && s.Nodes[g.conf].Conf.Nodes.Has(m) {
			events = append(events, Event{Kind: EvForm, Member: m, Span: spanForm})
		}
	}
	if s.mayRaise(t, m) {
		events = append(events, Event{Kind: EvBit, Member: m, Span: spanBit})
	}
	return events
}

// joinable is a running node with quorum that a joining member reaches, -1: none.
func (s *State) joinable(t *Topology, m int) int {
	for i := range s.Nodes {
		if i != m && s.Nodes[i].Cluster == Running && s.reaches(t, m, i) && s.holds(t, s.runningGroup(t, i)) {
			return i
		}
	}
	return -1
}

// needsRegroup: a running node whose group differs from its view, or has no quorum.
func (s *State) needsRegroup(t *Topology) bool {
	for m := range s.Nodes {
		if s.Nodes[m].Cluster != Running || !s.alive(m) {
			continue
		}
		g := s.runningGroup(t, m)
		if g.nodes != s.Nodes[m].View || !s.holds(t, g) {
			return true
		}
	}
	return false
}

func (s *State) pendingDatabase(t *Topology, d int, events []Event) []Event {
	source := s.mountedOn(t, d)
	for c := range t.Databases[d].Copies {
		m, cp := t.Databases[d].Copies[c].Member, s.Copy(d, c)
		if cp.Mounted || source < 0 || !s.reaches(t, source, m) || !s.Nodes[m].Repl || s.Nodes[m].Cluster != Running || s.Nodes[source].Cluster != Running {
			continue
		}
		from := s.copyOn(t, d, source)
		switch {
		case cp.Status == CopySeeding:
			events = append(events, Event{Kind: EvSeeded, Database: d, Member: m, Span: spanSeeded})
		case cp.Status == CopySuspended || cp.Status == CopyFailedAndSuspended || cp.Status == CopyFailed:
		case cp.Diverged:
			events = append(events, Event{Kind: EvDiverge, Database: d, Member: m, Span: spanDiverge})
		case cp.Status != CopyHealthy:
			events = append(events, Event{Kind: EvReady, Database: d, Member: m, Span: spanReady})
		case cp.Logs != from.Logs || cp.Known != from.Logs:
			events = append(events, Event{Kind: EvShip, Database: d, Member: m, Span: spanShip})
		}
	}
	if source < 0 && s.DBs[d].Want && !s.beingMoved(d) && s.failoverTarget(t, d) >= 0 {
		events = append(events, Event{Kind: EvFailover, Database: d, Span: spanFailover})
	}
	if source >= 0 && s.PreferenceMoves && s.homeTarget(t, d, source) >= 0 {
		events = append(events, Event{Kind: EvHome, Database: d, Span: spanHome})
	}
	return events
}

// replicates says whether the directory of site j has newer lists that reach site i. Of equal versions the lower site
// index wins: the last tie-break is the originating server's id ([MS-DRSR] AttributeStamp).
func (s *State) replicates(j, i int) bool {
	a, b := &s.Sites[j], &s.Sites[i]
	if i == j || !a.Directory || !b.Directory || !s.linked(i, j) {
		return false
	}
	differ := a.Started != b.Started || a.Stopped != b.Stopped
	return a.Version > b.Version || a.Version == b.Version && differ && j < i
}

// beingMoved: an administrator's operation on the database is under way; Active Manager waits for it.
func (s *State) beingMoved(d int) bool {
	for i := range s.Progs {
		switch s.Progs[i].Op.Kind {
		case OpActivate, OpMount, OpDismount:
			if s.Progs[i].Op.Database == d {
				return true
			}
		}
	}
	return false
}
