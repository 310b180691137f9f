package phone_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/lab/phone"
	"siteswap/umredirect"
	"siteswap/umredirect/health"
	"siteswap/umredirect/umredirecttest"
)

// bench is two sites with a UM server each, a legacy UM server, two redirectors and a PBX.
type bench struct {
	t                *testing.T
	prod, dr, legacy *phone.Server
	prodUp, legacyUp atomic.Bool
	table            *umredirect.Table
	redirectors      []*umredirecttest.Redirector
	options          phone.Options

	mu    sync.Mutex
	names map[string]bool // that resolve
}

var extensions = []phone.Extension{{Number: "1001", Legacy: true}, {Number: "1002"}}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, names: map[string]bool{"um-prod.test": true, "um-dr.test": true, "legacy.test": true}}
	b.prodUp.Store(true)
	b.legacyUp.Store(true)
	current := func(e string) bool { return e != "1001" }
	b.prod = phone.NewServer(phone.ServerOptions{Name: "prod", Up: b.prodUp.Load, Serves: current})
	b.dr = phone.NewServer(phone.ServerOptions{Name: "dr", Serves: current})
	b.legacy = phone.NewServer(phone.ServerOptions{Name: "legacy", Up: b.legacyUp.Load, Serves: func(e string) bool { return e == "1001" }})
	var err error
	b.table, err = umredirect.NewTable(umredirect.TableOptions{
		DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
			"Prod": {{Host: "um-prod.test", Port: b.serve(b.prod), Q: 1}},
			"DR":   {{Host: "um-dr.test", Port: b.serve(b.dr), Q: 1}},
		}}},
		Legacy: []umredirect.Legacy{{Name: "EX2007-UM", FQDN: "legacy.test", Port: b.serve(b.legacy)}},
		Mailboxes: []umredirect.Mailbox{
			{Extension: "1001", DialPlan: "HQ", Home: "EX2007-UM"}, {Extension: "1002", DialPlan: "HQ", Home: umredirect.HomeCurrent},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.redirectors = append(b.redirectors, umredirecttest.Start(t, umredirect.Options{Table: b.table, First: umredirect.Setting{Site: "Prod", Generation: 1}}))
	}
	b.options = phone.Options{
		Name: "pbx", Extensions: extensions, Dial: new(net.Dialer).DialContext, Resolve: b.resolve,
		Timeout: 10 * time.Second, LegTimeout: time.Second, PingEvery: 50 * time.Millisecond, PingTimeout: 3 * time.Second,
		Redirectors: []phone.Redirector{
			{Name: "first", UDP: b.redirectors[0].UDP, TCP: b.redirectors[0].TCP}, {Name: "second", UDP: b.redirectors[1].UDP, TCP: b.redirectors[1].TCP},
		},
	}
	return b
}

func (b *bench) serve(s *phone.Server) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	go s.Serve(l)
	b.t.Cleanup(func() { s.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func (b *bench) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.names[host] {
		return nil, errors.New("NXDOMAIN")
	}
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// dial makes a PBX that pings until the test ends, and waits for its first round.
func (b *bench) dial() *phone.PBX {
	b.t.Helper()
	ready := make(chan struct{}, 64)
	b.options.OnPing = func(string, bool, time.Time) { ready <- struct{}{} }
	p, err := phone.New(b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	b.t.Cleanup(func() { cancel(); <-done })
	for range b.options.Redirectors {
		<-ready
	}
	return p
}

func check(t *testing.T, c phone.Call, outcome phone.Outcome, target, redirector string) {
	t.Helper()
	if c.Outcome != outcome || !strings.HasPrefix(c.Target, target) || redirector != "" && c.Redirector != redirector {
		t.Errorf("call of %s over %s: %s by %q through %s (%s), want %s by %q through %q", c.Extension, c.Transport, c.Outcome, c.Target, c.Redirector, c.Why, outcome, target, redirector)
	}
}

func TestCallsReachTheirMailboxes(t *testing.T) {
	for _, pilot := range []string{"", "7000"} {
		b := newBench(t)
		b.options.Pilot = pilot
		p := b.dial()
		for _, network := range []string{"udp", "tcp"} {
			check(t, p.Place(t.Context(), extensions[0], network), phone.Answered, "legacy.test:", "first")
			c := p.Place(t.Context(), extensions[1], network)
			check(t, c, phone.Answered, "um-prod.test:", "first")
			if c.Redirects != 1 || c.Transport != network {
				t.Errorf("%d redirects over %s, want 1 over %s", c.Redirects, c.Transport, network)
			}
		}
		if got := []int{b.prod.Answered(), b.legacy.Answered(), b.dr.Answered()}; got[0] != 2 || got[1] != 2 || got[2] != 0 {
			t.Errorf("pilot %q: answered by prod, legacy, dr: %v", pilot, got)
		}
		if got, want := p.Counters(), (phone.Counters{Placed: 4, Answered: 4}); got != want {
			t.Errorf("counters %+v, want %+v", got, want)
		}
		first := b.redirectors[0].Calls(t, 1)[0]
		if want := map[string]string{"": "request-uri", "7000": "diversion"}[pilot]; first.By != want || first.Called != "1001" || first.Status != 302 {
			t.Errorf("the redirector's record: %+v", first)
		}
	}
}

func TestSiteChange(t *testing.T) {
	b := newBench(t)
	p := b.dial()
	check(t, p.Place(t.Context(), extensions[1], "udp"), phone.Answered, "um-prod.test:", "first")
	for _, r := range b.redirectors {
		if got, why := r.Remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 2, Run: "r1", Step: "um", Attempt: 1}); got != umredirect.Done {
			t.Fatalf("set: %s, %s", got, why)
		}
	}
	check(t, p.Place(t.Context(), extensions[1], "tcp"), phone.Answered, "um-dr.test:", "first")
	check(t, p.Place(t.Context(), extensions[0], "udp"), phone.Answered, "legacy.test:", "first")
}

func TestSecondRedirector(t *testing.T) {
	b := newBench(t)
	p := b.dial()
	b.redirectors[0].Stop()
	for _, network := range []string{"udp", "tcp"} {
		check(t, p.Place(t.Context(), extensions[1], network), phone.Answered, "um-prod.test:", "second")
	}
	b.redirectors[1].Stop()
	check(t, p.Place(t.Context(), extensions[1], "udp"), phone.Lost, "", "")
}

func TestLostAndDeclined(t *testing.T) {
	b := newBench(t)
	p := b.dial()
	b.redirectors[0].Server.SetHealth([]health.Status{{Target: b.table.Watched()[2], State: health.Down, Dead: true}})
	check(t, p.Place(t.Context(), extensions[0], "udp"), phone.UnservedLegacy, "", "first")
	b.redirectors[0].Server.SetHealth(nil)
	b.legacyUp.Store(false)
	check(t, p.Place(t.Context(), extensions[0], "udp"), phone.Lost, "", "first")
	b.mu.Lock()
	delete(b.names, "um-prod.test")
	b.mu.Unlock()
	if c := p.Place(t.Context(), extensions[1], "udp"); c.Outcome != phone.Lost || !strings.Contains(c.Why, "does not resolve") {
		t.Errorf("a name that does not resolve: %s, %s", c.Outcome, c.Why)
	}
	if got, want := p.Counters(), (phone.Counters{Placed: 3, Lost: 2, UnservedLegacy: 1}); got != want {
		t.Errorf("counters %+v, want %+v", got, want)
	}
}

func TestRunPlacesCalls(t *testing.T) {
	b := newBench(t)
	calls := make(chan phone.Call, 64)
	b.options.Rate = 200
	b.options.OnCall = func(c phone.Call) {
		select {
		case calls <- c:
		default:
		}
	}
	b.dial()
	seen := map[string]bool{}
	for len(seen) < 4 {
		c := <-calls
		if c.Outcome != phone.Answered {
			t.Fatalf("%+v", c)
		}
		seen[c.Extension+"/"+c.Transport] = true
	}
}

func TestChainsAndOrder(t *testing.T) {
	b := newBench(t)
	worker := phone.NewServer(phone.ServerOptions{Name: "worker"})
	port := b.serve(worker)
	listener := phone.NewServer(phone.ServerOptions{Name: "listener", Worker: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port)).String()})
	dead, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and is silent
	if err != nil {
		t.Fatal(err)
	}
	defer dead.Close()
	table, err := umredirect.NewTable(umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
		"Prod": {{Host: "um-dr.test", Port: b.serve(listener), Q: 0.5}, {Host: "um-prod.test", Port: dead.Addr().(*net.TCPAddr).Port, Q: 1}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b.redirectors[0].Server.SetTable(table)
	c := b.dial().Place(t.Context(), extensions[1], "udp")
	check(t, c, phone.Answered, "127.0.0.1:", "first")
	if c.Redirects != 2 || worker.Answered() != 1 || listener.Answered() != 0 {
		t.Errorf("%d redirects, worker answered %d, listener %d", c.Redirects, worker.Answered(), listener.Answered())
	}
}

func TestLoopEnds(t *testing.T) {
	b := newBench(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	round := phone.NewServer(phone.ServerOptions{Name: "round", Worker: l.Addr().String()})
	go round.Serve(l)
	defer round.Close()
	table, err := umredirect.NewTable(umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
		"Prod": {{Host: "um-prod.test", Port: l.Addr().(*net.TCPAddr).Port, Q: 1}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b.redirectors[0].Server.SetTable(table)
	if c := b.dial().Place(t.Context(), extensions[1], "tcp"); c.Outcome != phone.Lost || !strings.Contains(c.Why, "twice") {
		t.Errorf("%s: %s", c.Outcome, c.Why)
	}
}

func TestServerOverUDP(t *testing.T) {
	s := phone.NewServer(phone.ServerOptions{Name: "um"})
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServePacket(p)
	defer s.Close()
	b := newBench(t)
	table, err := umredirect.NewTable(umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
		"Prod": {{Host: "um-prod.test", Port: p.LocalAddr().(*net.UDPAddr).Port, Transport: "udp", Q: 1}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b.redirectors[0].Server.SetTable(table)
	check(t, b.dial().Place(t.Context(), extensions[1], "tcp"), phone.Answered, "um-prod.test:", "first")
	if s.Answered() != 1 {
		t.Errorf("answered %d", s.Answered())
	}
}
