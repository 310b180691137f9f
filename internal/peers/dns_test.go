package peers_test

import (
	"context"
	"encoding/base64"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/internal/peers"
)

// limit is how long a test here may take: everything is bounded.
const limit = 3 * time.Minute

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func ports(t *testing.T, n int) []netip.AddrPort {
	t.Helper()
	a, err := peers.Ports(n)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func closes(t *testing.T, c interface{ Close() error }) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// update adds one address with a key.
func update(t *testing.T, addr netip.AddrPort, zone string, k peers.Key, record string) int {
	t.Helper()
	rr, err := dns.NewRR(record)
	if err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(zone))
	m.Insert([]dns.RR{rr})
	m.SetTsig(dns.Fqdn(k.Name), dns.Fqdn(k.Algorithm), 300, time.Now().Unix())
	c := &dns.Client{Net: "tcp", Timeout: 5 * time.Second, TsigSecret: map[string]string{dns.Fqdn(k.Name): base64.StdEncoding.EncodeToString(k.Secret)}}
	in, _, err := c.Exchange(m, addr.String())
	if in == nil {
		t.Fatal(err)
	}
	return in.Rcode
}

func lookup(t *testing.T, addr netip.AddrPort, name string) string {
	t.Helper()
	m := new(dns.Msg)
	m.SetQuestion(dns.Fqdn(name), dns.TypeA)
	in, _, err := (&dns.Client{Timeout: 5 * time.Second}).Exchange(m, addr.String())
	if err != nil {
		t.Fatal(err)
	}
	for _, rr := range in.Answer {
		if a, ok := rr.(*dns.A); ok {
			return a.A.String()
		}
	}
	return ""
}

// both servers take signed updates, and keep them when they are killed.
func TestNameServers(t *testing.T) {
	for _, c := range []struct {
		name  string
		need  peers.Need
		start func(context.Context, peers.DNSOptions) (*peers.DNS, error)
	}{{"BIND", peers.BIND, peers.StartBIND}, {"Knot", peers.Knot, peers.StartKnot}} {
		t.Run(c.name, func(t *testing.T) {
			peers.Skip(t, c.need)
			ctx := bounded(t)
			key, other := peers.NewKey("siteswap"), peers.NewKey("other")
			s, err := c.start(ctx, peers.DNSOptions{Dir: t.TempDir(), Listen: ports(t, 1), Keys: []peers.Key{key, other},
				Zones: []peers.Zone{{Name: "test.local", Records: []string{"mail 60 A 10.0.1.10"}, Keys: []string{"siteswap"}}, {Name: "other.test"}}})
			if err != nil {
				t.Fatal(err)
			}
			closes(t, s)
			if got := update(t, s.Addrs[0], "test.local", key, "new.test.local. 60 A 10.0.2.13"); got != dns.RcodeSuccess {
				t.Fatalf("update: %s; log: %s", dns.RcodeToString[got], s.Log())
			}
			if got := update(t, s.Addrs[0], "test.local", other, "no.test.local. 60 A 10.0.2.13"); got == dns.RcodeSuccess {
				t.Error("a key updates a zone that is not its own")
			}
			s.Kill()
			if s.Running() {
				t.Error("it runs after Kill")
			}
			if err := s.Start(ctx); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{"mail.test.local": "10.0.1.10", "new.test.local": "10.0.2.13", "no.test.local": ""} {
				if got := lookup(t, s.Addrs[0], name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

// a server with a wrong clock refuses a signature of now.
func TestWrongClock(t *testing.T) {
	peers.Skip(t, peers.Knot, peers.Clock)
	key := peers.NewKey("siteswap")
	s, err := peers.StartKnot(bounded(t), peers.DNSOptions{Dir: t.TempDir(), Listen: ports(t, 1), Keys: []peers.Key{key},
		Zones: []peers.Zone{{Name: "test.local"}}, Skew: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	if got := update(t, s.Addrs[0], "test.local", key, "new.test.local. 60 A 10.0.2.13"); got != dns.RcodeNotAuth {
		t.Errorf("update: %s, want NOTAUTH", dns.RcodeToString[got])
	}
}

// a server that is paused takes what it is sent when it goes on.
func TestPause(t *testing.T) {
	peers.Skip(t, peers.BIND)
	s, err := peers.StartBIND(bounded(t), peers.DNSOptions{Dir: t.TempDir(), Listen: ports(t, 1), Zones: []peers.Zone{{Name: "test.local", Records: []string{"mail 60 A 10.0.1.10"}}}})
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	m := new(dns.Msg)
	m.SetQuestion("mail.test.local.", dns.TypeA)
	if _, _, err := (&dns.Client{Timeout: 300 * time.Millisecond}).Exchange(m, s.Addrs[0].String()); err == nil {
		t.Error("a paused server answers")
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if got := lookup(t, s.Addrs[0], "mail.test.local"); got != "10.0.1.10" {
		t.Errorf("after it went on: %q", got)
	}
}
