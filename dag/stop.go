package dag

// stopStep is Stop-DatabaseAvailabilityGroup (PS:Stop, DECK): the lists in the directory, the hosts, the answer.
// With -ConfigurationOnly the directory alone is written: nothing stops on the hosts, so it is no evidence of harmlessness.
func (s *State) stopStep(t *Topology, p *Prog) {
	switch p.PC {
	case 0:
		if t.Mode != DagOnly {
			p.fail(ErrNotDagOnly, t.Name)
			return
		}
		dir := s.directoryFor(p.Op.From)
		if dir < 0 {
			p.fail(ErrNoDirectory, t.Sites[p.Op.From].Name)
			return
		}
		if !p.Op.ConfigurationOnly {
			for m := range s.Nodes {
				if p.Op.Members.Has(m) && !s.answersTo(t, p.Op.From, m) {
					p.fail(ErrUnreachable, t.Members[m].Name) // -ConfigurationOnly is required when members are offline (PS:Stop)
					return
				}
			}
		}
		s.writeLists(t, dir, func(st *SiteState) {
			st.Started, st.Stopped = st.Started&^p.Op.Members, st.Stopped|p.Op.Members
		})
		s.secondWrite(t, p, dir)
	case 1:
		if p.Op.ConfigurationOnly {
			return
		}
		for m := range s.Nodes {
			if p.Op.Members.Has(m) && s.answersTo(t, p.Op.From, m) {
				s.clean(t, m)
			} else if p.Op.Members.Has(m) {
				p.warn(WarnMemberOffline, t.Members[m].Name)
			}
		}
	}
}

// writeLists changes the lists as one site's directory holds them; every write raises the attribute's version.
func (s *State) writeLists(t *Topology, site int, change func(*SiteState)) {
	before := s.Sites[site]
	change(&s.Sites[site])
	if before.Started == s.Sites[site].Started && before.Stopped == s.Sites[site].Stopped {
		return
	}
	s.Sites[site].Version++
	s.Sites[site].Origin = uint8(site)
	s.rankVersions(t)
}

// secondWrite: Stop writes the directory of the members' own site too, to beat replication (DECK). With that site dead the
// cmdlet says so, and it is harmless (KB10086): row 12 of domain-exchange.md section 9.
func (s *State) secondWrite(t *Topology, p *Prog, dir int) {
	for i := range s.Sites {
		if i == dir || t.MembersOf(i)&p.Op.Members == 0 || len(t.Sites[i].DomainControllers) == 0 {
			continue
		}
		if !s.Sites[i].Directory || !s.linked(p.Op.From, i) {
			p.warn(WarnDirectory, t.Sites[i].Name)
			continue
		}
		a, b := &s.Sites[dir], &s.Sites[i]
		b.Started, b.Stopped, b.Version, b.Origin = a.Started, a.Stopped, a.Version, a.Origin
		s.rankVersions(t)
	}
}
