package dag

// policyStep is Set-MailboxServer, Set-ServerComponentState and the DAG's PreferenceMoveFrequency: attributes of the
// directory, so the server itself need not answer.
func (s *State) policyStep(t *Topology, p *Prog) {
	if s.directoryFor(p.Op.From) < 0 {
		p.fail(ErrNoDirectory, t.Sites[p.Op.From].Name)
		return
	}
	if p.Op.Kind == OpPreference {
		s.PreferenceMoves = p.Op.On
		return
	}
	for m := range s.Nodes {
		if !p.Op.Members.Has(m) {
			continue
		}
		switch n := &s.Nodes[m]; {
		case p.Op.Kind == OpPolicy:
			n.Policy = p.Op.Policy
		case p.Op.Kind == OpDial:
			n.Dial = p.Op.Dial
		case !t.Exchange.HasComponents():
			p.warn(WarnAlreadyThere, t.Members[m].Name) // 2010 has neither component states nor MoveNow (MDAG)
		case p.Op.Kind == OpMoveNow:
			n.MoveNow = p.Op.On
		case p.Op.Component == HubTransport:
			n.Draining = !p.Op.On
		case p.Op.Component == ServerWideOffline:
			n.Offline = !p.Op.On
		}
	}
}

// Located says whether fronts are told where a database is mounted. In 2013 before CU7 they are not while the activation policy
// of every member is Blocked: clients are cut off, from what was mounted by hand too (PS:Set-MailboxServer, domain-exchange.md 5.5).
func (s *State) Located(t *Topology) bool {
	if !t.Exchange.BlockedStopsLocator() {
		return true
	}
	for m := range s.Nodes {
		if s.Nodes[m].Policy != Blocked {
			return true
		}
	}
	return false
}

// serviceStep is what is not Exchange: a DNS server, a load balancer, a redirector. Each answers only while its site has
// power and is reached.
func (s *State) serviceStep(t *Topology, p *Prog) {
	switch p.Op.Kind {
	case OpRepoint:
		site := t.DNSServers[p.Op.Server].Site
		if !s.Sites[site].Directory || !s.linked(p.Op.From, site) {
			p.fail(ErrUnreachable, t.DNSServers[p.Op.Server].Address)
			return
		}
		s.Points[p.Op.Server*len(t.Names)+p.Op.Name] = p.Op.Sites
	case OpPool:
		for m := range s.Nodes {
			site := t.Members[m].Site
			if !p.Op.Members.Has(m) {
				continue
			}
			if !s.Sites[site].Power || !s.linked(p.Op.From, site) {
				p.fail(ErrUnreachable, t.Sites[site].VIP)
				return
			}
			s.InPool[m] = p.Op.On
		}
	case OpRoute:
		site := t.Redirectors[p.Op.Server].Site
		if !s.Sites[site].Power || !s.linked(p.Op.From, site) {
			p.fail(ErrUnreachable, t.Redirectors[p.Op.Server].Listen)
			return
		}
		s.Routes[p.Op.Server] = int8(p.Op.Site)
	}
}
