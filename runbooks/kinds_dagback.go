package runbooks

import (
	"fmt"
	"time"

	"siteswap/dag"
)

func clusterFields() []string {
	return []string{"cluster", "start_type", "evicted", "quorum", "nodes", "up", "may_mount"}
}

func startKind() Kind {
	return Kind{
		Name: "dag.start", Does: "Start-DatabaseAvailabilityGroup: takes members back into the cluster and onto the Started list",
		Parameters: endpoint(site("the site whose members come back"), server("the one member that comes back")),
		Either:     []string{"site", "server"}, Class: Additive, FarEndChecks: true, Timeout: 30 * time.Minute, Lands: 3 * time.Minute,
		Later: []string{"cluster", "start_type", "evicted", "quorum", "nodes", "up", "may_mount"},
		Span:  func(*dag.Topology, Args) dag.Span { return dag.Op{Kind: dag.OpStart}.Span() },
		Footprint: func(t *dag.Topology, a Args) []string {
			out := append(listPaths(t, dag.Set(0).Add(runSite(t, a, t.SiteIndex(a.Site)))), memberPaths(t, subject(t, a), clusterFields()...)...)
			// What the copies then find out about themselves (healthy, or diverged) each does in its own time: section 2, rule 5.
			return append(out, memberPaths(t, t.AllMembers()&^subject(t, a), "nodes", "up")...)
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpStart, From: runSite(t, a, t.SiteIndex(a.Site)), Members: subject(t, a)}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Start-DatabaseAvailabilityGroup " + t.Name + stopScope(t, a), "started: " + nameList(t, t.AllMembers())
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			return append(preferred(t, a), "  Start-DatabaseAvailabilityGroup "+t.Name+stopScope(t, a)+" -Confirm:$false")
		},
		Look: func(t *dag.Topology, a Args) []string {
			return []string{
				fmt.Sprintf("Get-DatabaseAvailabilityGroup %s | fl StartedMailboxServers,StoppedMailboxServers", t.Name),
				"  StartedMailboxServers: " + fqdns(t, t.AllMembers()), "  StoppedMailboxServers: (empty)",
				"Get-ClusterNode   -> " + nameList(t, t.AllMembers()) + ": Up",
			}
		},
		Trouble: []int{7, 8, 9, 30},
	}
}

// WitnessFor is the witness that a dag.set asks for: the primary, unless the step says otherwise or, with auto, only the
// alternate is seen to be usable.
func WitnessFor(t *dag.Topology, a Args, f dag.Facts) dag.WitnessUse {
	if a.NewWitness != nil || a.NewAlternate != nil {
		return dag.WitnessPrimary
	}
	switch a.Witness {
	case "alternate":
		return dag.WitnessAlternate
	case "auto":
		if !at(f.Sites, t.Witness.Site).Witness.Value && at(f.Sites, t.Alternate.Site).Witness.Value {
			return dag.WitnessAlternate
		}
	}
	return dag.WitnessPrimary
}

func setKind() Kind {
	return Kind{
		Name: "dag.set", Does: "the bare Set-DatabaseAvailabilityGroup: repairs quorum model and witness for the number of members; or names another witness server",
		Parameters: endpoint(Parameter{Name: "witness", Type: Type{TypeString, false}, Default: "primary", Values: []string{"primary", "alternate", "auto"}, Replaces: dag.WitnessPrimary,
			Doc: "the witness server that the DAG shall have; auto: the primary if it can be used, else the alternate; {server, directory}: another server"},
			Parameter{Name: "alternate_witness", Type: Type{TypeWitness, false}, Replaces: dag.WitnessAlternate, Doc: "{server, directory}: another server as the alternate"}),
		Class: Additive, FarEndChecks: true, Timeout: 5 * time.Minute, Lands: notAfter + 30*time.Second,
		Span:  func(*dag.Topology, Args) dag.Span { return dag.Op{Kind: dag.OpSet}.Span() },
		Later: []string{"quorum"},
		Footprint: func(t *dag.Topology, a Args) []string {
			return append(witnessNames(a), memberPaths(t, t.AllMembers(), "model", "witness_in_use", "quorum")...)
		},
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			return replacing(t, a, dag.Op{Kind: dag.OpSet, From: runSite(t, a, 0), Witness: WitnessFor(t, a, f)})
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			model, use := t.ParityModel(len(t.Members), dag.WitnessPrimary)
			then := string(model)
			if use != dag.WitnessNone {
				then += ", witness " + witnessServer(t, a, dag.WitnessPrimary)
			}
			return "Set-DatabaseAvailabilityGroup " + t.Name + replacementSwitches(a), then
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := preferred(t, a)
			if with := replacementSwitches(a); with != "" {
				return append(out, "  Set-DatabaseAvailabilityGroup "+t.Name+with, "First make sure that the Exchange Trusted Subsystem is a local administrator of the server and that its firewall lets file sharing in.")
			}
			if a.Witness != "alternate" {
				out = append(out, "  Set-DatabaseAvailabilityGroup "+t.Name+"        (no other parameter)")
			}
			if a.Witness == "alternate" || a.Witness == "auto" {
				out = append(out, "  if "+t.Witness.Server+" is lost: Set-DatabaseAvailabilityGroup "+t.Name+" -WitnessServer "+t.Alternate.Server+" -WitnessDirectory "+t.Alternate.Directory)
			}
			return out
		},
		Look: func(t *dag.Topology, a Args) []string {
			_, use := t.ParityModel(len(t.Members), dag.WitnessPrimary)
			return append(lookAtWitness(t, a), fmt.Sprintf("Get-DatabaseAvailabilityGroup %s -Status | fl WitnessShareInUse   -> %s, and never Alternate or InvalidConfiguration", t.Name, use))
		},
		Trouble: []int{10, 11, 25},
	}
}

func addKind() Kind {
	return Kind{
		Name: "dag.add", Does: "Add-DatabaseAvailabilityGroupServer: the way back of an evicted member with DAC Off",
		Parameters: endpoint(required(server("the member that comes back"))), Class: Additive, FarEndChecks: true,
		Timeout: 15 * time.Minute, Lands: notAfter + 60*time.Second,
		Later: append(clusterFields(), "status", "diverged"),
		Span:  func(*dag.Topology, Args) dag.Span { return dag.Op{Kind: dag.OpAdd}.Span() },
		Footprint: func(t *dag.Topology, a Args) []string {
			out := memberPaths(t, subject(t, a), clusterFields()...)
			out = append(out, memberPaths(t, t.AllMembers()&^subject(t, a), "nodes", "up")...)
			return append(out, copyPaths(t, databases(t, Args{}), subject(t, a), "status", "diverged")...)
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpAdd, From: runSite(t, a, 0), Member: max(t.MemberIndex(a.Server), 0)}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Add-DatabaseAvailabilityGroupServer " + t.Name + " -MailboxServer " + a.Server, a.Server + " is a node"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			return append(preferred(t, a), "  Add-DatabaseAvailabilityGroupServer "+t.Name+" -MailboxServer "+a.Server)
		},
		Look:    func(_ *dag.Topology, a Args) []string { return []string{"Get-ClusterNode   -> " + a.Server + ": Up"} },
		Trouble: []int{7, 9, 30},
	}
}
