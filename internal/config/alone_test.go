package config_test

import (
	"strings"
	"testing"

	"siteswap/internal/config"
)

const dnsAlone = `dns:
  servers:
    - {site: Prod, address: '10.0.1.5:53', tsig: {name: siteswap., algorithm: hmac-sha256, key_file: k}}
    - {site: DR, address: '10.0.2.5:53', host: dc-dr.test.local, gss: {realm: TEST.LOCAL, user: svc, keytab: svc.keytab, kdc: ['10.0.2.5:88']}}
  resolvers: ['10.0.1.9:53']
  replication: 15m
  name_servers: true
  names:
    - {name: mail.test.local, zone: test.local, ttl: 5m, targets: {Prod: [10.0.1.10, '2001:db8::1'], DR: [10.0.2.13]}, policy: all-healthy-sites}
    - {name: web.test.local, zone: test.local, ttl: 5m, view: external, aliases: {Prod: a.test.local, DR: b.test.local}, servers: ['10.0.2.5:53']}
`

// TestParseDNS: the part dns alone is a file for the dns verbs; its sites are those that it names. A file with a DAG is a
// site file.
func TestParseDNS(t *testing.T) {
	site, ps := config.ParseDNS("d.yaml", []byte(dnsAlone))
	if ps.Err() != nil {
		t.Fatal(ps)
	}
	if len(site.Sites) != 2 || site.Sites[0].Name != "Prod" || len(site.DNS.Names) != 2 || site.HostOf(site.DNS.Servers[1]) != "dc-dr.test.local" {
		t.Errorf("%+v", site)
	}
	for text, want := range map[string]string{
		strings.Replace(dnsAlone, "zone: test.local, ttl: 5m, targets", "zone: other.example, ttl: 5m, targets", 1): "mail.test.local does not lie in the zone other.example",
		strings.Replace(dnsAlone, "view: external", "view: outside", 1):                                             "outside",
		"dns: {}\nsites: []\n": "sites: unknown field",
		"":                     "the document is empty",
	} {
		if _, ps := config.ParseDNS("d.yaml", []byte(text)); ps.Err() == nil || !strings.Contains(ps.Err().Error(), want) {
			t.Errorf("%q is not said: %v", want, ps.Err())
		}
	}
	if site, ps := config.ParseDNS("s.yaml", []byte(base(t))); ps.Err() != nil || site.DAG.Name != "DAG1" {
		t.Errorf("a site file: %v", ps)
	}
}

// FuzzDNS: the part dns of a site file, whatever stands there, is read or refused with a line.
func FuzzDNS(f *testing.F) {
	f.Add([]byte(dnsAlone))
	f.Add([]byte("dns: {servers: [{site: a, address: '1.1.1.1:53'}], names: [{name: a, zone: a, ttl: 1s, targets: {a: [1.1.1.1]}}]}\n"))
	f.Add([]byte("dns:\n  names: [{aliases: {'': x}, targets: {}}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		site, ps := config.ParseDNS("d", data)
		for _, p := range ps {
			if p.Line < 1 || p.What == "" {
				t.Errorf("%#v", p)
			}
		}
		if ps.Err() != nil {
			return
		}
		for _, n := range site.DNS.Names {
			for _, p := range site.Sites {
				n.TargetsIn(p.Name)
			}
			site.DNS.ServersOf(n)
		}
		site.Topology()
	})
}
