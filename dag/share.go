package dag

// share is a file share witness: which of the DAG's two witness properties named it, and which server that was.
type share struct {
	use   WitnessUse
	spare uint8
}

func (c *Conf) share() share { return share{c.Witness, c.Spare} }

// shareOf is the share that the DAG's property names now.
func (s *State) shareOf(use WitnessUse) share {
	if use == WitnessNone {
		return share{use, 0}
	}
	return share{use, s.Spare[use.index()]}
}

// WitnessAt is the witness server behind a property of the DAG: the site file's, or the spare that replaced it (State.Spare).
func (t *Topology) WitnessAt(use WitnessUse, spare uint8) (Witness, bool) {
	switch {
	case use != WitnessPrimary && use != WitnessAlternate || int(spare) > len(t.Spares):
		return Witness{}, false
	case spare > 0:
		return t.Spares[spare-1], true
	case use == WitnessAlternate:
		return t.Alternate, true
	}
	return t.Witness, true
}

// site is where the share's server stands, -1: there is no such server.
func (w share) site(t *Topology) int {
	if at, found := t.WitnessAt(w.use, w.spare); found {
		return at.Site
	}
	return -1
}

func (w share) server(t *Topology) string {
	at, _ := t.WitnessAt(w.use, w.spare)
	return at.Server
}

// witnessUsable says whether a member can lock the file share witness: its server is up, its share can be written, and the
// network leads there (domain-exchange.md section 6). A spare is a server of its own: it is up while its site has power.
func (s *State) witnessUsable(t *Topology, m int, w share) bool {
	site := w.site(t)
	if site < 0 || !s.alive(m) || !s.linked(t.Members[m].Site, site) {
		return false
	}
	if w.spare > 0 {
		return s.Sites[site].Power
	}
	return s.Sites[site].Witness && s.Sites[site].Share
}

// witnessBooted: a member whose bit is set reads the new boot time and goes on; one whose bit is 0 will find that both
// rebooted (DAC: mount denied).
func (s *State) witnessBooted(t *Topology, site int, spare bool) {
	for m := range s.Nodes {
		n := &s.Nodes[m]
		if w := n.Conf.share(); w.site(t) == site && w.spare > 0 == spare {
			n.WitnessSame = n.Bit
		}
	}
}

// shareInUse is WitnessShareInUse: the property whose server the cluster uses, or InvalidConfiguration where the DAG names
// that server no more (domain-exchange.md 2.1, section 9 row 11).
func (s *State) shareInUse(c *Conf) WitnessUse {
	if c.share() != s.shareOf(c.Witness) {
		return WitnessInvalid
	}
	return c.Witness
}

// replaceWitness is -WitnessServer or -AlternateWitnessServer of Set-DatabaseAvailabilityGroup: an attribute of the
// directory. The share on the new server is empty: it has recorded nothing.
func (s *State) replaceWitness(t *Topology, p *Prog) bool {
	if p.Op.Replace != WitnessPrimary && p.Op.Replace != WitnessAlternate {
		return true
	}
	at, found := t.WitnessAt(p.Op.Replace, p.Op.Spare)
	switch {
	case !found:
		p.fail(ErrWitness, string(p.Op.Replace))
	case s.directoryFor(p.Op.From) < 0:
		p.fail(ErrNoDirectory, t.Sites[p.Op.From].Name)
	default:
		if i := p.Op.Replace.index(); s.Spare[i] != p.Op.Spare {
			s.Spare[i], s.Latest[i] = p.Op.Spare, 0
			s.rankTags()
		}
		return at.Server != ""
	}
	return false
}
