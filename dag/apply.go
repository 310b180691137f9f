package dag

// Outcome is what those who wait are told when an event has been applied. It is apart from the effect: the lab may lose
// it, delay it or lie.
type Outcome struct {
	Begun   uint8 // the program that EvBegin started
	Ended   bool  // Program ended, and answered
	Program uint8
	Answer  Answer
}

// Apply is the state after the event, and what callers are told. Its input is left alone.
func Apply(t *Topology, s State, e Event) (State, Outcome) {
	c := s.Clone()
	out := c.Step(t, e)
	return c, out
}

// Step is Apply in place, on the caller's own State.
func (s *State) Step(t *Topology, e Event) Outcome {
	var out Outcome
	switch e.Kind {
	case EvBegin:
		out.Begun = s.begin(e.Op)
	case EvStep:
		out = s.stepProgram(t, uint8(e.N))
	case EvWrite:
		s.write(t, e.Database, e.Member, e.N)
	case EvSite, EvServer, EvHang, EvService, EvFront, EvDirectory, EvWitness, EvShare, EvLink, EvInvalidCopy, EvSlow, EvDisk, EvIndex, EvLag, EvSlowStart:
		s.fault(t, e)
	case EvBoot:
		s.boot(e.Member)
	case EvSiteBoot:
		s.siteBoot(t, e.Site)
	case EvRegroup:
		s.regroup(t)
	case EvForm:
		s.form(t, e.Member)
	case EvJoin:
		s.join(t, e.Member)
	case EvBit:
		if s.mayRaise(t, e.Member) {
			s.raise(t, e.Member)
		}
	case EvShip:
		s.ship(t, e.Database, e.Member)
	case EvReady:
		if s.sourceFor(t, e.Database, e.Member) >= 0 && !s.Nodes[e.Member].DiskFull {
			s.copyOn(t, e.Database, e.Member).Status = CopyHealthy
		}
	case EvDiverge:
		if src := s.sourceFor(t, e.Database, e.Member); src >= 0 && s.forked(t, e.Database, e.Member, src) {
			c := s.copyOn(t, e.Database, e.Member)
			c.Status, c.Diverged = CopyFailedAndSuspended, true
		}
	case EvSeeded:
		s.seeded(t, e.Database, e.Member)
	case EvFailover:
		if !s.DBs[e.Database].Want || s.beingMoved(e.Database) || s.needsRegroup(t) {
			break
		}
		groups := s.quorate(t)
		if m := s.failoverTarget(t, e.Database, &groups); m >= 0 {
			s.activate(t, e.Database, m)
		}
	case EvReplicate:
		s.replicate(t, e.Other, e.Site)
	case EvReplay:
		if c := s.copyOn(t, e.Database, e.Member); c != nil {
			c.Replay = 0
		}
	case EvIndexed:
		if c := s.copyOn(t, e.Database, e.Member); c != nil && c.Index == IndexCrawling {
			c.Index = IndexHealthy
		}
	case EvVacate:
		if from, to := s.vacateTo(t, e.Database); to >= 0 {
			s.moveGracefully(t, e.Database, from, to)
		}
	case EvHome:
		if from := s.homeSource(t, e.Database); from >= 0 {
			s.moveGracefully(t, e.Database, from, t.Databases[e.Database].Copies[0].Member)
		}
	}
	return out
}

func (s *State) write(t *Topology, db, m int, n int64) {
	c := s.copyOn(t, db, m)
	if c == nil || !c.Mounted {
		return
	}
	s.forkAhead(t, db, m)
	c.Logs += n
	c.Known = c.Logs
	s.announce(t, db, m)
	s.fillDisk(t, m)
}

// announce: passive copies in touch learn the active copy's generation before the log itself arrives (LastLogCopyNotified);
// what they knew of an active copy before it counts no longer.
func (s *State) announce(t *Topology, db, m int) {
	c := s.copyOn(t, db, m)
	for i := range t.Databases[db].Copies {
		if o := s.Copy(db, i); s.sourceFor(t, db, t.Databases[db].Copies[i].Member) == m {
			o.Known = max(o.Logs, c.Logs)
		}
	}
}
