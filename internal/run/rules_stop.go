package run

import (
	"strings"

	"siteswap/dag"
	"siteswap/runbooks"
)

// dacRequired: Stop, Restore and Start work only with DagOnly (QA:185443).
func dacRequired(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	m := in.Facts.Mode
	if m.Known && m.Value == dag.DagOnly {
		return nil
	}
	if !m.Known {
		return unread(RuleDACRequired, "DatacenterActivationMode cannot be read", "Get-DatabaseAvailabilityGroup", m.Why, "make a domain controller of the recovery site answer")
	}
	return &Refusal{Rule: RuleDACRequired, Why: "DatacenterActivationMode is not DagOnly", Evidence: "Get-DatabaseAvailabilityGroup: " + string(m.Value),
		Unblock: "with DAC Off follow the Windows tools path (Stop, Restore and Start refuse); do not switch the mode in the middle of an incident"}
}

// plannedStops: a member that answers is stopped only when it is seen to mount nothing.
func plannedStops(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal {
	for m := range in.Topology.Members {
		mf, name := &in.Facts.Members[m], in.Topology.Members[m].Name
		switch {
		case !inScope(in.Topology, p, m) || !mf.Answers.Value:
		case !mf.MountsHere.Known:
			return unread(RulePlannedStops, "it cannot be read what "+name+" mounts", "store of "+name, mf.MountsHere.Why, "make its store answer, or move its databases first")
		case len(mf.MountsHere.Value) > 0:
			return &Refusal{Rule: RulePlannedStops, Why: name + " mounts " + strings.Join(mf.MountsHere.Value, ", "), Evidence: "store of " + name,
				Unblock: "move its databases first: Move-ActiveMailboxDatabase -Server " + name}
		}
	}
	return nil
}
