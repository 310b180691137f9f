package runbooks

import (
	"fmt"
	"time"

	"siteswap/dag"
)

func dagKinds() []Kind {
	return []Kind{stopKind(), restoreKind(), startKind(), setKind(), addKind()}
}

func stopKind() Kind {
	return Kind{
		Name: "dag.stop", Does: "Stop-DatabaseAvailabilityGroup, in the form that reachability asks for",
		Parameters: endpoint(site("the site whose members are marked"), server("the one member that is marked"),
			Parameter{Name: "configuration_only", Type: Type{TypeString, false}, Default: "auto", Values: []string{"auto", "true", "false"},
				Doc: "auto: fully for members that answer, the directory alone for the others"}),
		Either: []string{"site", "server"}, Class: Destructive, FarEndChecks: true,
		Timeout: 15 * time.Minute, Lands: notAfter + 30*time.Second,
		Later: []string{"mounted_on", "active", "mounts", "quorum", "may_mount"},
		Span: func(_ *dag.Topology, a Args) dag.Span {
			if a.ConfigurationOnly == "true" {
				return dag.Op{Kind: dag.OpStop, ConfigurationOnly: true}.Span()
			}
			only := dag.Op{Kind: dag.OpStop, ConfigurationOnly: true}.Span()
			full := dag.Op{Kind: dag.OpStop}.Span()
			if a.ConfigurationOnly == "false" {
				return full
			}
			return dag.Span{Min: only.Min, Typical: only.Typical, Max: full.Max}
		},
		Footprint: func(t *dag.Topology, a Args) []string {
			out := append(listPaths(t, sitesOf(t, subject(t, a)).Add(runSite(t, a, t.SiteIndex(a.Site)))), memberPaths(t, subject(t, a), "cluster", "start_type", "evicted", "quorum", "may_mount", "mounts")...)
			return append(out, databasePaths(t, databases(t, Args{}))...)
		},
		Model: stopModel,
		Summary: func(t *dag.Topology, a Args) (string, string) {
			cmd := "Stop-DatabaseAvailabilityGroup " + t.Name + stopScope(t, a)
			switch a.ConfigurationOnly {
			case "true":
				cmd += " -ConfigurationOnly"
			case "auto", "":
				cmd += " [-ConfigurationOnly]"
			}
			return cmd, "stopped: " + nameList(t, subject(t, a))
		},
		ByHand:  stopByHand,
		Look:    lookAtLists,
		Trouble: []int{6, 12, 13, 28},
	}
}

// StopForm divides the members of a dag.stop: those to stop fully, and those for which only the directory is written.
// -ConfigurationOnly is for members that do not answer (KB10086, PS:Stop; domain-exchange.md 1.2).
func StopForm(t *dag.Topology, a Args, f dag.Facts) (full, configurationOnly dag.Set) {
	for i := range t.Members {
		if !subject(t, a).Has(i) {
			continue
		}
		answers := at(f.Members, i).Answers.Value && at(f.Sites, t.Members[i].Site).Directory.Value
		if a.ConfigurationOnly == "false" || a.ConfigurationOnly != "true" && answers {
			full = full.Add(i)
		} else {
			configurationOnly = configurationOnly.Add(i)
		}
	}
	return full, configurationOnly
}

func stopModel(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
	full, only := StopForm(t, a, f)
	from := runSite(t, a, t.SiteIndex(a.Site))
	var ops []dag.Op
	if full != 0 {
		ops = append(ops, dag.Op{Kind: dag.OpStop, From: from, Members: full})
	}
	if only != 0 {
		ops = append(ops, dag.Op{Kind: dag.OpStop, From: from, Members: only, ConfigurationOnly: true})
	}
	return ops
}

// stopScope is how the cmdlet names its members: the site, or one server. A DAG in one site takes servers only (KB10086).
func stopScope(t *dag.Topology, a Args) string {
	if a.Server != "" {
		return " -MailboxServer " + a.Server
	}
	return " -ActiveDirectorySite " + a.Site
}

func stopByHand(t *dag.Topology, a Args) []string {
	base := "Stop-DatabaseAvailabilityGroup " + t.Name + stopScope(t, a)
	out := preferred(t, a)
	if a.ConfigurationOnly != "false" {
		out = append(out, "If its servers do not answer (the usual case when the site is lost):", "  "+base+" -ConfigurationOnly -Confirm:$false")
	}
	if a.ConfigurationOnly != "true" {
		out = append(out, "If its servers and its domain controller answer:", "  "+base+" -Confirm:$false")
	}
	if a.ConfigurationOnly == "auto" || a.ConfigurationOnly == "" {
		out = append(out, "If some answer and some do not: name them one by one with -MailboxServer, with -ConfigurationOnly for those that do not.")
	}
	return append(out, "An error about a domain controller of the lost site is harmless if the check below is good.")
}

// preferred opens the shell where the command shall run: on a member of the site, bound to a domain controller of it
// (row 13 of section 9: lists read from the dead site's controller are old).
func preferred(t *dag.Topology, a Args) []string {
	i := t.SiteIndex(a.RunFrom)
	if a.RunFrom == "" || i < 0 {
		return nil
	}
	first := t.MembersOf(i).First()
	if first < 0 {
		return nil
	}
	out := []string{"In the Exchange Management Shell on " + t.Members[first].FQDN + " (" + a.RunFrom + "):"}
	dc := a.DomainController
	if dc == "" && len(t.Sites[i].DomainControllers) > 0 {
		dc = t.Sites[i].DomainControllers[0]
	}
	if dc != "" {
		out = append(out, "  Set-ADServerSettings -PreferredServer "+dc)
	}
	return out
}

func lookAtLists(t *dag.Topology, a Args) []string {
	gone := subject(t, a)
	return []string{
		fmt.Sprintf("Get-DatabaseAvailabilityGroup %s | fl StartedMailboxServers,StoppedMailboxServers", t.Name),
		"  StoppedMailboxServers: " + fqdns(t, gone),
		"  StartedMailboxServers: " + fqdns(t, t.AllMembers()&^gone),
	}
}

// fqdns are the members as the two lists hold them: FQDNs (domain-exchange.md 2.1).
func fqdns(t *dag.Topology, s dag.Set) string {
	out := ""
	for i := range t.Members {
		if s.Has(i) {
			if out != "" {
				out += ", "
			}
			out += t.Members[i].FQDN
		}
	}
	if out == "" {
		return "(empty)"
	}
	return out
}

func restoreKind() Kind {
	return Kind{
		Name: "dag.restore", Does: "Restore-DatabaseAvailabilityGroup: forces quorum on one member of the site, evicts the stopped ones, sets the witness",
		Parameters: endpoint(required(site("the site that takes over")),
			Parameter{Name: "witness", Type: Type{TypeString, false}, Default: "auto", Values: []string{"auto", "alternate", "primary"}, Replaces: dag.WitnessAlternate,
				Doc: "which witness is used; auto: the alternate; {server, directory}: another server as the alternate"}),
		Class: Destructive, FarEndChecks: true, Timeout: 30 * time.Minute, Lands: 3 * time.Minute,
		Later: []string{"mounted_on", "active", "may_mount", "cluster", "up", "quorum"},
		Span:  func(*dag.Topology, Args) dag.Span { return dag.Op{Kind: dag.OpRestore}.Span() },
		Footprint: func(t *dag.Topology, a Args) []string {
			out := append(witnessNames(a), memberPaths(t, subject(t, a), "cluster", "start_type", "quorum", "nodes", "up", "model", "witness_in_use", "pam", "may_mount")...)
			return append(out, databasePaths(t, databases(t, Args{}))...)
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			i := t.SiteIndex(a.Site)
			return replacing(t, a, dag.Op{Kind: dag.OpRestore, From: runSite(t, a, i), Site: max(i, 0), Witness: witnessUse(a)})
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			_, then := t.ParityModel(subject(t, a).Len(), witnessUse(a))
			text := "operational: " + nameList(t, subject(t, a))
			if then != dag.WitnessNone {
				text += "; witness " + witnessServer(t, a, then)
			}
			return "Restore-DatabaseAvailabilityGroup " + t.Name + " -ActiveDirectorySite " + a.Site + witnessSwitch(a), text
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			return append(preferred(t, a), "  Restore-DatabaseAvailabilityGroup "+t.Name+" -ActiveDirectorySite "+a.Site+witnessSwitch(a)+" -Confirm:$false",
				"It takes 2 to 10 minutes. Keep everything that it prints, the warnings first of all.")
		},
		Look:    lookAtCluster,
		Trouble: []int{4, 5, 6, 10, 13, 25, 26, 28},
	}
}

func witnessUse(a Args) dag.WitnessUse {
	if a.Witness == "primary" {
		return dag.WitnessPrimary
	}
	return dag.WitnessAlternate
}

func witnessSwitch(a Args) string {
	if a.Witness == "primary" {
		return " -UsePrimaryWitnessServer"
	}
	return replacementSwitches(a)
}

// witnessServer is the server behind a property of the DAG once the step is done.
func witnessServer(t *dag.Topology, a Args, use dag.WitnessUse) string {
	switch {
	case use == dag.WitnessPrimary && a.NewWitness != nil:
		return a.NewWitness.Server
	case use == dag.WitnessPrimary:
		return t.Witness.Server
	case a.NewAlternate != nil:
		return a.NewAlternate.Server
	}
	return t.Alternate.Server
}

// lookAtCluster: the cluster's nodes are the site's members, with quorum and the right witness.
func lookAtCluster(t *dag.Topology, a Args) []string {
	members := subject(t, a)
	_, use := t.ParityModel(members.Len(), witnessUse(a))
	first := max(members.First(), 0)
	return append(lookAtWitness(t, a),
		"Get-ClusterNode -Cluster "+t.Members[first].Name+"   -> "+nameList(t, members)+": Up; nobody else is listed",
		fmt.Sprintf("Get-DatabaseAvailabilityGroup %s -Status | fl OperationalServers,PrimaryActiveManager,WitnessShareInUse", t.Name),
		"  OperationalServers: "+nameList(t, members),
		"  WitnessShareInUse: "+string(use))
}
