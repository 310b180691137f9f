package runbooks_test

import (
	"strings"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/runbooks"
)

// The shown estimate counts the directory where a server of it could not be written directly, and else says nothing of it.
func TestFollowingTheDirectory(t *testing.T) {
	topo := &dag.Topology{Sites: []dag.Site{{Name: "Prod"}, {Name: "DR"}}, DNSServers: []dag.DNSServer{{Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Names: []dag.Name{{Name: "mail.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.10"}}}}}
	for _, kind := range []string{"dns.repoint", "dns.settle"} {
		k, ok := runbooks.KindOf(kind)
		if !ok {
			t.Fatal(kind)
		}
		topo.DNSServers[1].Follows = 0
		if _, got := k.Summary(topo, runbooks.Args{To: "DR"}); strings.Contains(got, "directory") {
			t.Errorf("%s without a directory: %s", kind, got)
		}
		topo.DNSServers[1].Follows = 18 * time.Minute
		if _, got := k.Summary(topo, runbooks.Args{To: "DR"}); !strings.HasSuffix(got, "follow their directory in at most 18m") {
			t.Errorf("%s: %s", kind, got)
		}
	}
}
