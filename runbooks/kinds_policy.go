package runbooks

import (
	"time"

	"siteswap/dag"
)

func policyKinds() []Kind { return []Kind{freezeKind(), thawKind()} }

func policyBase(k Kind) Kind {
	k.Parameters = endpoint(site("the site whose servers"), server("the server"))
	k.Either, k.Class, k.FarEndChecks, k.Timeout, k.Lands = []string{"site", "server"}, Additive, true, 5*time.Minute, 60*time.Second
	k.Span = opSpan(dag.OpPolicy)
	k.Trouble = []int{22, 29}
	return k
}

func freezeKind() Kind {
	k := policyBase(Kind{
		Name: "policy.freeze", Does: "remembers activation policies, dials and PreferenceMoveFrequency, and sets them so that nothing moves to these servers by itself",
		Footprint: func(t *dag.Topology, a Args) []string {
			var out []string
			if !a.Keep {
				out = memberPaths(t, subject(t, a), "policy")
			}
			if t.Exchange.MovesByPreference() {
				out = append(out, "dag/preference_moves")
			}
			return out
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			from := runSite(t, a, t.SiteIndex(a.Site))
			var ops []dag.Op
			if !a.Keep {
				ops = append(ops, dag.Op{Kind: dag.OpPolicy, From: from, Members: subject(t, a), Policy: dag.Blocked})
			}
			if t.Exchange.MovesByPreference() {
				ops = append(ops, dag.Op{Kind: dag.OpPreference, From: from})
			}
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			if a.Keep {
				return keepSummary(t)
			}
			return "Set-MailboxServer -DatabaseCopyAutoActivationPolicy Blocked on " + nameList(t, subject(t, a)), "nothing moves there by itself"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := preferred(t, a)
			if !a.Keep {
				out = append(out, "  Get-MailboxServer | ft Name,DatabaseCopyAutoActivationPolicy,AutoDatabaseMountDial      (write the values down: ____________)")
				out = append(out, each(t, subject(t, a), func(m dag.Member) string {
					return "  Set-MailboxServer " + m.Name + " -DatabaseCopyAutoActivationPolicy Blocked"
				})...)
			}
			if t.Exchange.MovesByPreference() {
				out = append(out, "  Get-DatabaseAvailabilityGroup "+t.Name+" | fl PreferenceMoveFrequency      (write it down: ____________)",
					"  Set-DatabaseAvailabilityGroup "+t.Name+" -PreferenceMoveFrequency ([Threading.Timeout]::InfiniteTimeSpan)")
			}
			return out
		},
		Look: func(t *dag.Topology, a Args) []string {
			if a.Keep {
				return []string{"Get-DatabaseAvailabilityGroup " + t.Name + " | fl PreferenceMoveFrequency   -> infinite, or not there before 2016 CU2"}
			}
			return each(t, subject(t, a), func(m dag.Member) string {
				return "Get-MailboxServer " + m.Name + " | fl DatabaseCopyAutoActivationPolicy   -> Blocked"
			})
		},
	})
	k.Parameters = append(k.Parameters, Parameter{Name: "keep", Type: Type{Base: TypeBool},
		Doc: "stops only PreferenceMoveFrequency, beyond the run: the next failback puts it back"})
	return k
}

// keepSummary: only the moves home are stopped, and stay so until the next failback.
func keepSummary(t *dag.Topology) (does, then string) {
	if !t.Exchange.MovesByPreference() {
		return "nothing: this version moves no database home by itself", "-"
	}
	return "Set-DatabaseAvailabilityGroup " + t.Name + " -PreferenceMoveFrequency infinite", "nothing goes home until the failback"
}

func thawKind() Kind {
	return policyBase(Kind{
		Name: "policy.restore", Does: "puts back what policy.freeze changed",
		Footprint: func(t *dag.Topology, a Args) []string {
			out := memberPaths(t, subject(t, a), "policy")
			if t.Exchange.MovesByPreference() {
				out = append(out, "dag/preference_moves")
			}
			return out
		},
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			from := runSite(t, a, t.SiteIndex(a.Site))
			var ops []dag.Op
			for i := range t.Members {
				if subject(t, a).Has(i) {
					ops = append(ops, dag.Op{Kind: dag.OpPolicy, From: from, Members: dag.Set(0).Add(i), Policy: policyOf(t.Members[i])})
				}
			}
			if t.Exchange.MovesByPreference() {
				ops = append(ops, dag.Op{Kind: dag.OpPreference, From: from, On: true})
			}
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Set-MailboxServer: policies of " + nameList(t, subject(t, a)) + " as they were", "policies put back"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := append(preferred(t, a), each(t, subject(t, a), func(m dag.Member) string {
				return "  Set-MailboxServer " + m.Name + " -DatabaseCopyAutoActivationPolicy " + string(policyOf(m)) + "      (or what you wrote down)"
			})...)
			if t.Exchange.MovesByPreference() {
				out = append(out, "  Set-DatabaseAvailabilityGroup "+t.Name+" -PreferenceMoveFrequency 01:00:00      (or what you wrote down)")
			}
			return out
		},
		Look: func(t *dag.Topology, a Args) []string {
			return each(t, subject(t, a), func(m dag.Member) string {
				return "Get-MailboxServer " + m.Name + " | fl DatabaseCopyAutoActivationPolicy   -> " + string(policyOf(m))
			})
		},
	})
}

// policyOf is the member's policy by the site file; the product's default is Unrestricted (PS:Set-MailboxServer).
func policyOf(m dag.Member) dag.ActivationPolicy {
	if m.Policy == "" {
		return dag.Unrestricted
	}
	return m.Policy
}
