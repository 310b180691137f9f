package dag_test

import (
	"fmt"

	"pgregory.net/rapid"
	"siteswap/dag"
)

// drawTopology is any topology of 1 to 8 members over 2 or 3 sites with 1 to 4 databases.
func drawTopology(t *rapid.T) *dag.Topology {
	sites := rapid.IntRange(2, 3).Draw(t, "sites")
	topo := &dag.Topology{Name: "DAG", Mode: rapid.SampledFrom([]dag.ActivationMode{dag.DagOnly, dag.DagOnly, dag.Off}).Draw(t, "mode"),
		Windows:  dag.Windows(rapid.SampledFrom(dag.WindowsReleases[:3]).Draw(t, "windows")),
		Exchange: rapid.SampledFrom([]dag.Version{{Release: 2010, RTM: true}, {Release: 2010, SP: 1}, {Release: 2016, CU: 2}}).Draw(t, "exchange")}
	topo.Assume.SoleMemberNeedsNoWitness = rapid.Bool().Draw(t, "sole")
	topo.Assume.LastManStanding = rapid.Bool().Draw(t, "last man")
	for i := range sites {
		site := dag.Site{Name: fmt.Sprintf("S%d", i), VIP: fmt.Sprintf("10.0.%d.10", i)}
		if i < 2 || rapid.Bool().Draw(t, "directory") {
			site.DomainControllers = []string{fmt.Sprintf("dc%d", i)}
		}
		topo.Sites = append(topo.Sites, site)
		topo.DNSServers = append(topo.DNSServers, dag.DNSServer{Site: i, Address: fmt.Sprintf("10.0.%d.5:53", i)})
		topo.Redirectors = append(topo.Redirectors, dag.Redirector{Site: i, Listen: fmt.Sprintf("udp://10.0.%d.30:5060", i)})
	}
	topo.Names = []dag.Name{{Name: "mail", Zone: "test", Targets: make([][]string, sites)}}
	topo.Witness = dag.Witness{Server: "fs1", Site: rapid.IntRange(0, sites-1).Draw(t, "witness")}
	topo.Spares = []dag.Witness{{Server: "fs3", Site: rapid.IntRange(0, sites-1).Draw(t, "spare site")}}
	topo.Assume.TieSparesLast = rapid.Bool().Draw(t, "tie")
	topo.Assume.UnreadBootTimeAllows = rapid.Bool().Draw(t, "boot time")
	topo.Assume.MovesOnlyInSync = rapid.Bool().Draw(t, "moves")
	topo.Alternate = dag.Witness{Server: "fs2", Site: rapid.IntRange(0, sites-1).Draw(t, "alternate")}
	for i := range rapid.IntRange(1, 8).Draw(t, "members") {
		site := rapid.IntRange(0, sites-1).Draw(t, "site")
		topo.Sites[site].Pool = append(topo.Sites[site].Pool, i)
		topo.Members = append(topo.Members, dag.Member{Name: fmt.Sprintf("M%d", i), FQDN: fmt.Sprintf("m%d.test", i), Site: site,
			Dial:         rapid.SampledFrom([]dag.Dial{dag.Lossless, dag.GoodAvailability, dag.GoodAvailability, dag.BestAvailability}).Draw(t, "dial"),
			Policy:       rapid.SampledFrom([]dag.ActivationPolicy{dag.Unrestricted, dag.Unrestricted, dag.IntrasiteOnly, dag.Blocked}).Draw(t, "policy"),
			MaxPreferred: rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "max preferred"), LogSpace: rapid.SampledFrom([]int64{0, 0, 0, 30}).Draw(t, "log space"),
			MaxActive: rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "max active")})
	}
	for d := range rapid.IntRange(1, 4).Draw(t, "databases") {
		db := dag.Database{Name: fmt.Sprintf("DB%d", d), Names: []int{0}}
		order := rapid.Permutation(indexes(len(topo.Members))).Draw(t, "copies")
		for i, m := range order[:rapid.IntRange(1, len(order)).Draw(t, "number of copies")] {
			db.Copies = append(db.Copies, dag.Copy{Member: m, Preference: i + 1})
		}
		topo.Databases = append(topo.Databases, db)
	}
	return topo
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

var faultKinds = []dag.EventKind{dag.EvSite, dag.EvSite, dag.EvServer, dag.EvServer, dag.EvHang, dag.EvService, dag.EvFront, dag.EvDirectory,
	dag.EvWitness, dag.EvShare, dag.EvLink, dag.EvLink, dag.EvInvalidCopy,
	dag.EvSlow, dag.EvDisk, dag.EvIndex, dag.EvLag, dag.EvSlowStart}

// drawFault is any fault or repair, or logs that are written.
func drawFault(t *rapid.T, topo *dag.Topology) dag.Event {
	e := dag.Event{Kind: rapid.SampledFrom(append(faultKinds, dag.EvWrite, dag.EvWrite)).Draw(t, "fault"), On: rapid.Bool().Draw(t, "on")}
	return drawIndexes(t, topo, e)
}

func drawIndexes(t *rapid.T, topo *dag.Topology, e dag.Event) dag.Event {
	e.Site = rapid.IntRange(0, len(topo.Sites)-1).Draw(t, "site")
	e.Other = rapid.IntRange(0, len(topo.Sites)-1).Draw(t, "other")
	if e.Kind == dag.EvLink && e.Other == e.Site {
		e.Other = (e.Site + 1) % len(topo.Sites)
	}
	e.Member = rapid.IntRange(0, len(topo.Members)-1).Draw(t, "member")
	e.Database = rapid.IntRange(0, len(topo.Databases)-1).Draw(t, "database")
	e.N = rapid.SampledFrom([]int64{0, 1, 2, 3, 5, 6, 7, 12, 13, 40}).Draw(t, "n")
	return e
}

// drawStale is an event that the world does by itself, but not one that is pending: a caller may be late.
func drawStale(t *rapid.T, topo *dag.Topology) dag.Event {
	return drawIndexes(t, topo, dag.Event{Kind: dag.EventKind(rapid.IntRange(int(dag.EvStep), int(dag.EvHome)).Draw(t, "stale"))})
}

// drawOp is any operation with any arguments.
func drawOp(t *rapid.T, topo *dag.Topology) dag.Op {
	e := drawIndexes(t, topo, dag.Event{})
	op := dag.Op{Kind: dag.OpKind(rapid.IntRange(int(dag.OpStop), int(dag.OpRoute)).Draw(t, "op")), From: e.Other, Site: e.Site, Member: e.Member, Database: e.Database,
		Server: rapid.IntRange(0, len(topo.Redirectors)-1).Draw(t, "server"), On: rapid.Bool().Draw(t, "on"),
		ConfigurationOnly: rapid.Bool().Draw(t, "configuration only"), SkipHealth: rapid.Bool().Draw(t, "skip health"),
		SkipLag: rapid.Bool().Draw(t, "skip lag"), SkipActive: rapid.Bool().Draw(t, "skip active"), CatalogOnly: rapid.Bool().Draw(t, "catalog only"),
		Component: rapid.SampledFrom([]dag.Component{dag.HubTransport, dag.ServerWideOffline}).Draw(t, "component"),
		Replace:   rapid.SampledFrom([]dag.WitnessUse{"", "", dag.WitnessPrimary, dag.WitnessAlternate}).Draw(t, "replace"),
		Spare:     uint8(rapid.IntRange(0, 1).Draw(t, "spare")),
		Witness:   rapid.SampledFrom([]dag.WitnessUse{"", dag.WitnessPrimary, dag.WitnessAlternate}).Draw(t, "use"),
		Model:     rapid.SampledFrom([]dag.QuorumModel{dag.NodeMajority, dag.NodeFileShareMajority}).Draw(t, "model"),
		Dial:      rapid.SampledFrom([]dag.Dial{"", dag.Lossless, dag.GoodAvailability, dag.BestAvailability, dag.BestEffort}).Draw(t, "override"),
		Policy:    rapid.SampledFrom([]dag.ActivationPolicy{dag.Unrestricted, dag.Blocked}).Draw(t, "new policy"),
		Power:     rapid.SampledFrom([]dag.Power{dag.PowerOn, dag.PowerOff, dag.HeldOff}).Draw(t, "power")}
	op.Members = dag.Set(0).Add(op.Member)
	switch op.Kind {
	case dag.OpStop, dag.OpStart, dag.OpClusterStop, dag.OpPower, dag.OpPolicy:
		if rapid.Bool().Draw(t, "a whole site") {
			op.Members = topo.MembersOf(op.Site)
		}
	case dag.OpClusterStart:
		op.Force = rapid.Bool().Draw(t, "force")
	case dag.OpQuorum:
		if op.Witness == "" {
			op.Witness = dag.WitnessPrimary
		}
	case dag.OpDial:
		if op.Dial == "" || op.Dial == dag.BestEffort {
			op.Dial = dag.Lossless
		}
	}
	return op
}

// drawPending is one of the events that may happen now, or a write if there is none.
func drawPending(t *rapid.T, topo *dag.Topology, s *dag.State) dag.Event {
	events := dag.Pending(topo, s)
	if len(events) == 0 {
		return drawIndexes(t, topo, dag.Event{Kind: dag.EvWrite})
	}
	return rapid.SampledFrom(events).Draw(t, "pending")
}

// drawEvent is anything that may happen to a state.
func drawEvent(t *rapid.T, topo *dag.Topology, s *dag.State) dag.Event {
	switch rapid.IntRange(0, 15).Draw(t, "what") {
	case 0, 1, 2:
		return drawFault(t, topo)
	case 3, 4, 5:
		if len(s.Progs) < 3 {
			return dag.Event{Kind: dag.EvBegin, Op: drawOp(t, topo)}
		}
	case 6:
		return drawStale(t, topo)
	}
	return drawPending(t, topo, s)
}
