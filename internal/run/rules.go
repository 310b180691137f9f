package run

import (
	"slices"

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
	RuleNoCoReboot         = "no-co-reboot"
)

// RuleNames are the names of all rules that may be overridden: those of the safety rules, and those of readiness checks that look ahead
// to none of them.
func RuleNames() []string {
	names := []string{RuleFenceBeforeForce, RuleNoForceWithQuorum, RuleOneForcedNode, RuleDACRequired, RuleListsAgree, RuleCleanupTarget, RuleLossAcknowledged,
		RuleKeepTheDivergent, RulePlannedStops, RuleEvictedBeforeStart, RuleTTLBeforeMove, RuleDebtBites, RuleTargetHasCopies, RuleTargetDiffers, RuleTargetAlive,
		RuleOneRunPerDAG, RuleNoCoReboot}
	for _, c := range runbooks.Checks() {
		if c.Rule == "" {
			names = append(names, "check-"+c.ID)
		}
	}
	return names
}

// rule looks at one step about to act. It returns a refusal, or nil.
type rule func(r *Run, p *runbooks.Step, c Choice, in Input) *Refusal

// rulesOf are the rules that guard a kind, in the order in which they are asked.
func rulesOf(kind string) []rule {
	switch kind {
	case "fence":
		return []rule{fenceShows}
	case "dag.stop":
		return []rule{dacRequired, plannedStops}
	case "dag.restore":
		return []rule{dacRequired, listsAgree, fenceBeforeForce, noForceWithQuorum}
	case "dag.start":
		return []rule{dacRequired, evictedBeforeStart, debtBites}
	case "dag.add":
		return []rule{evictedBeforeStart, debtBites}
	case "cluster.stop":
		return []rule{stopsCluster}
	case "cluster.start":
		return []rule{fenceBeforeForce, noForceWithQuorum, oneForcedNode}
	case "cluster.cleanup":
		return []rule{cleanupTarget}
	case "db.activate":
		return []rule{activationFenced, lossAcknowledged, ttlBeforeMove}
	case "server.drain":
		return []rule{noCoReboot}
	case "db.resync":
		return []rule{keepTheDivergent}
	}
	return nil
}

// Recheck asks the safety rules about a step that holds a Permit, on facts observed after it. A rule that was overridden for
// just this evidence is passed over.
func Recheck(r *Run, step string, in Input) *Refusal {
	p, s := r.Plan.Step(step), r.Step(step)
	if s == nil || s.Intent == nil {
		return nil
	}
	in = in.complete()
	rules := rulesOf(p.Kind)
	if len(rules) > 0 && r.unchecked() {
		for _, ref := range preflight(r, in) {
			if !r.overridden(ref, step, in.Now) {
				return ref
			}
		}
	}
	for _, rule := range rules {
		if ref := rule(r, p, s.Intent.Choice, in); ref != nil && !r.overridden(ref.seal(), step, in.Now) {
			return ref
		}
	}
	return nil
}

// unchecked: the plan has no check, and this is the first dangerous step of the run: later ones see what the run itself did.
func (r *Run) unchecked() bool {
	return !slices.ContainsFunc(r.Plan.Steps, func(q runbooks.Step) bool {
		return q.Kind == "check" || len(rulesOf(q.Kind)) > 0 && r.acted(q.ID)
	})
}
