package console

import (
	"testing"

	"siteswap/dag"
)

// A name that every healthy site serves agrees with the others while theirs is among its sites.
func TestDNSOfSeveralSites(t *testing.T) {
	topo := &dag.Topology{Names: []dag.Name{{Name: "auto", Policy: dag.AllHealthy}, {Name: "mail"}}, DNSServers: []dag.DNSServer{{}}}
	for _, c := range []struct {
		auto, mail []string
		state      string
		text       string
	}{
		{[]string{"West", "East"}, []string{"West"}, Good, "answers West"},
		{[]string{"East"}, []string{"West"}, Degraded, "names differ: West, East"},
		{[]string{}, []string{}, Degraded, "answers no site's addresses"},
		{[]string{"West", "East"}, []string{}, Degraded, "names differ: no site, West+East"},
	} {
		fact := func(sites []string) dag.DNSFacts {
			return dag.DNSFacts{Answers: dag.Know([]string{"x"}, ""), Sites: dag.Know(sites, "")}
		}
		got := dns(topo, &dag.Facts{DNS: []dag.DNSFacts{fact(c.auto), fact(c.mail)}}, 0)
		if got.State != c.state || got.Text != c.text {
			t.Errorf("%v, %v: %s %q, want %q", c.auto, c.mail, got.State, got.Text, c.text)
		}
	}
	if got := dns(topo, &dag.Facts{}, 0); got.Text != "not known" {
		t.Error(got)
	}
}
