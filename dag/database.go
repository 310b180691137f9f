package dag

// missing is how many logs a copy lacks, as far as it knows: CopyQueueLength. It is a lower bound when the active copy's
// site is dead.
func (c *CopyState) missing() int64 { return max(0, c.Known-c.Logs) }

// activate mounts a database on a member's copy without the cooperation of a mounted source. Attempt copy last logs (ACLL):
// what the previous active copy's disk still serves is copied first; copies that then hold more than the mounted one have
// diverged (AM).
func (s *State) activate(t *Topology, db, m int) {
	c := s.copyOn(t, db, m)
	if prev := s.lastLogsFrom(t, db, m); prev >= 0 && s.copyOn(t, db, prev).Logs > c.Logs {
		s.overwrite(t, db, prev, m)
	}
	s.forkAhead(t, db, m)
	s.mountCopy(t, db, m, c)
}

// forkAhead: the copy on m is about to generate logs of its own (a mount does so at once). Those that hold more than it
// does hold other logs in these generations from now on.
func (s *State) forkAhead(t *Topology, db, m int) {
	at := t.CopyOf(db, m)
	c := s.Copy(db, at)
	for i := range t.Databases[db].Copies {
		if o := s.Copy(db, i); o.Logs > c.Logs {
			o.Forks, c.Forks = o.Forks.Add(at), c.Forks.Add(i)
		}
	}
}

// forked says whether the copies on two members hold different logs in the same generations.
func (s *State) forked(t *Topology, db, a, b int) bool {
	return s.copyOn(t, db, a).Forks.Has(t.CopyOf(db, b))
}

// overwrite gives the copy on to the logs of the copy on from: it shares that one's forks.
func (s *State) overwrite(t *Topology, db, from, to int) {
	at := t.CopyOf(db, to)
	src, dst := s.copyOn(t, db, from), s.Copy(db, at)
	dst.Logs, dst.Known, dst.Diverged = src.Logs, src.Logs, false
	dst.Forks = src.Forks.Remove(at)
	for i := range t.Databases[db].Copies {
		if o := s.Copy(db, i); dst.Forks.Has(i) {
			o.Forks = o.Forks.Add(at)
		} else {
			o.Forks = o.Forks.Remove(at)
		}
	}
}

// sourceFor is the member of the mounted copy that the copy on m takes its logs from, -1: none, or it is itself mounted.
// Replication needs both services, and both to run in the same cluster (MON: ServiceDown, Disconnected).
func (s *State) sourceFor(t *Topology, db, m int) int {
	if c := s.copyOn(t, db, m); c == nil || c.Mounted || !s.Nodes[m].Repl || s.Nodes[m].Cluster != Running {
		return -1
	}
	for i := range t.Databases[db].Copies {
		from := t.Databases[db].Copies[i].Member
		if s.Copy(db, i).Mounted && s.Nodes[from].Repl && s.Nodes[from].Cluster == Running && s.Nodes[m].View.Has(from) && s.reaches(t, from, m) {
			return from
		}
	}
	return -1
}

// mountCopy makes a copy the active, mounted one in the cluster database that its server holds.
func (s *State) mountCopy(t *Topology, db, m int, c *CopyState) {
	if s.Nodes[m].Conf.Active[db] != int8(m) {
		s.changeConf(t, m, func(conf *Conf) { conf.Active[db] = int8(m) })
	}
	c.Mounted, c.Diverged, c.Status, c.Known, c.Replay = true, false, CopyHealthy, c.Logs, 0 // what was left is replayed by the mount
	s.DBs[db].Want = true
	s.announce(t, db, m)
	for i := range t.Databases[db].Copies {
		s.examine(t, db, t.Databases[db].Copies[i].Member)
	}
}

// examine: a copy that comes into touch with an active copy that holds other logs is Resynchronizing, until it is found how
// far back they part (MON). One that loses the active copy meanwhile is DisconnectedAndResynchronizing, and may be activated.
func (s *State) examine(t *Topology, db, m int) {
	src := s.sourceFor(t, db, m)
	if src < 0 || !s.forked(t, db, m, src) {
		return
	}
	if c := s.copyOn(t, db, m); c.Status == CopyHealthy || c.Status == CopyInitializing {
		c.Status = CopyResynchronizing
	}
}

// moveGracefully is a lossless move: dismount at the source, copy what is left, mount at the target.
func (s *State) moveGracefully(t *Topology, db, from, to int) {
	s.overwrite(t, db, from, to)
	s.copyOn(t, db, from).Mounted = false
	s.mountCopy(t, db, to, s.copyOn(t, db, to))
}

func (s *State) ship(t *Topology, db, m int) {
	if src := s.sourceFor(t, db, m); src >= 0 && !s.forked(t, db, m, src) {
		at := t.CopyOf(db, m)
		before := s.Copy(db, at).Logs
		s.overwrite(t, db, src, m)
		if c := s.Copy(db, at); t.Databases[db].Copies[at].ReplayLag > 0 {
			c.Replay += c.Logs - before // a lagged copy keeps them until their time (LAG)
		}
	}
}

func (s *State) seeded(t *Topology, db, m int) {
	if src := s.sourceFor(t, db, m); src >= 0 && s.copyOn(t, db, m).Status == CopySeeding {
		s.overwrite(t, db, src, m)
		c := s.copyOn(t, db, m)
		c.Status, c.Replay, c.Index = CopyInitializing, 0, t.Exchange.healthyIndex()
	}
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
	if s.Nodes[m].DiskFull {
		return CopyFailed
	}
	// After a site's loss the surviving copies show DisconnectedAndHealthy, and may be activated (FARAGE).
	if active := int(s.Nodes[m].Conf.Active[db]); active < 0 || !s.reaches(t, m, active) {
		if c.Status == CopyResynchronizing {
			return CopyDisconnectedResync
		}
		return CopyDisconnectedHealthy
	}
	return c.Status
}
