package dag

// missing is how many logs a copy lacks, as far as it knows: CopyQueueLength. It is a lower bound when the active copy's
// site is dead.
func (c *CopyState) missing() int64 { return max(0, c.Known-c.Logs) }

// activate mounts a database on a member's copy without the cooperation of a mounted source. Attempt copy last logs (ACLL):
// what the previous active copy's disk still serves is copied first; copies that then hold more than the mounted one have
// diverged (AM).
func (s *State) activate(t *Topology, db, m int) {
	c := s.copyOn(t, db, m)
	if prev := int(s.Nodes[m].Conf.Active[db]); prev >= 0 && prev != m && s.reaches(t, m, prev) && s.Nodes[prev].Repl {
		if o := s.copyOn(t, db, prev); o != nil && !o.Diverged {
			c.Logs = max(c.Logs, o.Logs)
		}
	}
	for i := range t.Databases[db].Copies {
		if o := s.Copy(db, i); o != c && o.Logs > c.Logs {
			o.Diverged = true
		}
	}
	s.mountCopy(t, db, m, c)
}

// mountCopy makes a copy the active, mounted one in the cluster database that its server holds.
func (s *State) mountCopy(t *Topology, db, m int, c *CopyState) {
	if s.Nodes[m].Conf.Active[db] != int8(m) {
		s.changeConf(t, m, func(conf *Conf) { conf.Active[db] = int8(m) })
	}
	c.Mounted, c.Diverged, c.Status, c.Known = true, false, CopyHealthy, c.Logs
	s.DBs[db].Want = true
}

// moveGracefully is a lossless move: dismount at the source, copy what is left, mount at the target.
func (s *State) moveGracefully(t *Topology, db, from, to int) {
	src, dst := s.copyOn(t, db, from), s.copyOn(t, db, to)
	dst.Logs = src.Logs
	src.Mounted = false
	s.mountCopy(t, db, to, dst)
	src.Known = dst.Logs
}

func (s *State) ship(t *Topology, db, m int) {
	src := s.mountedOn(t, db)
	c := s.copyOn(t, db, m)
	if src < 0 || c == nil || c.Mounted || !s.reaches(t, src, m) {
		return
	}
	c.Logs = s.copyOn(t, db, src).Logs
	c.Known = c.Logs
}

func (s *State) seeded(t *Topology, db, m int) {
	src := s.mountedOn(t, db)
	c := s.copyOn(t, db, m)
	if src < 0 || c == nil || c.Status != CopySeeding {
		return
	}
	c.Logs = s.copyOn(t, db, src).Logs
	c.Known, c.Diverged, c.Status = c.Logs, false, CopyInitializing
}

// status is what Get-MailboxDatabaseCopyStatus shows for a copy, seen from its own server.
func (s *State) status(t *Topology, db, m int) CopyStatus {
	c := s.copyOn(t, db, m)
	if c.Mounted {
		return CopyMounted
	}
	if !s.Nodes[m].Repl {
		return CopyServiceDown
	}
	if c.Status == CopySuspended || c.Status == CopyFailedAndSuspended || c.Status == CopyFailed || c.Status == CopySeeding {
		return c.Status
	}
	if s.HasQuorum(t, m) && int(s.Nodes[m].Conf.Active[db]) == m {
		return CopyDismounted
	}
	// After a site's loss the surviving copies show DisconnectedAndHealthy, and may be activated (FARAGE).
	if active := int(s.Nodes[m].Conf.Active[db]); active < 0 || !s.reaches(t, m, active) {
		if c.Diverged || c.Status == CopyResynchronizing {
			return CopyDisconnectedResync
		}
		return CopyDisconnectedHealthy
	}
	return c.Status
}
