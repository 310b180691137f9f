package runbooks

import (
	"fmt"
	"slices"

	"siteswap/dag"
)

// serverChecks are about one server that is to be taken out of service, and about what the DAG stands on without it.
func serverChecks() []ReadinessCheck {
	group := func(in checkInput) string {
		return "Get-DatabaseAvailabilityGroup " + in.t.Name + " -Status | fl OperationalServers,WitnessShareInUse"
	}
	return []ReadinessCheck{
		{ID: "server-answers", What: "the server answers", Planned: Fails, Unplanned: Fails, Row: 27, evaluate: checkServer, byHand: command("Test-ServiceHealth -Server")},
		{ID: "copies-elsewhere", What: "every database that the server mounts has a healthy copy on another server that may take it", Planned: Fails, Unplanned: Fails, Row: 29,
			evaluate: checkElsewhere, byHand: command("Get-MailboxDatabaseCopyStatus * | ft Name,Status,CopyQueueLength,ActivationSuspended")},
		{ID: "quorum-without", What: "the cluster keeps its majority without the server", Planned: Fails, Unplanned: Fails, Row: 25, evaluate: checkWithout, byHand: group},
		{ID: "automount-consensus", What: "every Started member answers, so that one that restarts may mount again", Planned: Warns, Unplanned: Warns, Row: 2,
			evaluate: checkConsensus, byHand: command("Test-ReplicationHealth on each of StartedMailboxServers")},
		{ID: "no-co-reboot", What: "the server is not the last one: it must not restart together with the witness", Planned: Fails, Unplanned: Fails, Row: 3, Rule: "no-co-reboot",
			evaluate: checkSole, byHand: group},
		{ID: "witness-votes", What: "where the number of nodes is even, the quorum model has a witness and it can be used", Planned: Warns, Unplanned: Warns, Row: 25,
			evaluate: checkWitnessVotes, byHand: command("Get-ClusterQuorum; Get-ClusterResource | ft Name,State")},
		{ID: "witness-in-use", What: "WitnessShareInUse is what the number of nodes asks for", Planned: Warns, Unplanned: Warns, Row: 11, evaluate: checkWitnessInUse, byHand: group},
		{ID: "one-cluster", What: "all members that hold quorum are in one cluster", Planned: Fails, Unplanned: Fails, Row: 30, evaluate: checkOneCluster,
			byHand: command("Get-ClusterNode -Cluster, asked on every member: the same list")},
		{ID: "in-service", What: "no server that takes service is paused, offline or blocked", Planned: Warns, Unplanned: Warns, Row: 29, evaluate: checkInService,
			byHand: command("Get-ServerComponentState; Get-ClusterNode; Get-MailboxServer | ft Name,DatabaseCopyAutoActivationPolicy")},
		{ID: "content-index", What: "the content index of the copies that take over is healthy", Planned: Warns, Unplanned: Warns, Row: 15, evaluate: checkIndex,
			byHand: command("Get-MailboxDatabaseCopyStatus * | ft Name,ContentIndexState")},
		{ID: "log-space", What: "the log volumes of the servers that take over have room", Planned: Fails, Unplanned: Warns, Row: 20, evaluate: checkSpace,
			byHand: command("Get-MailboxDatabaseCopyStatus * | ft Name,DiskFreeSpacePercent")},
	}
}

func checkServer(in checkInput) finding {
	if in.server < 0 {
		return bad("no server is named", "parameters of the run")
	}
	m := at(in.f.Members, in.server)
	if !m.Answers.Value {
		return bad(in.t.Members[in.server].Name+" does not answer", m.Answers.Why)
	}
	return good(in.t.Members[in.server].Name+" answers", m.Answers.From)
}

func checkElsewhere(in checkInput) finding {
	var lone []string
	if in.server < 0 {
		return unseen("no server is named", "parameters of the run")
	}
	name := in.t.Members[in.server].Name
	for _, d := range copiesOn(in.t, dag.Set(0).Add(in.server)) {
		on := at(in.f.Databases, d).MountedOn
		switch {
		case !on.Known:
			return unseen("where "+in.t.Databases[d].Name+" is mounted cannot be seen", on.Why)
		case on.Value == name && Refuge(in.t, in.f, d, in.server) < 0:
			lone = append(lone, in.t.Databases[d].Name)
		}
	}
	if len(lone) > 0 {
		return bad("no other server can take "+list(lone)+" from "+name, "Get-MailboxDatabaseCopyStatus")
	}
	return good("everything that "+name+" mounts has a healthy copy elsewhere", "Get-MailboxDatabaseCopyStatus")
}

// votes counts what is up of the cluster that a member is in, without one of its members: nodes, and the witness where the model
// has one and it can be used. Weights that dynamic quorum has taken away are not seen, so each node counts.
func (in checkInput) votes(member int, without dag.Set) (have, of int, known bool) {
	m := at(in.f.Members, member)
	if !m.Quorum.Value || !m.Nodes.Known || !m.Up.Known || !m.Model.Known {
		return 0, 0, false
	}
	of = len(m.Nodes.Value)
	for _, n := range m.Up.Value {
		if i := in.t.MemberIndex(n); i < 0 || !without.Has(i) {
			have++
		}
	}
	if m.Model.Value == dag.NodeFileShareMajority {
		of++
		w := in.t.Witness
		if m.Witness.Value == dag.WitnessAlternate {
			w = in.t.Alternate
		}
		if at(in.f.Sites, w.Site).Witness.Value {
			have++
		}
	}
	return have, of, true
}

// holder is a member that holds quorum, -1: none is seen.
func (in checkInput) holder() int {
	for i := range in.t.Members {
		if at(in.f.Members, i).Quorum.Value {
			return i
		}
	}
	return -1
}

func checkWithout(in checkInput) finding {
	have, of, known := in.votes(in.holder(), dag.Set(0).Add(max(in.server, 0)))
	if !known || in.server < 0 {
		return unseen("the votes of the cluster cannot be read", "no member that holds quorum answers")
	}
	name := in.t.Members[in.server].Name
	text := fmt.Sprintf("without %s %d of %d votes are up", name, have, of)
	if have < of/2+1 {
		return bad(text+": the cluster would stop, and every database with it", "Get-ClusterNode, Get-ClusterQuorum")
	}
	return good(text, "Get-ClusterNode, Get-ClusterQuorum")
}

// checkConsensus: a member that restarts has its DACP bit at 0, and needs a peer at 1 or all Started members (row 2).
func checkConsensus(in checkInput) finding {
	if in.t.Mode != dag.DagOnly {
		return good("DAC mode is off: a member that restarts asks nobody", "site file")
	}
	var started, silent []string
	for i := range in.f.Sites {
		if s := in.f.Sites[i].Started; s.Known {
			started = s.Value
		}
	}
	for _, n := range started {
		if m := in.t.MemberIndex(n); m >= 0 && !at(in.f.Members, m).Answers.Value {
			silent = append(silent, n)
		}
	}
	switch {
	case len(started) == 0:
		return unseen("no directory says which members are Started", "Get-DatabaseAvailabilityGroup")
	case len(silent) > 0:
		return bad(in.answers(silent, false)+" although on the Started list: if all others restart together, nothing mounts", "Get-DatabaseAvailabilityGroup, management endpoints")
	}
	return good("every Started member answers", "Get-DatabaseAvailabilityGroup, management endpoints")
}

func checkSole(in checkInput) finding {
	if in.server < 0 {
		return unseen("no server is named", "parameters of the run")
	}
	m, name := at(in.f.Members, in.server), in.t.Members[in.server].Name
	switch {
	case !m.Up.Known:
		return unseen("which members are up cannot be seen", m.Up.Why)
	case len(m.Up.Value) == 1 && m.Up.Value[0] == name:
		return bad(name+" is the only member that is up: fail back, or bring another one up first", m.Up.From)
	}
	return good(list(m.Up.Value)+" are up", m.Up.From)
}

// checkWitnessVotes: dynamic quorum hides a missing witness for months (VIK1, row 25).
func checkWitnessVotes(in checkInput) finding {
	h := in.holder()
	if h < 0 {
		return unseen("no member that holds quorum answers", "Get-ClusterQuorum")
	}
	m := at(in.f.Members, h)
	model, use := in.t.ParityModel(len(m.Nodes.Value), dag.WitnessPrimary)
	w, place := in.t.Witness, "witness"
	if m.Witness.Value == dag.WitnessAlternate {
		w, place = in.t.Alternate, "alternate witness"
	}
	usable := at(in.f.Sites, w.Site).Witness
	switch {
	case use == dag.WitnessNone:
		return good(fmt.Sprintf("%d nodes need no witness", len(m.Nodes.Value)), m.Nodes.From)
	case m.Model.Value != model:
		return bad(fmt.Sprintf("%d nodes, but the quorum model is %s: run the bare Set-DatabaseAvailabilityGroup", len(m.Nodes.Value), m.Model.Value), m.Model.From)
	case !usable.Value:
		found := bad("the "+place+" "+w.Server+" cannot be used, and its vote is needed", usable.From)
		found.lost = w.Site == in.from
		return found
	}
	return good("the "+place+" "+w.Server+" can be used", usable.From)
}

func checkWitnessInUse(in checkInput) finding {
	h := in.holder()
	if h < 0 {
		return unseen("no member that holds quorum answers", "Get-DatabaseAvailabilityGroup -Status")
	}
	m := at(in.f.Members, h)
	_, want := in.t.ParityModel(len(m.Nodes.Value), dag.WitnessPrimary)
	switch {
	case !m.Witness.Known:
		return unseen("WitnessShareInUse cannot be read", m.Witness.Why)
	case m.Witness.Value != want:
		return bad(fmt.Sprintf("WitnessShareInUse is %s, and %d nodes ask for %s: Set-DatabaseAvailabilityGroup mends it", m.Witness.Value, len(m.Nodes.Value), want), m.Witness.From)
	}
	return good("WitnessShareInUse is "+string(want), m.Witness.From)
}

// checkOneCluster: two clusters for one DAG come of a member that was added before its DAG was known everywhere (row 30).
func checkOneCluster(in checkInput) finding {
	first := in.holder()
	for i := range in.t.Members {
		m := at(in.f.Members, i)
		if first < 0 || !m.Quorum.Value || slices.Equal(m.Nodes.Value, at(in.f.Members, first).Nodes.Value) {
			continue
		}
		return bad(fmt.Sprintf("%s is in a cluster of %s, %s in one of %s", in.t.Members[first].Name, list(at(in.f.Members, first).Nodes.Value), in.t.Members[i].Name, list(m.Nodes.Value)), m.Nodes.From)
	}
	if first < 0 {
		return unseen("no member that holds quorum answers", "Get-ClusterNode")
	}
	return good("one cluster: "+list(at(in.f.Members, first).Nodes.Value), at(in.f.Members, first).Nodes.From)
}

func checkInService(in checkInput) finding {
	var idle []string
	in.each(in.members(in.to), func(_ int, name string, m dag.MemberFacts) {
		switch {
		case m.Paused.Value:
			idle = append(idle, name+" is paused")
		case m.InService.Known && !m.InService.Value:
			idle = append(idle, name+" is ServerWideOffline")
		case m.MoveNow.Value:
			idle = append(idle, name+" has DatabaseCopyActivationDisabledAndMoveNow")
		}
	})
	if len(idle) > 0 {
		return bad("left in maintenance: "+list(idle), "Get-ServerComponentState, Get-ClusterNode, Get-MailboxServer")
	}
	return good("no server of "+in.siteName(in.to)+" is in maintenance", "Get-ServerComponentState, Get-ClusterNode, Get-MailboxServer")
}

func checkIndex(in checkInput) finding {
	wrong, unknown := in.perDatabase(func(d int, there []int) (string, bool) {
		known, worst := false, ""
		for _, i := range there {
			ci := at(at(in.f.Databases, d).Copies, i).Index
			if !ci.Known {
				continue
			}
			known = true
			if ci.Value.Healthy() {
				return "", true
			}
			worst = fmt.Sprintf("%s\\%s: %s", in.t.Databases[d].Name, in.t.Members[in.t.Databases[d].Copies[i].Member].Name, ci.Value)
		}
		return worst, known
	})
	return summarise("a healthy content index of every database", wrong, unknown)
}

func checkSpace(in checkInput) finding {
	var full, dark []string
	in.each(in.members(in.to), func(_ int, name string, m dag.MemberFacts) {
		switch {
		case !m.Disk.Known:
			dark = append(dark, name)
		case !m.Disk.Value:
			full = append(full, name)
		}
	})
	switch {
	case len(full) > 0:
		return bad("no room for logs on "+list(full), "Get-MailboxDatabaseCopyStatus")
	case len(dark) > 0:
		return unseen("the room for logs on "+list(dark)+" cannot be read", "Get-MailboxDatabaseCopyStatus")
	}
	return good("room for logs on every server of "+in.siteName(in.to), "Get-MailboxDatabaseCopyStatus")
}
