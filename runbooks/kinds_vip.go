package runbooks

import (
	"time"

	"siteswap/dag"
)

func vipKinds() []Kind {
	return []Kind{
		vipKind("vip.drain", "takes a server or a site out of its load balancer's pool; owed if the control does not answer", Destructive, false, "Disable", "drained"),
		vipKind("vip.enable", "puts a server or a site into its load balancer's pool", Additive, true, "Enable", "enabled"),
	}
}

// pooled are the members of a step that stand in a pool.
func pooled(t *dag.Topology, a Args) dag.Set {
	var s dag.Set
	for _, site := range t.Sites {
		for _, m := range site.Pool {
			if subject(t, a).Has(m) {
				s = s.Add(m)
			}
		}
	}
	return s
}

func vipKind(name, does string, class Class, on bool, verb, then string) Kind {
	return Kind{
		Name: name, Does: does, Parameters: []Parameter{site("the site"), server("the server")}, Either: []string{"site", "server"},
		Class: class, FarEndChecks: false, Timeout: 60 * time.Second, Lands: 15 * time.Second, Span: opSpan(dag.OpPool),
		Footprint: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, s := range t.Sites {
				for _, m := range s.Pool {
					if subject(t, a).Has(m) {
						out = append(out, "sites/"+s.Name+"/pool/"+t.Members[m].Name+"/enabled")
					}
				}
			}
			return out
		},
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			var reached dag.Set
			from := 0
			for i, s := range t.Sites {
				for k, m := range s.Pool {
					if pooled(t, a).Has(m) && at(at(f.Sites, i).Pool, k).Enabled.Known {
						reached, from = reached.Add(m), i
					}
				}
			}
			if reached == 0 {
				return nil
			}
			return []dag.Op{{Kind: dag.OpPool, From: from, Members: reached, On: on}}
		},
		Summary: func(t *dag.Topology, a Args) (string, string) {
			s := pooled(t, a)
			if s == 0 {
				return "no pool there: nothing to do", "-"
			}
			return verb + " " + nameList(t, s) + " at the load balancer", then + ": " + nameList(t, s)
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			s := pooled(t, a)
			if s == 0 {
				return []string{"Nothing to do: the address of this site is a server's own."}
			}
			var out []string
			for _, st := range t.Sites {
				for _, m := range st.Pool {
					if s.Has(m) {
						out = append(out, "In the load balancer "+st.VIP+" ("+st.Name+"): "+verb+" the pool member "+t.Members[m].FQDN+".")
					}
				}
			}
			return append(out, "If the load balancer does not answer: leave it, and write it down for the failback. ____________")
		},
		Look: func(t *dag.Topology, a Args) []string {
			if pooled(t, a) == 0 {
				return []string{"There is nothing to see."}
			}
			return each(t, pooled(t, a), func(m dag.Member) string { return "The load balancer shows " + m.Name + ": " + then + "." })
		},
	}
}
