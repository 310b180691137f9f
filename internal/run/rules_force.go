package run

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// recoverySite is the site that a forcing step works for.
func recoverySite(p *runbooks.Step, t *dag.Topology) int {
	if p.With.Server != "" {
		if m := t.MemberIndex(p.With.Server); m >= 0 {
			return t.Members[m].Site
		}
	}
	return t.SiteIndex(p.With.Site)
}

// fenceBeforeForce: nothing is forced while a member outside the recovery site is not shown to be harmless. Being on the
// Stopped list is no evidence (domain-exchange.md section 11, I1).
func fenceBeforeForce(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if p.Kind == "cluster.start" && !p.With.ForceQuorum {
		return nil
	}
	site := recoverySite(p, in.Topology)
	return fenced(r, in, func(m int) bool { return in.Topology.Members[m].Site != site })
}

// fenceShows: a fence that shows nothing is refused by the rule that it is there for, before anything has been changed.
func fenceShows(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	return fenced(r, in, func(m int) bool { return inScope(in.Topology, p, m) })
}

// fenced refuses while one of the members is neither shown harmless nor covered by the word of two people.
func fenced(r *Run, in Input, about func(m int) bool) *Refusal {
	t := in.Topology
	var open, evidence []string
	for m := range t.Members {
		if !about(m) || r.wordFor(t, m) || r.wasOff(in, m) {
			continue
		}
		if shown, what := runbooks.Harmless(t, *in.Facts, m); !shown {
			open, evidence = append(open, t.Members[m].Name), append(evidence, what)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return &Refusal{Rule: RuleFenceBeforeForce, Why: strings.Join(open, ", ") + " not shown to be harmless: two sites could mount the same database",
		Evidence: strings.Join(evidence, "; "),
		Unblock:  "power them off (or hold the power off with DAC Off), or stop and disable ClusSvc on them, and let it be read back; else the word of two people"}
}

// wordFor: two people have given their word on a fence step of the run that is about this member, or its own site has signed that it
// stood down (siteswap standdown).
func (r *Run) wordFor(t *dag.Topology, m int) bool {
	if slices.ContainsFunc(r.Approvals, func(a Approval) bool { return slices.Contains(a.StandDown, t.Members[m].Name) }) {
		return true
	}
	for i := range r.Plan.Steps {
		p := &r.Plan.Steps[i]
		if p.Kind == "fence" && slices.Contains(p.With.By, "people") && inScope(t, p, m) && len(r.approvers(p.ID)) >= wordTakes {
			return true
		}
	}
	return false
}

// noForceWithQuorum: a recovery site that holds quorum is not stopped, restored or forced, unless this run forced it itself.
func noForceWithQuorum(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	if p.Kind == "cluster.start" && !p.With.ForceQuorum || r.hasForced() {
		return nil
	}
	site := recoverySite(p, t)
	for m := range t.Members {
		mf, name := &f.Members[m], t.Members[m].Name
		if t.Members[m].Site != site {
			continue
		}
		if mf.Answers.Value && !mf.Quorum.Known {
			return unread(RuleNoForceWithQuorum, "it cannot be read whether "+name+" holds quorum", "Get-ClusterNode on "+name, mf.Quorum.Why, "make its cluster service answer, or stop it")
		}
		if mf.Quorum.Value {
			return &Refusal{Rule: RuleNoForceWithQuorum, Why: fmt.Sprintf("%s holds quorum: %s up of %s", t.Sites[site].Name, strings.Join(mf.Up.Value, ", "), strings.Join(mf.Nodes.Value, ", ")),
				Evidence: "Get-ClusterNode on " + name, Unblock: "nothing is forced: mark the lost members stopped, activate what is left, move names and calls"}
		}
	}
	return nil
}

// stopsCluster: in the site that takes over, as no-force-with-quorum says; elsewhere as a planned switchover stops nothing that
// serves (DAC Off, DCS 1.3).
func stopsCluster(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if recoverySite(p, in.Topology) != Vantage(&r.Plan, in.Topology) {
		return plannedStops(r, p, c, in)
	}
	return noForceWithQuorum(r, p, c, in)
}

// hasForced: a step of this run that forces quorum has been acted on.
func (r *Run) hasForced() bool {
	for i := range r.Steps {
		p := &r.Plan.Steps[i]
		if runbooks.Forces(p) && r.acted(p.ID) {
			return true
		}
	}
	return false
}

// oneForcedNode: no two different nodes are force-started in one run; the same one again only while no other holds quorum (the
// documented cure for 0x46 and 0x6d9).
func oneForcedNode(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if !p.With.ForceQuorum {
		return nil
	}
	t := in.Topology
	server := cmp.Or(p.With.Server, c.Server)
	if server == "" {
		return &Refusal{Rule: RuleOneForcedNode, Why: "no one node was chosen, and only one may be forced", Evidence: "step " + p.ID, Unblock: "name the one server in the runbook"}
	}
	for i := range r.Steps {
		q := &r.Plan.Steps[i]
		if other := forcedBy(&r.Steps[i], q); other != "" && r.acted(q.ID) && other != server {
			return &Refusal{Rule: RuleOneForcedNode, Why: other + " was force-started in this run already", Evidence: "step " + q.ID,
				Unblock: "let " + server + " join: start its cluster service without force"}
		}
	}
	for m := range t.Members {
		if name := t.Members[m].Name; r.acted(p.ID) && m != t.MemberIndex(server) && in.Facts.Members[m].Quorum.Value {
			return &Refusal{Rule: RuleOneForcedNode, Why: name + " holds quorum, and " + server + " was forced in this run already", Evidence: "Get-ClusterNode on " + name,
				Unblock: "let " + server + " join: start its cluster service without force"}
		}
	}
	return nil
}

// forcedBy is the node that a step force-started, "" if it is of another kind.
func forcedBy(s *Step, p *runbooks.Step) string {
	if !p.With.ForceQuorum { // no other kind has it
		return ""
	}
	if p.With.Server == "" && s.Intent != nil {
		return s.Intent.Choice.Server
	}
	return p.With.Server
}

// listsAgree: before Restore, Started and Stopped partition the members, read through the recovery site's domain controller,
// and Started is that site's members (I3).
func listsAgree(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t := in.Topology
	site := recoverySite(p, t)
	if site < 0 {
		return &Refusal{Rule: RuleListsAgree, Why: "the recovery site is not in the site file", Evidence: "step " + p.ID, Unblock: "name a site of the site file"}
	}
	sf, name := &in.Facts.Sites[site], t.Sites[site].Name
	unblock := "run Stop again with -DomainController of " + name + ", wait for replication, look again"
	for _, list := range []dag.Fact[[]string]{sf.Started, sf.Stopped} {
		if !list.Known {
			return unread(RuleListsAgree, "the Started and Stopped lists cannot be read through "+name, "Get-DatabaseAvailabilityGroup through "+name, list.Why, unblock)
		}
	}
	for m := range t.Members {
		started, stopped := slices.Contains(sf.Started.Value, t.Members[m].Name), slices.Contains(sf.Stopped.Value, t.Members[m].Name)
		if started == stopped || started != (t.Members[m].Site == site) {
			return &Refusal{Rule: RuleListsAgree, Why: "Started must be the members of " + name + " and Stopped all others; " + t.Members[m].Name + " is on the wrong list",
				Evidence: "started: " + strings.Join(sf.Started.Value, ", ") + "; stopped: " + strings.Join(sf.Stopped.Value, ", "), Unblock: unblock}
		}
	}
	return nil
}
