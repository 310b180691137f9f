package config

import (
	"fmt"
	"strings"
	"time"

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
	if n.Targets == nil {
		return
	}
	for _, p := range c.site.Sites {
		members := c.site.serverNames(func(s Server) bool { return s.Member() && s.Site == p.Name })
		if p.Name != "" && len(members) > 0 && len(n.Targets[p.Name]) == 0 {
			c.fail(path, fmt.Sprintf("%s has no target in %s, which has members", n.Name, p.Name), fmt.Sprintf("add the address that its clients reach in %s", p.Name))
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
