package dag_test

import (
	"fmt"
	"time"

	"siteswap/dag"
)

// The topologies of the stories. The reference design, what stories change of it, and the designs of six members.
var topologies = map[string]func() *dag.Topology{
	"reference":      reference,
	"reference-2012": func() *dag.Topology { t := reference(); t.Windows = "2012 R2"; return t },
	"reference-off":  func() *dag.Topology { t := reference(); t.Mode = dag.Off; return t },
	"blocked": func() *dag.Topology {
		t := reference()
		t.Members[2].Policy = dag.Blocked
		return t
	},
	"cu2": func() *dag.Topology {
		t := reference()
		t.Exchange, t.Windows = dag.Version{Release: 2016, CU: 2}, "2012 R2"
		return t
	},
	"rtm":    func() *dag.Topology { t := reference(); t.Exchange = dag.Version{Release: 2010, RTM: true}; return t },
	"lagged": func() *dag.Topology { t := reference(); t.Databases[0].Copies[2].ReplayLag = 24 * time.Hour; return t },
	"small-disk": func() *dag.Topology {
		t := reference()
		t.Members[0].LogSpace, t.Members[2].LogSpace = 40, 20
		return t
	},
	"spare": func() *dag.Topology {
		t := reference()
		t.Spares = []dag.Witness{{Server: "cas1.test.local", Site: 0}}
		return t
	},
	"even-spare": func() *dag.Topology {
		t := members("DAG4", []int{2, 2}, "2025", 0)
		t.Spares = []dag.Witness{{Server: "fs3", Site: 2}}
		return t
	},
	"witness-outside": func() *dag.Topology {
		t := reference()
		t.Alternate.Site = 2
		return t
	},
	"last-man": func() *dag.Topology {
		t := reference()
		t.Windows, t.Assume.LastManStanding = "2012 R2", true
		return t
	},
	"two": func() *dag.Topology {
		t := members("DAG2", []int{1, 1}, "2012", 0)
		t.Witness.Site = 2
		return t
	},
	"even":           func() *dag.Topology { return members("DAG4", []int{2, 2}, "2008 R2", 0) },
	"triangle":       func() *dag.Topology { return members("DAG3", []int{1, 1, 1}, "2008 R2", 0) },
	"stretched":      func() *dag.Topology { return members("DAG7", []int{3, 3, 0}, "2025", 2) },
	"stretched-west": func() *dag.Topology { return members("DAG7", []int{3, 3, 0}, "2025", 0) },
}

// reference is the reference design: two members in Prod, one in DR, and a branch without Exchange.
func reference() *dag.Topology {
	t := &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly, AccessPoint: true,
		Sites: []dag.Site{
			{Name: "Prod", DomainControllers: []string{"dc.test.local"}, VIP: "10.0.1.10", Pool: []int{0, 1}},
			{Name: "DR", DomainControllers: []string{"dc-dr.test.local"}, VIP: "10.0.2.13", Pool: []int{2}},
			{Name: "Branch"},
		},
		Witness:   dag.Witness{Server: "dc.test.local", Site: 0},
		Alternate: dag.Witness{Server: "dc-dr.test.local", Site: 1},
		Databases: []dag.Database{{Name: "DB1", Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}, Names: []int{0}}},
		Names:     []dag.Name{{Name: "mail.test.local", Zone: "test.local", TTL: 300e9, Targets: [][]string{{"10.0.1.10"}, {"10.0.2.13"}, nil}}},
		DNSServers: []dag.DNSServer{
			{Site: 0, Address: "10.0.1.5:53"}, {Site: 1, Address: "10.0.2.5:53"},
		},
		Redirectors: []dag.Redirector{{Site: 0, Listen: "udp://10.0.1.30:5060"}, {Site: 1, Listen: "udp://10.0.2.30:5060"}},
	}
	for i, site := range []int{0, 0, 1} {
		name := fmt.Sprintf("EX%d", i+1)
		t.Members = append(t.Members, dag.Member{Name: name, FQDN: name + ".test.local", Site: site, Dial: dag.GoodAvailability, Policy: dag.Unrestricted, UM: true})
	}
	return t
}

// members is a DAG with so many members per site, a domain controller in each, a database that is first on each member and
// has a copy on every other, and its witness in a site.
func members(name string, perSite []int, windows dag.Windows, witness int) *dag.Topology {
	t := &dag.Topology{Name: name, Exchange: dag.Version{Release: 2013, CU: 7}, Windows: windows, Mode: dag.DagOnly,
		Witness: dag.Witness{Server: "fs1", Site: witness}, Alternate: dag.Witness{Server: "fs2", Site: 1}}
	for i, n := range perSite {
		site := dag.Site{Name: [...]string{"West", "East", "Cloud"}[i], DomainControllers: []string{fmt.Sprintf("dc%d", i+1)}}
		for range n {
			site.Pool = append(site.Pool, len(t.Members))
			m := fmt.Sprintf("MBX%d", len(t.Members)+1)
			t.Members = append(t.Members, dag.Member{Name: m, FQDN: m + ".corp.example", Site: i, Dial: dag.GoodAvailability, Policy: dag.Unrestricted})
		}
		t.Sites = append(t.Sites, site)
	}
	if len(t.Sites) == 2 {
		t.Sites = append(t.Sites, dag.Site{Name: "Cloud"})
	}
	for m := range min(2, len(t.Members)) {
		db := dag.Database{Name: fmt.Sprintf("DB%d", m+1)}
		for i := range t.Members {
			db.Copies = append(db.Copies, dag.Copy{Member: (m + i) % len(t.Members), Preference: i + 1})
		}
		t.Databases = append(t.Databases, db)
	}
	return t
}
