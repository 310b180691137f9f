package dag

// activateStep is Move-ActiveMailboxDatabase with an explicit target (MDBC): check, take the source down and copy what is
// left, mount.
func (s *State) activateStep(t *Topology, p *Prog) {
	db, m := p.Op.Database, p.Op.Member
	c := s.copyOn(t, db, m)
	if c == nil {
		p.fail(ErrNoCopy, t.Members[m].Name)
		return
	}
	if !s.answersTo(t, p.Op.From, m) {
		p.fail(ErrUnreachable, t.Members[m].Name)
		return
	}
	switch p.PC {
	case 0:
		s.activateCheck(t, p, c)
	case 1:
		if src := s.mountedNear(t, db, t.Members[m].Site); !c.Mounted && src >= 0 {
			if s.seedsFrom(t, db, src) {
				s.cancelSeeds(t, db)
			}
			s.copyOn(t, db, src).Mounted = false
			p.Node = int8(src)
		}
	case 2:
		s.activateMount(t, p, c)
	}
}

func (s *State) activateCheck(t *Topology, p *Prog, c *CopyState) {
	db, m := p.Op.Database, p.Op.Member
	switch {
	case c.Mounted:
		p.warn(WarnAlreadyThere, t.Members[m].Name)
	case !s.mayMount(t, m):
		p.fail(ErrConsensus, t.Members[m].Name)
	case !p.Op.SkipHealth && !s.status(t, db, m).MayActivate() && s.status(t, db, m) != CopyDismounted:
		p.fail(ErrCopyUnhealthy, string(s.status(t, db, m)))
	case s.full(t, m) || !p.Op.SkipMaxActive && s.crowded(t, m):
		p.fail(ErrMaxActive, t.Members[m].Name)
	case s.Nodes[m].DiskFull:
		p.fail(ErrDiskFull, t.Members[m].Name)
	case !p.Op.SkipCatalog && !c.Index.Healthy():
		p.fail(ErrCatalog, string(c.Index)) // row 15
	case !p.Op.SkipActive && s.seedsFrom(t, db, s.mountedNear(t, db, t.Members[m].Site)):
		p.fail(ErrSeedingSource, t.Databases[db].Name)
	case !p.Op.SkipLag && (t.Databases[db].Copies[t.CopyOf(db, m)].ReplayLag > 0 || c.Replay > longReplay):
		p.fail(ErrQueues, t.Members[m].Name)
	}
}

// longReplay is the replay queue from which a move by name wants -SkipLagChecks. The figure is that of best copy selection
// (AM); for the move none is documented [INF].
const longReplay = 50

// seedsFrom says whether a copy of the database is being seeded from the member, whose activity a move would end (MDBC).
func (s *State) seedsFrom(t *Topology, db, m int) bool {
	for i := range t.Databases[db].Copies {
		if to := t.Databases[db].Copies[i].Member; m >= 0 && s.Copy(db, i).Status == CopySeeding && s.sourceFor(t, db, to) == m {
			return true
		}
	}
	return false
}

// cancelSeeds: a seed whose source is no longer mounted ends, and its copy waits for an administrator (-SkipActiveCopyChecks).
func (s *State) cancelSeeds(t *Topology, db int) {
	for i := range t.Databases[db].Copies {
		if c := s.Copy(db, i); c.Status == CopySeeding {
			c.Status = CopyFailedAndSuspended
		}
	}
}

func (s *State) activateMount(t *Topology, p *Prog, c *CopyState) {
	db, m := p.Op.Database, p.Op.Member
	if c.Mounted {
		return
	}
	if !s.mayMount(t, m) {
		p.fail(ErrConsensus, t.Members[m].Name)
		return
	}
	if src := int(p.Node); src >= 0 && s.reaches(t, m, src) && !s.forked(t, db, m, src) {
		// Graceful: the source was dismounted by this move, so its last log is there to be copied.
		s.moveGracefully(t, db, src, m)
		return
	}
	dial := p.Op.Dial
	if dial == "" {
		dial = s.Nodes[m].Dial
	}
	if s.missingAfterLastLogs(t, db, m) > dial.Logs() {
		p.fail(ErrTooManyLogs, t.Members[m].Name)
		return
	}
	s.activate(t, db, m)
}

// mountStep is Mount-Database and Dismount-Database. An administrator's dismount is not undone by Active Manager.
func (s *State) mountStep(t *Topology, p *Prog) {
	db := p.Op.Database
	if p.Op.Kind == OpDismount {
		m := s.mountedNear(t, db, p.Op.From)
		if far := s.mounted(t, db); m < 0 && far >= 0 {
			p.fail(ErrUnreachable, t.Members[far].Name)
			return
		}
		s.DBs[db].Want = false
		if m < 0 {
			p.warn(WarnAlreadyThere, t.Databases[db].Name)
			return
		}
		s.copyOn(t, db, m).Mounted = false
		return
	}
	if m := s.mountedNear(t, db, p.Op.From); m >= 0 {
		p.warn(WarnAlreadyThere, t.Databases[db].Name)
		return
	}
	q := s.quorumNode(t, p.Op.From)
	if q < 0 {
		p.fail(ErrNoQuorum, t.Name)
		return
	}
	m := int(s.Nodes[q].Conf.Active[db])
	if m < 0 || !s.answersTo(t, p.Op.From, m) || !s.mayMount(t, m) {
		p.fail(ErrConsensus, t.Databases[db].Name)
		return
	}
	if s.full(t, m) {
		p.fail(ErrMaxActive, t.Members[m].Name)
		return
	}
	if s.Nodes[m].DiskFull {
		p.fail(ErrDiskFull, t.Members[m].Name)
		return
	}
	s.activate(t, db, m)
}

// copyStep is the family of copy cmdlets: resume, reseed, block and unblock activation (MDBC, UDBC).
func (s *State) copyStep(t *Topology, p *Prog) {
	c := s.copyOn(t, p.Op.Database, p.Op.Member)
	if c == nil {
		p.fail(ErrNoCopy, t.Members[p.Op.Member].Name)
		return
	}
	if !s.answersTo(t, p.Op.From, p.Op.Member) {
		p.fail(ErrUnreachable, t.Members[p.Op.Member].Name)
		return
	}
	switch p.Op.Kind {
	case OpBlock:
		c.Blocked = true
	case OpUnblock:
		c.Blocked = false
	case OpSuspend:
		c.Blocked = true
		if !c.Mounted {
			c.Status = CopySuspended
		}
	case OpResume:
		if c.Diverged {
			p.fail(ErrNeedsReseed, t.Members[p.Op.Member].Name)
			return
		}
		if c.Status != CopyHealthy {
			c.Status = CopyInitializing
		}
	case OpReseed:
		if p.Op.CatalogOnly {
			s.seedCatalog(t, p, c)
			return
		}
		if c.Mounted {
			p.fail(ErrStillMounted, t.Members[p.Op.Member].Name)
			return
		}
		if s.sourceFor(t, p.Op.Database, p.Op.Member) < 0 {
			p.fail(ErrNotReseedable, t.Databases[p.Op.Database].Name)
			return
		}
		c.Status = CopySeeding
	}
}

// seedCatalog is Update-MailboxDatabaseCopy -CatalogOnly: the index is taken from a copy whose own is healthy, else it is
// crawled (section 9 row 15).
func (s *State) seedCatalog(t *Topology, p *Prog, c *CopyState) {
	if c.Index == IndexNotApplicable {
		p.warn(WarnAlreadyThere, t.Members[p.Op.Member].Name)
		return
	}
	c.Index = IndexCrawling
	for i := range t.Databases[p.Op.Database].Copies {
		from := t.Databases[p.Op.Database].Copies[i].Member
		if s.Copy(p.Op.Database, i).Index == IndexHealthy && s.reaches(t, from, p.Op.Member) {
			c.Index = IndexHealthy
		}
	}
}
