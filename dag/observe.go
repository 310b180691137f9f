package dag

import "time"

// noAnswer is why a fact of an unreachable thing is not known.
const noAnswer = "no answer"

// Observe is what somebody in the vantage site can see of a state: drivers see the same of the emulated sites, which a
// test shows. Ages are zero.
func Observe(t *Topology, s *State, vantage int) Facts {
	f := Facts{
		Mode:       Unknown[ActivationMode](t.Name, noAnswer),
		Sites:      make([]SiteFacts, len(t.Sites)),
		Members:    make([]MemberFacts, len(t.Members)),
		Databases:  make([]DatabaseFacts, len(t.Databases)),
		DNS:        make([]DNSFacts, len(t.DNSServers)*len(t.Names)),
		Redirector: make([]RedirectorFacts, len(t.Redirectors)),
	}
	f.Cluster.PreferenceMoves = Unknown[bool](t.Name, noAnswer)
	f.Cluster.WitnessServer, f.Cluster.AlternateServer = Unknown[string](t.Name, noAnswer), Unknown[string](t.Name, noAnswer)
	for i := range t.Sites {
		f.Sites[i] = s.observeSite(t, vantage, i)
		if f.Sites[i].Started.Known && !f.Mode.Known {
			f.Mode = Know(t.Mode, f.Sites[i].Started.From)
			f.Cluster.PreferenceMoves = Know(s.PreferenceMoves, f.Sites[i].Started.From)
			f.Cluster.WitnessServer = Know(s.shareOf(WitnessPrimary).server(t), f.Sites[i].Started.From)
			f.Cluster.AlternateServer = Know(s.shareOf(WitnessAlternate).server(t), f.Sites[i].Started.From)
		}
	}
	for m := range t.Members {
		f.Members[m] = s.observeMember(t, vantage, m)
	}
	for d := range t.Databases {
		f.Databases[d] = s.observeDatabase(t, vantage, d)
	}
	s.observeServices(t, vantage, &f)
	for _, r := range t.Resolvers {
		for range t.Names { // caches are no part of the model: their clock is the run's
			f.Resolvers = append(f.Resolvers, ResolverFacts{Unknown[[]string](r, "not asked"), Unknown[time.Duration](r, "not asked")})
		}
	}
	return f
}

func (s *State) observeSite(t *Topology, vantage, i int) SiteFacts {
	st, name := &s.Sites[i], t.Sites[i].Name
	reach := st.Power && s.linked(vantage, i)
	f := SiteFacts{Directory: Know(reach && st.Directory, name), Witness: Know(reach && st.Witness && st.Share, name), VIP: Know(reach && t.Sites[i].VIP != "", name)}
	f.Started, f.Stopped = Unknown[[]string](name, noAnswer), Unknown[[]string](name, noAnswer)
	if s.managedFrom(t, vantage, i) && reach && st.Directory {
		from := "Get-DatabaseAvailabilityGroup through " + t.Sites[i].DomainControllers[0]
		f.Started = Know(sorted(t.MemberNames(st.Started)), from)
		f.Stopped = Know(sorted(t.MemberNames(st.Stopped)), from)
	}
	for _, m := range t.Sites[i].Pool {
		p := PoolFact{Enabled: Unknown[bool](t.Sites[i].VIP, noAnswer), Healthy: Unknown[bool](t.Sites[i].VIP, noAnswer)}
		if reach {
			p.Enabled = Know(s.InPool[m], t.Sites[i].VIP)
			p.Healthy = Know(s.alive(m) && s.Nodes[m].Serves(), t.Sites[i].VIP)
		}
		f.Pool = append(f.Pool, p)
	}
	return f
}

// managedFrom: a directory is read through an Exchange server that both the vantage and the directory's site are in touch with.
func (s *State) managedFrom(t *Topology, vantage, dir int) bool {
	for m := range s.Nodes {
		if s.answersTo(t, vantage, m) && s.linked(t.Members[m].Site, dir) {
			return true
		}
	}
	return false
}

func (s *State) observeMember(t *Topology, vantage, m int) MemberFacts {
	n, name := &s.Nodes[m], t.Members[m].Name
	f := MemberFacts{Answers: Know(s.answersTo(t, vantage, m), name), Power: Know(n.Power, "power control of "+name)}
	f.Front = Know(f.Answers.Value && n.Serves(), name)
	f.UM = Know(f.Answers.Value && t.Members[m].UM, name)
	if !f.Answers.Value {
		f.Cluster, f.StartType, f.Evicted = Unknown[Service](name, noAnswer), Unknown[StartType](name, noAnswer), Unknown[bool](name, noAnswer)
		f.Quorum, f.Nodes, f.Up = Unknown[bool](name, noAnswer), Unknown[[]string](name, noAnswer), Unknown[[]string](name, noAnswer)
		f.Model, f.Witness, f.PAM = Unknown[QuorumModel](name, noAnswer), Unknown[WitnessUse](name, noAnswer), Unknown[string](name, noAnswer)
		f.MayMount, f.MountsHere = Unknown[bool](name, noAnswer), Unknown[[]string](name, noAnswer)
		f.Paused, f.Disk = Unknown[bool](name, noAnswer), Unknown[bool](name, noAnswer)
		s.observePolicy(t, vantage, m, &f)
		return f
	}
	f.Cluster, f.StartType, f.Evicted = Know(n.Cluster, "Get-Service ClusSvc on "+name), Know(n.Start, "Get-Service ClusSvc on "+name), Know(n.Learnt, "events 7040 and 4621 on "+name)
	quorum := s.HasQuorum(t, m)
	from := "Get-ClusterNode on " + name
	f.Quorum, f.MayMount = Know(quorum, from), Know(s.mayMount(t, m), "Active Manager on "+name)
	f.Nodes, f.Up, f.Model, f.Witness, f.PAM = Know([]string{}, from), Know([]string{}, from), Know(n.Conf.Model, from), Know(s.shareInUse(&n.Conf), from), Know("", from)
	f.Paused, f.Disk = Unknown[bool](from, "no cluster with quorum"), Know(!n.DiskFull, "Get-MailboxDatabaseCopyStatus on "+name)
	if quorum {
		f.Paused = Know(n.Conf.Paused.Has(m), from)
		f.Nodes = Know(sorted(t.MemberNames(n.Conf.Nodes)), from)
		f.Up = Know(sorted(t.MemberNames(n.View)), from)
		if n.Conf.PAM >= 0 {
			f.PAM = Know(t.Members[n.Conf.PAM].Name, from)
		}
	} else {
		f.Model, f.Witness = Unknown[QuorumModel](from, "no cluster with quorum"), Unknown[WitnessUse](from, "no cluster with quorum")
	}
	mounts := []string{}
	for d := range t.Databases {
		if c := s.copyOn(t, d, m); c != nil && c.Mounted {
			mounts = append(mounts, t.Databases[d].Name)
		}
	}
	f.MountsHere = Know(sorted(mounts), "store of "+name)
	s.observePolicy(t, vantage, m, &f)
	return f
}

// observePolicy: these are attributes of the directory, so they are known of a dead server too.
func (s *State) observePolicy(t *Topology, vantage, m int, f *MemberFacts) {
	n, name := &s.Nodes[m], t.Members[m].Name
	f.Policy, f.Dial, f.MoveNow = Unknown[ActivationPolicy](name, noAnswer), Unknown[Dial](name, noAnswer), Unknown[bool](name, noAnswer)
	f.InService, f.Transport = Unknown[bool](name, noAnswer), Unknown[bool](name, noAnswer)
	for i := range s.Sites {
		if s.Sites[i].Directory && s.linked(vantage, i) && s.managedFrom(t, vantage, i) {
			from := "Get-MailboxServer through " + t.Sites[i].DomainControllers[0]
			f.Policy, f.Dial, f.MoveNow = Know(n.Policy, from), Know(n.Dial, from), Know(n.MoveNow, from)
			f.InService, f.Transport = Know(!n.Offline, from), Know(!n.Draining, from)
			return
		}
	}
}

func (s *State) observeDatabase(t *Topology, vantage, d int) DatabaseFacts {
	f := DatabaseFacts{Active: Unknown[string](t.Databases[d].Name, "no cluster with quorum")}
	dark, mounted := "", ""
	for i := range t.Databases[d].Copies {
		m := t.Databases[d].Copies[i].Member
		cf, name := CopyFacts{}, t.Members[m].Name
		from := "Get-MailboxDatabaseCopyStatus on " + name
		if !s.answersTo(t, vantage, m) {
			cf = CopyFacts{Unknown[CopyStatus](from, noAnswer), Unknown[int64](from, noAnswer), Unknown[int64](from, noAnswer),
				Unknown[int64](from, noAnswer), Unknown[int64](from, noAnswer), Unknown[bool](from, noAnswer), Unknown[bool](from, noAnswer), Unknown[ContentIndex](from, noAnswer)}
			if s.Nodes[m].Power == PowerOn {
				dark = name
			}
		} else {
			c := s.Copy(d, i)
			cf = CopyFacts{Know(s.status(t, d, m), from), Know(c.missing(), from), Know(c.Replay, from), Know(c.Known, from), Know(c.Logs, from),
				Know(c.Blocked, from), Know(c.Diverged && c.Status == CopyFailedAndSuspended, from), Know(c.Index, from)}
			if c.Mounted && mounted == "" {
				mounted = name
			}
			if s.HasQuorum(t, m) && !f.Active.Known {
				active := ""
				if a := s.Nodes[m].Conf.Active[d]; a >= 0 {
					active = t.Members[a].Name
				}
				f.Active = Know(active, "cluster database of "+name)
			}
		}
		f.Copies = append(f.Copies, cf)
	}
	f.MountedOn = Know(mounted, "stores of the members")
	if mounted == "" && dark != "" {
		f.MountedOn = Unknown[string]("stores of the members", dark+" does not answer and has power")
	}
	return f
}

func (s *State) observeServices(t *Topology, vantage int, f *Facts) {
	for i := range t.DNSServers {
		srv := &t.DNSServers[i]
		reach := s.Sites[srv.Site].Directory && s.linked(vantage, srv.Site)
		for n := range t.Names {
			k := i*len(t.Names) + n
			if !srv.Holds(&t.Names[n]) {
				f.DNS[k].Answers, f.DNS[k].Sites = Unknown[[]string](srv.Address, "it is not listed for this name"), Unknown[[]string](srv.Address, "it is not listed for this name")
				continue
			}
			if !reach {
				f.DNS[k].Answers, f.DNS[k].Sites = Unknown[[]string](srv.Address, noAnswer), Unknown[[]string](srv.Address, noAnswer)
				continue
			}
			if p := s.Points[k]; p != 0 {
				f.DNS[k].Answers = Know(t.Names[n].At(p), srv.Address)
			}
			f.DNS[k].Sites = Know(t.SiteNames(s.Points[k]), srv.Address)
			f.DNS[k].TTL, f.DNS[k].Takes = Know(t.Names[n].TTL, srv.Address), Know(true, srv.Address)
		}
	}
	for i := range t.Redirectors {
		r := &t.Redirectors[i]
		reach := s.Sites[r.Site].Power && s.linked(vantage, r.Site)
		f.Redirector[i].Answers = Know(reach, r.Listen)
		f.Redirector[i].Site = Unknown[string](r.Listen, noAnswer)
		if reach && s.Routes[i] >= 0 {
			f.Redirector[i].Site = Know(t.Sites[s.Routes[i]].Name, r.Listen)
		}
	}
}
