// Package umredirecttest runs redirectors on loopback sockets for the tests of whoever calls them.
package umredirecttest

import (
	"net"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"siteswap/umredirect"
)

// Redirector is a running redirector.
type Redirector struct {
	Server   *umredirect.Server
	UDP, TCP netip.AddrPort
	Remote   umredirect.Remote

	mu    sync.Mutex
	calls []umredirect.Call
	told  chan struct{} // closed when there is one more
	web   *httptest.Server
}

// Key is the tag key of every redirector of the tests.
const Key = "0123456789abcdef0123456789abcdef"

// Loopback is the peer list of the tests: everybody on this machine.
func Loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// Start runs a redirector until the test ends. What the options leave open is filled for a loopback test.
func Start(t testing.TB, o umredirect.Options) *Redirector {
	t.Helper()
	r := &Redirector{told: make(chan struct{})}
	if o.Peers == nil {
		o.Peers = Loopback()
	}
	if o.TagKey == nil {
		o.TagKey = []byte(Key)
	}
	o.OnCall = func(c umredirect.Call) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.calls = append(r.calls, c)
		close(r.told)
		r.told = make(chan struct{})
	}
	s, err := umredirect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	r.Server = s
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r.UDP, r.TCP = p.LocalAddr().(*net.UDPAddr).AddrPort(), l.Addr().(*net.TCPAddr).AddrPort()
	var tasks sync.WaitGroup
	tasks.Go(func() { s.ServeUDP(p) })
	tasks.Go(func() { s.ServeTCP(l) })
	r.web = httptest.NewServer(s.Control())
	r.Remote = umredirect.Remote{URL: r.web.URL, HTTP: r.web.Client()}
	t.Cleanup(func() {
		r.Stop()
		tasks.Wait()
	})
	return r
}

// Stop kills the redirector: its sockets are gone.
func (r *Redirector) Stop() {
	r.web.Close()
	r.Server.Close()
}

// Calls are the INVITEs that it answered, when there are n or more: it tells of one after the answer was sent.
func (r *Redirector) Calls(t testing.TB, n int) []umredirect.Call {
	t.Helper()
	for late := time.After(10 * time.Second); ; {
		r.mu.Lock()
		calls, told := slices.Clone(r.calls), r.told
		r.mu.Unlock()
		if len(calls) >= n {
			return calls
		}
		select {
		case <-told:
		case <-late:
			t.Fatalf("told of %d calls within 10 s, want %d", len(calls), n)
		}
	}
}
