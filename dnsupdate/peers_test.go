package dnsupdate_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"siteswap/dnsupdate"
	"siteswap/dnsupdate/dnsupdatetest"
	"siteswap/internal/peers"
)

// Tests here hold the client to real servers. They run with SITESWAP_PEERS=1 (make test sets it).

// peersTime bounds each of them.
const peersTime = 2 * time.Minute

func bounded(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), peersTime)
	t.Cleanup(cancel)
	return ctx
}

// fixture is a running server, how the client lists it, and a client for it alone.
type fixture struct {
	server *peers.DNS
	listed dnsupdate.Server
	client *dnsupdate.Client
}

// starter is StartBIND or StartKnot.
type starter func(context.Context, peers.DNSOptions) (*peers.DNS, error)

func starters() map[string]starter {
	return map[string]starter{"bind": peers.StartBIND, "knot": peers.StartKnot}
}

// start runs a server on a free port. Zones without records get mail (10.0.1.10).
func start(t testing.TB, run starter, o peers.DNSOptions, site string) fixture {
	t.Helper()
	if o.Listen == nil {
		list, err := peers.Ports(1)
		if err != nil {
			t.Fatal(err)
		}
		o.Listen = list
	}
	o.Dir = t.TempDir()
	if o.Keys == nil {
		o.Keys = []peers.Key{peers.NewKey("siteswap")}
	}
	if o.Zones == nil {
		o.Zones = []peers.Zone{{Name: "test.local", Records: []string{"mail 300 A 10.0.1.10"}}}
	}
	s, err := run(bounded(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	f := fixture{server: s, listed: dnsupdate.Server{Address: s.Addrs[0].String(), Site: site, TSIG: keyOf(o.Keys[0])}}
	f.client = clientOf(t, 2*time.Second, f.listed)
	return f
}

func keyOf(k peers.Key) dnsupdate.TSIG {
	return dnsupdate.TSIG{Name: k.Name, Algorithm: k.Algorithm, Secret: dnsupdate.NewSecret(k.Secret)}
}

func clientOf(t testing.TB, timeout time.Duration, servers ...dnsupdate.Server) *dnsupdate.Client {
	t.Helper()
	c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: timeout, Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func setOf(t testing.TB, changes ...dnsupdate.Change) dnsupdate.Set {
	t.Helper()
	set, err := dnsupdate.Plan(changes...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// move is mail.test.local from Prod's address to that of DR.
func move(name string) dnsupdate.Change {
	return dnsupdate.Change{Name: name, Zone: "test.local", Type: "A", TTL: 5 * time.Minute, Old: []string{"10.0.1.10"}, New: []string{"10.0.2.13"}}
}

// TestPeersConformance: real servers pass the suite that the emulated one passes.
func TestPeersConformance(t *testing.T) {
	peers.Skip(t, peers.BIND, peers.Knot)
	for name, run := range starters() {
		t.Run(name, func(t *testing.T) {
			f := start(t, run, peers.DNSOptions{}, "Prod")
			dnsupdatetest.Run(t, func(*testing.T) dnsupdatetest.Server {
				return dnsupdatetest.Server{Address: f.listed.Address, Zone: "test.local", Foreign: "nowhere.example", Key: f.listed.TSIG}
			})
		})
	}
}

// TestPeersViews: a name with an internal and an external address, each on servers of its own, moves in one set; the
// server of one view is never written with the address of the other.
func TestPeersViews(t *testing.T) {
	peers.Skip(t, peers.BIND, peers.Knot)
	key := []peers.Key{peers.NewKey("siteswap")}
	inside := start(t, peers.StartBIND, peers.DNSOptions{Keys: key}, "DR")
	outside := start(t, peers.StartKnot, peers.DNSOptions{Keys: key, Zones: []peers.Zone{{Name: "test.local", Records: []string{"mail 300 A 203.0.113.10"}}}}, "Internet")
	c := clientOf(t, 2*time.Second, inside.listed, outside.listed)
	p, err := c.Propose(bounded(t), []dnsupdate.Wish{
		{Name: "mail.test.local", Zone: "test.local", View: "internal", Servers: []string{inside.listed.Address}, Targets: []string{"10.0.2.13"}},
		{Name: "mail.test.local", Zone: "test.local", View: "external", Servers: []string{outside.listed.Address}, Targets: []string{"198.51.100.13", "2001:db8::13"}},
	}, inside.listed)
	if err != nil {
		t.Fatal(err)
	}
	rep := c.Repoint(bounded(t), p.Set, inside.listed)
	if rep.Result != dnsupdate.Done {
		t.Fatalf("%s: %s", rep.Result, rep.Why)
	}
	holds(t, inside, "mail.test.local", "10.0.2.13")
	holds(t, outside, "mail.test.local", "198.51.100.13", "2001:db8::13")
	back, err := p.Set.PutBack(p.Old)
	if err != nil {
		t.Fatal(err)
	}
	if rep := c.Repoint(bounded(t), back, inside.listed); rep.Result != dnsupdate.Done {
		t.Fatalf("put back: %s: %s", rep.Result, rep.Why)
	}
	holds(t, inside, "mail.test.local", "10.0.1.10")
	holds(t, outside, "mail.test.local", "203.0.113.10")
}

func holds(t testing.TB, f fixture, name string, want ...string) {
	t.Helper()
	a, err := f.client.Query(bounded(t), f.listed, name)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.Addresses, slices.Sorted(slices.Values(want))) {
		t.Errorf("%s holds %v, want %v", f.listed.Address, a.Addresses, want)
	}
}

// TestPeersRights: a refusal is seen before anything is to be changed, and asking changes nothing: not even the serial.
func TestPeersRights(t *testing.T) {
	peers.Skip(t, peers.BIND, peers.Knot)
	key := peers.NewKey("siteswap")
	zone := peers.Zone{Name: "test.local", Records: []string{"mail 300 A 10.0.1.10", "other 300 A 10.0.1.10"},
		Policy: `grant "siteswap." name mail.test.local. ANY;  grant "siteswap." name new.test.local. ANY;`}
	f := start(t, peers.StartBIND, peers.DNSOptions{Keys: []peers.Key{key}, Zones: []peers.Zone{zone}}, "Prod")
	fresh := dnsupdate.Change{Name: "new.test.local", Zone: "test.local", Type: "A", TTL: time.Minute, New: []string{"10.0.2.13"}}
	set := setOf(t, move("mail.test.local"), move("other.test.local"), fresh)
	before := serial(t, f)
	got := map[string]dnsupdate.Right{}
	for _, r := range f.client.CheckRights(bounded(t), f.listed, set) {
		got[r.Name] = r
	}
	for name, want := range map[string]dnsupdate.Result{"mail.test.local": dnsupdate.Done, "other.test.local": dnsupdate.Failed, "new.test.local": dnsupdate.Done} {
		if got[name].Result != want {
			t.Errorf("%s: %s (%s), want %s", name, got[name].Result, got[name].Why, want)
		}
	}
	if !strings.Contains(got["other.test.local"].Why, "REFUSED") {
		t.Errorf("why: %q", got["other.test.local"].Why)
	}
	if after := serial(t, f); after != before {
		t.Errorf("the serial moved from %d to %d", before, after)
	}
	k := start(t, peers.StartKnot, peers.DNSOptions{}, "Prod")
	before = serial(t, k)
	for _, r := range k.client.CheckRights(bounded(t), k.listed, setOf(t, move("mail.test.local"), fresh)) {
		if r.Result != dnsupdate.Done {
			t.Errorf("knot: %s: %s", r.Name, r.Why)
		}
	}
	if after := serial(t, k); after != before {
		t.Errorf("knot: the serial moved from %d to %d", before, after)
	}
}

func serial(t testing.TB, f fixture) uint32 {
	t.Helper()
	a, err := f.client.Query(bounded(t), f.listed, "mail.test.local")
	if err != nil || a.Serial == 0 {
		t.Fatalf("serial %d: %v", a.Serial, err)
	}
	return a.Serial
}

// TestPeersNameServers: a server that only the zone's NS records name is read, and a difference there is told.
func TestPeersNameServers(t *testing.T) {
	peers.Skip(t, peers.BIND)
	list, err := peers.Loopback(2, 5300)
	if err != nil {
		t.Fatal(err)
	}
	other := list[1].Addr().String()
	zone := peers.Zone{Name: "test.local", Servers: []string{"ns2.test.local"}, Records: []string{"mail 300 A 10.0.1.10", "ns2 60 A " + other}}
	first := start(t, peers.StartKnot, peers.DNSOptions{Listen: list[:1], Zones: []peers.Zone{zone}}, "Prod")
	second := start(t, peers.StartKnot, peers.DNSOptions{Listen: list[1:], Zones: []peers.Zone{zone}}, "DR")
	c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: time.Second, Servers: []dnsupdate.Server{first.listed}, NamePort: "5300"})
	if err != nil {
		t.Fatal(err)
	}
	set := setOf(t, move("mail.test.local"))
	rep := c.Repoint(bounded(t), set, first.listed)
	if rep.Result != dnsupdate.Failed || !strings.Contains(rep.Why, second.listed.Address) {
		t.Errorf("%s: %s; the second server still has the old address", rep.Result, rep.Why)
	}
	second.client.Apply(bounded(t), second.listed, set)
	if rep := c.Repoint(bounded(t), set, first.listed); rep.Result != dnsupdate.Done || len(rep.Servers) != 2 || rep.Servers[1].State.Via != "test.local" {
		t.Errorf("%+v", rep)
	}
	second.server.Kill()
	if rep := c.Repoint(bounded(t), set, first.listed); rep.Result != dnsupdate.Done || !slices.Equal(rep.Owed, []string{net.JoinHostPort(other, "5300")}) {
		t.Errorf("%s, owed %v", rep.Result, rep.Owed)
	}
}
