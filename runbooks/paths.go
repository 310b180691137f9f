package runbooks

import (
	"strconv"

	"siteswap/dag"
)

// subject are the members that a step's site or server names.
func subject(t *dag.Topology, a Args) dag.Set {
	if i := t.MemberIndex(a.Server); a.Server != "" && i >= 0 {
		return dag.Set(0).Add(i)
	}
	if i := t.SiteIndex(a.Site); a.Site != "" && i >= 0 {
		return t.MembersOf(i)
	}
	return 0
}

// databases are the indexes of the databases that a step is about; none named means all.
func databases(t *dag.Topology, a Args) []int {
	var ds []int
	for _, n := range a.Databases {
		if i := t.DatabaseIndex(n); i >= 0 {
			ds = append(ds, i)
		}
	}
	if len(a.Databases) == 0 {
		for i := range t.Databases {
			ds = append(ds, i)
		}
	}
	return ds
}

// runSite is the site index whose servers run the command: run_from, else the one given.
func runSite(t *dag.Topology, a Args, otherwise int) int {
	if i := t.SiteIndex(a.RunFrom); a.RunFrom != "" && i >= 0 {
		return i
	}
	return max(otherwise, 0)
}

// memberPaths are the fields of the members.
func memberPaths(t *dag.Topology, s dag.Set, fields ...string) []string {
	out := make([]string, 0, s.Len()*len(fields))
	for i := range t.Members {
		if !s.Has(i) {
			continue
		}
		for _, f := range fields {
			out = append(out, "members/"+t.Members[i].Name+"/"+f)
		}
	}
	return out
}

// listPaths are the Started and Stopped lists in the directories of sites. A command writes that of the site where it is run
// (and Stop that of the members' own, DECK); the others follow when they replicate, which is no part of a step.
func listPaths(t *dag.Topology, sites dag.Set) []string {
	var out []string
	for i := range t.Sites {
		if !sites.Has(i) {
			continue
		}
		out = append(out, "sites/"+t.Sites[i].Name+"/started", "sites/"+t.Sites[i].Name+"/stopped")
	}
	return out
}

// sitesOf are the sites of the members in a set.
func sitesOf(t *dag.Topology, members dag.Set) dag.Set {
	var s dag.Set
	for i := range t.Members {
		if members.Has(i) {
			s = s.Add(t.Members[i].Site)
		}
	}
	return s
}

// databasePaths are where the databases are.
func databasePaths(t *dag.Topology, ds []int) []string {
	out := make([]string, 0, 2*len(ds))
	for _, d := range ds {
		out = append(out, "databases/"+t.Databases[d].Name+"/mounted_on", "databases/"+t.Databases[d].Name+"/active")
	}
	return out
}

// copyPaths are fields of the databases' copies on the members.
func copyPaths(t *dag.Topology, ds []int, on dag.Set, fields ...string) []string {
	var out []string
	for _, d := range ds {
		for _, c := range t.Databases[d].Copies {
			if !on.Has(c.Member) {
				continue
			}
			for _, f := range fields {
				out = append(out, "copies/"+t.Databases[d].Name+"/"+t.Members[c.Member].Name+"/"+f)
			}
		}
	}
	return out
}

// dnsPaths are fields of what the servers answer for the names of a step.
func dnsPaths(t *dag.Topology, a Args, fields ...string) []string {
	var out []string
	for _, p := range dnsPairs(t, a) {
		for _, f := range fields {
			out = append(out, "dns/"+t.DNSServers[p.server].Address+"/"+t.Names[p.name].Name+"/"+f)
		}
	}
	return out
}

// dnsPair is a name at a server.
type dnsPair struct{ server, name int }

// dnsPairs are the names of a step at every server that holds their zone.
func dnsPairs(t *dag.Topology, a Args) []dnsPair {
	var out []dnsPair
	for s := range t.DNSServers {
		for n := range t.Names {
			if t.DNSServers[s].Holds(&t.Names[n]) && names(a.Names, t.Names[n].Name) {
				out = append(out, dnsPair{s, n})
			}
		}
	}
	return out
}

// names says whether the list names it; an empty list names all.
func names(list []string, name string) bool {
	for _, l := range list {
		if l == name {
			return true
		}
	}
	return len(list) == 0
}

// at is the element at i, or the zero value, which for a fact is "not known".
func at[T any](s []T, i int) T {
	var zero T
	if i < 0 || i >= len(s) {
		return zero
	}
	return s[i]
}

// plural is "1 log", "3 logs".
func plural(n int64, what string) string {
	s := strconv.FormatInt(n, 10) + " " + what
	if n != 1 {
		s += "s"
	}
	return s
}

func plainInt(n int64) string { return strconv.FormatInt(n, 10) }
