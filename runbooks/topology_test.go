package runbooks_test

import (
	"fmt"
	"time"

	"siteswap/dag"
)

// reference is the reference design of shared/examples/reference.yaml.
func reference() *dag.Topology {
	const dir = `C:\DAGFileShareWitnesses\DAG1.test.local`
	member := func(n int, site int) dag.Member {
		return dag.Member{Name: fmt.Sprintf("EX2010-%d", n), FQDN: fmt.Sprintf("ex2010-%d.test.local", n), Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true}
	}
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local"}, VIP: "10.0.2.13"},
			{Name: "Branch"},
		},
		Members:   []dag.Member{member(1, 0), member(2, 0), member(3, 1)},
		Witness:   dag.Witness{Server: "dc.test.local", Site: 0, Directory: dir},
		Alternate: dag.Witness{Server: "dc-dr.test.local", Site: 1, Directory: dir},
		Databases: []dag.Database{{Name: "DB1", Names: []int{0, 1}, Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
		Names: []dag.Name{
			{Name: "internal.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.13"}, nil}},
			{Name: "external.test.local", Zone: "test.local", TTL: 5 * time.Minute, Targets: [][]string{{"203.0.113.10"}, {"198.51.100.13"}, nil}},
		},
		DNSServers:  []dag.DNSServer{{Site: 0, Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"}},
		Redirectors: []dag.Redirector{{Site: 0, Listen: "10.0.1.30:5060"}, {Site: 1, Listen: "10.0.2.30:5060"}},
	}
}

// large has 16 members over two sites and databases with four copies each.
func large(databases int) *dag.Topology {
	t := reference()
	t.Name, t.Exchange, t.Members, t.Databases = "DAGL", dag.Version{Release: 2025}, nil, nil
	for i := range 16 {
		t.Members = append(t.Members, dag.Member{Name: fmt.Sprintf("MBX%02d", i+1), FQDN: fmt.Sprintf("mbx%02d.test.local", i+1), Site: i / 8, Dial: dag.GoodAvailability})
	}
	t.Sites[0].Pool, t.Sites[1].Pool = []int{0, 1, 2, 3, 4, 5, 6, 7}, []int{8, 9, 10, 11, 12, 13, 14, 15}
	for i := range databases {
		t.Databases = append(t.Databases, dag.Database{Name: fmt.Sprintf("DB%03d", i+1), Names: []int{0},
			Copies: []dag.Copy{{Member: i % 8, Preference: 1}, {Member: (i + 1) % 8, Preference: 2}, {Member: 8 + i%8, Preference: 3}, {Member: 8 + (i+1)%8, Preference: 4}}})
	}
	return t
}
