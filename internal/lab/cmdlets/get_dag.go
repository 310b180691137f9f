package cmdlets

import (
	"siteswap/dag"
	"siteswap/internal/exchange/wire"
)

func groupReads() map[string]cmdlet {
	return map[string]cmdlet{
		"Get-DatabaseAvailabilityGroup": {read: getGroup, takes: []string{"Identity", "Status"}},
		"Get-MailboxServer":             {read: getMailboxServer, takes: []string{"Identity"}},
		"Test-ReplicationHealth":        {read: testReplication, takes: []string{"Identity"}},
	}
}

// getGroup returns the one DAG there is, whatever name is asked for: with an identity that is unset or unknown the product
// returns all objects (PS:Get), and it is for the caller to notice.
func getGroup(v *view, p args) wire.Reply {
	dir, problem := v.directory(p)
	if problem != nil {
		return failed(*problem)
	}
	d := &v.s.Sites[dir]
	primary, _ := v.t.WitnessAt(dag.WitnessPrimary, v.s.Spare[0])
	alternate, _ := v.t.WitnessAt(dag.WitnessAlternate, v.s.Spare[1])
	o := wire.Object{
		"Name": v.t.Name, "Identity": v.t.Name, "Servers": v.t.MemberNames(v.t.AllMembers()), "DatacenterActivationMode": string(v.t.Mode),
		"StartedMailboxServers": v.fqdns(d.Started), "StoppedMailboxServers": v.fqdns(d.Stopped),
		"WitnessServer": primary.Server, "WitnessDirectory": primary.Directory,
		"AlternateWitnessServer": alternate.Server, "AlternateWitnessDirectory": alternate.Directory,
		"OperationalServers": nil, "PrimaryActiveManager": nil, "WitnessShareInUse": nil,
	}
	if v.t.Exchange.MovesByPreference() {
		o["PreferenceMoveFrequency"] = "-00:00:00.0010000"
		if v.s.PreferenceMoves {
			o["PreferenceMoveFrequency"] = "01:00:00"
		}
	}
	reply := wire.Reply{Objects: []wire.Object{o}}
	if p.on("Status") {
		v.groupStatus(o, &reply)
	}
	return reply
}

func (v *view) groupStatus(o wire.Object, reply *wire.Reply) {
	q := v.quorumNode()
	if q < 0 {
		reply.Warnings = append(reply.Warnings, "Unable to get the status of '"+v.t.Name+"': its cluster doesn't have quorum, or no member of it can be asked.")
		return
	}
	f := &v.f.Members[q]
	o["OperationalServers"], o["WitnessShareInUse"], o["ReplicationPort"] = names(f.Up.Value), string(f.Witness.Value), 64327
	if f.PAM.Value != "" {
		o["PrimaryActiveManager"] = f.PAM.Value
	}
}

func getMailboxServer(v *view, p args) wire.Reply {
	if _, problem := v.directory(p); problem != nil {
		return failed(*problem)
	}
	var reply wire.Reply
	only := -1
	if name, ok := p.text("Identity"); ok {
		m, problem := v.member(name)
		if problem != nil {
			return failed(*problem)
		}
		only = m
	}
	for m := range v.t.Members {
		if only >= 0 && m != only {
			continue
		}
		o := wire.Object{"Name": v.t.Members[m].Name, "Identity": v.t.Members[m].Name, "DatabaseAvailabilityGroup": v.t.Name,
			"DatabaseCopyAutoActivationPolicy": string(v.s.Nodes[m].Policy), "AutoDatabaseMountDial": string(v.s.Nodes[m].Dial),
			"MaximumActiveDatabases": nil, "AdminDisplayVersion": "Exchange " + v.t.Exchange.String()}
		if v.t.Exchange.HasComponents() {
			o["DatabaseCopyActivationDisabledAndMoveNow"] = v.s.Nodes[m].MoveNow
		}
		if limit := v.t.Members[m].MaxPreferred; limit > 0 {
			o["MaximumPreferredActiveDatabases"] = limit
		}
		if limit := v.t.Members[m].MaxActive; limit > 0 {
			o["MaximumActiveDatabases"] = limit
		}
		reply.Objects = append(reply.Objects, o)
	}
	return reply
}

// testReplication runs the checks of MON that the model can answer. ActiveManager fails while the role is Unknown, which
// is while the DACP bit is 0 (DAC).
func testReplication(v *view, p args) wire.Reply {
	m := v.me
	if name, ok := p.text("Identity"); ok {
		var problem *wire.Record
		if m, problem = v.member(name); problem != nil {
			return failed(*problem)
		}
	}
	if !v.reaches(m) {
		return failed(rpcDown(v.t.Members[m].Name))
	}
	f := &v.f.Members[m]
	nodes := &v.s.Nodes[m]
	witness := true
	if nodes.Conf.Present && nodes.Conf.Model == dag.NodeFileShareMajority {
		at, _ := v.t.WitnessAt(nodes.Conf.Witness, nodes.Conf.Spare)
		witness = v.f.Sites[at.Site].Witness.Value || nodes.Conf.Spare > 0
	}
	var reply wire.Reply
	for _, c := range []struct {
		name, text string
		passed     bool
	}{
		{"ClusterService", "the cluster service does not run", f.Cluster.Value == dag.Running},
		{"ReplayService", "the replication service does not run", nodes.Repl},
		{"ActiveManager", "the Active Manager role is Unknown", f.MayMount.Value},
		{"QuorumGroup", "the cluster does not have quorum", f.Quorum.Value},
		{"FileShareQuorum", "the witness share cannot be used", witness},
		{"DagMembersUp", "not every member of the cluster is up", f.Quorum.Value && len(f.Up.Value) == len(f.Nodes.Value)},
	} {
		o := wire.Object{"Server": v.t.Members[m].Name, "Check": c.name, "Result": "Passed", "Error": ""}
		if !c.passed {
			o["Result"], o["Error"] = "*FAILED*", c.text
		}
		reply.Objects = append(reply.Objects, o)
	}
	return reply
}
