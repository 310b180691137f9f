package runbooks

import (
	"time"

	"siteswap/dag"
)

func copyKinds() []Kind { return []Kind{blockKind(), unblockKind(), resyncKind()} }

// dialBlocks: on 2013 before CU7 blocking everywhere cuts clients off even from what is mounted by name, so the mount dial is set
// to Lossless instead of blocking (architecture.md, loss-acknowledged).
func dialBlocks(t *dag.Topology) bool { return t.Exchange.BlockedStopsLocator() }

// eachCopy calls f for every copy of the step's databases on its members.
func eachCopy(t *dag.Topology, a Args, f func(db, place, member int)) {
	on := subject(t, a)
	for _, d := range databases(t, a) {
		for i, c := range t.Databases[d].Copies {
			if on.Has(c.Member) {
				f(d, i, c.Member)
			}
		}
	}
}

// copyLines is one line per copy: "Cmdlet DB1\EX1 ...".
func copyLines(t *dag.Topology, a Args, line func(name string, db, place, member int) string) []string {
	var out []string
	eachCopy(t, a, func(d, i, m int) {
		if l := line(t.Databases[d].Name+`\`+t.Members[m].Name, d, i, m); l != "" {
			out = append(out, l)
		}
	})
	return out
}

func blockFootprint(t *dag.Topology, a Args) []string {
	if dialBlocks(t) {
		return memberPaths(t, subject(t, a), "dial")
	}
	return copyPaths(t, databases(t, a), subject(t, a), "activation_suspended")
}

func blockBase(k Kind) Kind {
	k.Parameters = endpoint(site("the site whose copies"), server("the server whose copies"), databaseList(false))
	k.Either, k.Class, k.FarEndChecks, k.Timeout, k.Lands = []string{"site", "server"}, Additive, true, 5*time.Minute, 60*time.Second
	k.Footprint = blockFootprint
	return k
}

func blockKind() Kind {
	return blockBase(Kind{
		Name: "db.block", Does: "blocks the activation of copies, so that Active Manager mounts nothing by itself; remembers what was blocked before",
		Span: opSpan(dag.OpBlock),
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			from := runSite(t, a, t.SiteIndex(a.Site))
			if dialBlocks(t) {
				return []dag.Op{{Kind: dag.OpDial, From: from, Members: subject(t, a), Dial: dag.Lossless}}
			}
			var ops []dag.Op
			eachCopy(t, a, func(d, i, m int) {
				if s := at(at(f.Databases, d).Copies, i).ActivationSuspended; s.Known && !s.Value {
					ops = append(ops, dag.Op{Kind: dag.OpBlock, From: from, Database: d, Member: m})
				}
			})
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			if dialBlocks(t) {
				return "Set-MailboxServer -AutoDatabaseMountDial Lossless on " + nameList(t, subject(t, a)), "nothing mounts with loss by itself"
			}
			return "Suspend-MailboxDatabaseCopy -ActivationOnly on " + nameList(t, subject(t, a)), "nothing mounts by itself"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			if dialBlocks(t) {
				return append(preferred(t, a), each(t, subject(t, a), func(m dag.Member) string {
					return "  Set-MailboxServer " + m.Name + " -AutoDatabaseMountDial Lossless      (it was " + string(m.Dial) + ")"
				})...)
			}
			return append(preferred(t, a), copyLines(t, a, func(name string, d, i, _ int) string {
				if t.Databases[d].Copies[i].Blocked {
					return "  " + name + " is blocked already, by the site file"
				}
				return "  Suspend-MailboxDatabaseCopy " + name + " -ActivationOnly -Confirm:$false"
			})...)
		},
		Look: func(*dag.Topology, Args) []string {
			return []string{"Get-MailboxDatabaseCopyStatus * | ft Name,ActivationSuspended   -> True for each copy above"}
		},
		Trouble: []int{17},
	})
}

func unblockKind() Kind {
	return blockBase(Kind{
		Name: "db.unblock", Does: "lets copies be activated again; those that the site file blocks stay blocked",
		Span: opSpan(dag.OpUnblock),
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			from := runSite(t, a, t.SiteIndex(a.Site))
			var ops []dag.Op
			if dialBlocks(t) {
				for i := range t.Members {
					if subject(t, a).Has(i) {
						ops = append(ops, dag.Op{Kind: dag.OpDial, From: from, Members: dag.Set(0).Add(i), Dial: t.Members[i].Dial})
					}
				}
				return ops
			}
			eachCopy(t, a, func(d, i, m int) {
				if s := at(at(f.Databases, d).Copies, i).ActivationSuspended; s.Value && !t.Databases[d].Copies[i].Blocked {
					ops = append(ops, dag.Op{Kind: dag.OpUnblock, From: from, Database: d, Member: m})
				}
			})
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Resume-MailboxDatabaseCopy of blocked copies on " + nameList(t, subject(t, a)), "copies as the site file has them"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			if dialBlocks(t) {
				return append(preferred(t, a), each(t, subject(t, a), func(m dag.Member) string {
					return "  Set-MailboxServer " + m.Name + " -AutoDatabaseMountDial " + string(m.Dial)
				})...)
			}
			return append(preferred(t, a), copyLines(t, a, func(name string, d, i, _ int) string {
				if t.Databases[d].Copies[i].Blocked {
					return "  " + name + " stays blocked: the site file says so"
				}
				return "  Resume-MailboxDatabaseCopy " + name + "      (not for the mounted copy, if the cmdlet says so)"
			})...)
		},
		Look: func(*dag.Topology, Args) []string {
			return []string{"Get-MailboxDatabaseCopyStatus * | ft Name,ActivationSuspended   -> as the site file has it"}
		},
		Trouble: []int{17},
	})
}

func resyncKind() Kind {
	return Kind{
		Name: "db.resync", Does: "resumes copies, and reseeds them where that is allowed",
		Parameters: endpoint(required(site("the site whose copies")), databaseList(false),
			Parameter{Name: "until", Type: Type{TypeString, false}, Default: "healthy", Values: []string{"healthy", "resyncing"}, Doc: "how far"},
			Parameter{Name: "reseed", Type: Type{TypeString, false}, Default: "ask", Values: []string{"never", "ask", "auto"}, Doc: "whether a diverged copy may be overwritten"}),
		Class: Destructive, FarEndChecks: true, Timeout: 24 * time.Hour, Lands: 60 * time.Second, Later: []string{"status", "diverged"},
		Span: func(*dag.Topology, Args) dag.Span {
			return dag.Span{Min: 30 * time.Second, Typical: 5 * time.Minute, Max: 2 * time.Hour}
		},
		Footprint: func(t *dag.Topology, a Args) []string {
			return copyPaths(t, databases(t, a), subject(t, a), "status", "diverged")
		},
		Model: resyncModel,
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "Resume- or Update-MailboxDatabaseCopy on " + nameList(t, subject(t, a)), "copies " + a.Until
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := append(preferred(t, a), "  Get-MailboxDatabaseCopyStatus * | ft Name,Status,CopyQueueLength,ReplayQueueLength",
				"For each copy that is not Healthy after some minutes:")
			return append(out, copyLines(t, a, func(name string, _, _, _ int) string {
				return "  Suspended: Resume-MailboxDatabaseCopy " + name + "   FailedAndSuspended: save its files first, then Update-MailboxDatabaseCopy " + name + " -DeleteExistingFiles"
			})...)
		},
		Look: func(t *dag.Topology, a Args) []string {
			return copyLines(t, a, func(name string, _, _, _ int) string {
				return "Get-MailboxDatabaseCopyStatus " + name + " | fl Status,CopyQueueLength   -> Healthy, 0 or close to it"
			})
		},
		Trouble: []int{9, 16, 20, 21},
	}
}

// resyncModel resumes what is suspended and reseeds what failed or diverged, where the step may.
func resyncModel(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
	var ops []dag.Op
	from := runSite(t, a, t.SiteIndex(a.Site))
	eachCopy(t, a, func(d, i, m int) {
		c := at(at(f.Databases, d).Copies, i)
		switch {
		case !c.Status.Known:
		case (c.Diverged.Value || c.Status.Value == dag.CopyFailedAndSuspended) && a.Reseed == "auto":
			ops = append(ops, dag.Op{Kind: dag.OpReseed, From: from, Database: d, Member: m})
		case !c.Diverged.Value && (c.Status.Value == dag.CopySuspended || c.Status.Value == dag.CopyFailed):
			ops = append(ops, dag.Op{Kind: dag.OpResume, From: from, Database: d, Member: m})
		}
	})
	return ops
}
