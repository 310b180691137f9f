package dag

import "time"

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
	// A side that lost the others notices it as soon as they do: nobody joins, forms or takes databases over before all have.
	settled := !s.needsRegroup(t)
	if !settled {
		events = append(events, Event{Kind: EvRegroup, Span: spanRegroup})
	}
	for m := range s.Nodes {
		events = s.pendingNode(t, m, settled, events)
	}
	var groups clusters
	if settled {
		groups = s.quorate(t)
	}
	for d := range s.DBs {
		events = s.pendingDatabase(t, d, &groups, events)
	}
	for i := range s.Sites {
		for j := range s.Sites {
			if s.replicates(j, i) {
				events = append(events, Event{Kind: EvReplicate, Site: i, Other: j, Span: s.slowed(j, i, spanReplicate, spanReplicate.Max)})
			}
		}
	}
	return events
}

func (s *State) siteBoots(t *Topology, i int) bool {
	st := &s.Sites[i]
	return st.Power && (!st.Directory && !st.DirectoryHeld && len(t.Sites[i].DomainControllers) > 0 || !st.Witness && !st.WitnessHeld)
}

func (s *State) pendingNode(t *Topology, m int, settled bool, events []Event) []Event {
	n := &s.Nodes[m]
	if n.Power == PowerOn && s.Sites[t.Members[m].Site].Power && !n.Up && !n.Hung {
		return append(events, Event{Kind: EvBoot, Member: m, Span: spanBoot})
	}
	if !s.alive(m) {
		return events
	}
	if n.Cluster == Joining && settled {
		if to := s.joinable(t, m); to >= 0 {
			events = append(events, Event{Kind: EvJoin, Member: m, Span: spanJoin})
		} else if s.formable(t, m).First() == m {
			events = append(events, Event{Kind: EvForm, Member: m, Span: spanForm})
		}
	}
	if s.mayRaise(t, m) {
		events = append(events, Event{Kind: EvBit, Member: m, Span: spanBit})
	}
	return events
}

// joinable is a running node with quorum whose cluster a joining member can become part of, -1: none. A member asks the nodes
// that its own configuration names: one that evicted all others asks nobody.
func (s *State) joinable(t *Topology, m int) int {
	for i := range s.Nodes {
		if s.Nodes[i].Cluster == Running && s.Nodes[m].Conf.Nodes.Has(i) && s.joins(t, m, i) && s.HasQuorum(t, i) {
			return i
		}
	}
	return -1
}

// joins says whether m reaches every node of i's cluster, and would be one of its nodes if it ran.
func (s *State) joins(t *Topology, m, i int) bool {
	if !s.reaches(t, m, i) {
		return false
	}
	with := s.clique(t, m, s.services(Running).Add(m))
	return s.clusterOf(t, i).nodes&^with == 0
}

// needsRegroup: a running node whose group differs from its view, has no quorum, or has a configuration that it missed: one that
// does not count it as a node any more, perhaps.
func (s *State) needsRegroup(t *Topology) bool {
	for m := range s.Nodes {
		if s.Nodes[m].Cluster != Running || !s.alive(m) {
			continue
		}
		g := s.runningGroup(t, m)
		if g.nodes != s.Nodes[m].View || !s.holds(t, g) || s.Nodes[m].Conf.Tag != s.Nodes[g.conf].Conf.Tag {
			return true
		}
	}
	return false
}

// slowShip is how long logs take over a slow link.
const slowShip = 10 * time.Minute

// slowed is how long replication takes from one site to another: over a slow link, its longest.
func (s *State) slowed(from, to int, span Span, longest time.Duration) Span {
	if from == to || !s.Slow[from*len(s.Sites)+to] {
		return span
	}
	return Span{longest, longest, max(longest, span.Max)}
}

// pendingCopy is what a copy does on its own: it replays, and crawls its index.
func (s *State) pendingCopy(t *Topology, d, c int, events []Event) []Event {
	m, cp := t.Databases[d].Copies[c].Member, s.Copy(d, c)
	if !s.alive(m) || !s.Nodes[m].Repl {
		return events
	}
	if cp.Replay > 0 {
		span := spanReplay
		if lag := t.Databases[d].Copies[c].ReplayLag; lag > 0 {
			span = Span{lag, lag, lag + spanReplay.Max}
		}
		events = append(events, Event{Kind: EvReplay, Database: d, Member: m, Span: span})
	}
	if cp.Index == IndexCrawling {
		events = append(events, Event{Kind: EvIndexed, Database: d, Member: m, Span: spanIndexed})
	}
	return events
}

func (s *State) pendingDatabase(t *Topology, d int, groups *clusters, events []Event) []Event {
	for c := range t.Databases[d].Copies {
		m, cp := t.Databases[d].Copies[c].Member, s.Copy(d, c)
		events = s.pendingCopy(t, d, c, events)
		source := s.sourceFor(t, d, m)
		if source < 0 {
			continue
		}
		from := s.copyOn(t, d, source)
		switch {
		case cp.Status == CopySeeding:
			events = append(events, Event{Kind: EvSeeded, Database: d, Member: m, Span: spanSeeded})
		case cp.Status == CopySuspended || cp.Status == CopyFailedAndSuspended || s.Nodes[m].DiskFull:
		case s.forked(t, d, m, source):
			events = append(events, Event{Kind: EvDiverge, Database: d, Member: m, Span: spanDiverge})
		case cp.Status != CopyHealthy:
			events = append(events, Event{Kind: EvReady, Database: d, Member: m, Span: spanReady})
		case cp.Logs != from.Logs || cp.Known != from.Logs:
			events = append(events, Event{Kind: EvShip, Database: d, Member: m, Span: s.slowed(t.Members[source].Site, t.Members[m].Site, spanShip, slowShip)})
		}
	}
	if s.DBs[d].Want && !s.beingMoved(d) && s.failoverTarget(t, d, groups) >= 0 {
		events = append(events, Event{Kind: EvFailover, Database: d, Span: spanFailover})
	}
	if _, to := s.vacateTo(t, d); to >= 0 {
		events = append(events, Event{Kind: EvVacate, Database: d, Span: spanVacate})
	}
	if s.homeSource(t, d) >= 0 {
		events = append(events, Event{Kind: EvHome, Database: d, Span: spanHome})
	}
	return events
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
