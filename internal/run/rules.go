package run

import (
	"fmt"
	"slices"
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// The rules that may refuse, by the names that people use to override them (architecture.md, safety rules).
const (
	RuleFenceBeforeForce   = "fence-before-force"
	RuleNoForceWithQuorum  = "no-force-with-quorum"
	RuleOneForcedNode      = "one-forced-node"
	RuleDACRequired        = "dac-required"
	RuleListsAgree         = "lists-agree"
	RuleCleanupTarget      = "cleanup-target"
	RuleLossAcknowledged   = "loss-acknowledged"
	RuleKeepTheDivergent   = "keep-the-divergent"
	RulePlannedStops       = "planned-stops-nothing-mounted"
	RuleEvictedBeforeStart = "evicted-before-start"
	RuleTTLBeforeMove      = "ttl-before-move"
	RuleDebtBites          = "put-back"
	RuleTargetHasCopies    = "target-has-copies"
	RuleTargetDiffers      = "target-differs"
	RuleTargetAlive        = "target-alive"
	RuleOneRunPerDAG       = "one-run-per-dag"
)

// rule looks at one step about to act. It returns a refusal, or nil.
type rule func(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal

// rulesOf are the rules that guard a kind, in the order in which they are asked.
func rulesOf(kind string) []rule {
	switch kind {
	case "dag.stop":
		return []rule{dacRequired, plannedStops}
	case "dag.restore":
		return []rule{dacRequired, listsAgree, fenceBeforeForce, noForceWithQuorum}
	case "dag.start":
		return []rule{dacRequired, evictedBeforeStart, debtBites}
	case "cluster.stop":
		return []rule{noForceWithQuorum}
	case "cluster.start":
		return []rule{fenceBeforeForce, noForceWithQuorum, oneForcedNode}
	case "cluster.cleanup":
		return []rule{cleanupTarget}
	case "db.activate":
		return []rule{activationFenced, lossAcknowledged, ttlBeforeMove}
	case "db.resync":
		return []rule{keepTheDivergent}
	}
	return nil
}

// Recheck asks the safety rules about a step that holds a Permit, on facts observed after it. A rule that was overridden for
// just this evidence is passed over.
func Recheck(r *Run, step string, in Input) *Refusal {
	p, s := r.Plan.Step(step), r.Step(step)
	rules := rulesOf(p.Kind)
	if !slices.ContainsFunc(r.Plan.Steps, func(q runbooks.Step) bool { return q.Kind == "check" }) && len(rules) > 0 {
		if ref := preflight(r, p, in); ref != nil && !r.overridden(ref, step) {
			return ref
		}
	}
	for _, rule := range rules {
		if ref := rule(r, p, s.Intent.Choice, in); ref != nil {
			ref.FactHash = evidenceHash(ref)
			if !r.overridden(ref, step) {
				return ref
			}
		}
	}
	return nil
}

// overridden: an override names the rule and the step, and its giver was shown just this evidence.
func (r *Run) overridden(ref *Refusal, step string) bool {
	return slices.ContainsFunc(r.Overrides, func(o Override) bool {
		return o.Rule == ref.Rule && o.Step == step && o.FactHash == ref.FactHash && o.PlanHash == r.PlanHash
	})
}

// preflight are the rules about the run as a whole.
func preflight(r *Run, p *runbooks.Step, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	from, to := t.SiteIndex(r.Plan.Parameter("from")), t.SiteIndex(r.Plan.Parameter("to"))
	if from < 0 || to < 0 {
		return nil
	}
	for _, check := range []func(*dag.Topology, *dag.Facts, int, int) *Refusal{targetDiffers, targetHasCopies, targetAlive} {
		if ref := check(t, f, from, to); ref != nil {
			ref.FactHash = evidenceHash(ref)
			return ref
		}
	}
	return nil
}

func targetDiffers(t *dag.Topology, f *dag.Facts, from, to int) *Refusal {
	if from == to {
		return &Refusal{Rule: RuleTargetDiffers, Why: t.Sites[to].Name + " is the site that is left", Evidence: "from and to are both " + t.Sites[to].Name,
			Unblock: "name another site: `--to SITE`"}
	}
	inTo, inFrom, all := 0, 0, len(t.Databases)
	for d := range t.Databases {
		m := t.MemberIndex(f.Databases[d].MountedOn.Value)
		if m >= 0 && t.Members[m].Site == to {
			inTo++
		}
		if m >= 0 && t.Members[m].Site == from {
			inFrom++
		}
	}
	if inTo == all && all > 0 && inFrom == 0 {
		return &Refusal{Rule: RuleTargetDiffers, Why: fmt.Sprintf("%s mounts nothing and %s mounts everything already", t.Sites[from].Name, t.Sites[to].Name),
			Evidence: fmt.Sprintf("%d of %d databases are mounted in %s, read from its stores", inTo, all, t.Sites[to].Name),
			Unblock:  fmt.Sprintf("nothing to do; to go the other way: `--from %s --to %s`", t.Sites[to].Name, t.Sites[from].Name)}
	}
	return nil
}

func targetHasCopies(t *dag.Topology, f *dag.Facts, from, to int) *Refusal {
	var missing []string
	for d := range t.Databases {
		inFrom, inTo := false, false
		for _, c := range t.Databases[d].Copies {
			inFrom = inFrom || t.Members[c.Member].Site == from
			inTo = inTo || t.Members[c.Member].Site == to
		}
		if inFrom && !inTo {
			missing = append(missing, t.Databases[d].Name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	names := strings.Join(missing, ", ")
	return &Refusal{Rule: RuleTargetHasCopies, Why: t.Sites[to].Name + " has no copy of " + names, Evidence: "databases[].copies of the site file",
		Unblock: "add a copy in peacetime: Add-MailboxDatabaseCopy " + missing[0] + " -MailboxServer <a server in " + t.Sites[to].Name + ">, then databases[].copies"}
}

func targetAlive(t *dag.Topology, f *dag.Facts, from, to int) *Refusal {
	var silent []string
	for m := range t.Members {
		if t.Members[m].Site != to {
			continue
		}
		if f.Members[m].Answers.Value {
			return nil
		}
		silent = append(silent, t.Members[m].Name)
	}
	if len(silent) == 0 {
		return &Refusal{Rule: RuleTargetAlive, Why: t.Sites[to].Name + " has no member of the DAG", Evidence: "servers[] of the site file", Unblock: "name a site that has members"}
	}
	return &Refusal{Rule: RuleTargetAlive, Why: "no member in " + t.Sites[to].Name + " answers", Evidence: strings.Join(silent, ", ") + ": no answer from their management endpoints",
		Unblock: "bring one of them up, or restore the link to " + t.Sites[to].Name + ", and start again"}
}

func dacRequired(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	m := in.Facts.Mode
	if m.Known && m.Value == dag.DagOnly {
		return nil
	}
	ref := &Refusal{Rule: RuleDACRequired, Why: "DatacenterActivationMode is not DagOnly", Evidence: "Get-DatabaseAvailabilityGroup: " + string(m.Value),
		Unblock: "with DAC Off follow the Windows tools path (Stop, Restore and Start refuse); do not switch the mode in the middle of an incident"}
	if !m.Known {
		ref.Why, ref.Evidence = "DatacenterActivationMode cannot be read", m.Why
		ref.Unblock = "make a domain controller of the recovery site answer"
	}
	return ref
}

func plannedStops(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	for m := range in.Topology.Members {
		if mf := &in.Facts.Members[m]; inScope(in.Topology, p, m) && mf.Answers.Value && len(mf.MountsHere.Value) > 0 {
			return &Refusal{Rule: RulePlannedStops, Why: in.Topology.Members[m].Name + " mounts " + strings.Join(mf.MountsHere.Value, ", "),
				Evidence: mf.MountsHere.From, Unblock: "move its databases first: Move-ActiveMailboxDatabase -Server " + in.Topology.Members[m].Name}
		}
	}
	return nil
}

func evictedBeforeStart(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	for m := range in.Topology.Members {
		mf := &in.Facts.Members[m]
		if !inScope(in.Topology, p, m) || mf.Evicted.Value || mf.Quorum.Value && slices.Contains(mf.Nodes.Value, in.Topology.Members[m].Name) && r.Step(p.ID).Attempt > 1 {
			continue
		}
		ref := &Refusal{Rule: RuleEvictedBeforeStart, Why: in.Topology.Members[m].Name + " is not shown to have learnt its eviction",
			Evidence: "events 7040 and 4621 on it: not there", Unblock: "Clear-ClusterNode -Force on " + in.Topology.Members[m].Name + " itself (never on a member of the recovery site), then start again"}
		if !mf.Evicted.Known {
			ref.Evidence = mf.Evicted.From + ": " + mf.Evicted.Why
		}
		return ref
	}
	return nil
}

// debtBites: no Start while a DNS server or redirector of the returning site still serves the old answer: clients would be
// led to databases that are not there (put-back).
func debtBites(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	for i := range f.DNS {
		srv := &t.DNSServers[i/len(t.Names)]
		if s := t.Sites[srv.Site].Name; s == p.With.Site && f.DNS[i].Site.Known && f.DNS[i].Site.Value == s {
			return &Refusal{Rule: RuleDebtBites, Why: srv.Address + " in " + s + " still answers " + t.Names[i%len(t.Names)].Name + " with " + s,
				Evidence: "asked " + srv.Address, Unblock: "repoint the names at every server of " + s + " first (dns.repoint)"}
		}
	}
	for i := range f.Redirector {
		if s := t.Sites[t.Redirectors[i].Site].Name; s == p.With.Site && f.Redirector[i].Site.Known && f.Redirector[i].Site.Value == s {
			return &Refusal{Rule: RuleDebtBites, Why: "redirector " + t.Redirectors[i].Listen + " still sends calls to " + s, Evidence: "asked it",
				Unblock: "send calls to the active site at every redirector first (um.reroute)"}
		}
	}
	return nil
}

func cleanupTarget(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	m := t.MemberIndex(p.With.Server)
	if m < 0 {
		return &Refusal{Rule: RuleCleanupTarget, Why: p.With.Server + " is no member", Evidence: "servers[] of the site file", Unblock: "name a member"}
	}
	v := Vantage(&r.Plan, t)
	mf, lists := &f.Members[m], &f.Sites[v]
	why := ""
	switch {
	case t.Members[m].Site == v:
		why = "it is in the recovery site, and may hold the last copy of the cluster database"
	case !mf.Quorum.Known || mf.Quorum.Value:
		why = "it is in a cluster that holds quorum, or that cannot be read"
	case mf.Cluster.Value == dag.Running:
		why = "its cluster service runs"
	case !lists.Stopped.Known || !slices.Contains(lists.Stopped.Value, t.Members[m].Name):
		why = "it is not on the Stopped list, or the list cannot be read"
	default:
		return nil
	}
	return &Refusal{Rule: RuleCleanupTarget, Why: t.Members[m].Name + " must not be cleaned: " + why, Evidence: "Get-Service, Get-ClusterNode on it; Get-DatabaseAvailabilityGroup through " + t.Sites[v].Name,
		Unblock: "clean only a returned member that is stopped: `Stop-Service ClusSvc` on it first"}
}
