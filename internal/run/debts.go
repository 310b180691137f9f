package run

import (
	"slices"

	"siteswap/dag"
	"siteswap/runbooks"
)

// debts are what a step could not bring to something that did not answer, and what it settled of earlier ones: read from
// the facts after it, so that a new leader finds the same.
func debts(p *runbooks.Step, c Choice, in Input) (owed, paid []Debt) {
	t, f := in.Topology, in.Facts
	add := func(reached bool, d Debt) {
		if reached {
			paid = append(paid, d)
		} else {
			owed = append(owed, d)
		}
	}
	switch p.Kind {
	case "policy.freeze":
		if pm := f.Cluster.PreferenceMoves; p.With.Keep && t.Exchange.MovesByPreference() && pm.Known && !pm.Value {
			owed = append(owed, movesDebt(p.With.Site))
		}
	case "policy.restore":
		if pm := f.Cluster.PreferenceMoves; pm.Known && pm.Value {
			paid = append(paid, movesDebt(p.With.Site))
		}
	case "dns.repoint":
		for i := range t.DNSServers {
			reached, what := dnsAgrees(t, f, i, Chosen(p, c).With)
			add(reached, Debt{Site: t.Sites[t.DNSServers[i].Site].Name, Kind: "dns", Key: t.DNSServers[i].Address, What: what})
		}
	case "um.reroute":
		for i := range t.Redirectors {
			rf := &f.Redirector[i]
			add(rf.Site.Known && rf.Site.Value == p.With.To, Debt{Site: t.Sites[t.Redirectors[i].Site].Name, Kind: "um", Key: t.Redirectors[i].Listen,
				What: "redirector " + t.Redirectors[i].Listen + " may still send calls elsewhere than to " + p.With.To})
		}
	case "vip.drain", "vip.enable":
		for i := range t.Sites {
			if len(t.Sites[i].Pool) == 0 || p.With.Site != t.Sites[i].Name {
				continue
			}
			want := p.Kind == "vip.enable"
			reached := slices.IndexFunc(f.Sites[i].Pool, func(pf dag.PoolFact) bool { return !pf.Enabled.Known || pf.Enabled.Value != want }) < 0
			word := map[bool]string{true: "enabled", false: "drained"}[want]
			add(reached, Debt{Site: t.Sites[i].Name, Kind: "vip", Key: t.Sites[i].VIP, What: "the pool of " + t.Sites[i].VIP + " has not been " + word})
		}
	}
	return owed, paid
}

// keyMoves is what a site owes whose databases a planned switchover keeps from going home by themselves.
const keyMoves = "PreferenceMoveFrequency"

func movesDebt(site string) Debt {
	return Debt{Site: site, Kind: "policy", Key: keyMoves, What: "PreferenceMoveFrequency is infinite, so that nothing goes home before the failback"}
}

// owesMoves: an earlier run has left the moves home off on purpose.
func (r *Run) owesMoves() bool {
	return slices.ContainsFunc(r.Owed, func(d Debt) bool { return d.Kind == "policy" && d.Key == keyMoves })
}

// dnsAgrees: every name of the step that the server serves answers with the targets that it was to get.
func dnsAgrees(t *dag.Topology, f *dag.Facts, server int, a runbooks.Args) (bool, string) {
	for n := range t.Names {
		if len(a.Names) > 0 && !slices.Contains(a.Names, t.Names[n].Name) {
			continue
		}
		if !t.DNSServers[server].Holds(&t.Names[n]) {
			continue
		}
		want := runbooks.LeadsTo(t, n, a, f)
		if want == 0 {
			continue // it has no address there: nothing is to be changed
		}
		df := &f.DNS[server*len(t.Names)+n]
		if !df.Sites.Known || !slices.Equal(df.Sites.Value, t.SiteNames(want)) {
			return false, t.DNSServers[server].Address + " may still answer the old address of " + t.Names[n].Name
		}
	}
	return true, ""
}
