package runbooks

import (
	"slices"
	"strings"
	"time"

	"siteswap/dag"
)

// serverKinds are a server's maintenance mode (MDAG, the order of StartDagServerMaintenance; component states from 2013).
func serverKinds() []Kind { return []Kind{drainKind(), resumeKind()} }

func serverBase(k Kind) Kind {
	k.Parameters, k.FarEndChecks, k.Timeout, k.Lands = endpoint(required(server("the server"))), true, 15*time.Minute, 2*time.Minute
	k.Later = []string{"pam", "mounts", "mounted_on", "active", "status", "may_mount"}
	k.Trouble = []int{2, 3, 29}
	return k
}

// ownFields are the facts of a server that maintenance changes.
func ownFields(t *dag.Topology) []string {
	out := []string{"policy", "paused"}
	if t.Exchange.HasComponents() {
		out = append(out, "move_now", "in_service", "transport")
	}
	return out
}

func drainKind() Kind {
	return serverBase(Kind{
		Name: "server.drain", Does: "takes a server into maintenance mode: transport drained, node paused, nothing activated on it, databases and cluster group moved away", Class: Destructive,
		Span: span(30*time.Second, 2*time.Minute, 15*time.Minute),
		Footprint: func(t *dag.Topology, a Args) []string {
			out := append(memberPaths(t, subject(t, a), append(ownFields(t), "mounts")...), memberPaths(t, t.AllMembers(), "pam")...)
			ds := copiesOn(t, subject(t, a))
			return append(append(out, databasePaths(t, ds)...), copyPaths(t, ds, t.AllMembers(), "status")...)
		},
		Model: drainModel,
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "maintenance mode of " + a.Server + "; its databases to other servers", a.Server + " mounts nothing, nothing comes to it"
		},
		ByHand: drainByHand,
		Look: func(t *dag.Topology, a Args) []string {
			out := []string{"Get-MailboxDatabaseCopyStatus -Server " + a.Server + " | ft Name,Status   -> none Mounted",
				"Get-ClusterNode " + a.Server + "   -> Paused", "Get-MailboxServer " + a.Server + " | fl DatabaseCopyAutoActivationPolicy   -> Blocked"}
			if t.Exchange.HasComponents() {
				out = append(out, "Get-ServerComponentState "+a.Server+" | ft Component,State   -> ServerWideOffline Inactive, HubTransport Draining or Inactive")
			}
			return out
		},
	})
}

// copiesOn are the databases that have a copy on one of the members.
func copiesOn(t *dag.Topology, on dag.Set) []int {
	var out []int
	for d := range t.Databases {
		if slices.ContainsFunc(t.Databases[d].Copies, func(c dag.Copy) bool { return on.Has(c.Member) }) {
			out = append(out, d)
		}
	}
	return out
}

func drainModel(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
	m := t.MemberIndex(a.Server)
	if m < 0 {
		return nil
	}
	from, set := runSite(t, a, t.Members[m].Site), dag.Set(0).Add(m)
	var ops []dag.Op
	if t.Exchange.HasComponents() {
		ops = append(ops, dag.Op{Kind: dag.OpComponent, From: from, Members: set, Component: dag.HubTransport})
	}
	ops = append(ops, dag.Op{Kind: dag.OpPolicy, From: from, Members: set, Policy: dag.Blocked}, dag.Op{Kind: dag.OpPause, From: from, Member: m, On: true})
	if next := successor(t, f, m); next >= 0 && at(f.Members, m).PAM.Value == t.Members[m].Name {
		ops = append(ops, dag.Op{Kind: dag.OpMoveGroup, From: from, Member: next})
	}
	for _, d := range copiesOn(t, set) {
		if to := Refuge(t, f, d, m); at(f.Databases, d).MountedOn.Value == t.Members[m].Name && to >= 0 {
			ops = append(ops, dag.Op{Kind: dag.OpActivate, From: from, Database: d, Member: to, Dial: dag.Lossless})
		}
	}
	if t.Exchange.HasComponents() {
		ops = append(ops, dag.Op{Kind: dag.OpMoveNow, From: from, Members: set, On: true},
			dag.Op{Kind: dag.OpComponent, From: from, Members: set, Component: dag.ServerWideOffline})
	}
	return ops
}

// successor is the member that takes the cluster group over: one that is up in the same cluster and not paused, of its own site first.
func successor(t *dag.Topology, f dag.Facts, m int) int {
	best := -1
	for i := range t.Members {
		mf := at(f.Members, i)
		if i == m || !mf.Answers.Value || mf.Paused.Value || !slices.Contains(at(f.Members, m).Up.Value, t.Members[i].Name) {
			continue
		}
		if best < 0 || t.Members[best].Site != t.Members[m].Site && t.Members[i].Site == t.Members[m].Site {
			best = i
		}
	}
	return best
}

// Refuge is the member that a database goes to when its server is drained: a healthy copy that is not held back, of the same site
// first, then by preference. -1: none.
func Refuge(t *dag.Topology, f dag.Facts, db, server int) int {
	copies := slices.Clone(t.Databases[db].Copies)
	slices.SortStableFunc(copies, func(a, b dag.Copy) int {
		home := t.Members[server].Site
		if (t.Members[a.Member].Site == home) != (t.Members[b.Member].Site == home) {
			if t.Members[a.Member].Site == home {
				return -1
			}
			return 1
		}
		return a.Preference - b.Preference
	})
	for _, c := range copies {
		mf, cf := at(f.Members, c.Member), at(at(f.Databases, db).Copies, t.CopyOf(db, c.Member))
		full := t.Members[c.Member].MaxActive > 0 && len(mf.MountsHere.Value) >= t.Members[c.Member].MaxActive
		held := mf.Paused.Value || mf.MoveNow.Value || mf.Policy.Value == dag.Blocked || mf.InService.Known && !mf.InService.Value
		if c.Member != server && mf.Answers.Value && mf.MayMount.Value && !held && !full && cf.Status.Known && cf.Status.Value == dag.CopyHealthy {
			return c.Member
		}
	}
	return -1
}

func drainByHand(t *dag.Topology, a Args) []string {
	out := preferred(t, a)
	if t.Exchange.HasComponents() {
		out = append(out, "  Set-ServerComponentState "+a.Server+" -Component HubTransport -State Draining -Requester Maintenance",
			"  Redirect-Message -Server "+a.Server+" -Target ANOTHER-SERVER      (what is queued leaves through another one)")
	}
	out = append(out, "  Get-MailboxServer "+a.Server+" | fl DatabaseCopyAutoActivationPolicy      (write it down: ____________)",
		"  Set-MailboxServer "+a.Server+" -DatabaseCopyAutoActivationPolicy Blocked", "On "+a.Server+": Suspend-ClusterNode "+a.Server,
		`If Get-ClusterGroup "Cluster Group" names it: Move-ClusterGroup "Cluster Group" -Node ANOTHER-SERVER`)
	for _, d := range copiesOn(t, subject(t, a)) {
		name := t.Databases[d].Name
		out = append(out, "  if "+name+" is mounted there: Move-ActiveMailboxDatabase "+name+" -ActivateOnServer "+strings.Join(elsewhere(t, d, a.Server), " or ")+" -Confirm:$false")
	}
	if t.Exchange.HasComponents() {
		out = append(out, "  Set-MailboxServer "+a.Server+" -DatabaseCopyActivationDisabledAndMoveNow $true",
			"  Set-ServerComponentState "+a.Server+" -Component ServerWideOffline -State Inactive -Requester Maintenance")
	}
	return append(out, "Never restart it together with the witness server (row 3).")
}

// elsewhere are the other servers that hold a copy of the database.
func elsewhere(t *dag.Topology, db int, server string) []string {
	var out []string
	for _, c := range t.Databases[db].Copies {
		if t.Members[c.Member].Name != server {
			out = append(out, t.Members[c.Member].Name)
		}
	}
	if len(out) == 0 {
		return []string{"(there is no other copy)"}
	}
	return out
}

func resumeKind() Kind {
	return serverBase(Kind{
		Name: "server.resume", Does: "takes a server out of maintenance mode; databases stay where they are", Class: Additive,
		Span:      span(10*time.Second, time.Minute, 5*time.Minute),
		Footprint: func(t *dag.Topology, a Args) []string { return memberPaths(t, subject(t, a), ownFields(t)...) },
		Model: func(t *dag.Topology, a Args, _ dag.Facts) []dag.Op {
			m := max(t.MemberIndex(a.Server), 0)
			from, set := runSite(t, a, t.Members[m].Site), dag.Set(0).Add(m)
			var ops []dag.Op
			if t.Exchange.HasComponents() {
				ops = append(ops, dag.Op{Kind: dag.OpComponent, From: from, Members: set, Component: dag.ServerWideOffline, On: true})
			}
			ops = append(ops, dag.Op{Kind: dag.OpPause, From: from, Member: m})
			if t.Exchange.HasComponents() {
				ops = append(ops, dag.Op{Kind: dag.OpMoveNow, From: from, Members: set})
			}
			ops = append(ops, dag.Op{Kind: dag.OpPolicy, From: from, Members: set, Policy: policyOf(t.Members[m])})
			if t.Exchange.HasComponents() {
				ops = append(ops, dag.Op{Kind: dag.OpComponent, From: from, Members: set, Component: dag.HubTransport, On: true})
			}
			return ops
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "maintenance mode of " + a.Server + " ends", a.Server + " serves again"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := preferred(t, a)
			if t.Exchange.HasComponents() {
				out = append(out, "  Set-ServerComponentState "+a.Server+" -Component ServerWideOffline -State Active -Requester Maintenance")
			}
			out = append(out, "On "+a.Server+": Resume-ClusterNode "+a.Server)
			if t.Exchange.HasComponents() {
				out = append(out, "  Set-MailboxServer "+a.Server+" -DatabaseCopyActivationDisabledAndMoveNow $false")
			}
			m := max(t.MemberIndex(a.Server), 0)
			out = append(out, "  Set-MailboxServer "+a.Server+" -DatabaseCopyAutoActivationPolicy "+string(policyOf(t.Members[m]))+"      (or what you wrote down)")
			if t.Exchange.HasComponents() {
				out = append(out, "  Set-ServerComponentState "+a.Server+" -Component HubTransport -State Active -Requester Maintenance")
			}
			return out
		},
		Look: func(_ *dag.Topology, a Args) []string {
			return []string{"Get-ClusterNode " + a.Server + "   -> Up", "Test-ReplicationHealth " + a.Server + "   -> everything Passed"}
		},
	})
}
