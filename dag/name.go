package dag

import (
	"slices"
	"strings"
	"time"
)

// Name is a DNS name that clients connect to, with its addresses per site.
type Name struct {
	Name    string        `json:"name"`
	Zone    string        `json:"zone"`
	TTL     time.Duration `json:"ttl"`
	Targets [][]string    `json:"targets"` // by site index; empty where the name has no target; addresses, or one name that it is an alias of

	View    string   `json:"view,omitempty"`    // of a split zone: internal or external
	Servers []string `json:"servers,omitempty"` // addresses of the DNS servers that hold it; none: all that hold its zone
	Policy  string   `json:"policy,omitempty"`  // all-healthy-sites: it holds the targets of every healthy site; else of one
}

// AllHealthy is the policy of a name that holds the targets of every healthy site.
const AllHealthy = "all-healthy-sites"

// At are the targets of sites, sorted, each once: what a name that leads there answers.
func (n *Name) At(sites Set) []string {
	out := []string{}
	for i, targets := range n.Targets {
		if sites.Has(i) {
			out = append(out, targets...)
		}
	}
	return slices.Compact(sorted(out))
}

// Leads is the set of sites whose targets the values are, and nothing else; empty: somebody set them by hand. A name of one
// site that holds the targets of two is such a one.
func (n *Name) Leads(values []string) Set {
	var in Set
	for i, targets := range n.Targets {
		outside := func(v string) bool { return !slices.Contains(values, v) }
		if len(targets) > 0 && !slices.ContainsFunc(targets, outside) {
			in = in.Add(i)
		}
	}
	want := slices.Compact(sorted(slices.Clone(values)))
	if n.Policy == AllHealthy && slices.Equal(n.At(in), want) {
		return in
	}
	for i := range n.Targets {
		if in.Has(i) && slices.Equal(n.At(Set(0).Add(i)), want) {
			return Set(0).Add(i)
		}
	}
	return 0
}

// Start are the sites that a name leads to when all is healthy: home, and by its policy every other that it has targets in.
func (n *Name) Start(home int) Set {
	out := Set(0).Add(home)
	for i := range n.Targets {
		if n.Policy == AllHealthy && len(n.Targets[i]) > 0 {
			out = out.Add(i)
		}
	}
	return out
}

// SiteNames are the names of the sites in the set, in the order of the site file.
func (t *Topology) SiteNames(s Set) []string {
	names := make([]string, 0, s.Len())
	for i := range t.Sites {
		if s.Has(i) {
			names = append(names, t.Sites[i].Name)
		}
	}
	return names
}

// siteSet is the set of the sites named.
func (t *Topology) siteSet(names []string) Set {
	var s Set
	for _, n := range names {
		if i := t.SiteIndex(n); i >= 0 {
			s = s.Add(i)
		}
	}
	return s
}

// Holds says whether the server takes changes of the name: it holds its zone, and is not of another view.
func (s *DNSServer) Holds(n *Name) bool {
	return holds(s.Zones, n.Zone) && holds(n.Servers, s.Address)
}

// holds says whether a list names it; an empty list names all.
func holds(list []string, name string) bool {
	for _, l := range list {
		if strings.EqualFold(strings.TrimSuffix(l, "."), strings.TrimSuffix(name, ".")) {
			return true
		}
	}
	return len(list) == 0
}
