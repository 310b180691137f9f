package health_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"siteswap/umredirect/health"
)

// zone is what a name server holds: "NAME TYPE" to records.
type zone map[string][]string

// nameServer serves the zone over UDP and TCP on one port. Code is what it answers everything with; long makes UDP answers truncated.
func nameServer(t *testing.T, z zone, code int, long bool, asked *atomic.Int32) string {
	t.Helper()
	// An address of this process alone: elsewhere the port may be taken for one of the two.
	p, err := net.ListenPacket("udp", fmt.Sprintf("127.73.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", p.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	handle := func(udp bool) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			asked.Add(1)
			r := new(dns.Msg).SetRcode(q, code)
			name := strings.TrimSuffix(strings.ToLower(q.Question[0].Name), ".")
			known := false
			for key, records := range z {
				owner, kind, _ := strings.Cut(key, " ")
				known = known || owner == name
				for _, text := range records {
					if owner == name && kind == dns.TypeToString[q.Question[0].Qtype] {
						rr, err := dns.NewRR(text)
						if err != nil {
							t.Errorf("%s: %v", text, err)
						}
						r.Answer = append(r.Answer, rr)
					}
				}
			}
			if !known && code == dns.RcodeSuccess {
				r.Rcode = dns.RcodeNameError
			}
			if long && udp {
				r.Answer, r.Truncated = nil, true
			}
			w.WriteMsg(r)
		}
	}
	for _, s := range []*dns.Server{{PacketConn: p, Handler: handle(true)}, {Listener: l, Handler: handle(false)}} {
		ready := make(chan struct{})
		s.NotifyStartedFunc = func() { close(ready) }
		go s.ActivateAndServe()
		<-ready
		t.Cleanup(func() { s.Shutdown() })
	}
	return p.LocalAddr().String()
}

func at(s ...string) (out []netip.AddrPort) {
	for _, a := range s {
		out = append(out, netip.MustParseAddrPort(a))
	}
	return out
}

func TestLookup(t *testing.T) {
	z := zone{
		"old.test.local A":                {"old.test.local. 60 IN A 192.0.2.7"},
		"two.test.local A":                {"two.test.local. 60 IN A 192.0.2.2", "two.test.local. 60 IN A 192.0.2.1"},
		"two.test.local AAAA":             {"two.test.local. 60 IN AAAA 2001:db8::1"},
		"six.test.local AAAA":             {"six.test.local. 60 IN AAAA 2001:db8::2"},
		"alias.test.local A":              {"alias.test.local. 60 IN CNAME old.test.local.", "old.test.local. 60 IN A 192.0.2.7"},
		"empty.test.local TXT":            {`empty.test.local. 60 IN TXT "x"`},
		"_sip._tcp.um.test.local SRV":     {"_sip._tcp.um.test.local. 60 IN SRV 10 0 5062 old.test.local.", "_sip._tcp.um.test.local. 60 IN SRV 20 0 5070 two.test.local."},
		"_sips._tcp.um.test.local SRV":    {"_sips._tcp.um.test.local. 60 IN SRV 10 0 5063 old.test.local."},
		"_sip._tcp.gone.test.local SRV":   {"_sip._tcp.gone.test.local. 60 IN SRV 10 0 5062 nowhere.test.local."},
		"_sip._tcp.halves.test.local SRV": {"_sip._tcp.halves.test.local. 60 IN SRV 1 0 1 nowhere.test.local.", "_sip._tcp.halves.test.local. 60 IN SRV 2 0 2 old.test.local."},
	}
	for _, long := range []bool{false, true} {
		r := health.Resolver{Servers: []string{nameServer(t, z, dns.RcodeSuccess, long, new(atomic.Int32))}, Timeout: 5 * time.Second}
		for _, c := range []struct {
			target health.Target
			want   health.Lookup
		}{
			{health.Target{Host: "old.test.local", Port: 5062, Transport: "tcp"}, health.Lookup{Addresses: at("192.0.2.7:5062")}},
			{health.Target{Host: "OLD.test.local.", Port: 5062, Transport: "tcp"}, health.Lookup{Addresses: at("192.0.2.7:5062")}},
			{health.Target{Host: "two.test.local", Port: 5060, Transport: "udp"}, health.Lookup{Addresses: at("192.0.2.1:5060", "192.0.2.2:5060", "[2001:db8::1]:5060")}},
			{health.Target{Host: "six.test.local", Port: 5060, Transport: "tls"}, health.Lookup{Addresses: at("[2001:db8::2]:5060")}},
			{health.Target{Host: "alias.test.local", Port: 1, Transport: "tcp"}, health.Lookup{Addresses: at("192.0.2.7:1")}},
			{health.Target{Host: "192.0.2.9", Transport: "tls"}, health.Lookup{Addresses: at("192.0.2.9:5061")}},
			{health.Target{Host: "um.test.local", Transport: "tcp"}, health.Lookup{Addresses: at("192.0.2.1:5070", "192.0.2.2:5070", "192.0.2.7:5062", "[2001:db8::1]:5070")}},
			{health.Target{Host: "um.test.local", Transport: "tls"}, health.Lookup{Addresses: at("192.0.2.7:5063")}},
			{health.Target{Host: "old.test.local", Transport: "tls"}, health.Lookup{Addresses: at("192.0.2.7:5061")}},
			{health.Target{Host: "gone.test.local", Transport: "tcp"}, health.Lookup{NoSuchName: true}},
			{health.Target{Host: "halves.test.local", Transport: "tcp"}, health.Lookup{Addresses: at("192.0.2.7:2")}},
			{health.Target{Host: "nowhere.test.local", Port: 5060, Transport: "tcp"}, health.Lookup{NoSuchName: true}},
			{health.Target{Host: "empty.test.local", Port: 5060, Transport: "tcp"}, health.Lookup{NoSuchName: true}},
		} {
			got := r.Lookup(t.Context(), c.target)
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreFields(health.Lookup{}, "Why"), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
				t.Errorf("%v (truncated %v): %s", c.target, long, diff)
			}
			if (got.Why == "") != (len(got.Addresses) > 0) {
				t.Errorf("%v: why is %q", c.target, got.Why)
			}
		}
	}
}

// A server that fails is followed by the next; one that knows is believed. When nobody knows, that is no news of the name.
func TestLookupTrouble(t *testing.T) {
	z := zone{"old.test.local A": {"old.test.local. 60 IN A 192.0.2.7"}}
	var first, second atomic.Int32
	good := nameServer(t, z, dns.RcodeSuccess, false, &second)
	dead := "127.0.0.77:1"
	target := health.Target{Host: "old.test.local", Port: 5060, Transport: "tcp"}
	for _, bad := range []string{nameServer(t, nil, dns.RcodeServerFailure, false, &first), nameServer(t, nil, dns.RcodeRefused, false, &first), dead} {
		r := health.Resolver{Servers: []string{bad, good}, Timeout: time.Second}
		if got := r.Lookup(t.Context(), target); len(got.Addresses) != 1 {
			t.Errorf("after %s: %+v", bad, got)
		}
		r.Servers = []string{bad}
		if got := r.Lookup(t.Context(), target); got.NoSuchName || got.Why == "" || len(got.Addresses) != 0 {
			t.Errorf("%s alone: %+v", bad, got)
		}
	}
	asked := second.Load()
	missing := nameServer(t, nil, dns.RcodeSuccess, false, &first)
	r := health.Resolver{Servers: []string{missing, good}, Timeout: time.Second}
	if got := r.Lookup(t.Context(), target); !got.NoSuchName || !strings.Contains(got.Why, missing) || second.Load() != asked {
		t.Errorf("a server that says there is no such name: %+v", got)
	}
	if got := (health.Resolver{}).Lookup(t.Context(), target); got.NoSuchName || got.Why == "" {
		t.Errorf("without servers: %+v", got)
	}
}
