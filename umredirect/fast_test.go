package umredirect_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"siteswap/umredirect"
	"siteswap/umredirect/health"
	"siteswap/umredirect/umredirecttest"
)

// server has every kind of home, and nobody who looks at calls.
func server(t testing.TB, change func(*umredirect.TableOptions)) *umredirect.Server {
	return serverFor(t, change, nil)
}

// watched is a server whose calls somebody looks at.
type watched struct {
	*umredirect.Server
	last umredirect.Call
}

func watch(t testing.TB, change func(*umredirect.TableOptions)) *watched {
	w := &watched{}
	w.Server = serverFor(t, change, func(c umredirect.Call) { w.last = c })
	return w
}

func serverFor(t testing.TB, change func(*umredirect.TableOptions), look func(umredirect.Call)) *umredirect.Server {
	t.Helper()
	o := parts()
	if change != nil {
		change(&o)
	}
	tab, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := umredirect.New(umredirect.Options{Table: tab, Peers: umredirecttest.Loopback(), TagKey: []byte(umredirecttest.Key), First: inProd, OnCall: look})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// plainCalls are INVITEs that the fast path must take, for every home.
func plainCalls() (out []string) {
	for _, number := range []string{"1001", "1002", "1003", "1004", "1999", "7000000", "+49891001", "+498999"} {
		out = append(out, message("INVITE", "sip:"+number+"@x"), message("INVITE", "sip:"+number+"@x:5060;user=phone", "Diversion: <sip:1003@pbx>;reason=no-answer"),
			message("INVITE", "sip:7000@x", "Diversion: \"A\" <sip:"+number+"@pbx>", "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKa", "v: SIP/2.0/TCP b;branch=1"),
			message("INVITE", "sip:7000@x", "Via: SIP/2.0/UDP pbx:99;a=b;branch=z9hG4bKa", "User-Agent: PBX", "Contact: <sip:pbx@10.0.0.1>", "X-a: b"))
	}
	return out
}

// states are what a server may know.
func states(t testing.TB) (out []*watched) {
	plain, down, ignore := watch(t, nil), watch(t, nil), watch(t, func(o *umredirect.TableOptions) { o.Diversion = umredirect.Ignore })
	var report []health.Status
	for _, w := range table(t).Watched() {
		if w.Legacy {
			report = append(report, health.Status{Target: w, State: health.Down, Dead: true})
		}
	}
	down.SetHealth(report)
	weighted := watch(t, func(o *umredirect.TableOptions) {
		o.DialPlans[0].Current["Prod"] = []umredirect.Target{{Host: "ex1.test.local", Q: 1, Weight: 3}, {Host: "ex2.test.local", Q: 1, Weight: 1}}
	})
	nowhere := watch(t, func(o *umredirect.TableOptions) { o.Unknown = umredirect.HomeDecline })
	return []*watched{plain, down, ignore, weighted, nowhere}
}

// same: what the fast path takes is answered as on the slow one, and told alike.
func same(t *testing.T, s *watched, fast func(b, raw []byte, from netip.AddrPort) ([]byte, netip.AddrPort, bool), raw []byte, from netip.AddrPort) bool {
	t.Helper()
	got, to, ok := fast(nil, raw, from)
	if !ok {
		return false
	}
	told := s.last
	want, wantTo := umredirect.Handle(s.Server, raw, from, "udp")
	told.Fast, told.At, told.Took = !told.Fast, s.last.At, s.last.Took
	if !bytes.Equal(got, want) || to != wantTo {
		t.Errorf("%q\nfast to %s:\n%s\nslow to %s:\n%s", raw, to, got, wantTo, want)
	}
	if diff := cmp.Diff(s.last, told, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("%q is told (-slow +fast):\n%s", raw, diff)
	}
	return true
}

// Every plain call to a 302 goes the fast way, and gets what it would get on the slow one.
func TestFastIsSlow(t *testing.T) {
	for i, s := range states(t) {
		fast, taken := umredirect.Fast(s.Server), 0
		for _, raw := range plainCalls() {
			for _, from := range []string{"127.0.0.1:5070", "127.0.0.1:9", "[::1]:5070", "[fe80::1%2]:5070"} {
				if same(t, s, fast, []byte(raw), netip.MustParseAddrPort(from)) {
					taken++
				}
			}
		}
		if want := []int{128, 50, 128, 20, 50}[i]; taken < want {
			t.Errorf("state %d: %d of 128 taken, want at least %d", i, taken, want)
		}
	}
}

// What is not plain, or is no 302, is left alone.
func TestFastLeavesAlone(t *testing.T) {
	s := server(t, nil)
	fast := umredirect.Fast(s)
	for _, m := range torture(t) {
		if _, _, ok := fast(nil, m.raw, netip.MustParseAddrPort("127.0.0.1:5070")); ok && strings.Contains("badinv01 clerr ncl scalar02 scalarlg quotbal ltgtruri lwsruri lwsstart trws escruri baddate regbadct badaspec baddn badvers mismatch01 mismatch02 bigcode insuf multi01 mcl01 bext01 unkscm novelsc unksm2", m.name) {
			t.Errorf("%s of RFC 4475 is taken", m.name)
		}
	}
	raw := []byte(message("INVITE", "sip:1002@x", "User-Agent: friendly-scanner"))
	if _, _, ok := fast(nil, raw, netip.MustParseAddrPort("127.0.0.1:5070")); ok {
		t.Error("a scanner is answered")
	}
	if answer, _ := umredirect.Handle(s, raw, netip.MustParseAddrPort("127.0.0.1:5070"), "udp"); answer != nil {
		t.Errorf("a scanner is answered: %s", answer)
	}
	s.SetTable(nil)
	if _, _, ok := fast(nil, []byte(message("INVITE", "sip:1002@x")), netip.MustParseAddrPort("127.0.0.1:5070")); ok {
		t.Error("answered without a table")
	}
}

func TestFastAllocatesNothing(t *testing.T) {
	s := server(t, nil)
	fast, from, buf := umredirect.Fast(s), netip.MustParseAddrPort("127.0.0.1:5070"), make([]byte, 0, 4096)
	for _, call := range plainCalls() {
		raw := []byte(call)
		if n := testing.AllocsPerRun(10, func() { fast(buf, raw, from) }); n != 0 {
			t.Errorf("%v allocations for %q", n, raw)
		}
	}
}

// An answer is one datagram of about the size of the question: nobody can use a redirector to flood a third.
func TestNoAmplification(t *testing.T) {
	s := server(t, nil)
	from := netip.MustParseAddrPort("127.0.0.1:5070")
	for _, raw := range append(plainCalls(), message("OPTIONS", "sip:x"), message("REGISTER", "sip:x"), "INVITE sip:1002@x SIP/2.0\r\n\r\n") {
		if answer, _ := umredirect.Handle(s, []byte(raw), from, "udp"); len(answer) > 2*len(raw) {
			t.Errorf("%d bytes for %d", len(answer), len(raw))
		}
	}
}

// For every input that the recogniser takes the bytes are those of the slow path.
func FuzzFastIsSlow(f *testing.F) {
	for i, raw := range plainCalls() {
		f.Add([]byte(raw), uint16(5070), byte(i))
	}
	for _, m := range torture(f) {
		f.Add(m.raw, uint16(9), byte(0))
	}
	f.Add([]byte(strings.Replace(plainCalls()[1], "Call-ID: c1", "Call-ID: a@b\r\nSupported: timer, 100rel\r\nSubject: x", 1)), uint16(0), byte(4))
	servers := states(f)
	fast := make([]func(b, raw []byte, from netip.AddrPort) ([]byte, netip.AddrPort, bool), len(servers))
	for i, s := range servers {
		fast[i] = umredirect.Fast(s.Server)
	}
	f.Fuzz(func(t *testing.T, raw []byte, port uint16, state byte) {
		i := int(state) % len(servers)
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
		if state&0x80 != 0 {
			from = netip.AddrPortFrom(netip.IPv6LinkLocalAllNodes(), port)
		}
		same(t, servers[i], fast[i], raw, from)
	})
}

func BenchmarkFast(b *testing.B) {
	s := server(b, nil)
	fast, from, buf := umredirect.Fast(s), netip.MustParseAddrPort("127.0.0.1:5070"), make([]byte, 0, 4096)
	raw := []byte(message("INVITE", "sip:1001@x", "Diversion: <sip:1001@pbx>;reason=no-answer"))
	if _, _, ok := fast(buf, raw, from); !ok {
		b.Fatal("not taken")
	}
	b.Run("fast", func(b *testing.B) {
		for b.Loop() {
			fast(buf, raw, from)
		}
	})
	b.Run("slow", func(b *testing.B) {
		for b.Loop() {
			umredirect.Handle(s, raw, from, "udp")
		}
	})
}
