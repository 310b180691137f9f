package phone_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"siteswap/internal/lab/phone"
	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

// peers skips a test unless real callers may be started.
func peers(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv("SITESWAP_PEERS") != "1" {
		t.Skip("starts real callers: SITESWAP_PEERS=1 runs it")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%v: `make deps` installs it", err)
		}
	}
}

// The names of the followers' tests. Both stand in our DNS server only.
const (
	legacyName = "legacy-um1.corp.example.com"
	modernName = "um2010.corp.example.com"
)

// exchange is a redirector of ours, a legacy UM server that answers, a current one whose listener sends every call on to its
// worker's port, and the DNS server that knows both, at an address of the test's own.
type exchange struct {
	host             netip.Addr
	names            *phone.NameServer
	legacy, worker   *phone.Server
	redirector       *umredirecttest.Redirector
	resolv           string // a resolv.conf that names the DNS server
	dns              netip.AddrPort
	listener, second int
}

// ownHost is a loopback address that no other process of these tests uses.
func ownHost() netip.Addr {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, 80 + byte(pid>>14&31), byte(pid >> 7 & 127), 1 + byte(pid&127)})
}

func newExchange(t *testing.T, transport string, dnsPort uint16) *exchange {
	t.Helper()
	x := &exchange{host: ownHost(), dns: netip.AddrPortFrom(ownHost(), dnsPort)}
	x.names = &phone.NameServer{Hosts: func(name string) ([]netip.Addr, bool) {
		return []netip.Addr{x.host}, name == legacyName || name == modernName
	}}
	p, l := x.sockets(t, x.dns)
	go x.names.Serve(p, l)
	x.legacy = phone.NewServer(phone.ServerOptions{Name: "legacy"})
	x.worker = phone.NewServer(phone.ServerOptions{Name: "worker"})
	port, second := x.serve(t, x.legacy), x.serve(t, x.worker)
	front := phone.NewServer(phone.ServerOptions{Name: "listener", Worker: net.JoinHostPort(modernName, strconv.Itoa(second))})
	x.listener = x.serve(t, front)
	table, err := umredirect.NewTable(umredirect.TableOptions{
		DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 3, Current: map[string][]umredirect.Target{
			"Prod": {{Host: modernName, Port: x.listener, Transport: transport, Q: 1}}}}},
		Legacy:    []umredirect.Legacy{{Name: "OLD", FQDN: legacyName, Port: port, Transport: transport}},
		Mailboxes: []umredirect.Mailbox{{Extension: "100", DialPlan: "HQ", Home: "OLD"}, {Extension: "200", DialPlan: "HQ", Home: umredirect.HomeCurrent}},
	})
	if err != nil {
		t.Fatal(err)
	}
	x.redirector = umredirecttest.Start(t, umredirect.Options{Table: table, First: umredirect.Setting{Site: "Prod", Generation: 1}})
	x.resolv = filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(x.resolv, []byte("nameserver "+x.host.String()+"\noptions timeout:1 attempts:2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return x
}

func (x *exchange) sockets(t *testing.T, at netip.AddrPort) (net.PacketConn, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); l.Close() })
	return p, l
}

func (x *exchange) serve(t *testing.T, s *phone.Server) int {
	t.Helper()
	p, l := x.sockets(t, netip.AddrPortFrom(x.host, 0))
	go s.Serve(l)
	go s.ServePacket(p)
	t.Cleanup(func() { s.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// at is where the redirector listens for a transport.
func (x *exchange) at(transport string) netip.AddrPort {
	if transport == "tcp" {
		return x.redirector.TCP
	}
	return x.redirector.UDP
}

// inside runs a program with our DNS server as the system's, in a mount namespace of its own.
func (x *exchange) inside() []string {
	return []string{"unshare", "-m", "--propagation", "private", "sh", "-c", `mount --bind "$0" /etc/resolv.conf && exec "$@"`, x.resolv}
}

// SIPp follows one 302 to a name, and two in a chain: redirector, listener of the UM server, its worker's port.
func TestSippFollows(t *testing.T) {
	peers(t, "sipp", "unshare")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			x := newExchange(t, transport, 53)
			s := &phone.Sipp{Program: "sipp", Enter: x.inside(), Dir: t.TempDir(), Local: x.host}
			for _, c := range []struct {
				user, diversion string
				redirects       int
				target          string
				server          *phone.Server
			}{{"100", "", 1, legacyName, x.legacy}, {"200", "", 2, modernName, x.worker}, {"999", "100", 1, legacyName, x.legacy}} {
				before := c.server.Answered()
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				got := s.Call(ctx, phone.Leg{CallID: "c-" + c.user + c.diversion, User: c.user, Diversion: c.diversion, Network: transport, To: x.at(transport), Hops: 3})
				cancel()
				host, _, _ := net.SplitHostPort(got.Target)
				if !got.Answered || got.Redirects != c.redirects || host != c.target || c.server.Answered() != before+1 {
					t.Errorf("%s (diverted from %q): %+v, %d answered there; want %s after %d", c.user, c.diversion, got, c.server.Answered()-before, c.target, c.redirects)
				}
			}
		})
	}
}
