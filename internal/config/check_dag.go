package config

import (
	"fmt"
	"strings"

	"siteswap/dag"
)

// sites checks the sites, what stands in them, and each server's site.
func (c *checker) sites() {
	if n := len(c.site.Sites); n == 1 || n > 5 {
		c.fail("sites", fmt.Sprintf("%d sites", n), "list 2 to 5 sites")
	}
	for i, p := range c.site.Sites {
		if len(p.DomainControllers) == 1 {
			c.warn(at("sites[%d].domain_controllers", i), fmt.Sprintf("one domain controller in %s: Exchange there stops with it, and nothing there can be read or written while it is down", p.Name),
				"give the site a second one")
		}
		if p.VIP == nil {
			continue
		}
		local := c.site.serverNames(func(s Server) bool { return s.Site == p.Name })
		pool := c.claims()
		for j, name := range p.VIP.Pool {
			path := at("sites[%d].vip.pool[%d]", i, j)
			if c.refer(path, name, "server in "+p.Name, local) {
				pool.take(name, path, "stands in the pool twice", "list each server once")
			}
		}
		c.oneSecret(at("sites[%d].vip", i), false, p.VIP.KeyFile, p.VIP.Env, p.VIP.Command)
	}
	for i, s := range c.site.Servers {
		c.refer(at("servers[%d].site", i), s.Site, "site", c.site.placeNames())
		c.hostname(at("servers[%d].fqdn", i), s.FQDN)
		if s.Power != nil && s.Power.Redfish != nil {
			r := s.Power.Redfish
			c.oneSecret(at("servers[%d].power.redfish", i), false, r.KeyFile, r.Env, r.Command)
		}
	}
}

// hostname reports a name that DNS cannot hold.
func (c *checker) hostname(path, name string) {
	if name != "" && !hostname(name) {
		c.fail(path, fmt.Sprintf("%q is no DNS name", name), "write letters, digits and dashes between dots, as in ex1.test.local")
	}
}

// members: 1 to 16 (domain-exchange.md section 2), and for DagOnly enough of them.
func (c *checker) members() {
	members := c.site.serverNames(Server.Member)
	if n := len(members); len(c.site.Servers) > 0 && (n < 1 || n > 16) {
		c.fail("servers", fmt.Sprintf("%d servers have the role mbx", n), "a DAG has 1 to 16 members: give the role mbx to its members, and to no other server")
	}
	if c.site.DAG.ActivationMode != dag.DagOnly || len(members) == 0 {
		return
	}
	sites := map[string]bool{}
	for _, s := range c.site.Servers {
		if s.Member() {
			sites[s.Site] = true
		}
	}
	v := c.site.DAG.Exchange
	rtm := v.Release == 2010 && v.SP == 0
	switch {
	case rtm && (len(members) < 3 || len(sites) < 2):
		c.fail("dag.activation_mode", fmt.Sprintf("DagOnly on Exchange 2010 RTM needs three members over two sites, and here are %d over %d", len(members), len(sites)),
			"write Off, install 2010 SP1, or add members")
	case len(members) < 2:
		c.fail("dag.activation_mode", "DagOnly needs two members, and here is one", "write Off, or add a member")
	}
}

// witnesses: the witness and the alternate are no members, and in different sites (domain-exchange.md section 3).
func (c *checker) witnesses() {
	c.witness("dag.witness", c.site.DAG.Witness)
	for i, w := range c.site.DAG.SpareWitnesses {
		c.witness(fmt.Sprintf("dag.spare_witnesses[%d]", i), w)
	}
	alternate := c.site.DAG.AlternateWitness
	if alternate == nil {
		return
	}
	c.witness("dag.alternate_witness", *alternate)
	if site := c.site.DAG.Witness.Site; site != "" && site == alternate.Site {
		c.fail(c.later("dag.alternate_witness.site", "dag.witness.site"), "the witness and the alternate witness are both in "+site+", and would be lost together",
			"put the alternate witness in another site")
	}
}

func (c *checker) witness(path string, w Witness) {
	if w.SMB != nil {
		c.oneSecret(path+".smb", w.SMB.Keytab == "", w.SMB.KeyFile, w.SMB.Env, w.SMB.Command)
		if w.SMB.Realm != "" && len(w.SMB.KDC) == 0 && w.SMB.Krb5Conf == "" {
			c.fail(path+".smb", "a realm without a key distribution centre", "list kdc, as in ['10.0.1.5:88'], or name krb5_conf")
		}
		if w.SMB.Realm == "" && w.SMB.Keytab != "" {
			c.fail(path+".smb.keytab", "a keytab without a realm", "write realm, as in TEST.LOCAL")
		}
	}
	c.refer(path+".site", w.Site, "site", c.site.placeNames())
	c.hostname(path+".server", w.Server)
	for _, s := range c.site.Servers {
		if s.Member() && w.Server != "" && (strings.EqualFold(s.Name, w.Server) || domain(s.FQDN) == domain(w.Server)) {
			c.fail(path+".server", fmt.Sprintf("%q is a member of the DAG, and a member cannot witness for itself", w.Server), "name a server outside the DAG")
		}
	}
}

// databases: copies name members, each once; names are described.
func (c *checker) databases() {
	members := c.site.serverNames(Server.Member)
	var names []string
	for _, n := range c.site.DNS.Names {
		names = append(names, n.Name)
	}
	for i, d := range c.site.Databases {
		c.copies(i, d, members)
		listed := c.claims()
		for j, n := range d.Names {
			path := at("databases[%d].names[%d]", i, j)
			if c.refer(path, n, "name (dns.names)", names) {
				listed.take(n, path, "stands here twice", "list each name once")
			}
		}
	}
}

func (c *checker) copies(i int, d Database, members []string) {
	holders, preferences := c.claims(), c.claims()
	for j, k := range d.Copies {
		path := at("databases[%d].copies[%d]", i, j)
		holder := path
		if c.doc.Has(path + ".server") {
			holder = path + ".server"
		}
		if c.refer(holder, k.Server, "member (server with the role mbx)", members) {
			holders.take(k.Server, holder, "holds two copies of "+d.Name, "a member holds one copy of a database: name another member")
		}
		if k.Server != "" {
			preferences.take(at("preference %d", d.PreferenceOf(j)), path+".preference", "is given to two copies", "number the copies 1 to n, or leave preference out everywhere")
		}
	}
}

// PreferenceOf is the activation preference of a copy: the one that is written, or its place in the list.
func (d Database) PreferenceOf(j int) int {
	if d.Copies[j].Preference > 0 {
		return d.Copies[j].Preference
	}
	return j + 1
}
