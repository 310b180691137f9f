package config

import (
	"fmt"
	"strings"
	"time"

	"siteswap/dag"
	"siteswap/internal/document"
)

// longTTL is what clients may at most remember without a warning (formats.md).
const longTTL = 5 * time.Minute

// dns checks the DNS servers and the names.
func (c *checker) dns() {
	var addresses []string
	for i, s := range c.site.DNS.Servers {
		addresses = append(addresses, s.Address.String())
		c.refer(at("dns.servers[%d].site", i), s.Site, "site", c.site.placeNames())
		for j, z := range s.Zones {
			c.hostname(at("dns.servers[%d].zones[%d]", i, j), z)
		}
		if s.TSIG != nil {
			c.oneSecret(at("dns.servers[%d].tsig", i), true, s.TSIG.KeyFile, s.TSIG.Env, s.TSIG.Command)
		}
		if s.Host != "" {
			c.hostname(at("dns.servers[%d].host", i), s.Host)
		}
		if s.GSS != nil {
			c.gss(at("dns.servers[%d].gss", i), s)
		}
	}
	for i, n := range c.site.DNS.Names {
		c.zone(i, n)
		c.targets(i, n)
		c.ttl(i, n)
		for j, s := range n.Servers {
			path := at("dns.names[%d].servers[%d]", i, j)
			if s.IsValid() && c.refer(path, s.String(), "DNS server", addresses) && !c.site.DNS.Servers[indexOf(addresses, s.String())].Holds(n.Zone) {
				c.fail(path, fmt.Sprintf("this DNS server does not hold %s", n.Zone), "add the zone to its zones, or name another server")
			}
		}
	}
}

// gss: an account has a realm and one secret; the server's own name is known, for its principal is made of it.
func (c *checker) gss(path string, s DNSServer) {
	g := s.GSS
	if s.TSIG != nil {
		c.fail(path, "the server has tsig and gss", "keep gss where the zone takes secure updates only, else tsig")
	}
	if c.site.HostOf(s) == "" {
		c.fail(path, fmt.Sprintf("nothing says the full name of %s", s.Address), "write host, or list it in domain_controllers")
	}
	if g.User == "" && (g.Keytab != "" || g.KeyFile != "" || g.Env != "" || len(g.Command) > 0) {
		c.fail(path, "a secret without a user", "write user, or no secret: then the tickets of whoever runs the program sign")
	}
	if g.User == "" {
		return
	}
	if g.Realm == "" {
		c.fail(path, "a user without a realm", "write realm, as in TEST.LOCAL")
	}
	c.oneSecret(path, g.Keytab == "", g.KeyFile, g.Env, g.Command)
	if g.Keytab != "" && (g.KeyFile != "" || g.Env != "" || len(g.Command) > 0) {
		c.fail(path+".keytab", "a keytab and a password", "keep one")
	}
}

// HostOf is the full name of a DNS server, in lower case; empty: nothing says it.
func (s *Site) HostOf(d DNSServer) string {
	if d.Host != "" {
		return domain(d.Host)
	}
	for _, p := range s.Sites {
		for _, dc := range p.DomainControllers {
			if dc.Address.Addr == d.Address.Addr() {
				return domain(dc.FQDN)
			}
		}
	}
	return ""
}

func indexOf(list []string, value string) int {
	for i, v := range list {
		if v == value {
			return i
		}
	}
	return 0
}

// zone: a name lies in its zone, and somebody takes updates for it.
func (c *checker) zone(i int, n Name) {
	path := at("dns.names[%d].name", i)
	c.hostname(path, n.Name)
	if n.Zone == "" || n.Name == "" {
		return
	}
	if name, zone := domain(n.Name), domain(n.Zone); name != zone && !strings.HasSuffix(name, "."+zone) {
		c.fail(c.later(path, at("dns.names[%d].zone", i)), fmt.Sprintf("%s does not lie in the zone %s", n.Name, n.Zone), "write the zone that holds the name")
	}
	if len(c.site.DNS.ServersOf(Name{Zone: n.Zone})) == 0 {
		c.fail(at("dns.names[%d].zone", i), fmt.Sprintf("no DNS server of this file holds the zone %s", n.Zone), "add it to the zones of a server in dns.servers")
	}
}

// targets: a name has a target in every site that has members, or its clients could not be moved there.
func (c *checker) targets(i int, n Name) {
	path := at("dns.names[%d].targets", i)
	for _, site := range sortedKeys(n.Targets) {
		c.refer(path+"."+site, site, "site", c.site.placeNames())
	}
	if n.Aliases != nil {
		c.aliases(i, n)
		return
	}
	if n.Targets == nil {
		if !c.doc.Has(path) {
			c.fail(path, "missing", "list its addresses by site, as in {Prod: [10.0.1.10], DR: [10.0.2.13]}")
		}
		return
	}
	for _, p := range c.site.Sites {
		members := c.site.serverNames(func(s Server) bool { return s.Member() && s.Site == p.Name })
		if p.Name != "" && len(members) > 0 && len(n.Targets[p.Name]) == 0 {
			c.fail(path, fmt.Sprintf("%s has no target in %s, which has members", n.Name, p.Name), fmt.Sprintf("add the address that its clients reach in %s", p.Name))
		}
	}
}

// aliases: a CNAME stands alone, and for a name in every site that has members.
func (c *checker) aliases(i int, n Name) {
	path := at("dns.names[%d].aliases", i)
	if n.Targets != nil {
		c.fail(path, n.Name+" has targets and aliases", "keep targets for addresses, or aliases for a CNAME")
	}
	if n.Policy == dag.AllHealthy {
		c.fail(at("dns.names[%d].policy", i), "a CNAME has one target", "write targets, or the policy one-site")
	}
	if domain(n.Name) == domain(n.Zone) {
		c.fail(path, n.Name+" is the top of its zone, which cannot be a CNAME", "write targets")
	}
	for _, site := range sortedKeys(n.Aliases) {
		c.refer(path+"."+site, site, "site", c.site.placeNames())
		c.hostname(path+"."+site, n.Aliases[site])
	}
	for _, p := range c.site.Sites {
		if members := c.site.serverNames(func(s Server) bool { return s.Member() && s.Site == p.Name }); p.Name != "" && len(members) > 0 && n.Aliases[p.Name] == "" {
			c.fail(path, fmt.Sprintf("%s has no alias in %s, which has members", n.Name, p.Name), fmt.Sprintf("add the name that its clients reach in %s", p.Name))
		}
	}
}

// ttl: DNS counts whole seconds, and clients remember the old address for a TTL.
func (c *checker) ttl(i int, n Name) {
	path := at("dns.names[%d].ttl", i)
	ttl := n.TTL.Std()
	switch {
	case ttl == 0 && !c.doc.Has(path):
	case ttl < time.Second || ttl%time.Second != 0 || ttl > (1<<31-1)*time.Second:
		c.fail(path, fmt.Sprintf("a TTL of %s", n.TTL), "write whole seconds, at least 1s")
	case ttl > longTTL:
		c.warn(path, fmt.Sprintf("with a TTL of %s clients go to the old address for up to %s after a switchover", n.TTL, n.TTL), fmt.Sprintf("write %s or less", document.Duration(longTTL)))
	}
}
