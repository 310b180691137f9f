package dnsupdate_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"siteswap/dag"
	"siteswap/dnsupdate"
)

// script answers requests with raw bytes: as many messages as it returns, none for silence.
type script func(network string, request *dns.Msg) [][]byte

// bothSockets are TCP and UDP of one port, at an address of this process alone: elsewhere the port may be taken for one of them.
func bothSockets(t *testing.T) (net.Listener, net.PacketConn) {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.75.%d.%d:0", os.Getpid()>>8&0xff, 1+os.Getpid()&0x7f))
	if err != nil {
		t.Fatal(err)
	}
	pc, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return l, pc
}

// serve runs a script on UDP and TCP of one port.
func serve(t *testing.T, s script) dnsupdate.Server {
	t.Helper()
	l, pc := bothSockets(t)
	var mu sync.Mutex
	play := s
	s = func(network string, q *dns.Msg) [][]byte {
		mu.Lock()
		defer mu.Unlock()
		return play(network, q)
	}
	t.Cleanup(func() { _ = l.Close(); _ = pc.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			m := new(dns.Msg)
			if m.Unpack(slices.Clone(buf[:n])) == nil {
				for _, raw := range s("udp", m) {
					_, _ = pc.WriteTo(raw, from)
				}
			}
		}
	}()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go serveStream(conn, s)
		}
	}()
	return dnsupdate.Server{Address: l.Addr().String(), Site: "Prod", TSIG: goodKey()}
}

func serveStream(conn net.Conn, s script) {
	defer conn.Close()
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return
	}
	p := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, p); err != nil {
		return
	}
	m := new(dns.Msg)
	if m.Unpack(p) != nil {
		return
	}
	for _, raw := range s("tcp", m) {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...))
	}
}

func reply(q *dns.Msg, mend func(*dns.Msg)) []byte {
	r := new(dns.Msg)
	r.SetReply(q)
	r.Authoritative = true
	if mend != nil {
		mend(r)
	}
	raw, err := r.Pack()
	if err != nil {
		panic(err)
	}
	return raw
}

func withA(ttl uint32, address string) func(*dns.Msg) {
	return func(r *dns.Msg) {
		if len(r.Question) == 1 && r.Question[0].Qtype == dns.TypeA {
			r.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: r.Question[0].Name, Rrtype: dns.TypeA, Class: 1, Ttl: ttl}, A: net.ParseIP(address)}}
		}
	}
}

func client(t *testing.T, servers ...dnsupdate.Server) *dnsupdate.Client {
	t.Helper()
	c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: 300 * time.Millisecond, Servers: servers})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestQueryTakesOnlyItsAnswer(t *testing.T) {
	s := serve(t, func(_ string, q *dns.Msg) [][]byte {
		right := reply(q, withA(60, "10.0.1.10"))
		late := reply(q, func(r *dns.Msg) { withA(60, "6.6.6.6")(r); r.Id++ })
		other := reply(q, func(r *dns.Msg) { withA(60, "6.6.6.6")(r); r.Question[0].Name = "other.test." })
		return [][]byte{[]byte("junk"), nil, late, other, right}
	})
	got, err := client(t).Query(context.Background(), s, "mail.test.local")
	if err != nil || !slices.Equal(got.Addresses, list("10.0.1.10")) || got.TTL != time.Minute {
		t.Errorf("%+v %v", got, err)
	}
}

func TestQueryRetriesALostDatagram(t *testing.T) {
	asked := make(map[uint16]int)
	s := serve(t, func(_ string, q *dns.Msg) [][]byte {
		if asked[q.Question[0].Qtype]++; asked[q.Question[0].Qtype] == 1 {
			return nil
		}
		return [][]byte{reply(q, withA(60, "10.0.1.10"))}
	})
	got, err := client(t).Query(context.Background(), s, "mail.test.local")
	if err != nil || !slices.Equal(got.Addresses, list("10.0.1.10")) {
		t.Errorf("%+v %v", got, err)
	}
}

func TestQueryFails(t *testing.T) {
	dead := dnsupdate.Server{Address: "127.0.0.1:1"}
	for _, c := range []struct {
		name        string
		server      dnsupdate.Server
		want        string
		unreachable bool
	}{
		{"dead", dead, "refused", true},
		{"silent", serve(t, func(string, *dns.Msg) [][]byte { return nil }), "silent for 300ms", true},
		{"a cache", serve(t, func(_ string, q *dns.Msg) [][]byte {
			return [][]byte{reply(q, func(r *dns.Msg) { r.Authoritative = false })}
		}), "not authoritative", false},
		{"failing", serve(t, func(_ string, q *dns.Msg) [][]byte {
			return [][]byte{reply(q, func(r *dns.Msg) { r.Rcode = dns.RcodeServerFailure })}
		}), "SERVFAIL", false},
		{"truncated, and TCP closes", serve(t, func(network string, q *dns.Msg) [][]byte {
			if network == "tcp" {
				return nil
			}
			return [][]byte{reply(q, func(r *dns.Msg) { r.Truncated = true })}
		}), "closed the connection", true},
		{"truncated, and TCP answers something else", serve(t, func(network string, q *dns.Msg) [][]byte {
			return [][]byte{reply(q, func(r *dns.Msg) {
				if r.Truncated = true; network == "tcp" {
					r.Id++
				}
			})}
		}), "not one to the question", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := client(t).Query(context.Background(), c.server, "mail.test.local")
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, dnsupdate.ErrUnreachable) != c.unreachable {
				t.Errorf("got %v; want %q, unreachable %v", err, c.want, c.unreachable)
			}
		})
	}
	if _, err := client(t).Query(context.Background(), dead, "not a name"); err == nil {
		t.Error("a bad name was asked for")
	}
}

// TestTruncatedAnswer: a name with 100 records does not fit a datagram and is read by TCP.
func TestTruncatedAnswer(t *testing.T) {
	s := serve(t, func(network string, q *dns.Msg) [][]byte {
		return [][]byte{reply(q, func(r *dns.Msg) {
			if network == "udp" {
				r.Truncated = true
				return
			}
			for i := range 100 {
				if q.Question[0].Qtype == dns.TypeA {
					r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: 1, Ttl: 60}, A: net.IPv4(10, 0, 0, byte(i))})
				}
			}
		})}
	})
	got, err := client(t).Query(context.Background(), s, "mail.test.local")
	if err != nil || len(got.Addresses) != 100 {
		t.Errorf("%d addresses, %v", len(got.Addresses), err)
	}
}

func swap() dnsupdate.Set {
	set, err := dnsupdate.Plan(a("mail.test.local", "test.local", list("10.0.1.10"), list("10.0.2.13")))
	if err != nil {
		panic(err)
	}
	return set
}

// TestUpdateAnswers plays what a real server or somebody in the middle may send back; the name never changes.
func TestUpdateAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer script
		want   dnsupdate.Result
		why    string
	}{
		{"closed without a word", func(string, *dns.Msg) [][]byte { return nil }, dnsupdate.Unknown, "closed the connection"},
		{"junk", func(string, *dns.Msg) [][]byte { return [][]byte{[]byte("HTTP/1.1 400 Bad Request")} }, dnsupdate.Unknown, "not a DNS message"},
		{"unsigned success", func(_ string, q *dns.Msg) [][]byte { return [][]byte{reply(q, nil)} }, dnsupdate.Unknown, "not signed"},
		{"not authoritative", func(_ string, q *dns.Msg) [][]byte {
			return [][]byte{reply(q, func(r *dns.Msg) { r.Rcode = dns.RcodeNotAuth })}
		}, dnsupdate.Failed, "NOTAUTH"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, func(network string, q *dns.Msg) [][]byte {
				if q.Opcode == dns.OpcodeUpdate {
					return c.answer(network, q)
				}
				return [][]byte{reply(q, withA(60, "10.0.1.10"))}
			})
			o := client(t).Apply(context.Background(), s, swap())
			if o.Result != c.want || !o.Sent || !strings.Contains(o.Why, c.why) || !strings.Contains(o.Why, "10.0.1.10") {
				t.Errorf("%s (%s), sent %v; want %s with %q", o.Result, o.Why, o.Sent, c.want, c.why)
			}
		})
	}
}

// TestDiesAfterSending: the update was sent, and then nothing answers any more. It must stay unknown, and is owed.
func TestDiesAfterSending(t *testing.T) {
	updated := false
	s := serve(t, func(_ string, q *dns.Msg) [][]byte {
		updated = updated || q.Opcode == dns.OpcodeUpdate
		if updated {
			return nil
		}
		return [][]byte{reply(q, withA(60, "10.0.1.10"))}
	})
	o := client(t).Apply(context.Background(), s, swap())
	if o.Result != dnsupdate.Unknown || !o.Sent || !o.Unreachable || !o.Names[0].Unread {
		t.Errorf("%+v", o)
	}
}

// TestTTLIsClamped: a server that keeps its own TTL has done what users need.
func TestTTLIsClamped(t *testing.T) {
	now := "10.0.1.10"
	s := serve(t, func(_ string, q *dns.Msg) [][]byte {
		if q.Opcode == dns.OpcodeUpdate {
			now = "10.0.2.13"
			return nil
		}
		return [][]byte{reply(q, withA(3600, now))}
	})
	o := client(t).Apply(context.Background(), s, swap())
	if o.Result != dnsupdate.Done || !strings.Contains(o.Names[0].Why, "TTL of 1h0m0s instead of 1m0s") {
		t.Errorf("%+v", o)
	}
	states := client(t, s).Verify(context.Background(), swap())
	if states[0].State != dnsupdate.Agrees || states[0].Names[0].TTL != time.Hour {
		t.Errorf("%+v", states)
	}
}

// TestDeadServerCostsOneTimeout: one silence is enough, however many names and zones there are.
func TestDeadServerCostsOneTimeout(t *testing.T) {
	s := serve(t, func(string, *dns.Msg) [][]byte { return nil })
	var in []dnsupdate.Change
	top := &dag.Topology{}
	for _, zone := range []string{"one.test", "two.test", "three.test"} {
		for _, label := range []string{"a", "b", "c"} {
			in = append(in, a(label+"."+zone, zone, list("10.0.1.1"), list("10.0.1.2")))
			top.Names = append(top.Names, dag.Name{Name: label + "." + zone, Zone: zone})
		}
	}
	set, err := dnsupdate.Plan(in...)
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, s)
	for name, run := range map[string]func(){
		"apply":   func() { c.Apply(context.Background(), s, set) },
		"verify":  func() { c.Verify(context.Background(), set) },
		"facts":   func() { c.Facts(context.Background(), top) },
		"repoint": func() { c.Repoint(context.Background(), set, s) },
	} {
		begin := time.Now()
		run()
		if took := time.Since(begin); took > time.Second {
			t.Errorf("%s took %s with a timeout of 300ms", name, took)
		}
	}
	o := c.Apply(context.Background(), s, set)
	if len(o.Names) != 9 || o.Result != dnsupdate.Failed || o.Sent || !o.Unreachable {
		t.Errorf("%+v", o)
	}
}

func TestCancel(t *testing.T) {
	s := serve(t, func(string, *dns.Msg) [][]byte { return nil })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := client(t).Query(ctx, s, "mail.test.local"); err == nil {
		t.Error("a cancelled question was answered")
	}
	if o := client(t).Apply(ctx, s, swap()); o.Result != dnsupdate.Failed || o.Sent {
		t.Errorf("%+v", o)
	}
}

func TestFactsOfUnlistedZone(t *testing.T) {
	s := serve(t, func(_ string, q *dns.Msg) [][]byte { return [][]byte{reply(q, withA(60, "10.0.1.10"))} })
	s.Zones = list("test.local.")
	top := &dag.Topology{Sites: []dag.Site{{Name: "Prod"}}, Names: []dag.Name{
		{Name: "mail.test.local", Zone: "test.local", Targets: [][]string{list("10.0.1.10")}}, {Name: "x.other.test", Zone: "other.test"}}}
	got := client(t, s).Facts(context.Background(), top)
	if !got[0].LeadTo("Prod") || got[1].Answers.Known || !strings.Contains(got[1].Answers.Why, "not listed for zone") {
		t.Errorf("%+v", got)
	}
}

// FuzzQuery: whatever a server answers to a question, the client neither crashes nor takes what is no answer.
func FuzzQuery(f *testing.F) {
	q := new(dns.Msg)
	q.SetQuestion("mail.test.local.", dns.TypeA)
	f.Add(reply(q, withA(60, "10.0.1.10"))[2:])
	f.Add(reply(q, func(r *dns.Msg) {
		r.Answer = []dns.RR{&dns.CNAME{Hdr: dns.RR_Header{Name: "mail.test.local.", Rrtype: dns.TypeCNAME, Class: 1}, Target: "mail.test.local."}}
	})[2:])
	f.Fuzz(func(t *testing.T, body []byte) {
		dial := func(context.Context, string, string) (net.Conn, error) { return &oneAnswer{body: body}, nil }
		c, err := dnsupdate.NewClient(dnsupdate.Options{Timeout: time.Second, Dialer: dial})
		if err != nil {
			t.Fatal(err)
		}
		s := dnsupdate.Server{Address: "127.0.0.1:53", TSIG: goodKey()}
		got, err := c.Query(context.Background(), s, "mail.test.local")
		if err == nil && (!slices.IsSorted(got.Addresses) || got.TTL < 0) {
			t.Errorf("%+v", got)
		}
		c.Apply(context.Background(), s, swap())
	})
}

// oneAnswer is a connection that answers every write with the same body under the right number.
type oneAnswer struct {
	net.Conn
	body, out []byte
}

func (o *oneAnswer) Write(p []byte) (int, error) {
	o.out = append(slices.Clone(p[:2]), o.body...)
	return len(p), nil
}

func (o *oneAnswer) Read(p []byte) (int, error) {
	if len(o.out) == 0 {
		return 0, io.EOF
	}
	n := copy(p, o.out)
	o.out = o.out[n:]
	return n, nil
}

func (*oneAnswer) Close() error                { return nil }
func (*oneAnswer) SetDeadline(time.Time) error { return nil }
