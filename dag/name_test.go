package dag_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/dag"
)

// What a name answers is some sites' by its policy, or somebody set it by hand.
func TestNameLeads(t *testing.T) {
	const west, east, cloud = dag.Set(1), dag.Set(2), dag.Set(4)
	targets := [][]string{{"10.0.1.10", "fd00:1::10"}, {"10.0.2.10"}, nil, {"10.0.2.10"}}
	for name, c := range map[string]struct {
		policy string
		values []string
		want   dag.Set
	}{
		"one site":                        {"one-site", []string{"10.0.2.10"}, east},
		"one site, in another order":      {"", []string{"fd00:1::10", "10.0.1.10"}, west},
		"one site holds two":              {"", []string{"10.0.1.10", "10.0.2.10", "fd00:1::10"}, 0},
		"every site":                      {dag.AllHealthy, []string{"10.0.1.10", "10.0.2.10", "fd00:1::10"}, west | east | 8},
		"one of them":                     {dag.AllHealthy, []string{"10.0.1.10", "fd00:1::10"}, west},
		"half of a site":                  {dag.AllHealthy, []string{"10.0.1.10"}, 0},
		"a site and something by hand":    {dag.AllHealthy, []string{"10.0.2.10", "192.0.2.1"}, 0},
		"nothing":                         {dag.AllHealthy, nil, 0},
		"nothing, of a name of one site":  {"", nil, 0},
		"one site and something by hand":  {"", []string{"10.0.2.10", "192.0.2.1"}, 0},
		"a site that it is not served in": {dag.AllHealthy, []string{"10.0.3.10"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			n := dag.Name{Policy: c.policy, Targets: targets}
			before := append([]string(nil), c.values...)
			if got := n.Leads(c.values); got != c.want {
				t.Errorf("leads to %b, want %b", got, c.want)
			}
			if diff := cmp.Diff(before, c.values); diff != "" {
				t.Errorf("it changed its input: %s", diff)
			}
		})
	}
	n := dag.Name{Policy: dag.AllHealthy, Targets: targets}
	if got := n.Start(1); got != west|east|8 || got.Has(cloud.First()) {
		t.Errorf("starts at %b", got)
	}
	n.Policy = ""
	if got := n.Start(1); got != east {
		t.Errorf("a name of one site starts at %b", got)
	}
	if diff := cmp.Diff([]string{"10.0.1.10", "10.0.2.10", "fd00:1::10"}, n.At(west|east|8)); diff != "" {
		t.Error(diff)
	}
}

// A name that every healthy site holds leads to those whose targets it answers, and not to the one that is drained.
func TestNameLeadsToSome(t *testing.T) {
	n := dag.Name{Policy: dag.AllHealthy, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.10"}, {"10.0.3.10"}}}
	if got := n.Leads([]string{"10.0.3.10", "10.0.1.10"}); got != 0b101 {
		t.Errorf("leads to %03b", got)
	}
}

// What is observed of a name that several sites hold, made a state and observed again, is the same.
func TestNameOfSeveralSites(t *testing.T) {
	topo := reference()
	topo.Names[0].Policy = dag.AllHealthy
	s := dag.New(topo)
	home := dag.Observe(topo, &s, 1)
	if diff := cmp.Diff([]string{"Prod", "DR"}, home.DNS[0].Sites.Value); diff != "" {
		t.Fatal(diff)
	}
	if !home.DNS[0].LeadTo("DR") || home.DNS[0].LeadTo("Branch") {
		t.Errorf("%+v", home.DNS)
	}
	s, answer := dag.Do(topo, s, dag.Op{Kind: dag.OpRepoint, From: 1, Server: 1, Name: 0, Sites: 1 << 1})
	if answer.Code != dag.OK {
		t.Fatal(answer)
	}
	seen := dag.Observe(topo, &s, 1)
	again := dag.FromFacts(topo, &seen, 1)
	if got := dag.Observe(topo, &again, 1); cmp.Diff(seen.DNS, got.DNS) != "" {
		t.Error(cmp.Diff(seen.DNS, got.DNS))
	}
	if got := topo.Names[0].Leads(seen.DNS[len(topo.Names)].Answers.Value); got != 1<<1 {
		t.Errorf("leads to %b", got)
	}
}
