package config_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"siteswap/internal/config"
)

// sameAddresses compares what hides its fields.
func sameAddresses() cmp.Option {
	return cmp.Options{
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
		cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }),
		cmpopts.EquateEmpty(),
	}
}

func load(t *testing.T, text string) *config.Site {
	t.Helper()
	site, ps := config.Parse("s.yaml", []byte(text))
	if ps.Err() != nil {
		t.Fatal(ps)
	}
	return site
}

func TestRelocateRoundTrip(t *testing.T) {
	for _, name := range []string{"reference", "reference-two-site", "stretched", "stretched-west"} {
		t.Run(name, func(t *testing.T) {
			site, ps := config.Load("testdata/" + name + ".yaml")
			if ps.Err() != nil {
				t.Fatal(ps)
			}
			before := config.Hash(site)
			moved := config.Relocate(site, 91)
			if config.Hash(site) != before {
				t.Error("Relocate changed its input")
			}
			for _, pair := range [][2]*config.Site{{site, nil}, {moved, nil}} {
				text := config.Write(pair[0])
				back, ps := config.Parse(site.File, text)
				if ps.Err() != nil {
					t.Fatalf("%v\n%s", ps, text)
				}
				if diff := cmp.Diff(pair[0], back, sameAddresses()); diff != "" {
					t.Error(diff)
				}
			}
			for _, word := range strings.FieldsFunc(string(config.Write(moved)), func(r rune) bool { return strings.ContainsRune(" ,[]{}'/\n", r) }) {
				a, err := netip.ParseAddrPort(word)
				if err != nil {
					single, err := netip.ParseAddr(word)
					if err != nil {
						continue
					}
					a = netip.AddrPortFrom(single, 0)
				}
				if !netip.MustParsePrefix("127.91.0.0/16").Contains(a.Addr()) || a.Port() > 0 && a.Port() < 1024 {
					t.Errorf("%s was not moved", word)
				}
			}
			if again := config.Relocate(moved, 91); config.Hash(again) != config.Hash(moved) {
				t.Error(cmp.Diff(moved, again, sameAddresses()))
			}
			if diff := cmp.Diff(len(site.PublicAddresses()), len(moved.PublicAddresses())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRelocateReference(t *testing.T) {
	r := config.Relocate(load(t, base(t)), 77)
	name := r.DNS.Names
	got := map[string]string{
		"dc":               r.Sites[0].DomainControllers[0].Address.String(),
		"vip Prod":         r.Sites[0].VIP.Address.String(),
		"vip Prod control": r.Sites[0].VIP.Control.String(),
		"vip DR":           r.Sites[1].VIP.Address.String(),
		"EX2010-3":         r.Servers[2].Address.String(),
		"dns DR":           r.DNS.Servers[1].Address.String(),
		"internal Prod":    name[0].Targets["Prod"][0].String(),
		"internal DR":      name[0].Targets["DR"][0].String(),
		"external Prod":    name[1].Targets["Prod"][0].String(),
		"external DR":      name[1].Targets["DR"][0].String(),
		"redirector":       r.UM.Redirectors[1].Listen[0].String(),
		"its bind":         r.UM.Redirectors[1].Bind[1].String(),
		"its control":      r.UM.Redirectors[1].Control.String(),
		"its control bind": r.UM.Redirectors[1].ControlBind.String(),
		"pbx":              r.UM.Peers[0].String() + " " + r.UM.Peers[1].String(),
		"legacy":           r.UM.Legacy[0].Address.String(),
		"target":           r.UM.DialPlans[0].Current["DR"][0].Target.String(),
		"raft":             r.Controllers[2].Raft.String(),
		"raft bind":        r.Controllers[2].RaftBind.String(),
		"api bind":         r.Controllers[2].APIBind.String(),
		"power":            r.Power.Driver + " " + r.Power.Address.String(),
		"witness":          r.DAG.Witness.Address.String(),
		"alternate":        r.DAG.AlternateWitness.Address.String(),
	}
	want := map[string]string{
		"dc": "127.77.1.5", "vip Prod": "127.77.1.10", "vip Prod control": "127.77.1.10:9001", "vip DR": "127.77.2.13", "EX2010-3": "127.77.2.13",
		"dns DR": "127.77.2.5:10053", "internal Prod": "127.77.1.10", "internal DR": "127.77.2.13", "external Prod": "127.77.1.200", "external DR": "127.77.2.200",
		"redirector": "udp://127.77.2.30:5060", "its bind": "tcp://127.77.2.30:25060", "its control": "127.77.2.30:9002", "its control bind": "127.77.2.30:29002",
		"pbx": "127.77.0.200 127.77.0.201", "legacy": "127.77.2.40", "target": "ex2010-3.test.local:5060;transport=tcp",
		"raft": "127.77.3.20:8300", "raft bind": "127.77.3.20:28300", "api bind": "127.77.3.20:28443", "power": "lab 127.77.0.2:9000",
		"witness": "127.77.1.5:10445", "alternate": "127.77.2.5:10445",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(config.ExchangeAccess{Transport: "lab", Account: `TEST\svc-siteswap`, Port: 10080}, *r.ExchangeAccess); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(config.Cluster{Lab: true, TimeScale: 60}, *r.Cluster); diff != "" {
		t.Error(diff)
	}
	public := []config.PublicAddress{
		{Site: "Prod", Address: netip.MustParseAddr("127.77.1.200"), VIP: netip.MustParseAddr("127.77.1.10")},
		{Site: "DR", Address: netip.MustParseAddr("127.77.2.200"), VIP: netip.MustParseAddr("127.77.2.13")},
	}
	if diff := cmp.Diff(public, r.PublicAddresses(), sameAddresses()); diff != "" {
		t.Error(diff)
	}
}

func TestRelocateClashes(t *testing.T) {
	r := config.Relocate(load(t, edit(t, base(t),
		"address: 10.0.1.12, roles", "address: 10.9.9.11, roles", // the last octet of EX2010-1, in the same site
		"api: '10.0.3.20:8443'", "api: '10.0.3.20:443'",
		"'10.0.2.5:53'", "'10.0.2.200:53'", // where the public address of the site would be
		"DR: [198.51.100.13]", "DR: [198.51.100.13, 198.51.100.14, 10.0.1.10]",
		"fqdn: ex2007-um.test.local, address: 10.0.2.40", "fqdn: ex2007-um.test.local, address: 10.0.2.255",
		"{server: dc-dr.test.local, site: DR,   ", "{server: files.test.local, site: DR,   ",
		"people:", "notify: [{name: ops, mail: ops@test.local}]\npaper_to: [/srv/paper]\npeople:",
	)), 78)
	targets := r.DNS.Names[1].Targets["DR"]
	got := []string{r.Servers[1].Address.String(), r.Controllers[2].API.String(), r.DNS.Servers[1].Address.String(),
		targets[0].String(), targets[1].String(), targets[2].String(), r.UM.Legacy[0].Address.String(), r.DAG.AlternateWitness.Address.String()}
	want := []string{"127.78.1.12", "127.78.3.20:10443", "127.78.2.200:10053", "127.78.2.201", "127.78.2.202", "127.78.1.10", "127.78.2.1", "127.78.2.8:10445"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if r.Notify != nil || r.PaperTo != nil {
		t.Error("a drill would page people")
	}
}
