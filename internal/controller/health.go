package controller

import (
	"strings"

	"siteswap/dag"
)

// The states of a DAG (the first word of `siteswap status`).
const (
	healthy  = "HEALTHY"
	degraded = "DEGRADED"
	down     = "DOWN"
	unknown  = "UNKNOWN"
)

// health is who is served, in one sentence, and the state of the DAG, from facts alone.
func health(t *dag.Topology, f *dag.Facts, owed int) (state, served string) {
	mounted, seen := 0, 0
	var parts []string
	for i := range t.Databases {
		if i >= len(f.Databases) {
			break
		}
		on := f.Databases[i].MountedOn
		switch {
		case !on.Known:
			parts = append(parts, t.Databases[i].Name+": not to be seen where it is mounted")
			continue
		case on.Value == "":
			parts = append(parts, t.Databases[i].Name+" mounted nowhere")
		default:
			parts = append(parts, t.Databases[i].Name+" on "+on.Value)
			mounted++
		}
		seen++
	}
	parts = append(parts, namesLead(t, f)...)
	served = strings.Join(parts, "; ")
	switch {
	case seen == 0 && len(t.Databases) > 0:
		return unknown, served
	case mounted == 0 && seen == len(t.Databases) && seen > 0:
		return down, served
	case mounted < len(t.Databases) || owed > 0 || !whole(t, f):
		return degraded, served
	}
	return healthy, served
}

// namesLead says to which site each name leads, as the servers that answer have it.
func namesLead(t *dag.Topology, f *dag.Facts) []string {
	var out []string
	for n := range t.Names {
		var sites []string
		for s := range t.DNSServers {
			i := s*len(t.Names) + n
			if i >= len(f.DNS) || !f.DNS[i].Sites.Known {
				continue
			}
			site := strings.Join(f.DNS[i].Sites.Value, "+")
			if site == "" {
				site = "no site"
			}
			if len(sites) == 0 || sites[len(sites)-1] != site {
				sites = append(sites, site)
			}
		}
		if len(sites) > 0 {
			out = append(out, t.Names[n].Name+" to "+strings.Join(sites, " and "))
		}
	}
	return out
}

// whole: every member is an Up node and answers, and every copy is healthy.
func whole(t *dag.Topology, f *dag.Facts) bool {
	for i := range t.Members {
		if i >= len(f.Members) {
			return false
		}
		m := &f.Members[i]
		if !m.Answers.Known || !m.Answers.Value || m.Cluster.Value != dag.Running || !m.Quorum.Value {
			return false
		}
	}
	for i := range f.Databases {
		for _, c := range f.Databases[i].Copies {
			if c.Status.Value != dag.CopyMounted && c.Status.Value != dag.CopyHealthy {
				return false
			}
		}
	}
	return true
}
