package dag

// writeLists changes the lists as one site's directory holds them; every write raises the attribute's version.
func (s *State) writeLists(t *Topology, site int, change func(*SiteState)) {
	before := s.Sites[site].Started // with the Stopped list it names every member once, so it tells of both
	change(&s.Sites[site])
	if before == s.Sites[site].Started {
		return
	}
	s.Sites[site].Version++
	for i := range s.Sites {
		s.Sites[site].Wrote = max(s.Sites[site].Wrote, s.Sites[i].Wrote+1)
	}
	s.rankLists(t)
}

// replicates says whether the directory of site j has lists that reach site i and win there: the higher version of the
// attribute, whatever the time; of equal versions the later write. A directory that was cut off and written twice beats the
// single write that came after ([MS-DRSR] AttributeStamp, [MEM], domain-exchange.md section 7). The last tie-break, the
// originating server's id, is never needed: no two writes are at the same time here.
func (s *State) replicates(j, i int) bool {
	a, b := &s.Sites[j], &s.Sites[i]
	if !a.Directory || !b.Directory || !s.linked(i, j) {
		return false
	}
	return a.Version > b.Version || a.Version == b.Version && a.Wrote > b.Wrote
}

func (s *State) replicate(t *Topology, from, to int) {
	if !s.replicates(from, to) {
		return
	}
	s.takeLists(from, to)
	s.rankLists(t)
}

func (s *State) takeLists(from, to int) {
	a, b := &s.Sites[from], &s.Sites[to]
	b.Started, b.Stopped, b.Version, b.Wrote = a.Started, a.Stopped, a.Version, a.Wrote
}

// versionGap bounds by how many writes one site's lists can be ahead of another's: the older ones count as fewer behind.
const versionGap = 15

// rankLists keeps list versions and the ranks of their writes small: only differences and order matter. A site without a
// directory has neither.
func (s *State) rankLists(t *Topology) {
	low, high := uint8(255), uint8(0)
	var used Set
	for i := range s.Sites {
		if len(t.Sites[i].DomainControllers) == 0 {
			continue
		}
		low, high = min(low, s.Sites[i].Version), max(high, s.Sites[i].Version)
		used = used.Add(int(s.Sites[i].Wrote))
	}
	low = max(low, high-min(high, versionGap))
	for i := range s.Sites {
		st := &s.Sites[i]
		st.Version -= min(low, st.Version)
		st.Wrote = uint8((used & (1<<st.Wrote - 1)).Len())
	}
}
