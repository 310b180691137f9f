package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// um checks Unified Messaging.
func (c *checker) um() {
	um := c.site.UM
	if um == nil {
		return
	}
	for i, r := range um.Redirectors {
		c.sipTLS(i, r)
		c.refer(at("um.redirectors[%d].site", i), r.Site, "site", c.site.placeNames())
		if n := len(r.Bind); n > 0 && n != len(r.Listen) {
			c.fail(at("um.redirectors[%d].bind", i), fmt.Sprintf("%d addresses to bind for %d to listen", n, len(r.Listen)), "write one for each of listen, in the same order")
		}
	}
	c.operation()
	c.dialPlans()
	for i, l := range um.Legacy {
		c.refer(at("um.legacy[%d].site", i), l.Site, "site", c.site.placeNames())
		c.hostname(at("um.legacy[%d].fqdn", i), l.FQDN)
		if l.Name == "current" {
			c.fail(at("um.legacy[%d].name", i), "current means the current UM servers", "give the legacy server another name")
		}
		if l.Name == "decline" {
			c.fail(at("um.legacy[%d].name", i), "decline means that nobody takes the call", "give the legacy server another name")
		}
		if l.Address.IsValid() {
			c.notOurs(at("um.legacy[%d].address", i), Target{Host: l.Address.String(), Port: l.ServicePort()})
		}
		c.legacy(at("um.legacy[%d]", i), l)
	}
	c.mailboxes()
	c.ldap()
	c.homes()
}

func (c *checker) dialPlans() {
	for i, p := range c.site.UM.DialPlans {
		c.dialPlan(at("um.dial_plans[%d]", i), p)
		for _, site := range sortedKeys(p.Current) {
			path := at("um.dial_plans[%d].current.%s", i, site)
			c.refer(path, site, "site", c.site.placeNames())
			for j, k := range p.Current[site] {
				c.notOurs(at("%s[%d].target", path, j), k.Target)
				c.umPort(at("%s[%d].target", path, j), k.Target.Port, p.Version)
				if p.Security != "" && p.Security != "unsecured" && k.Target.Transport != "tls" {
					c.fail(at("%s[%d].target", path, j), "a "+p.Security+" dial plan, and a target without TLS", "write ;transport=tls, or security: unsecured")
				}
			}
		}
	}
}

// notOurs: a redirect to one of our own listeners would send the call round in a ring, which RFC 3261 leaves to the
// caller to notice.
func (c *checker) notOurs(path string, t Target) {
	for _, a := range c.site.resolve(t.Host) {
		for i, r := range c.site.UM.Redirectors {
			for j, l := range slices.Concat(r.Listen, r.Bind) {
				if l.Addr() == a && int(l.Port()) == t.Port {
					where := at("um.redirectors[%d].listen[%d]", i, j%max(1, len(r.Listen)))
					c.fail(c.later(path, where), fmt.Sprintf("the redirect to %s leads back to our own listener %s", t.Host, l), "write the address of a UM server")
					return
				}
			}
		}
	}
}

// resolve is the addresses that the site file gives to a host.
func (s *Site) resolve(host string) []netip.Addr {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}
	}
	var out []netip.Addr
	take := func(name string, a Address) {
		if domain(name) == domain(host) && a.IsValid() {
			out = append(out, a.Addr)
		}
	}
	for _, v := range s.Servers {
		take(v.FQDN, v.Address)
		take(v.Name, v.Address)
	}
	for _, p := range s.Sites {
		for _, d := range p.DomainControllers {
			take(d.FQDN, d.Address)
		}
	}
	if s.UM != nil {
		for _, l := range s.UM.Legacy {
			take(l.FQDN, l.Address)
		}
	}
	for _, n := range s.DNS.Names {
		for _, site := range sortedKeys(n.Targets) {
			for _, a := range n.Targets[site] {
				take(n.Name, a)
			}
		}
	}
	return out
}

// mailboxes: one source of them; extensions fit their dial plan; homes exist.
func (c *checker) mailboxes() {
	um := c.site.UM
	sources := []string{}
	for _, s := range []struct {
		path  string
		given bool
	}{{"um.mailboxes", len(um.Mailboxes) > 0}, {"um.mailbox_file", um.MailboxFile != ""}, {"um.ldap", um.LDAP != nil}} {
		if s.given {
			sources = append(sources, s.path)
		}
	}
	if len(sources) > 1 {
		last := slices.MaxFunc(sources, func(a, b string) int { return c.doc.Line(a) - c.doc.Line(b) })
		c.fail(last, "mailboxes come from "+strings.Join(sources, " and "), "keep one of them")
	}
	homes, plans := um.homeNames(), []string{}
	byName := map[string]DialPlan{}
	for _, p := range um.DialPlans {
		plans = append(plans, p.Name)
		byName[p.Name] = p
	}
	for i, m := range um.Mailboxes {
		path := at("um.mailboxes[%d]", i)
		c.refer(path+".home", m.Home, "legacy server", homes)
		if !c.refer(path+".dial_plan", m.DialPlan, "dial plan", plans) || m.Extension == "" {
			continue
		}
		if fix := byName[m.DialPlan].misfit(m.Extension); fix != "" {
			c.fail(c.later(path+".extension", path+".dial_plan"), fmt.Sprintf("extension %q does not fit the dial plan %s", m.Extension, m.DialPlan), fix)
		}
	}
}
