package dag

import "time"

// Topology is what does not change during a run: the DAG as its site file describes it, with every reference resolved to
// an index. It is an input of every decision and is never changed by one. The order of every slice is the site file's.
type Topology struct {
	Name        string         `json:"name"`
	Exchange    Version        `json:"exchange"`
	Windows     Windows        `json:"windows"`
	Mode        ActivationMode `json:"mode"`
	AccessPoint bool           `json:"access_point"` // false: a DAG without an administrative access point (no CNO, IP or name)

	Sites     []Site     `json:"sites"`   // 2 to 5; a site without members is a third place
	Members   []Member   `json:"members"` // 1 to 16
	Witness   Witness    `json:"witness"`
	Alternate Witness    `json:"alternate"`
	Spares    []Witness  `json:"spares,omitempty"` // servers that can take the place of a witness that was lost
	Databases []Database `json:"databases"`

	Names       []Name       `json:"names"` // DNS names that clients connect to
	DNSServers  []DNSServer  `json:"dns_servers"`
	Redirectors []Redirector `json:"redirectors"`         // UM redirectors
	Resolvers   []string     `json:"resolvers,omitempty"` // DNS resolvers that clients ask, host:port

	Assume Assumptions `json:"assume"`
}

// Site is an Active Directory site. Indexes of Topology.Sites are "site indexes" everywhere in this package.
type Site struct {
	Name              string   `json:"name"`
	DomainControllers []string `json:"domain_controllers,omitempty"` // FQDNs; empty: no directory there
	VIP               string   `json:"vip,omitempty"`                // address of the load balancer; empty: none
	Pool              []int    `json:"pool,omitempty"`               // members behind the VIP; a VIP without a pool is a server's own address
}

// Member is an Exchange mailbox server of the DAG.
type Member struct {
	Name      string           `json:"name"`
	FQDN      string           `json:"fqdn"`
	Site      int              `json:"site"`
	Dial      Dial             `json:"dial"`       // AutoDatabaseMountDial; the server default is GoodAvailability
	Policy    ActivationPolicy `json:"policy"`     // DatabaseCopyAutoActivationPolicy
	MaxActive int              `json:"max_active"` // MaximumActiveDatabases, 0: no limit
	UM        bool             `json:"um"`         // has the Unified Messaging role
	// MaxPreferred is MaximumPreferredActiveDatabases, 0: no limit. It is soft: a move by name may exceed it when told so.
	MaxPreferred int `json:"max_preferred,omitempty"`
	// LogSpace is how many log files the log volume holds, 0: more than will ever be written. While a copy is away nothing is
	// truncated (domain-exchange.md 5.5, section 9 row 20).
	LogSpace int64 `json:"log_space,omitempty"`
}

// Witness is a file share witness server and directory.
type Witness struct {
	Server    string `json:"server"` // FQDN
	Site      int    `json:"site"`
	Directory string `json:"directory"`
}

// Database is a mailbox database and its copies, in order of activation preference.
type Database struct {
	Name   string `json:"name"`
	Copies []Copy `json:"copies"`
	Names  []int  `json:"names"` // indexes of Topology.Names that its clients connect to
}

// Copy is one copy of a database.
type Copy struct {
	Member     int           `json:"member"`
	Preference int           `json:"preference"` // 1 is the most preferred
	ReplayLag  time.Duration `json:"replay_lag,omitempty"`
	Blocked    bool          `json:"blocked,omitempty"` // activation suspended from the start
}

// DNSServer is an authoritative server that takes updates for the zones listed (none: all).
type DNSServer struct {
	Site    int      `json:"site"`
	Address string   `json:"address"` // host:port
	Zones   []string `json:"zones,omitempty"`

	// Follows is the longest until it answers a change that was made at another server and could not be made here: replication
	// of the directory and its poll by the DNS server; 0: its zones are kept in no directory.
	Follows time.Duration `json:"follows,omitempty"`
}

// Redirector is a UM redirector (umredirect) of a site.
type Redirector struct {
	Site   int    `json:"site"`
	Listen string `json:"listen"` // its first listener, host:port
}

// SiteIndex is the index of the site with this name, or -1.
func (t *Topology) SiteIndex(name string) int {
	for i := range t.Sites {
		if t.Sites[i].Name == name {
			return i
		}
	}
	return -1
}

// MemberIndex is the index of the member with this name or FQDN, or -1.
func (t *Topology) MemberIndex(name string) int {
	for i := range t.Members {
		if t.Members[i].Name == name || t.Members[i].FQDN == name {
			return i
		}
	}
	return -1
}

// DatabaseIndex is the index of the database with this name, or -1.
func (t *Topology) DatabaseIndex(name string) int {
	for i := range t.Databases {
		if t.Databases[i].Name == name {
			return i
		}
	}
	return -1
}

// MembersOf is the set of members in the site.
func (t *Topology) MembersOf(site int) Set {
	var s Set
	for i := range t.Members {
		if t.Members[i].Site == site {
			s = s.Add(i)
		}
	}
	return s
}

// AllMembers is the set of all members.
func (t *Topology) AllMembers() Set { return Set(1<<len(t.Members) - 1) }

// MemberNames are the names of the members in the set, in the order of the site file.
func (t *Topology) MemberNames(s Set) []string {
	names := make([]string, 0, s.Len())
	for i := range t.Members {
		if s.Has(i) {
			names = append(names, t.Members[i].Name)
		}
	}
	return names
}

// CopyOf is the index within Databases[db].Copies of the copy on the member, or -1.
func (t *Topology) CopyOf(db, member int) int {
	for i := range t.Databases[db].Copies {
		if t.Databases[db].Copies[i].Member == member {
			return i
		}
	}
	return -1
}
