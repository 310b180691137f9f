package runbooks_test

import (
	"testing"

	"siteswap/dag"
	"siteswap/runbooks"
)

// TestStopTree is the decision tree of KB10086 (domain-exchange.md 1.2, T1): the form of Stop follows from who answers, as seen
// from where the cmdlet runs. The last two rows are members of which some answer, and a member named by itself.
func TestStopTree(t *testing.T) {
	const prod, dr = 0, 1
	cut := []dag.Event{{Kind: dag.EvLink, Site: prod, Other: dr}, {Kind: dag.EvLink, Site: dr, Other: prod}}
	off := []dag.Event{{Kind: dag.EvServer, Member: 0}, {Kind: dag.EvServer, Member: 1}}
	for _, c := range []struct {
		name       string
		given      []dag.Event
		vantage    int
		args       runbooks.Args
		full, only dag.Set
	}{
		{"reached, servers online", nil, dr, runbooks.Args{Site: "Prod"}, 3, 0},
		{"reached, servers offline", off, dr, runbooks.Args{Site: "Prod"}, 0, 3},
		{"network down, servers online, from DR", cut, dr, runbooks.Args{Site: "Prod"}, 0, 3},
		{"network down, servers online, and from Prod", cut, prod, runbooks.Args{Site: "Prod"}, 3, 0},
		{"network down, servers offline", append(off, cut...), dr, runbooks.Args{Site: "Prod"}, 0, 3},
		{"smoking hole", []dag.Event{{Kind: dag.EvSite, Site: prod}}, dr, runbooks.Args{Site: "Prod"}, 0, 3},
		{"no domain controller in Prod", []dag.Event{{Kind: dag.EvDirectory, Site: prod}}, dr, runbooks.Args{Site: "Prod"}, 0, 3},
		{"one of them answers", off[:1], dr, runbooks.Args{Site: "Prod"}, 2, 1},
		{"by name", nil, dr, runbooks.Args{Server: "EX2010-2"}, 2, 0},
	} {
		topo := reference()
		s := dag.New(topo)
		for _, e := range c.given {
			s.Step(topo, e)
		}
		full, only := runbooks.StopForm(topo, c.args, dag.Observe(topo, &s, c.vantage))
		if full != c.full || only != c.only {
			t.Errorf("%s: full %b, -ConfigurationOnly %b, want %b and %b", c.name, full, only, c.full, c.only)
		}
	}
}
