package config

// unique: a name names one thing, and so does an address. Case does not tell names apart, neither in Exchange nor in DNS.
func (c *checker) unique() {
	const fix = "give each its own name"
	places, dcs, dcAddresses := c.claims(), c.claims(), c.claims()
	servers, fqdns, addresses := c.claims(), c.claims(), c.claims() // apart from the former: Exchange may run on a domain controller
	for i, p := range c.site.Sites {
		places.take(p.Name, at("sites[%d].name", i), "names two sites", fix)
		for j, d := range p.DomainControllers {
			dcs.take(domain(d.FQDN), at("sites[%d].domain_controllers[%d].fqdn", i, j), "names two domain controllers", fix)
			if d.Address.IsValid() {
				dcAddresses.take(d.Address.String(), at("sites[%d].domain_controllers[%d].address", i, j), "is the address of two domain controllers", "give each its own address")
			}
		}
	}
	for i, s := range c.site.Servers {
		servers.take(s.Name, at("servers[%d].name", i), "names two servers", fix)
		fqdns.take(domain(s.FQDN), at("servers[%d].fqdn", i), "names two servers", fix)
		if s.Address.IsValid() {
			addresses.take(s.Address.String(), at("servers[%d].address", i), "is the address of two servers", "give each its own address")
		}
	}
	databases := c.claims()
	for i, d := range c.site.Databases {
		databases.take(d.Name, at("databases[%d].name", i), "names two databases", fix)
	}
	c.uniqueDNS()
	c.uniqueUM()
	c.uniqueControllers()
}

func (c *checker) uniqueDNS() {
	servers := c.claims()
	for i, s := range c.site.DNS.Servers {
		if s.Address.IsValid() {
			servers.take(s.Address.String(), at("dns.servers[%d].address", i), "is the address of two DNS servers", "list each DNS server once")
		}
	}
	names := map[string]claims{} // a name may stand once in each view
	for i, n := range c.site.DNS.Names {
		if _, ok := names[n.View]; !ok {
			names[n.View] = c.claims()
		}
		names[n.View].take(domain(n.Name), at("dns.names[%d].name", i), "is listed twice", "list each name once, or once in each view")
	}
}

func (c *checker) uniqueUM() {
	if c.site.UM == nil {
		return
	}
	listeners, plans, legacy, boxes := c.claims(), c.claims(), c.claims(), c.claims()
	for i, r := range c.site.UM.Redirectors {
		for j, l := range r.Listen {
			if l.IsValid() {
				listeners.take(l.String(), at("um.redirectors[%d].listen[%d]", i, j), "is listened to twice", "give each listener its own address or port")
			}
		}
	}
	for i, p := range c.site.UM.DialPlans {
		plans.take(p.Name, at("um.dial_plans[%d].name", i), "names two dial plans", "give each its own name")
	}
	for i, l := range c.site.UM.Legacy {
		legacy.take(l.Name, at("um.legacy[%d].name", i), "names two legacy servers", "give each its own name")
	}
	for i, m := range c.site.UM.Mailboxes {
		if m.Extension != "" && m.DialPlan != "" {
			boxes.take(m.Extension+" of "+m.DialPlan, at("um.mailboxes[%d].extension", i), "is the extension of two mailboxes", "give each its own extension")
		}
	}
}

func (c *checker) uniqueControllers() {
	ids, addresses := c.claims(), c.claims()
	for i, k := range c.site.Controllers {
		ids.take(k.ID, at("controllers[%d].id", i), "names two controllers", "give each its own id")
		for _, a := range []struct {
			field string
			at    HostPort
		}{{"raft", k.Raft}, {"api", k.API}} {
			if a.at.IsValid() {
				addresses.take(a.at.String(), at("controllers[%d].%s", i, a.field), "is used twice by controllers", "give each its own address or port")
			}
		}
	}
}
