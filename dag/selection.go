package dag

// bestCopy is best copy selection: the previous active copy if it can mount again, else the best of those that may be
// activated. Candidates are tried in the order of [selection] by the ten sets of criteria; one that lacks more logs than its
// server's dial allows, when the last logs have been copied (ACLL), is passed over (AM, domain-exchange.md 5.4).
func (s *State) bestCopy(t *Topology, db int, nodes Set) int {
	for i := range t.Databases[db].Copies {
		m := t.Databases[db].Copies[i].Member
		if !nodes.Has(m) || int(s.Nodes[m].Conf.Active[db]) != m {
			continue
		}
		if s.mayMount(t, m) && s.Copy(db, i).Status == CopyHealthy && !s.full(t, m) && !s.Nodes[m].DiskFull {
			return m
		}
	}
	order, n := s.selection(t, db, nodes)
	for set := range criteriaSets {
		for _, place := range order[:n] {
			m := t.Databases[db].Copies[place].Member
			if s.Copy(db, int(place)).meets(set) && s.missingAfterLastLogs(t, db, m) <= s.Nodes[m].Dial.Logs() {
				return m
			}
		}
	}
	return -1
}

// selection are the copies that may be activated by Active Manager, by place, in the order in which they are tried: the one
// that inspected the highest log first, of equals the more preferred; with a dial of Lossless anywhere by activation
// preference alone. Since 2013 servers whose components are healthy come before all others.
func (s *State) selection(t *Topology, db int, nodes Set) (order [16]int8, n int) {
	byPreference := false
	for i := range t.Databases[db].Copies {
		m := t.Databases[db].Copies[i].Member
		byPreference = byPreference || nodes.Has(m) && s.Nodes[m].Dial == Lossless
	}
	for i := range t.Databases[db].Copies { // in order of activation preference
		if m := t.Databases[db].Copies[i].Member; !nodes.Has(m) || !s.mayActivateHere(t, db, m) {
			continue
		}
		at := n
		for at > 0 && s.comesBefore(t, db, i, int(order[at-1]), byPreference) {
			order[at] = order[at-1]
			at--
		}
		order[at] = int8(i)
		n++
	}
	return order, n
}

// comesBefore compares the copies at two places of which a is the less preferred.
func (s *State) comesBefore(t *Topology, db, a, b int, byPreference bool) bool {
	if t.Exchange.HasComponents() {
		x, y := s.Nodes[t.Databases[db].Copies[a].Member].Serves(), s.Nodes[t.Databases[db].Copies[b].Member].Serves()
		if x != y {
			return x
		}
	}
	return !byPreference && s.Copy(db, a).Logs > s.Copy(db, b).Logs
}

// criteriaSets is the number of sets of criteria.
const criteriaSets = 10

// criteria are the ten sets of best copy selection, first to last (AM): the content index that is asked for ("" none), whether
// the copy queue must be below 10, and the replay queue below 50. The tenth asks for one of the statuses alone.
var criteria = [criteriaSets]struct {
	index                ContentIndex
	shortCopy, shortPlay bool
}{
	{IndexHealthy, true, true}, {IndexCrawling, true, true},
	{IndexHealthy, false, true}, {IndexCrawling, false, true},
	{"", false, true},
	{IndexHealthy, true, false}, {IndexCrawling, true, false},
	{IndexHealthy, false, false}, {IndexCrawling, false, false},
	{"", false, false},
}

// meets says whether a copy of a status that selection takes meets one of the ten sets of criteria.
func (c *CopyState) meets(set int) bool {
	want := &criteria[set]
	switch {
	case want.index == IndexHealthy && !c.Index.Healthy(), want.index == IndexCrawling && c.Index != IndexCrawling:
		return false
	case want.shortCopy && c.missing() >= 10, want.shortPlay && c.Replay >= 50:
		return false
	}
	return true
}

// mayActivateHere: not blocked at the server or at the copy, of a status that selection takes, below the limits, on a server
// that may mount, is in service and is not being emptied (domain-exchange.md 5.5). Where logs have no room the status is Failed.
func (s *State) mayActivateHere(t *Topology, db, m int) bool {
	c, n := s.copyOn(t, db, m), &s.Nodes[m]
	if c.Blocked || !s.mayMount(t, m) || n.Policy == Blocked || !s.status(t, db, m).MayActivate() {
		return false
	}
	if n.MoveNow || n.Offline { // that a server taken offline is passed over is [INF] (section 9 row 29)
		return false
	}
	if prev := int(n.Conf.Active[db]); n.Policy == IntrasiteOnly && prev >= 0 && t.Members[prev].Site != t.Members[m].Site {
		return false
	}
	return !s.full(t, m) && !s.crowded(t, m)
}

// full: MaximumActiveDatabases is a hard limit, the store refuses the mount (PS:Set-MailboxServer).
func (s *State) full(t *Topology, m int) bool {
	limit := t.Members[m].MaxActive
	return limit > 0 && s.mounts(t, m) >= limit
}

// crowded: MaximumPreferredActiveDatabases is a soft limit, honoured by selection and by moves unless they are told to skip it.
func (s *State) crowded(t *Topology, m int) bool {
	limit := t.Members[m].MaxPreferred
	return limit > 0 && s.mounts(t, m) >= limit
}

// mounts is the number of databases that a member has mounted.
func (s *State) mounts(t *Topology, m int) int {
	n := 0
	for d := range t.Databases {
		if c := s.copyOn(t, d, m); c != nil && c.Mounted {
			n++
		}
	}
	return n
}

// vacateTo is where Active Manager moves a database that is mounted on a member which is to hold none: to the first healthy
// copy in the order of selection (DatabaseCopyActivationDisabledAndMoveNow, PS:Set-MailboxServer). -1: nothing to move.
func (s *State) vacateTo(t *Topology, db int) (from, to int) {
	from = s.mounted(t, db)
	if from < 0 || !s.Nodes[from].MoveNow || s.beingMoved(db) || !s.mayMount(t, from) {
		return -1, -1
	}
	order, n := s.selection(t, db, s.Nodes[from].View)
	for _, place := range order[:n] {
		m := t.Databases[db].Copies[place].Member
		if s.sourceFor(t, db, m) == from && !s.forked(t, db, m, from) {
			return from, m
		}
	}
	return -1, -1
}
