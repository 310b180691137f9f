package config

import "siteswap/internal/document"

// DNS is the DNS servers and the names that clients connect to.
type DNS struct {
	Servers []DNSServer `yaml:"servers" doc:"Authoritative servers that take signed updates (RFC 2136)."`
	Names   []Name      `yaml:"names" doc:"The names that clients connect to."`

	Resolvers   []HostPort        `yaml:"resolvers" doc:"Resolvers that clients ask; they are read to see when caches have run out."`
	Replication document.Duration `yaml:"replication" min:"0" doc:"The longest that Active Directory replication between the sites takes; 3h unless set, where a server has gss."`
	NameServers bool              `yaml:"name_servers" doc:"true: the servers that the zones' NS records name are read too, at port 53."`
}

// DNSServer is an authoritative server that takes updates.
type DNSServer struct {
	Site    string   `yaml:"site" need:"write the DNS server's site" doc:"Its site."`
	Address HostPort `yaml:"address" need:"write address and port, as in 10.0.1.5:53" doc:"Where it takes updates."`
	TSIG    *TSIG    `yaml:"tsig" doc:"The key that signs updates."`
	Zones   []string `yaml:"zones" doc:"The zones that it holds; all zones unless set."`
	Host    string   `yaml:"host" doc:"Its full name, for gss; unless set, that of the domain controller with its address."`
	GSS     *GSS     `yaml:"gss" doc:"The account that signs updates, where zones take secure updates only; instead of tsig."`
}

// GSS is the account that signs updates of zones that are kept in Active Directory (RFC 3645). Without a user, the tickets
// of whoever runs the program sign.
type GSS struct {
	Realm    string     `yaml:"realm" doc:"Kerberos realm: the domain's name in capitals."`
	User     string     `yaml:"user" doc:"Account name, without the domain."`
	Keytab   string     `yaml:"keytab" doc:"File with the account's keys."`
	KeyFile  string     `yaml:"key_file" doc:"File that holds its password."`
	Env      string     `yaml:"env" doc:"Environment variable that holds it."`
	Command  []string   `yaml:"command" doc:"Program that prints it, with its arguments."`
	KDC      []HostPort `yaml:"kdc" doc:"Key distribution centres; the DNS server itself at port 88 unless set."`
	Krb5Conf string     `yaml:"krb5_conf" doc:"A krb5.conf to use instead."`
}

// Holds tells whether the server holds the zone.
func (s DNSServer) Holds(zone string) bool {
	for _, z := range s.Zones {
		if domain(z) == domain(zone) {
			return true
		}
	}
	return len(s.Zones) == 0
}

// TSIG is a key that signs updates (RFC 8945); the secret itself is elsewhere.
type TSIG struct {
	Name      string   `yaml:"name" need:"write the key's name" doc:"Name of the key."`
	Algorithm string   `yaml:"algorithm" need:"write hmac-sha256" enum:"hmac-sha1|hmac-sha224|hmac-sha256|hmac-sha384|hmac-sha512" doc:"Its algorithm."`
	KeyFile   string   `yaml:"key_file" doc:"File that holds the secret in base64."`
	Env       string   `yaml:"env" doc:"Environment variable that holds it."`
	Command   []string `yaml:"command" doc:"Program that prints it, with its arguments."`
}

// Name is a name that clients connect to.
type Name struct {
	Name    string               `yaml:"name" need:"write the name" doc:"The name."`
	Zone    string               `yaml:"zone" need:"write the zone that holds the name" doc:"Its zone."`
	TTL     document.Duration    `yaml:"ttl" need:"write its TTL, as in 5m" doc:"Its time to live; at most 5m lets clients follow soon."`
	Targets map[string][]Address `yaml:"targets" doc:"Its addresses by site."`
	Aliases map[string]string    `yaml:"aliases" doc:"Instead of targets, where the name is a CNAME: the name that it stands for, by site."`
	Policy  string               `yaml:"policy" enum:"one-site|all-healthy-sites" doc:"Whose addresses it holds; one-site unless set."`
	View    string               `yaml:"view" enum:"internal|external" doc:"The view that it stands in, where a zone has two."`
	Servers []HostPort           `yaml:"servers" doc:"The DNS servers (their addresses) that hold it; all that hold its zone unless set."`
}

// TargetsIn are what the name holds in a site: addresses, or the one name that it is an alias of.
func (n Name) TargetsIn(site string) []string {
	if alias := n.Aliases[site]; alias != "" {
		return []string{domain(alias)}
	}
	var out []string
	for _, a := range n.Targets[site] {
		out = append(out, a.String())
	}
	return out
}

// ServersOf are the indexes of the DNS servers that hold the name.
func (d DNS) ServersOf(n Name) []int {
	var out []int
	for i, s := range d.Servers {
		if !s.Holds(n.Zone) {
			continue
		}
		listed := len(n.Servers) == 0
		for _, a := range n.Servers {
			listed = listed || a == s.Address
		}
		if listed {
			out = append(out, i)
		}
	}
	return out
}
