package umload_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/umload"
	"siteswap/umredirect"
)

// table has the mailboxes that are called.
func table(t testing.TB, n int) *umredirect.Table {
	t.Helper()
	o := umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 7}},
		Legacy: []umredirect.Legacy{{Name: "OLD1", FQDN: umload.Host(0)}, {Name: "OLD2", FQDN: umload.Host(1)}}}
	for i := range n {
		o.Mailboxes = append(o.Mailboxes, umredirect.Mailbox{Extension: umload.Extension(i), DialPlan: "HQ", Home: fmt.Sprintf("OLD%d", i%2+1)})
	}
	tab, err := umredirect.NewTable(o)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// redirector answers on loopback until the test ends.
func redirector(t testing.TB) (s *umredirect.Server, udp, tcp netip.AddrPort) {
	t.Helper()
	s, err := umredirect.New(umredirect.Options{Table: table(t, 100), Peers: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, TagKey: bytes.Repeat([]byte("k"), 32),
		First: umredirect.Setting{Site: "Prod", Generation: 1}, Limits: umredirect.Limits{PerSource: -1}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServeUDP(p)
	go s.ServeTCP(l)
	t.Cleanup(func() { s.Close() })
	// Until the server has the socket, its receive buffer is the system's small one.
	if r, err := umload.Run(t.Context(), umload.Options{Target: p.LocalAddr().(*net.UDPAddr).AddrPort(), InFlight: 1, Duration: time.Millisecond, Patience: 5 * time.Second}); err != nil || r.Lost != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	return s, p.LocalAddr().(*net.UDPAddr).AddrPort(), l.Addr().(*net.TCPAddr).AddrPort()
}

// A redirector that is right is found right, whatever is thrown at it.
func TestGoodRedirector(t *testing.T) {
	s, udp, tcp := redirector(t)
	for name, o := range map[string]umload.Options{
		"closed":    {Target: udp},
		"open":      {Target: udp, Rate: 2000},
		"busy":      {Target: udp, Rate: 2000, Busy: true},
		"disturbed": {Target: udp, Rate: 2000, Again: 0.2, Odd: 0.2, Garbage: 0.2, Strangers: 0.1},
		"tcp":       {Target: tcp, Network: "tcp"},
	} {
		o.Duration, o.Patience = time.Second, 5*time.Second
		r, err := umload.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Placed < 50 || r.Answered != r.Placed || r.Lost != 0 || r.Wrong != 0 || r.P99 < r.P50 || r.P50 == 0 {
			t.Errorf("%s: %+v", name, r)
		}
		if name == "disturbed" && (r.Again == 0 || r.Garbage == 0 || r.Strangers == 0) {
			t.Errorf("nothing disturbed it: %+v", r)
		}
	}
	if traffic := s.Traffic(); traffic.Silent.Strangers == 0 || traffic.Fast[umload.Host(0)] == 0 || traffic.ACKs == 0 {
		t.Errorf("%+v", traffic)
	}
}

// The latencies until an answer is there are those of all calls, and none is longer than until it is read.
func TestArrivals(t *testing.T) {
	_, udp, tcp := redirector(t)
	there := new(umload.Histogram)
	o := umload.Options{Target: udp, Rate: 2000, Duration: time.Second, Patience: 5 * time.Second, Arrivals: there}
	r, err := umload.Run(t.Context(), o)
	if err != nil || r.Answered == 0 || there.Len() != r.Answered {
		t.Fatalf("%+v, %v; %d arrivals", r, err, there.Len())
	}
	if a, b := there.Quantile(0.5), there.Quantile(0.99); a == 0 || a > r.P50 || b < a || b > r.P99 {
		t.Errorf("arrived after %v and %v, read after %v and %v", a, b, r.P50, r.P99)
	}
	first := r.Answered
	if r, err = umload.Run(t.Context(), o); err != nil || there.Len() != first+r.Answered {
		t.Errorf("a second run: %+v, %v; %d arrivals in both", r, err, there.Len())
	}
	o.Target, o.Network = tcp, "tcp"
	if _, err := umload.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "UDP only") {
		t.Errorf("over TCP: %v", err)
	}
}

// Tables are swapped, a bad one is refused, and no call is lost or answered wrongly meanwhile.
func TestSwapUnderLoad(t *testing.T) {
	s, udp, _ := redirector(t)
	ctx, cancel := context.WithCancel(t.Context())
	swaps := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			s.SetTable(table(t, 100+n%2*1000))
		}
		swaps <- n
	}()
	r, err := umload.Run(t.Context(), umload.Options{Target: udp, Rate: 3000, Duration: time.Second, Patience: 5 * time.Second})
	cancel()
	if n := <-swaps; n < 5 {
		t.Errorf("only %d swaps", n)
	}
	if err != nil || r.Lost != 0 || r.Wrong != 0 || r.Answered != r.Placed {
		t.Errorf("%+v, %v, %+v", r, err, s.Traffic())
	}
}

// A redirector that is wrong is found wrong.
func TestBadRedirectors(t *testing.T) {
	s, udp, _ := redirector(t)
	s.Close()
	for name, c := range map[string]struct {
		change func(n int, answer string) string
		bad    func(umload.Report) bool
	}{
		"silent":         {func(int, string) string { return "" }, func(r umload.Report) bool { return r.Lost == r.Placed && r.Wrong == 0 }},
		"another host":   {func(_ int, a string) string { return strings.Replace(a, "legacy-um", "legacy-xx", 1) }, func(r umload.Report) bool { return r.Wrong == r.Answered }},
		"another call":   {func(_ int, a string) string { return strings.Replace(a, "branch=z9hG4bK-0", "branch=z9hG4bK-1", 1) }, func(r umload.Report) bool { return r.Wrong == r.Answered }},
		"another code":   {func(_ int, a string) string { return strings.Replace(a, " 302 ", " 300 ", 1) }, func(r umload.Report) bool { return r.Wrong == r.Answered }},
		"cut off":        {func(_ int, a string) string { return a[:len(a)-2] }, func(r umload.Report) bool { return r.Wrong == r.Answered }},
		"never the same": {func(n int, a string) string { return strings.Replace(a, ";tag=T", fmt.Sprintf(";tag=%d", n), 1) }, func(r umload.Report) bool { return r.Wrong == r.Again && r.Again > 0 }},
	} {
		to := fake(t, c.change)
		r, err := umload.Run(t.Context(), umload.Options{Target: to, Rate: 500, Again: 0.5, Duration: 200 * time.Millisecond, Patience: 300 * time.Millisecond})
		if err != nil || r.Placed == 0 || !c.bad(r) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	if r, _ := umload.Run(t.Context(), umload.Options{Target: udp, Rate: 500, Duration: 100 * time.Millisecond, Patience: 100 * time.Millisecond}); r.Placed == 0 || r.Lost != r.Placed {
		t.Errorf("nobody there: %+v", r)
	}
}

// fake answers INVITEs rightly but for the change.
func fake(t testing.TB, change func(n int, answer string) string) netip.AddrPort {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	var n atomic.Int64
	go func() {
		buf := make([]byte, 65536)
		for {
			size, from, err := p.ReadFrom(buf)
			if err != nil {
				return
			}
			raw := string(buf[:size])
			if !strings.HasPrefix(raw, "INVITE") {
				continue
			}
			line := func(name string) string {
				_, rest, _ := strings.Cut(raw, "\r\n"+name)
				value, _, _ := strings.Cut(rest, "\r\n")
				return name + value + "\r\n"
			}
			number := raw[len("INVITE sip:"):][:7]
			contact := fmt.Sprintf("Contact: <sip:%s@%s;transport=tcp>\r\n", number, umload.Host(int(number[6]-'0')))
			answer := "SIP/2.0 302 Moved Temporarily\r\n" + line("Via:") + line("From:") + strings.TrimSpace(line("To:")) + ";tag=T\r\n" + line("Call-ID:") + line("CSeq:") + contact + "Content-Length: 0\r\n\r\n"
			if answer = change(int(n.Add(1)), answer); answer != "" {
				p.WriteTo([]byte(answer), from)
			}
		}
	}()
	return p.LocalAddr().(*net.UDPAddr).AddrPort()
}
