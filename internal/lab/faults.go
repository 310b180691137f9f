package lab

import "siteswap/dag"

// FailSite takes the power of everything in a site; processes of the drill there must be killed by their owner.
func (l *Lab) FailSite(site int) { l.world.Apply(dag.Event{Kind: dag.EvSite, Site: site}) }

// RestoreSite gives it back: servers and domain controllers boot, the rest is there at once.
func (l *Lab) RestoreSite(site int) { l.world.Apply(dag.Event{Kind: dag.EvSite, Site: site, On: true}) }

// Server takes or gives the power of one member.
func (l *Lab) Server(member int, on bool) {
	l.world.Apply(dag.Event{Kind: dag.EvServer, Member: member, On: on})
}

// Service stops or starts the replication service of a member.
func (l *Lab) Service(member int, on bool) {
	l.world.Apply(dag.Event{Kind: dag.EvService, Member: member, On: on})
}

// Front stops or starts the client access of a member.
func (l *Lab) Front(member int, on bool) {
	l.world.Apply(dag.Event{Kind: dag.EvFront, Member: member, On: on})
}

// Directory stops or starts the domain controllers of a site, their DNS servers with them.
func (l *Lab) Directory(site int, on bool) {
	l.world.Apply(dag.Event{Kind: dag.EvDirectory, Site: site, On: on})
}

// Witness stops or starts the witness server of a site.
func (l *Lab) Witness(site int, on bool) {
	l.world.Apply(dag.Event{Kind: dag.EvWitness, Site: site, On: on})
}

// Link cuts or heals a link, both ways unless oneWay.
func (l *Lab) Link(a, b int, up, oneWay bool) {
	l.world.Apply(dag.Event{Kind: dag.EvLink, Site: a, Other: b, On: up})
	if !oneWay {
		l.world.Apply(dag.Event{Kind: dag.EvLink, Site: b, Other: a, On: up})
	}
}

// Plant breaks an invariant, to show that the drill sees it: it mounts a database twice, forgets an acknowledged message, or
// counts an effect a second time.
func (l *Lab) Plant(invariant string) {
	t := l.o.Topology
	switch invariant {
	case "mounted-twice":
		l.world.Update(func(s *dag.State) {
			for i := range t.Databases[0].Copies {
				s.Copy(0, i).Mounted = true
			}
		})
		l.world.Update(func(s *dag.State) {
			for i := range t.Databases[0].Copies {
				s.Copy(0, i).Mounted = i == 0
			}
		})
	case "lost-acknowledged":
		on, _ := l.MountedOn(t.Databases[0].Name)
		l.ledger.Forget(t.Databases[0].Name, on)
	case "left-frozen":
		l.world.Update(func(s *dag.State) { s.Nodes[0].Policy = dag.Blocked })
	case "effect-twice":
		l.record.applied("planted", "planted", 1, "planted", "lab")
		l.record.applied("planted", "planted", 1, "planted", "lab")
	}
}
