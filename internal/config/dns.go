package config

import "siteswap/internal/document"

// DNS is the DNS servers and the names that clients connect to.
type DNS struct {
	Servers []DNSServer `yaml:"servers" doc:"Authoritative servers that take signed updates (RFC 2136)."`
	Names   []Name      `yaml:"names" doc:"The names that clients connect to."`
}

// DNSServer is an authoritative server that takes updates.
type DNSServer struct {
	Site    string   `yaml:"site" need:"write the DNS server's site" doc:"Its site."`
	Address HostPort `yaml:"address" need:"write address and port, as in 10.0.1.5:53" doc:"Where it takes updates."`
	TSIG    *TSIG    `yaml:"tsig" doc:"The key that signs updates."`
	Zones   []string `yaml:"zones" doc:"The zones that it holds; all zones unless set."`
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
	Targets map[string][]Address `yaml:"targets" need:"list its addresses by site, as in {Prod: [10.0.1.10], DR: [10.0.2.13]}" doc:"Its addresses by site."`
	Policy  string               `yaml:"policy" enum:"one-site|all-healthy-sites" doc:"Whose addresses it holds; one-site unless set."`
	View    string               `yaml:"view" enum:"internal|external" doc:"The view that it stands in, where a zone has two."`
	Servers []HostPort           `yaml:"servers" doc:"The DNS servers (their addresses) that hold it; all that hold its zone unless set."`
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
