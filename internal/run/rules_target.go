package run

import (
	"fmt"
	"strings"

	"siteswap/dag"
)

// preflight are the rules about the run as a whole that refuse it.
func preflight(r *Run, in Input) []*Refusal {
	t, f := in.Topology, in.Facts
	from, to := t.SiteIndex(r.Plan.Parameter("from")), t.SiteIndex(r.Plan.Parameter("to"))
	if from < 0 || to < 0 {
		return nil
	}
	var out []*Refusal
	for _, check := range []func(*dag.Topology, *dag.Facts, int, int) *Refusal{targetDiffers, targetHasCopies, targetAlive} {
		if ref := check(t, f, from, to); ref != nil {
			out = append(out, ref.seal())
		}
	}
	return out
}

func targetDiffers(t *dag.Topology, f *dag.Facts, from, to int) *Refusal {
	if from == to {
		return &Refusal{Rule: RuleTargetDiffers, Why: t.Sites[to].Name + " is the site that is left", Evidence: "from and to are both " + t.Sites[to].Name,
			Unblock: "name another site: `--to SITE`"}
	}
	inTo, all := 0, len(t.Databases)
	for d := range t.Databases {
		if m := t.MemberIndex(f.Databases[d].MountedOn.Value); m >= 0 && t.Members[m].Site == to {
			inTo++
		}
	}
	if inTo == all && all > 0 && leadThere(t, f, from, to) {
		return &Refusal{Rule: RuleTargetDiffers, Why: fmt.Sprintf("%[1]s mounts nothing, %[2]s mounts everything already, and names and calls lead to %[2]s", t.Sites[from].Name, t.Sites[to].Name),
			Evidence: fmt.Sprintf("%d of %d databases are mounted in %s, read from its stores", inTo, all, t.Sites[to].Name),
			Unblock:  fmt.Sprintf("nothing to do; to go the other way: `--from %s --to %s`", t.Sites[to].Name, t.Sites[from].Name)}
	}
	return nil
}

// leadThere: no DNS server and no redirector that answers leads elsewhere, or to the site that is left too. A DAG that failed over by itself still needs its
// names and calls moved (look.md, the refusal's way out).
func leadThere(t *dag.Topology, f *dag.Facts, from, to int) bool {
	for i := range f.DNS {
		if d := &f.DNS[i]; d.Sites.Known && (!d.LeadTo(t.Sites[to].Name) || d.LeadTo(t.Sites[from].Name)) {
			return false
		}
	}
	for i := range f.Redirector {
		if s := &f.Redirector[i].Site; s.Known && s.Value != t.Sites[to].Name {
			return false
		}
	}
	return true
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
