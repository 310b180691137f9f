package dnsupdatetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/dnsupdate"
)

// bench is a server and the means to look at it.
type bench struct {
	t      *testing.T
	server Server
	listed dnsupdate.Server
	client *dnsupdate.Client
	prefix string
}

// faultTimeout is short: every lost answer costs it.
const faultTimeout = 400 * time.Millisecond

func newBench(t *testing.T, s Server) *bench {
	t.Helper()
	b := &bench{t: t, server: s, listed: dnsupdate.Server{Address: s.Address, Site: "Here", TSIG: s.Key}}
	b.prefix = strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	b.prefix = b.prefix[max(0, len(b.prefix)-40):]
	b.prefix = strings.Trim(b.prefix, "-")
	b.client = b.newClient(dnsupdate.Options{Timeout: 5 * time.Second, Servers: []dnsupdate.Server{b.listed}})
	return b
}

func (b *bench) newClient(o dnsupdate.Options) *dnsupdate.Client {
	b.t.Helper()
	c, err := dnsupdate.NewClient(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *bench) name(label string) string { return label + "." + b.prefix + "." + b.server.Zone }

func (b *bench) change(label, kind string, ttl time.Duration, old, new []string) dnsupdate.Change {
	return dnsupdate.Change{Name: b.name(label), Zone: b.server.Zone, Type: kind, TTL: ttl, Old: old, New: new}
}

func (b *bench) plan(list ...dnsupdate.Change) dnsupdate.Set {
	b.t.Helper()
	set, err := dnsupdate.Plan(list...)
	if err != nil {
		b.t.Fatal(err)
	}
	return set
}

func (b *bench) apply(list ...dnsupdate.Change) dnsupdate.Outcome {
	b.t.Helper()
	return b.client.Apply(context.Background(), b.listed, b.plan(list...))
}

// must applies and insists on a result.
func (b *bench) must(want dnsupdate.Result, list ...dnsupdate.Change) dnsupdate.Outcome {
	b.t.Helper()
	o := b.apply(list...)
	if o.Result != want {
		b.t.Fatalf("result %s (%s), want %s", o.Result, o.Why, want)
	}
	return o
}

// holds insists on the addresses that the server answers for a name.
func (b *bench) holds(label string, want ...string) dnsupdate.Answer {
	b.t.Helper()
	a, err := b.client.Query(context.Background(), b.listed, b.name(label))
	if err != nil {
		b.t.Fatal(err)
	}
	if !slices.Equal(a.Addresses, slices.Sorted(slices.Values(want))) {
		b.t.Fatalf("%s holds %v, want %v", label, a.Addresses, want)
	}
	return a
}

// raw sends a message that Plan would not make, signed with the good key unless unsigned, and gives the answer's code.
func (b *bench) raw(m *dns.Msg, signed bool) int {
	b.t.Helper()
	c := &dns.Client{Net: "tcp", Timeout: 5 * time.Second}
	if signed {
		name := dns.CanonicalName(b.server.Key.Name)
		c.TsigProvider = keyProvider{b.server.Key}
		m.SetTsig(name, dns.CanonicalName(b.server.Key.Algorithm), 300, time.Now().Unix())
	}
	r, _, err := c.Exchange(m, b.server.Address)
	if r == nil || (err != nil && r.Rcode != dns.RcodeNotAuth) {
		b.t.Fatalf("no usable answer: %v", err)
	}
	return r.Rcode
}

func (b *bench) update(zone string, records ...string) *dns.Msg {
	b.t.Helper()
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(zone))
	for _, text := range records {
		rr, err := dns.NewRR(text)
		if err != nil {
			b.t.Fatal(err)
		}
		m.Insert([]dns.RR{rr})
	}
	return m
}

func record(name, kind, value string) string {
	return fmt.Sprintf("%s. 60 IN %s %s", name, kind, value)
}

func contains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q does not say %q", text, part)
	}
}
