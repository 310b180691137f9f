package run

import (
	"slices"

	"siteswap/dag"
	"siteswap/runbooks"
)

// evictedBeforeStart: a returned member whose own cluster database still names it a node answers "invalid node" (TM10), or forms
// a cluster of its own. A member that the cluster with quorum of the site where it runs lists as its node was never evicted.
func evictedBeforeStart(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	nodes := nodesOf(in, Vantage(&r.Plan, in.Topology))
	for m := range in.Topology.Members {
		mf, name := &in.Facts.Members[m], in.Topology.Members[m].Name
		if !inScope(in.Topology, p, m) || mf.Evicted.Value || slices.Contains(nodes, name) {
			continue
		}
		why := name + " is not shown to have learnt its eviction"
		unblock := "Clear-ClusterNode -Force on " + name + " itself (never on a member of the recovery site), then start again"
		if !mf.Evicted.Known {
			return unread(RuleEvictedBeforeStart, why, "events 7040 and 4621 on "+name, mf.Evicted.Why, unblock)
		}
		return &Refusal{Rule: RuleEvictedBeforeStart, Why: why, Evidence: "events 7040 and 4621 on " + name + ": not there", Unblock: unblock}
	}
	return nil
}

// nodesOf are the nodes of the cluster with quorum that a member of the site stands in.
func nodesOf(in Input, site int) []string {
	for m := range in.Topology.Members {
		if mf := &in.Facts.Members[m]; in.Topology.Members[m].Site == site && mf.Quorum.Value {
			return mf.Nodes.Value
		}
	}
	return nil
}

// debtBites: no Start while a DNS server or redirector of the returning site still serves the old answer: clients would be
// led to databases that are not there (put-back).
func debtBites(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	site := recoverySite(p, t)
	if site < 0 {
		return &Refusal{Rule: RuleDebtBites, Why: "the site of the step is not in the site file", Evidence: "step " + p.ID, Unblock: "name a site of the site file"}
	}
	name := t.Sites[site].Name
	for i := range f.DNS {
		srv := &t.DNSServers[i/len(t.Names)]
		if srv.Site == site && f.DNS[i].LeadTo(name) {
			return &Refusal{Rule: RuleDebtBites, Why: srv.Address + " in " + name + " still answers " + t.Names[i%len(t.Names)].Name + " with " + name,
				Evidence: "asked " + srv.Address, Unblock: "repoint the names at every server of " + name + " first (dns.repoint)"}
		}
	}
	for i := range f.Redirector {
		if t.Redirectors[i].Site == site && f.Redirector[i].Site.Known && f.Redirector[i].Site.Value == name {
			return &Refusal{Rule: RuleDebtBites, Why: "redirector " + t.Redirectors[i].Listen + " still sends calls to " + name, Evidence: "asked it",
				Unblock: "send calls to the active site at every redirector first (um.reroute)"}
		}
	}
	return nil
}

// cleanupTarget: Clear-ClusterNode wipes the cluster database of the member that it runs on, and nothing stops it on the last
// one that holds it (EXPTA).
func cleanupTarget(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	m := t.MemberIndex(p.With.Server)
	if m < 0 {
		return &Refusal{Rule: RuleCleanupTarget, Why: p.With.Server + " is no member", Evidence: "servers[] of the site file", Unblock: "name a member"}
	}
	v := Vantage(&r.Plan, t)
	mf, stopped := &f.Members[m], f.Sites[v].Stopped
	listed := stopped.Known && slices.Contains(stopped.Value, t.Members[m].Name)
	why := ""
	switch {
	case t.Members[m].Site == v:
		why = "it is in the recovery site, and may hold the last copy of the cluster database"
	case !mf.Quorum.Known || mf.Quorum.Value:
		why = "it is in a cluster that holds quorum, or that cannot be read"
	case !mf.Cluster.Known || mf.Cluster.Value != dag.Stopped:
		why = "its cluster service is not stopped, or cannot be read"
	case !listed && (!f.Mode.Known || f.Mode.Value == dag.DagOnly):
		why = "it is not on the Stopped list, or the list cannot be read"
	default:
		return nil
	}
	return &Refusal{Rule: RuleCleanupTarget, Why: t.Members[m].Name + " must not be cleaned: " + why,
		Evidence: "Get-Service, Get-ClusterNode on " + t.Members[m].Name + "; Get-DatabaseAvailabilityGroup through " + t.Sites[v].Name,
		Unblock:  "clean only a returned member that is stopped: `Stop-Service ClusSvc` on it first"}
}
