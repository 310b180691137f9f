package runbooks

import (
	"slices"
	"strings"

	"siteswap/dag"
)

// Held are the sites whose targets the names of a dns.repoint get where their policy is all-healthy-sites: the one that they
// go to, and every other that is shown to serve, but the one that is left. Others hold the targets of the first alone.
func Held(t *dag.Topology, a Args, f *dag.Facts) dag.Set {
	var out dag.Set
	for i, s := range t.Sites {
		if s.Name == a.To || s.Name != a.Leave && serving(t, f, i) {
			out = out.Add(i)
		}
	}
	return out
}

// serving says whether a site is shown to serve clients: a member of it answers with its client-access front, and where a load
// balancer stands before them, that answers and holds the member enabled and healthy. What cannot be read does not serve.
func serving(t *dag.Topology, f *dag.Facts, site int) bool {
	pool, sf := t.Sites[site].Pool, at(f.Sites, site)
	for m := range t.Members {
		mf := at(f.Members, m)
		if t.Members[m].Site != site || !mf.Answers.Value || !mf.Front.Value {
			continue
		}
		p := at(sf.Pool, slices.Index(pool, m))
		if len(pool) == 0 || sf.VIP.Value && p.Enabled.Value && p.Healthy.Value {
			return true
		}
	}
	return false
}

// LeadsTo are the sites that a name leads to after a dns.repoint, of those that the step chose (Args.Sites) or, before it
// chose, that are shown to serve. Empty: it has no target in the site and is left as it is.
func LeadsTo(t *dag.Topology, name int, a Args, f *dag.Facts) dag.Set {
	n, to := &t.Names[name], t.SiteIndex(a.To)
	if len(at(n.Targets, to)) == 0 {
		return 0
	}
	out := dag.Set(0).Add(to)
	if n.Policy != dag.AllHealthy {
		return out
	}
	held := Held(t, a, f)
	for i := range t.Sites {
		if len(a.Sites) > 0 && slices.Contains(a.Sites, t.Sites[i].Name) || len(a.Sites) == 0 && held.Has(i) {
			out = out.Add(i)
		}
	}
	return out & n.Start(to) // without sites in which it has no target
}

// targetsText are the addresses that a name is to get, for a document that knows no facts.
func targetsText(t *dag.Topology, name int, a Args) string {
	n, to := &t.Names[name], t.SiteIndex(a.To)
	text := strings.Join(at(n.Targets, to), ", ")
	if n.Policy != dag.AllHealthy || text == "" {
		return text
	}
	for i, s := range t.Sites {
		if i != to && s.Name != a.Leave && len(n.Targets[i]) > 0 {
			text += ", and if " + s.Name + " serves: " + strings.Join(n.Targets[i], ", ")
		}
	}
	return text
}
