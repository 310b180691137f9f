package runbooks

import (
	"strings"
	"time"

	"siteswap/dag"
)

func databaseKinds() []Kind { return []Kind{activateKind(), mountKind(), dismountKind()} }

func databaseList(required bool) Parameter {
	return Parameter{Name: "databases", Type: Type{TypeDatabase, true}, Required: required, Doc: "the databases; none named: all"}
}

// skips are the checks of Move-ActiveMailboxDatabase that may be passed over, each with its switch (PS:Move).
func skips() [][2]string {
	return [][2]string{{"health", "-SkipHealthChecks"}, {"lag", "-SkipLagChecks"}, {"client_experience", "-SkipClientExperienceChecks"},
		{"active_copy", "-SkipActiveCopyChecks"}, {"max_active", "-SkipMaximumActiveDatabasesChecks"}}
}

func activateKind() Kind {
	return Kind{
		Name: "db.activate", Does: "Move-ActiveMailboxDatabase with an explicit target, then mounted",
		Parameters: endpoint(site("the site where it shall be mounted"), server("the server where it shall be mounted"), databaseList(false),
			Parameter{Name: "loss", Type: Type{TypeString, false}, Default: "lossless", Values: []string{"lossless", "good", "best", "any"},
				Doc: "how many logs may be missing: none, 6, 12, any; within what people approved"},
			Parameter{Name: "skip", Type: Type{TypeString, true}, Values: []string{"health", "lag", "client_experience", "active_copy", "max_active"},
				Doc: "checks to pass over; each needs an approval"}),
		Either: []string{"site", "server"}, Class: Destructive, FarEndChecks: true, Timeout: 10 * time.Minute, Lands: 2 * time.Minute,
		Span: opSpan(dag.OpActivate), Later: []string{"status", "diverged"},
		Footprint: func(t *dag.Topology, a Args) []string {
			return append(databasePaths(t, databases(t, a)), copyPaths(t, databases(t, a), t.AllMembers(), "status", "diverged")...)
		},
		Model: activateModel,
		Summary: func(t *dag.Topology, a Args) (string, string) {
			to := a.Server
			if to == "" {
				to = a.Site
			}
			return "Move-ActiveMailboxDatabase " + dbNames(t, a) + " to " + to + ", loss " + a.Loss, "mounted in " + to
		},
		ByHand: activateByHand,
		Look: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, d := range databases(t, a) {
				out = append(out, "Get-MailboxDatabase "+t.Databases[d].Name+" -Status | fl Mounted,MountedOnServer   -> True, "+strings.Join(targets(t, a, d), " or "))
			}
			return out
		},
		Trouble: []int{15, 16, 17, 18, 19, 2},
	}
}

// Target is the member that a db.activate chooses for a database, from what is seen: the server that the step names, or in
// its site the answering member whose copy is usable, misses the fewest logs, and is the most preferred. -1: none may
// take it, and why.
func Target(t *dag.Topology, a Args, db int, f dag.Facts) (member int, why string) {
	best, reasons := -1, []string{}
	var missing int64
	for i, c := range t.Databases[db].Copies {
		if !subject(t, a).Has(c.Member) {
			continue
		}
		name := t.Members[c.Member].Name
		cf := at(at(f.Databases, db).Copies, i)
		switch usable := cf.Status.Value; {
		case !at(f.Members, c.Member).Answers.Value:
			reasons = append(reasons, name+" does not answer")
		case usable == dag.CopyMounted:
			return c.Member, name + " mounts it already"
		case cf.Status.Known && !usable.MayActivate() && usable != dag.CopyDismounted && !skipped(a, "health"):
			reasons = append(reasons, "the copy on "+name+" is "+string(usable))
		default:
			if best < 0 || cf.CopyQueue.Value < missing {
				best, missing = c.Member, cf.CopyQueue.Value
			}
		}
	}
	if best >= 0 {
		return best, t.Members[best].Name + " misses the fewest logs: " + plural(missing, "log") + " at the least"
	}
	if len(reasons) == 0 {
		return -1, "no copy of " + t.Databases[db].Name + " is there"
	}
	return -1, strings.Join(reasons, "; ")
}

func skipped(a Args, what string) bool {
	for _, s := range a.Skip {
		if s == what {
			return true
		}
	}
	return false
}

// lossDial is the mount dial that a loss allows (domain-exchange.md 5.3).
func lossDial(loss string) dag.Dial {
	switch loss {
	case "good":
		return dag.GoodAvailability
	case "best":
		return dag.BestAvailability
	case "any":
		return dag.BestEffort
	}
	return dag.Lossless
}

func activateModel(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
	var ops []dag.Op
	for _, d := range databases(t, a) {
		m, _ := Target(t, a, d, f)
		if m < 0 {
			continue
		}
		ops = append(ops, dag.Op{Kind: dag.OpActivate, From: runSite(t, a, t.Members[m].Site), Database: d, Member: m, Dial: lossDial(a.Loss),
			SkipHealth: skipped(a, "health"), SkipLag: skipped(a, "lag"), SkipCatalog: skipped(a, "client_experience"),
			SkipActive: skipped(a, "active_copy"), SkipMaxActive: skipped(a, "max_active")})
	}
	return ops
}

// targets are the members where a database may be mounted, in order of preference.
func targets(t *dag.Topology, a Args, db int) []string {
	var out []string
	for _, c := range t.Databases[db].Copies {
		if subject(t, a).Has(c.Member) {
			out = append(out, t.Members[c.Member].Name)
		}
	}
	if len(out) == 0 {
		return []string{"(no copy there)"}
	}
	return out
}

func activateByHand(t *dag.Topology, a Args) []string {
	out := preferred(t, a)
	sw := ""
	for _, s := range skips() {
		if skipped(a, s[0]) {
			sw += " " + s[1]
		}
	}
	for _, d := range databases(t, a) {
		name, to := t.Databases[d].Name, targets(t, a, d)
		out = append(out, "  Get-MailboxDatabaseCopyStatus "+name+`\* | ft Name,Status,CopyQueueLength,LastLogGenerated,LastInspectedLogTime`)
		for i, m := range to {
			cmd := "  Move-ActiveMailboxDatabase " + name + " -ActivateOnServer " + m + " -MountDialOverride:" + string(lossDial(a.Loss)) + sw + " -Confirm:$false"
			if i > 0 {
				cmd = "  or, if that copy is not healthy: " + strings.TrimSpace(cmd)
			}
			out = append(out, cmd)
		}
		out = append(out, "  Mount-Database "+name+"      (if it is not mounted by itself)")
	}
	return out
}

func dbNames(t *dag.Topology, a Args) string {
	if len(a.Databases) == 0 {
		return "all databases"
	}
	return strings.Join(a.Databases, ", ")
}

func mountKind() Kind {
	return mountFamily("db.mount", "mounts databases where they are active", dag.OpMount, Additive, "Mount-Database", "mounted", "True", 60*time.Second, 15*time.Minute)
}

func dismountKind() Kind {
	return mountFamily("db.dismount", "dismounts databases; Active Manager leaves them dismounted", dag.OpDismount, Destructive, "Dismount-Database", "dismounted", "False", 60*time.Second, 5*time.Minute)
}

func mountFamily(name, does string, op dag.OpKind, class Class, cmdlet, then, mounted string, lands, timeout time.Duration) Kind {
	return Kind{
		Name: name, Does: does, Parameters: endpoint(databaseList(true)), Class: class, FarEndChecks: true, Timeout: timeout, Lands: lands, Span: opSpan(op),
		Later: []string{"status"},
		Footprint: func(t *dag.Topology, a Args) []string {
			return append(databasePaths(t, databases(t, a)), copyPaths(t, databases(t, a), t.AllMembers(), "status")...)
		},
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			var ops []dag.Op
			for _, d := range databases(t, a) {
				ops = append(ops, dag.Op{Kind: op, From: runSite(t, a, 0), Database: d})
			}
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) { return cmdlet + " " + dbNames(t, a), then },
		ByHand: func(t *dag.Topology, a Args) []string {
			out := preferred(t, a)
			for _, d := range databases(t, a) {
				out = append(out, "  "+cmdlet+" "+t.Databases[d].Name+" -Confirm:$false")
			}
			return out
		},
		Look: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, d := range databases(t, a) {
				out = append(out, "Get-MailboxDatabase "+t.Databases[d].Name+" -Status | fl Mounted   -> "+mounted)
			}
			return out
		},
		Trouble: []int{2, 19},
	}
}
