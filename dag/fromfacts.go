package dag

// FromFacts is the most plausible state behind what was observed from a vantage: the controller runs it forward to predict
// a step. A member that does not answer is taken as off when its power reads off, else as out of reach for good; nothing
// that was not observed is assumed to come to help.
func FromFacts(t *Topology, f *Facts, vantage int) State {
	s := New(t)
	for i := range s.Sites {
		s.siteFromFacts(t, &f.Sites[i], i)
	}
	s.witnessesFromFacts(t, f)
	for m := range s.Nodes {
		s.nodeFromFacts(t, f, m)
	}
	s.pausedFromFacts(f)
	s.listsFromFacts(t, f, vantage)
	for d := range s.DBs {
		s.databaseFromFacts(t, f, d)
	}
	s.viewsFromFacts(t)
	s.servicesFromFacts(t, f)
	if f.Cluster.PreferenceMoves.Known {
		s.PreferenceMoves = f.Cluster.PreferenceMoves.Value
	}
	return s
}

func (s *State) siteFromFacts(t *Topology, f *SiteFacts, i int) {
	st := &s.Sites[i]
	st.Directory = f.Directory.Value
	st.DirectoryHeld = !st.Directory
	st.Witness = f.Witness.Value
	st.WitnessHeld = !st.Witness
	for k := range f.Pool {
		if f.Pool[k].Enabled.Known {
			s.InPool[t.Sites[i].Pool[k]] = f.Pool[k].Enabled.Value
		}
	}
	// A site of which nothing answers is taken as without power: its services can be asked for nothing.
	st.Power = st.Directory || st.Witness || f.VIP.Value || len(t.Sites[i].DomainControllers) == 0
}

func (s *State) nodeFromFacts(t *Topology, f *Facts, m int) {
	n, mf := &s.Nodes[m], &f.Members[m]
	if mf.Power.Known {
		n.Power = mf.Power.Value
	}
	if mf.Policy.Known {
		n.Policy = mf.Policy.Value
	}
	if mf.Dial.Known {
		n.Dial = mf.Dial.Value
	}
	n.MoveNow, n.DiskFull = mf.MoveNow.Value, mf.Disk.Known && !mf.Disk.Value
	n.Offline, n.Draining = mf.InService.Known && !mf.InService.Value, mf.Transport.Known && !mf.Transport.Value
	if !mf.Answers.Value {
		s.crash(t, m)
		n.Hung = n.Power == PowerOn
		return
	}
	s.Sites[t.Members[m].Site].Power = true
	n.Front = mf.Front.Value || n.Offline // of one that is out of service nobody knows whether its front runs
	if mf.Cluster.Known {
		n.Cluster = mf.Cluster.Value
	}
	if mf.StartType.Known {
		n.Start = mf.StartType.Value
	}
	n.Learnt = mf.Evicted.Value
	// A bit that is 0 where the witness's boot time arbitrates is taken as denied until Restore.
	n.Bit, n.WitnessSame = mf.MayMount.Value, mf.MayMount.Value
	n.Repl = !showsServiceDown(t, f, m)
	if n.Learnt {
		n.Conf = Conf{PAM: -1, Active: n.Conf.Active}
		for d := range n.Conf.Active {
			n.Conf.Active[d] = -1
		}
	}
	if mf.Quorum.Value {
		n.Conf.Tag = 1
		n.Conf.Nodes = s.set(t, mf.Nodes.Value)
		n.Conf.Weights = n.Conf.Nodes
		w := s.configured(t, mf.Witness.Value)
		n.Conf.Model, n.Conf.Witness, n.Conf.Spare = mf.Model.Value, w.use, w.spare
		n.Conf.PAM = int8(t.MemberIndex(mf.PAM.Value))
		n.View = s.set(t, mf.Up.Value)
		if t.Windows.DynamicQuorum() {
			n.Conf.Weights = t.dynamicWeights(n.View&n.Conf.Nodes, n.Conf.Model)
		}
	}
}

// showsServiceDown: that the replication service is down is seen by the status of the member's copies.
func showsServiceDown(t *Topology, f *Facts, m int) bool {
	for d := range t.Databases {
		if i := t.CopyOf(d, m); i >= 0 && f.Databases[d].Copies[i].Status.Value == CopyServiceDown {
			return true
		}
	}
	return false
}

func (s *State) set(t *Topology, names []string) Set {
	var set Set
	for _, name := range names {
		if m := t.MemberIndex(name); m >= 0 {
			set = set.Add(m)
		}
	}
	return set
}

// listsFromFacts fills a directory that was not read with what the nearest read one says.
func (s *State) listsFromFacts(t *Topology, f *Facts, vantage int) {
	known := -1
	for i := range s.Sites {
		if f.Sites[i].Started.Known && (known < 0 || i == vantage) {
			known = i
		}
	}
	for i := range s.Sites {
		from := i
		if !f.Sites[i].Started.Known {
			from = known
		}
		if from >= 0 {
			s.Sites[i].Started = s.set(t, f.Sites[from].Started.Value)
			s.Sites[i].Stopped = s.set(t, f.Sites[from].Stopped.Value)
		}
	}
	for i := range s.Sites {
		for k := i; k >= 0; k-- {
			if s.Sites[k].Started == s.Sites[i].Started {
				s.Sites[i].Wrote = uint8(len(s.Sites) - 1 - k) // when they were written is not known
			}
		}
	}
	for i := range s.Sites { // of lists that differ, those near the vantage are the ones that the run writes: they are the newest
		if known >= 0 && s.Sites[i].Started == s.Sites[known].Started {
			s.Sites[i].Version = 1
		}
	}
	s.rankLists(t)
}

func (s *State) databaseFromFacts(t *Topology, f *Facts, d int) {
	df := &f.Databases[d]
	for i := range t.Databases[d].Copies {
		m := t.Databases[d].Copies[i].Member
		c, cf := s.Copy(d, i), &df.Copies[i]
		c.Mounted = cf.Status.Value == CopyMounted || df.MountedOn.Value == t.Members[m].Name
		if !cf.Status.Known {
			continue
		}
		c.Status = cf.Status.Value
		switch c.Status {
		case CopyMounted, CopyDismounted, CopyDisconnectedHealthy, CopyServiceDown:
			c.Status = CopyHealthy
		case CopyDisconnectedResync:
			c.Status = CopyResynchronizing
		}
		c.Logs, c.Known = cf.LastInspected.Value, cf.LastGenerated.Value
		c.Blocked = cf.ActivationSuspended.Value
		c.Diverged = cf.Diverged.Value
		c.Replay = cf.ReplayQueue.Value
		if cf.Index.Known {
			c.Index = cf.Index.Value
		}
	}
	s.forksFromFacts(t, d)
	s.DBs[d].Want = !dismountedByHand(t, f, d)
	if df.Active.Known {
		for m := range s.Nodes {
			if s.Nodes[m].Conf.Tag == 1 {
				s.Nodes[m].Conf.Active[d] = int8(t.MemberIndex(df.Active.Value))
			}
		}
	}
}

// forksFromFacts: a copy that was found diverged holds other logs than those that were not.
func (s *State) forksFromFacts(t *Topology, d int) {
	for i := range t.Databases[d].Copies {
		for k := range t.Databases[d].Copies {
			if c := s.Copy(d, i); c.Diverged != s.Copy(d, k).Diverged {
				c.Forks = c.Forks.Add(k)
			}
		}
	}
}

// dismountedByHand: its active copy could be mounted by Active Manager and is not. Where it could not, nobody is known to
// have dismounted it, and it will be mounted as soon as it can be.
func dismountedByHand(t *Topology, f *Facts, d int) bool {
	df := &f.Databases[d]
	m := t.MemberIndex(df.Active.Value)
	if !df.MountedOn.Known || df.MountedOn.Value != "" || m < 0 || !f.Members[m].MayMount.Value {
		return false
	}
	if limit := t.Members[m].MaxActive; limit > 0 && len(f.Members[m].MountsHere.Value) >= limit {
		return false
	}
	i := t.CopyOf(d, m)
	return i >= 0 && df.Copies[i].Status.Value == CopyDismounted
}

// viewsFromFacts: nodes with quorum are one cluster; those without have an older configuration. What holds quorum without a
// majority was forced.
func (s *State) viewsFromFacts(t *Topology) {
	for m := range s.Nodes {
		n := &s.Nodes[m]
		if n.Conf.Tag == 0 {
			n.View = s.runningGroup(t, m).nodes
		}
	}
	for m := range s.Nodes {
		if n := &s.Nodes[m]; n.Cluster == Running && n.Conf.Tag == 1 && !s.HasQuorum(t, m) {
			n.Forced = true
		}
	}
}

func (s *State) servicesFromFacts(t *Topology, f *Facts) {
	for i := range f.DNS {
		if f.DNS[i].Sites.Known {
			s.Points[i] = t.siteSet(f.DNS[i].Sites.Value)
		}
	}
	for i := range f.Redirector {
		if f.Redirector[i].Site.Known {
			s.Routes[i] = int8(t.SiteIndex(f.Redirector[i].Site.Value))
		}
	}
}
