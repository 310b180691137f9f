package dag

// fault applies what breaks or heals from outside.
func (s *State) fault(t *Topology, e Event) {
	switch e.Kind {
	case EvSite:
		s.sitePower(t, e.Site, e.On)
	case EvServer:
		s.power(t, e.Member, map[bool]Power{true: PowerOn, false: PowerOff}[e.On])
	case EvHang:
		s.hang(t, e.Member, e.On)
	case EvService:
		n := &s.Nodes[e.Member]
		if e.On && !s.alive(e.Member) {
			break // nobody is there to start it
		}
		n.Repl = e.On
		n.Bit = false // the bit is in memory and 0 at every start of the service (TM2)
		if !e.On {
			s.dismountOn(t, e.Member)
		}
		for d := range t.Databases {
			s.examine(t, d, e.Member)
		}
	case EvFront:
		s.Nodes[e.Member].Front = e.On && s.alive(e.Member)
	case EvDirectory:
		s.Sites[e.Site].DirectoryHeld = !e.On
		s.Sites[e.Site].Directory = e.On && s.Sites[e.Site].Power && len(t.Sites[e.Site].DomainControllers) > 0
	case EvWitness:
		s.Sites[e.Site].WitnessHeld = !e.On
		s.witnessPower(t, e.Site, e.On && s.Sites[e.Site].Power)
	case EvShare:
		s.Sites[e.Site].Share = e.On
	case EvLink:
		s.Cuts[e.Site*len(s.Sites)+e.Other] = !e.On
	case EvInvalidCopy:
		if c := s.copyOn(t, e.Database, e.Member); c != nil && !c.Mounted {
			c.Status = CopyFailedAndSuspended
			if e.On {
				c.Status = CopyFailed // a failure that the copy retries by itself (MON)
			}
		}
	case EvSlow:
		s.Slow[e.Site*len(s.Sites)+e.Other] = !e.On
	case EvDisk:
		s.disk(t, e.Member, !e.On)
	case EvIndex, EvLag:
		s.copyFault(t, e)
	case EvSlowStart:
		s.Nodes[e.Member].SlowStart = !e.On
	}
}

// hang stops or frees a server. One that was without a heartbeat while the others went on leaves the cluster as soon as it
// runs again: its timers are long overdue.
func (s *State) hang(t *Topology, m int, on bool) {
	n := &s.Nodes[m]
	n.Hung = on
	if on {
		return
	}
	for i := range s.Nodes {
		if o := &s.Nodes[i]; n.View.Has(i) && o.Cluster == Running && !o.View.Has(m) {
			s.leave(t, m)
			return
		}
	}
}

// sitePower takes or gives power to everything in a site; a server that is held off stays off when power returns.
func (s *State) sitePower(t *Topology, site int, on bool) {
	if s.Sites[site].Power == on {
		return
	}
	s.Sites[site].Power = on
	if !on {
		s.Sites[site].Directory = false
		s.witnessPower(t, site, false)
	} else {
		s.witnessBooted(t, site, true)
	}
	for m := range s.Nodes {
		if t.Members[m].Site != site {
			continue
		}
		switch {
		case !on && s.Nodes[m].Power == PowerOn:
			s.power(t, m, PowerOff)
		case on && s.Nodes[m].Power == PowerOff:
			s.Nodes[m].Power = PowerOn
		}
	}
}

// power is the out-of-band control of one server.
func (s *State) power(t *Topology, m int, p Power) {
	n := &s.Nodes[m]
	n.Power = p
	if p == PowerOn || !n.Up {
		return
	}
	s.crash(t, m)
}

// crash is the sudden end of an operating system: everything in memory is gone, what is on disk stays.
func (s *State) crash(t *Topology, m int) {
	n := &s.Nodes[m]
	n.Up, n.Repl, n.Front, n.Bit, n.Forced, n.Hung = false, false, false, false, false, false
	n.Cluster, n.View = Stopped, 0
	s.dismountOn(t, m)
}

// dismountOn ends every mount of a member.
func (s *State) dismountOn(t *Topology, m int) {
	for d := range t.Databases {
		if c := s.copyOn(t, d, m); c != nil {
			c.Mounted = false
		}
	}
}

func (s *State) witnessPower(t *Topology, site int, on bool) {
	if s.Sites[site].Witness == on {
		return
	}
	s.Sites[site].Witness = on
	if !on {
		return
	}
	s.witnessBooted(t, site, false)
}

func (s *State) boot(m int) {
	n := &s.Nodes[m]
	if n.Up || n.Power != PowerOn {
		return
	}
	n.Up, n.Repl, n.Front, n.Bit = true, true, true, false
	if n.Start == Automatic && n.Conf.Present {
		n.Cluster = Joining
	}
}

func (s *State) siteBoot(t *Topology, site int) {
	if !s.Sites[site].Power {
		return
	}
	s.Sites[site].Directory = len(t.Sites[site].DomainControllers) > 0 && !s.Sites[site].DirectoryHeld
	s.witnessPower(t, site, !s.Sites[site].WitnessHeld)
}
