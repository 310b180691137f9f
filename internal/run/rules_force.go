package run

import (
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
	return fenced(r, recoverySite(p, in.Topology), in)
}

func fenced(r *Run, site int, in Input) *Refusal {
	t := in.Topology
	var open, evidence []string
	for m := range t.Members {
		if t.Members[m].Site == site || r.attested(t.Members[m]) {
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

// attested: two people have given their word on the fence step of the run.
func (r *Run) attested(m dag.Member) bool {
	for i := range r.Plan.Steps {
		p := &r.Plan.Steps[i]
		if p.Kind != "fence" || !slices.Contains(p.With.By, "people") {
			continue
		}
		by := map[string]bool{}
		for _, a := range r.Approvals {
			if a.Step == p.ID {
				by[a.By] = true
			}
		}
		if len(by) >= 2 {
			return true
		}
	}
	return false
}

// noForceWithQuorum: a recovery site that holds quorum is not stopped, restored or forced, unless this run forced it itself.
func noForceWithQuorum(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t, f := in.Topology, in.Facts
	if p.Kind == "cluster.start" && !p.With.ForceQuorum || r.Step(p.ID).Attempt > 1 || r.hasBegun("dag.restore", p.ID) {
		return nil
	}
	site := recoverySite(p, t)
	for m := range t.Members {
		mf := &f.Members[m]
		if t.Members[m].Site != site {
			continue
		}
		if mf.Answers.Value && !mf.Quorum.Known {
			return &Refusal{Rule: RuleNoForceWithQuorum, Why: "it cannot be read whether " + t.Members[m].Name + " holds quorum", Evidence: mf.Quorum.From + ": " + mf.Quorum.Why,
				Unblock: "make its cluster service answer, or stop it"}
		}
		if mf.Quorum.Value {
			return &Refusal{Rule: RuleNoForceWithQuorum, Why: fmt.Sprintf("%s holds quorum: %s up of %s", t.Sites[site].Name, strings.Join(mf.Up.Value, ", "), strings.Join(mf.Nodes.Value, ", ")),
				Evidence: mf.Quorum.From, Unblock: "nothing is forced: mark the lost members stopped, activate what is left, move names and calls"}
		}
	}
	return nil
}

// hasBegun: a step of that kind other than this one has been begun in this run.
func (r *Run) hasBegun(kind, but string) bool {
	for i := range r.Steps {
		if r.Plan.Steps[i].Kind == kind && r.Steps[i].ID != but && r.Steps[i].Attempt > 0 {
			return true
		}
	}
	return false
}

// oneForcedNode: no two different nodes are force-started in one run.
func oneForcedNode(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	if !p.With.ForceQuorum {
		return nil
	}
	for i := range r.Steps {
		q := &r.Plan.Steps[i]
		if q.ID != p.ID && q.Kind == "cluster.start" && q.With.ForceQuorum && r.Steps[i].Attempt > 0 && q.With.Server != p.With.Server {
			return &Refusal{Rule: RuleOneForcedNode, Why: q.With.Server + " was force-started in this run already", Evidence: "step " + q.ID,
				Unblock: "let " + p.With.Server + " join: start its cluster service without force"}
		}
	}
	return nil
}

// listsAgree: before Restore, Started and Stopped partition the members, read through the recovery site's domain controller,
// and Started is that site's members (I3).
func listsAgree(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	t := in.Topology
	site := recoverySite(p, t)
	sf := &in.Facts.Sites[max(site, 0)]
	ref := &Refusal{Rule: RuleListsAgree, Unblock: "run Stop again with -DomainController of " + t.Sites[max(site, 0)].Name + ", wait for replication, look again"}
	if !sf.Started.Known || !sf.Stopped.Known {
		ref.Why, ref.Evidence = "the Started and Stopped lists cannot be read through "+t.Sites[max(site, 0)].Name, sf.Started.From+": "+sf.Started.Why
		return ref
	}
	for m := range t.Members {
		started, stopped := slices.Contains(sf.Started.Value, t.Members[m].Name), slices.Contains(sf.Stopped.Value, t.Members[m].Name)
		if started == stopped || started != (t.Members[m].Site == site) {
			ref.Why = "Started must be the members of " + t.Sites[site].Name + " and Stopped all others; " + t.Members[m].Name + " is on the wrong list"
			ref.Evidence = "started: " + strings.Join(sf.Started.Value, ", ") + "; stopped: " + strings.Join(sf.Stopped.Value, ", ")
			return ref
		}
	}
	return nil
}
