package phone_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"siteswap/internal/lab/phone"
	"siteswap/umredirect"
	"siteswap/umredirect/health"
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
	x.dns = l.Addr().(*net.TCPAddr).AddrPort()
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

// start runs a program until the test ends, and keeps what it writes.
func start(t *testing.T, in string, args ...string) *strings.Builder {
	t.Helper()
	out := &strings.Builder{}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.WaitDelay = out, out, in, time.Second
	stdin, err := cmd.StdinPipe() // some programs end with their input
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		// Asked first: Kamailio's own processes would outlive one that is killed.
		cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		late.Stop()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", args[0], out)
		}
	})
	return out
}

// eventually waits until a server has answered a call, and for what has to be true then.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 10 s", what)
		}
	}
}

// baresip resolves names itself, at our DNS server, and follows the 302 over the Contact's transport; two in a chain too.
func TestBaresipFollows(t *testing.T) {
	peers(t, "baresip")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			x := newExchange(t, transport, 0)
			for _, c := range []struct {
				user, name string
				server     *phone.Server
			}{{"100", legacyName, x.legacy}, {"200", modernName, x.worker}} {
				before := c.server.Answered()
				dir := t.TempDir()
				for name, text := range map[string]string{
					"accounts": "<sip:pbx@" + x.at(transport).String() + ">;regint=0\n", "contacts": "",
					"config": "sip_listen " + freePort(t, netip.MustParseAddr("127.0.0.1")).String() + "\ndns_server " + x.dns.String() + "\ncall_max_calls 4\naudio_player aubridge,nil\naudio_source aubridge,nil\naudio_alert aubridge,nil\n" +
						"module_path /usr/lib/baresip/modules\nmodule stdio.so\nmodule g711.so\nmodule aubridge.so\nmodule_app account.so\nmodule_app menu.so\n",
				} {
					if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				start(t, dir, "baresip", "-f", dir, "-t", "30", "-e", "/dial sip:"+c.user+"@"+x.at(transport).String()+";transport="+transport)
				eventually(t, "baresip's call of "+c.user, func() bool { return c.server.Answered() == before+1 })
				if !slices.Contains(x.names.Asked(), c.name) {
					t.Errorf("it asked for %v, and not for %s", x.names.Asked(), c.name)
				}
			}
		})
	}
}

// kamailioConfig makes Kamailio the PBX: calls go to the redirector, and where its 302 says.
func kamailioConfig(x *exchange, transport string, port int) string {
	listen, disable := "udp", "disable_tcp=yes\n"
	if transport == "tcp" {
		listen, disable = "tcp", ""
	}
	modules := ""
	for _, m := range []string{"tm", "sl", "pv", "siputils", "textops", "acc", "uac_redirect"} {
		modules += "loadmodule \"" + m + ".so\"\n"
	}
	return "#!KAMAILIO\ndebug=0\nlog_stderror=yes\nchildren=1\ntcp_children=2\nauto_aliases=no\ndns_use_search_list=no\n" + disable +
		fmt.Sprintf("listen=%s:%s:%d\n", listen, x.host, port) + "mpath=\"/usr/lib/x86_64-linux-gnu/kamailio/modules/\"\n" + modules +
		"modparam(\"uac_redirect\", \"default_filter\", \"accept\")\n" +
		"request_route {\n  if (!is_method(\"INVITE\")) { t_relay(); exit; }\n" +
		fmt.Sprintf("  $du = \"sip:%s;transport=%s\";\n", x.at(transport), transport) +
		"  t_on_failure(\"MOVED\");\n  t_relay();\n}\n" +
		"failure_route[MOVED] {\n  if (t_check_status(\"302\")) { $du = $null; get_redirects(\"*\"); t_on_failure(\"MOVED\"); t_relay(); }\n}\n"
}

// Kamailio's uac_redirect follows our 302 to the name, on behalf of a caller who knows nothing of it; two in a chain too.
func TestKamailioFollows(t *testing.T) {
	peers(t, "kamailio", "sipp", "unshare")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			x := newExchange(t, transport, 53)
			dir := t.TempDir()
			at := freePort(t, x.host)
			file := filepath.Join(dir, "kamailio.cfg")
			if err := os.WriteFile(file, []byte(kamailioConfig(x, transport, int(at.Port()))), 0o600); err != nil {
				t.Fatal(err)
			}
			start(t, dir, append(x.inside(), "kamailio", "-f", file, "-DD", "-E", "-Y", dir, "-x", "fm", "-X", "fm", "-m", "32", "-M", "8")...)
			s := &phone.Sipp{Program: "sipp", Dir: dir, Local: x.host}
			for _, c := range []struct {
				user, name string
				server     *phone.Server
			}{{"100", legacyName, x.legacy}, {"200", modernName, x.worker}} {
				before, last := c.server.Answered(), phone.LegEnd{}
				eventually(t, "a call of "+c.user+" through Kamailio", func() bool {
					ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
					defer cancel()
					last = s.Call(ctx, phone.Leg{CallID: fmt.Sprintf("k-%s-%d", c.user, time.Now().UnixNano()), User: c.user, Network: transport, To: at})
					return last.Answered // Kamailio takes a moment to start
				})
				if c.server.Answered() != before+1 || last.Redirects != 0 || !slices.Contains(x.names.Asked(), c.name) {
					t.Errorf("%s: %+v, %d answered there, names asked for: %v", c.user, last, c.server.Answered()-before, x.names.Asked())
				}
			}
		})
	}
}

// freePort is one that nobody listens at, over either transport.
func freePort(t *testing.T, host netip.Addr) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(host, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// The lab's PBX with SIPp as its hands: two redirectors, of which the first is dead, a site that is switched over, a legacy mailbox
// whose server is down.
func TestSippIsThePBX(t *testing.T) {
	peers(t, "sipp", "unshare")
	b := newBench(t)
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("127.0.0.1 localhost um-prod.test um-dr.test legacy.test\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := &phone.Sipp{Program: "sipp", Dir: t.TempDir(), Local: netip.MustParseAddr("127.0.0.1"),
		Enter: []string{"unshare", "-m", "--propagation", "private", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts}}
	b.options.Place = s.Call
	p := b.dial()
	check(t, p.Place(t.Context(), extensions[0], "tcp"), phone.Answered, "legacy.test:", "first")
	check(t, p.Place(t.Context(), extensions[1], "tcp"), phone.Answered, "um-prod.test:", "first")
	b.redirectors[1].Server.SetHealth([]health.Status{{Target: b.table.Watched()[2], State: health.Down, Dead: true}})
	b.redirectors[0].Stop()
	if got, why := b.redirectors[1].Remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 2}); got != umredirect.Done {
		t.Fatal(got, why)
	}
	check(t, p.Place(t.Context(), extensions[1], "tcp"), phone.Answered, "um-dr.test:", "second")
	check(t, p.Place(t.Context(), extensions[0], "tcp"), phone.UnservedLegacy, "", "second")
	if got, want := p.Counters(), (phone.Counters{Placed: 4, Answered: 3, UnservedLegacy: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
