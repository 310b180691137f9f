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

// secondWrite: Stop writes the directory of the members' own site too, to beat replication (DECK): a write of its own there,
// on top of what that directory holds. Where it is the same directory nothing is left to change. With that site dead the
// cmdlet says so, and it is harmless (KB10086): row 12 of domain-exchange.md section 9.
func (s *State) secondWrite(t *Topology, p *Prog, dir int) {
	for i := range s.Sites {
		if t.MembersOf(i)&p.Op.Members == 0 || len(t.Sites[i].DomainControllers) == 0 {
			continue
		}
		if !s.Sites[i].Directory || !s.linked(p.Op.From, i) {
			p.warn(WarnDirectory, t.Sites[i].Name)
			continue
		}
		s.writeLists(t, i, func(st *SiteState) {
			st.Started, st.Stopped = st.Started&^p.Op.Members, st.Stopped|p.Op.Members
		})
		if a, b := &s.Sites[dir], &s.Sites[i]; a.Started == b.Started && a.Version == b.Version {
			s.takeLists(dir, i) // one value, written in two places
			s.rankLists(t)
		}
	}
}
