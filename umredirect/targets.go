package umredirect

import (
	"net"
	"slices"
	"sort"
	"strconv"
)

// Sites are the sites that some dial plan has current servers in, sorted.
func (t *Table) Sites() []string {
	if t == nil {
		return nil
	}
	var sites []string
	for _, p := range t.plans {
		for site, targets := range p.Current {
			if len(targets) > 0 && !slices.Contains(sites, site) {
				sites = append(sites, site)
			}
		}
	}
	sort.Strings(sites)
	return sites
}

// Targets are the current servers of a site in every dial plan, without repetition, the preferred first within each plan.
func (t *Table) Targets(site string) []Target {
	if t == nil {
		return nil
	}
	var out []Target
	for _, p := range t.plans {
		for _, target := range p.Current[site] {
			if !slices.Contains(out, target) {
				out = append(out, target)
			}
		}
	}
	return out
}

// CanRoute says whether a call for a current mailbox gets anywhere: an OPTIONS is answered 200 only then, so that a PBX
// goes to another redirector.
func CanRoute(t *Table, s State) bool { return s.Site != "" && len(t.Targets(s.Site)) > 0 }

func cloneTargets(in map[string][]Target) map[string][]Target {
	out := make(map[string][]Target, len(in))
	for site, targets := range in {
		out[site] = slices.Clone(targets)
	}
	return out
}

// sortByQ puts the preferred target first; equal ones keep the order in which they were written.
func sortByQ(targets []Target) {
	slices.SortStableFunc(targets, func(a, b Target) int {
		switch {
		case a.Q > b.Q:
			return -1
		case a.Q < b.Q:
			return 1
		}
		return 0
	})
}

// address is host and port for people; without a port when it is left to SRV records.
func (t Target) address() string {
	if t.Port == 0 {
		return t.Host
	}
	return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
}
