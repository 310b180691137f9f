package runbooks

import (
	"time"

	"siteswap/dag"
)

func clusterKinds() []Kind {
	return []Kind{clusterStopKind(), clusterStartKind(), evictKind(), cleanupKind(), quorumKind(), moveGroupKind()}
}

// clusterBase are what the kinds of Windows' own tools have in common.
func clusterBase(k Kind) Kind {
	k.FarEndChecks, k.Timeout = true, 5*time.Minute
	if k.Lands == 0 {
		k.Lands = notAfter + 30*time.Second
	}
	return k
}

func opSpan(kind dag.OpKind) func(*dag.Topology, Args) dag.Span {
	return func(*dag.Topology, Args) dag.Span { return dag.Op{Kind: kind}.Span() }
}

// each is one line per member.
func each(t *dag.Topology, s dag.Set, line func(m dag.Member) string) []string {
	var out []string
	for i := range t.Members {
		if s.Has(i) {
			out = append(out, line(t.Members[i]))
		}
	}
	return out
}

func clusterStopKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.stop", Does: "stops the cluster service of members", Class: Destructive,
		Parameters: endpoint(site("the site whose members are stopped"), server("the one member that is stopped")), Either: []string{"site", "server"},
		Span: opSpan(dag.OpClusterStop), Later: []string{"mounted_on", "active", "quorum", "nodes", "up", "may_mount", "mounts"},
		Footprint: func(t *dag.Topology, a Args) []string {
			out := memberPaths(t, subject(t, a), "cluster", "quorum", "nodes", "up", "may_mount", "mounts")
			return append(out, databasePaths(t, databases(t, Args{}))...)
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpClusterStop, From: runSite(t, a, t.SiteIndex(a.Site)), Members: subject(t, a)}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Stop-Service ClusSvc on " + nameList(t, subject(t, a)), "cluster service stopped"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			return each(t, subject(t, a), func(m dag.Member) string { return "On " + m.FQDN + ", as administrator: Stop-Service ClusSvc" })
		},
		Look: func(t *dag.Topology, a Args) []string {
			return each(t, subject(t, a), func(m dag.Member) string { return "Get-Service ClusSvc -ComputerName " + m.FQDN + "   -> Stopped" })
		},
	})
}

func clusterStartKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.start", Does: "starts the cluster service of members; with force_quorum on exactly one, whose cluster database then wins", Class: Destructive,
		Parameters: endpoint(site("the site whose members are started"), server("the one member that is started"),
			Parameter{Name: "force_quorum", Type: Type{TypeBool, false}, Doc: "with /forcequorum; exactly one node: of a site its first member that answers"}),
		Either: []string{"site", "server"}, Span: opSpan(dag.OpClusterStart), Lands: notAfter + 60*time.Second,
		Later: []string{"cluster", "quorum", "nodes", "up", "model", "witness_in_use", "pam", "may_mount", "mounted_on", "active"},
		Footprint: func(t *dag.Topology, a Args) []string {
			out := memberPaths(t, subject(t, a), "cluster", "start_type", "quorum", "nodes", "up", "model", "witness_in_use", "pam", "may_mount")
			return append(out, databasePaths(t, databases(t, Args{}))...)
		},
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			members := subject(t, a)
			if a.ForceQuorum {
				if m := ForceNode(t, a, f); m >= 0 {
					members = dag.Set(0).Add(m)
				}
			}
			return []dag.Op{{Kind: dag.OpClusterStart, From: runSite(t, a, t.SiteIndex(a.Site)), Members: members, Force: a.ForceQuorum}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			if a.ForceQuorum {
				return "net start clussvc /forcequorum on " + oneOf(t, subject(t, a)), "quorum by decree"
			}
			return "Start-Service ClusSvc on " + nameList(t, subject(t, a)), "cluster service running"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			cmd := "net start clussvc"
			if a.ForceQuorum {
				first := max(subject(t, a).First(), 0)
				return []string{"On ONE of them, best on " + t.Members[first].FQDN + ", as administrator: " + cmd + " /forcequorum",
					"Never on a second one: two clusters would mount the same databases."}
			}
			return each(t, subject(t, a), func(m dag.Member) string { return "On " + m.FQDN + ", as administrator: " + cmd })
		},
		Look: func(t *dag.Topology, a Args) []string {
			return each(t, subject(t, a), func(m dag.Member) string {
				return "Get-ClusterNode -Cluster " + m.Name + "   -> it answers, " + m.Name + ": Up"
			})
		},
		Trouble: []int{4, 5, 26},
	})
}

// ForceNode is the member that is force-started: the one that the step names, or the first of its site that answers. -1: none.
// Exactly one node is forced, whose cluster database then wins (DCS 1.3).
func ForceNode(t *dag.Topology, a Args, f dag.Facts) int {
	for i := range t.Members {
		if subject(t, a).Has(i) && (a.Server != "" || at(f.Members, i).Answers.Value) {
			return i
		}
	}
	return -1
}

// oneOf names a set of which one will be taken.
func oneOf(t *dag.Topology, s dag.Set) string {
	if s.Len() == 1 {
		return nameList(t, s)
	}
	return "one of " + nameList(t, s)
}

func evictKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.evict", Does: "evicts a member from the cluster", Class: Destructive,
		Parameters: endpoint(required(server("the member to evict"))), Span: opSpan(dag.OpEvict), Later: []string{"up", "evicted", "cluster", "start_type"},
		Footprint: func(t *dag.Topology, a Args) []string {
			return append(memberPaths(t, t.AllMembers(), "nodes", "up"), memberPaths(t, subject(t, a), "evicted", "cluster", "start_type")...)
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpEvict, From: runSite(t, a, 0), Member: max(t.MemberIndex(a.Server), 0)}}
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "Remove-ClusterNode " + a.Server + " -Force", a.Server + " is no node"
		},
		ByHand: func(_ *dag.Topology, a Args) []string {
			return []string{"On a member that has quorum: Remove-ClusterNode -Name " + a.Server + " -Force"}
		},
		Look: func(_ *dag.Topology, a Args) []string {
			return []string{"Get-ClusterNode   -> " + a.Server + " is not listed"}
		},
		Trouble: []int{4},
	})
}

func cleanupKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.cleanup", Does: "cleans an evicted member, on itself, so that it can come back", Class: Destructive,
		Parameters: endpoint(required(server("the evicted member"))), Span: opSpan(dag.OpCleanup),
		Footprint: func(t *dag.Topology, a Args) []string {
			return memberPaths(t, subject(t, a), "cluster", "start_type", "evicted")
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			m := max(t.MemberIndex(a.Server), 0)
			return []dag.Op{{Kind: dag.OpCleanup, From: t.Members[m].Site, Member: m}}
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "Clear-ClusterNode -Force on " + a.Server + " itself", a.Server + ": cluster service Disabled"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			return append([]string{"NEVER on a member that mounts databases or holds quorum: it wipes the cluster's database (row 1)."},
				each(t, subject(t, a), func(m dag.Member) string {
					return "Only if Get-Service ClusSvc does not say Disabled. Sit at " + m.FQDN + " itself: Clear-ClusterNode -Force   (2008 R2: cluster node /forcecleanup)"
				})...)
		},
		Look: func(t *dag.Topology, a Args) []string {
			return each(t, subject(t, a), func(m dag.Member) string {
				return "Get-Service ClusSvc -ComputerName " + m.FQDN + " | fl Status,StartType   -> Stopped, Disabled; events 7040 and 4621 in its System log"
			})
		},
		Trouble: []int{1, 8, 9},
	})
}

func quorumKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.quorum", Does: "sets the quorum model of the cluster", Class: Destructive,
		Parameters: endpoint(
			site("the site whose members the cluster has; for model: auto"),
			Parameter{Name: "model", Type: Type{TypeString, false}, Required: true, Values: []string{"auto", string(dag.NodeMajority), string(dag.NodeFileShareMajority)},
				Doc: "the quorum model; auto: node majority for an odd number of members, with a file share witness for an even one (DCS 1.3)"},
			Parameter{Name: "witness", Type: Type{TypeString, false}, Default: "alternate", Values: []string{"alternate", "primary"}, Doc: "the witness, if the model has one"}),
		Span: opSpan(dag.OpQuorum), Later: []string{"quorum"},
		Footprint: func(t *dag.Topology, _ Args) []string {
			return memberPaths(t, t.AllMembers(), "model", "witness_in_use", "quorum")
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpQuorum, From: runSite(t, a, 0), Model: QuorumFor(t, a), Witness: witnessUse(a)}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Set-ClusterQuorum to " + string(QuorumFor(t, a)), string(QuorumFor(t, a))
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			if QuorumFor(t, a) == dag.NodeMajority {
				return []string{"On a member that has quorum: Set-ClusterQuorum -NodeMajority"}
			}
			return append(preferred(t, a), "Set-DatabaseAvailabilityGroup "+t.Name+" -WitnessServer "+witnessServer(t, a, witnessUse(a)))
		},
		Look: func(t *dag.Topology, a Args) []string {
			return []string{"Get-ClusterQuorum   -> " + string(QuorumFor(t, a))}
		},
		Trouble: []int{10, 25},
	})
}

// QuorumFor is the model that a cluster.quorum sets. By Windows' own tools one node is an odd number like any other (DCS 1.3,
// step 5); it is Restore that gives a single node a witness.
func QuorumFor(t *dag.Topology, a Args) dag.QuorumModel {
	if a.Model != "auto" {
		return dag.QuorumModel(a.Model)
	}
	if subject(t, a).Len()%2 == 1 {
		return dag.NodeMajority
	}
	return dag.NodeFileShareMajority
}

func moveGroupKind() Kind {
	return clusterBase(Kind{
		Name: "cluster.move-group", Does: "moves the cluster group, and with it the Primary Active Manager, to a member", Class: Additive,
		Parameters: endpoint(required(server("the member that shall own the cluster group"))), Span: opSpan(dag.OpMoveGroup),
		Footprint: func(t *dag.Topology, _ Args) []string { return memberPaths(t, t.AllMembers(), "pam") },
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			return []dag.Op{{Kind: dag.OpMoveGroup, From: runSite(t, a, 0), Member: max(t.MemberIndex(a.Server), 0)}}
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return `Move-ClusterGroup "Cluster Group" -Node ` + a.Server, "PAM: " + a.Server
		},
		ByHand: func(_ *dag.Topology, a Args) []string {
			return []string{`On a member: Move-ClusterGroup "Cluster Group" -Node ` + a.Server}
		},
		Look: func(t *dag.Topology, a Args) []string {
			return []string{"Get-DatabaseAvailabilityGroup " + t.Name + " -Status | fl PrimaryActiveManager   -> " + a.Server}
		},
	})
}
