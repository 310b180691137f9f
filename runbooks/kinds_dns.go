package runbooks

import (
	"strings"
	"time"

	"siteswap/dag"
)

func dnsKinds() []Kind { return []Kind{repointKind(), ttlKind(), settleKind()} }

func namesParameter() Parameter {
	return Parameter{Name: "names", Type: Type{TypeString, true}, Doc: "the names; none: all of the site file"}
}

func repointKind() Kind {
	return Kind{
		Name: "dns.repoint", Does: "names to a site: written to a server that answers, verified at every one that does, owed to the others",
		Parameters: []Parameter{required(Parameter{Name: "to", Type: Type{TypeSite, false}, Doc: "the site whose addresses the names get"}),
			{Name: "leave", Type: Type{TypeSite, false}, Doc: "the site that is left: names with the policy all-healthy-sites get the addresses of `to` and of every other site that is shown to serve, but not of this one"},
			namesParameter()},
		Class: Additive, FarEndChecks: false, Timeout: 2 * time.Minute, Lands: 15 * time.Second, Span: opSpan(dag.OpRepoint),
		Footprint: func(t *dag.Topology, a Args) []string { return dnsPaths(t, a, "answers", "sites") },
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			var ops []dag.Op
			for _, p := range dnsPairs(t, a) {
				sites, d := LeadsTo(t, p.name, a, &f), at(f.DNS, p.server*len(t.Names)+p.name)
				if sites != 0 && (d.Answers.Known || d.Sites.Known) {
					ops = append(ops, dag.Op{Kind: dag.OpRepoint, From: t.DNSServers[p.server].Site, Name: p.name, Server: p.server, Sites: sites})
				}
			}
			return ops
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return strings.Join(chosenNames(t, a), ", ") + " to " + a.To, "answered so by every server that answers; the others owe it" + following(t, a)
		},
		ByHand: repointByHand,
		Look: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, p := range dnsPairs(t, a) {
				out = append(out, "nslookup "+t.Names[p.name].Name+" "+host(t.DNSServers[p.server].Address)+"   -> "+targetsText(t, p.name, a))
			}
			return append(out, "A server that does not answer now owes this change: write it down for the failback. ____________")
		},
		Trouble: []int{23, 31},
	}
}

// following says how long a server of a directory may answer the old address where it cannot be written directly.
func following(t *dag.Topology, a Args) string {
	longest := time.Duration(0)
	for _, p := range dnsPairs(t, a) {
		longest = max(longest, t.DNSServers[p.server].Follows)
	}
	if longest == 0 {
		return ""
	}
	return " and follow their directory in at most " + short(longest)
}

// chosenNames are the DNS names of a step.
func chosenNames(t *dag.Topology, a Args) []string {
	var out []string
	for _, n := range t.Names {
		if names(a.Names, n.Name) {
			out = append(out, n.Name)
		}
	}
	return out
}

// host is an address without its port.
func host(address string) string {
	if i := strings.LastIndexByte(address, ':'); i >= 0 {
		return address[:i]
	}
	return address
}

func repointByHand(t *dag.Topology, a Args) []string {
	out := []string{"At a DNS server that answers, best one in " + a.To + ":"}
	for i, n := range t.Names {
		if !names(a.Names, n.Name) {
			continue
		}
		host := strings.TrimSuffix(strings.TrimSuffix(n.Name, n.Zone), ".")
		if host == "" {
			host = "@"
		}
		for _, s := range t.DNSServers {
			if s.Holds(&n) {
				out = append(out, "  dnscmd "+hostOf(s)+" /RecordDelete "+n.Zone+" "+host+" A /f   then for each of "+targetsText(t, i, a)+":",
					"  dnscmd "+hostOf(s)+" /RecordAdd "+n.Zone+" "+host+" "+seconds(n.TTL)+" A ADDRESS")
			}
		}
	}
	return append(out, "Repeat at each server that does not get the change from the first within a minute. On clients: ipconfig /flushdns.")
}

func hostOf(s dag.DNSServer) string { return host(s.Address) }

func seconds(d time.Duration) string { return plainInt(int64(d / time.Second)) }

func ttlKind() Kind {
	return Kind{
		Name: "dns.ttl", Does: "lowers the TTL of names, or puts it back",
		Parameters: []Parameter{
			{Name: "ttl", Type: Type{TypeDuration, false}, Doc: "the new TTL"},
			{Name: "restore", Type: Type{TypeBool, false}, Doc: "puts back what it was"}, namesParameter()},
		Either: []string{"ttl", "restore"}, Class: Additive, FarEndChecks: false, Timeout: 2 * time.Minute, Lands: 15 * time.Second,
		Span:      opSpan(dag.OpRepoint),
		Footprint: func(t *dag.Topology, a Args) []string { return dnsPaths(t, a, "ttl") },
		Model:     noOps,
		Adjust: func(t *dag.Topology, a Args, f *dag.Facts) {
			for _, p := range dnsPairs(t, a) {
				i := p.server*len(t.Names) + p.name
				if i >= len(f.DNS) || !f.DNS[i].TTL.Known {
					continue
				}
				f.DNS[i].TTL.Value = a.TTL
				if a.Restore {
					f.DNS[i].TTL.Value = t.Names[p.name].TTL
				}
			}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			if a.Restore {
				return "TTLs of " + strings.Join(chosenNames(t, a), ", ") + " as they were", "TTLs put back"
			}
			return "TTL " + short(a.TTL) + " for " + strings.Join(chosenNames(t, a), ", "), "TTL " + short(a.TTL)
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, n := range t.Names {
				if !names(a.Names, n.Name) {
					continue
				}
				ttl := a.TTL
				if a.Restore {
					ttl = n.TTL
				}
				out = append(out, "At each DNS server: set the TTL of "+n.Name+" to "+seconds(ttl)+" seconds, addresses unchanged.")
			}
			return out
		},
		Look: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, p := range dnsPairs(t, a) {
				out = append(out, "nslookup -debug "+t.Names[p.name].Name+" "+host(t.DNSServers[p.server].Address)+"   -> the new ttl")
			}
			return out
		},
		Trouble: []int{23},
	}
}

func settleKind() Kind {
	return Kind{
		Name: "dns.settle", Does: "waits until the old TTL has run out since the last change, and no listed resolver that answers holds the old answer", Parameters: []Parameter{namesParameter()},
		Class: Observe, FarEndChecks: false, Timeout: 24 * time.Hour, Lands: time.Second, Footprint: noPaths, Model: noOps,
		Span: func(t *dag.Topology, a Args) dag.Span {
			ttl := longestTTL(t, a)
			return dag.Span{Min: min(ttl, time.Minute), Typical: ttl, Max: ttl}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			return "waits until the old answers have run out, at most " + short(longestTTL(t, a)), "no cache holds the old answer" + staleAt(following(t, a))
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			out := []string{"Wait " + short(longestTTL(t, a)) + " from the last change that any server took. Do not go on earlier (row 23)."}
			for _, r := range t.Resolvers {
				for _, n := range chosenNames(t, a) {
					out = append(out, "  nslookup "+n+" "+host(r)+"   -> the new address; else wait until its cache has run out, or flush it")
				}
			}
			return out
		},
		Look: func(*dag.Topology, Args) []string {
			return []string{"The clock says so, and a client that had the old answer gets the new one."}
		},
		Trouble: []int{23},
	}
}

// staleAt is what the wait does not cover: a server that could not be written goes on giving out the old answer.
func staleAt(following string) string {
	if following == "" {
		return ""
	}
	return " of a server that was written; those that owe it" + strings.TrimPrefix(following, " and")
}

// longestTTL of the names of a step.
func longestTTL(t *dag.Topology, a Args) time.Duration {
	var ttl time.Duration
	for _, n := range t.Names {
		if names(a.Names, n.Name) {
			ttl = max(ttl, n.TTL)
		}
	}
	return ttl
}
