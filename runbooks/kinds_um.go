package runbooks

import (
	"time"

	"siteswap/dag"
)

func umKinds() []Kind {
	return []Kind{{
		Name: "um.reroute", Does: "calls to a site, at every redirector that answers; owed to the others",
		Parameters: []Parameter{required(Parameter{Name: "to", Type: Type{TypeSite, false}, Doc: "the site whose UM servers take the calls"})},
		Class:      Additive, FarEndChecks: true, Timeout: 60 * time.Second, Lands: 15 * time.Second, Span: opSpan(dag.OpRoute),
		Footprint: func(t *dag.Topology, _ Args) []string {
			var out []string
			for _, r := range t.Redirectors {
				out = append(out, "redirectors/"+r.Listen+"/site")
			}
			return out
		},
		Model: func(t *dag.Topology, a Args, f dag.Facts) []dag.Op {
			var ops []dag.Op
			for i := range t.Redirectors {
				if to := t.SiteIndex(a.To); to >= 0 && at(f.Redirector, i).Answers.Value {
					ops = append(ops, dag.Op{Kind: dag.OpRoute, From: t.Redirectors[i].Site, Server: i, Site: to})
				}
			}
			return ops
		},
		Summary: func(_ *dag.Topology, a Args) (string, string) {
			return "calls of current mailboxes to the UM servers of " + a.To, "so at every redirector that answers; the others owe it"
		},
		ByHand: func(t *dag.Topology, a Args) []string {
			var out []string
			for _, r := range t.Redirectors {
				out = append(out, "Redirector "+r.Listen+" ("+t.Sites[r.Site].Name+"): send current mailboxes to "+a.To+".")
			}
			if len(out) == 0 {
				return []string{"Nothing to do: the site file has no redirectors."}
			}
			return append(out, "If no redirector answers: point the gateway of the PBX at the UM servers of "+a.To+" itself.")
		},
		Look: func(_ *dag.Topology, a Args) []string {
			return []string{"A call to an extension is answered by a server of " + a.To + "."}
		},
	}}
}
