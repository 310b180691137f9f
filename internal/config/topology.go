package config

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"siteswap/dag"
)

// Topology is what the model decides on: the site file with every reference resolved to an index. The Site must be free
// of errors. Without an alternate witness Topology.Alternate has no Server.
func (s *Site) Topology() *dag.Topology {
	t := &dag.Topology{
		Name: s.DAG.Name, Exchange: s.DAG.Exchange, Windows: s.DAG.Windows, Mode: s.DAG.ActivationMode,
		AccessPoint: s.DAG.AccessPoint == nil || *s.DAG.AccessPoint,
		Assume: dag.Assumptions{
			SoleMemberNeedsNoWitness: s.Assumptions.SoleMemberNeedsNoWitness,
			LastManStanding:          s.Assumptions.LastManStanding,
			TieSparesLast:            s.Assumptions.TieSparesLast,
			UnreadBootTimeAllows:     s.Assumptions.UnreadBootTimeAllows,
			MovesOnlyInSync:          s.Assumptions.MovesOnlyInSync,
		},
	}
	for _, p := range s.Sites {
		site := dag.Site{Name: p.Name}
		for _, d := range p.DomainControllers {
			site.DomainControllers = append(site.DomainControllers, d.FQDN)
		}
		t.Sites = append(t.Sites, site)
	}
	for _, v := range s.Servers {
		if v.Member() {
			t.Members = append(t.Members, s.member(t, v))
		}
	}
	s.pools(t)
	t.Witness = witnessOf(t, s.DAG.Witness)
	if w := s.DAG.AlternateWitness; w != nil {
		t.Alternate = witnessOf(t, *w)
	}
	for _, w := range s.DAG.SpareWitnesses {
		t.Spares = append(t.Spares, witnessOf(t, w))
	}
	s.namesOf(t)
	s.databasesOf(t)
	if s.UM != nil {
		for _, r := range s.UM.Redirectors {
			redirector := dag.Redirector{Site: t.SiteIndex(r.Site)}
			if len(r.Listen) > 0 {
				redirector.Listen = r.Listen[0].AddrPort.String()
			}
			t.Redirectors = append(t.Redirectors, redirector)
		}
	}
	return t
}

func (s *Site) member(t *dag.Topology, v Server) dag.Member {
	return dag.Member{
		Name: v.Name, FQDN: v.FQDN, Site: t.SiteIndex(v.Site), MaxActive: v.MaxActive, MaxPreferred: v.MaxPreferred, LogSpace: int64(v.LogSpace), UM: v.Has("um"),
		Dial: cmp.Or(v.Dial, dag.GoodAvailability), Policy: cmp.Or(v.Policy, dag.Unrestricted), // the defaults of Set-MailboxServer
	}
}

// pools: members behind each VIP. A VIP without a pool is a server's own address, or, if no server has it, balances over
// every member of its site.
func (s *Site) pools(t *dag.Topology) {
	for i, p := range s.Sites {
		if p.VIP == nil {
			continue
		}
		t.Sites[i].VIP = p.VIP.Address.String()
		own := slices.ContainsFunc(s.Servers, func(v Server) bool { return v.Address == p.VIP.Address })
		for m, member := range t.Members {
			if slices.Contains(p.VIP.Pool, member.Name) || len(p.VIP.Pool) == 0 && !own && member.Site == i {
				t.Sites[i].Pool = append(t.Sites[i].Pool, m)
			}
		}
	}
}

func witnessOf(t *dag.Topology, w Witness) dag.Witness {
	return dag.Witness{Server: w.Server, Site: t.SiteIndex(w.Site), Directory: w.Directory}
}

func (s *Site) namesOf(t *dag.Topology) {
	for _, n := range s.DNS.Names {
		name := dag.Name{Name: n.Name, Zone: n.Zone, TTL: n.TTL.Std(), Targets: make([][]string, len(t.Sites)), View: n.View, Policy: n.Policy}
		for i, p := range t.Sites {
			name.Targets[i] = n.TargetsIn(p.Name)
		}
		for _, a := range n.Servers {
			name.Servers = append(name.Servers, a.String())
		}
		t.Names = append(t.Names, name)
	}
	for _, r := range s.DNS.Resolvers {
		t.Resolvers = append(t.Resolvers, r.String())
	}
	for _, v := range s.DNS.Servers {
		t.DNSServers = append(t.DNSServers, dag.DNSServer{Site: t.SiteIndex(v.Site), Address: v.Address.String(), Zones: slices.Clone(v.Zones), Follows: s.follows(v)})
	}
}

// Zones that take secure updates only are kept in Active Directory: what a server did not get directly it gets by
// replication, between sites every 3 h as Windows sets it (domain-exchange.md, section 7), and by its poll of the directory
// (Get-DnsServerDsSetting, PollingInterval).
const (
	adReplication = 3 * time.Hour
	adPoll        = 180 * time.Second
)

func (s *Site) follows(v DNSServer) time.Duration {
	if v.GSS == nil {
		return 0
	}
	return cmp.Or(s.DNS.Replication.Std(), adReplication) + adPoll
}

// databasesOf sorts the copies by preference, as dag.Database has them. A name that stands in two views is both.
func (s *Site) databasesOf(t *dag.Topology) {
	for _, d := range s.Databases {
		db := dag.Database{Name: d.Name}
		for j, k := range d.Copies {
			db.Copies = append(db.Copies, dag.Copy{Member: t.MemberIndex(k.Server), Preference: d.PreferenceOf(j), ReplayLag: k.ReplayLag.Std(), Blocked: k.Blocked})
		}
		slices.SortStableFunc(db.Copies, func(a, b dag.Copy) int { return a.Preference - b.Preference })
		for i, n := range t.Names {
			if slices.ContainsFunc(d.Names, func(name string) bool { return strings.EqualFold(name, n.Name) }) {
				db.Names = append(db.Names, i)
			}
		}
		t.Databases = append(t.Databases, db)
	}
}
