package network_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"siteswap/internal/lab/network"
)

// The places of the tests: clients stand outside (0), the server in Prod (1).
const (
	outside = 0
	prod    = 1
	quiet   = 40 * time.Millisecond // how long "hears nothing" listens
	patient = 5 * time.Second
)

type bench struct {
	*network.Fabric
	server, client netip.Addr
}

// newBench makes a network that ends with the test, without leaving a goroutine.
func newBench(t *testing.T) bench {
	t.Helper()
	base, release, err := network.Acquire()
	if err != nil {
		t.Skipf("no loopback range: %v", err)
	}
	before := runtime.NumGoroutine()
	f := network.New(base, []string{"outside", "Prod", "DR"})
	t.Cleanup(func() {
		f.Close()
		release()
		for end := time.Now().Add(patient); runtime.NumGoroutine() > before+4; runtime.Gosched() {
			if time.Now().After(end) {
				buf := make([]byte, 1<<20)
				t.Fatalf("goroutines left over:\n%s", buf[:runtime.Stack(buf, true)])
			}
		}
	})
	return bench{f, f.Addr(prod, 11), f.Addr(outside, 5)}
}

func (b bench) listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := b.Listen(netip.AddrPortFrom(b.server, 0))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (b bench) dial(t *testing.T, l net.Addr) net.Conn {
	t.Helper()
	c, err := network.Dialer(b.client).DialContext(t.Context(), "tcp", l.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// pair is a connection that both sides have.
func (b bench) pair(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l := b.listen(t)
	client = b.dial(t, l.Addr())
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatalf("send %q: %v", text, err)
	}
}

func expect(t *testing.T, c net.Conn, text string) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patient))
	buf := make([]byte, len(text))
	if n, err := io.ReadFull(c, buf); err != nil || string(buf) != text {
		t.Fatalf("read %q, %v; want %q", buf[:n], err, text)
	}
}

func expectSilence(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(quiet))
	if n, err := c.Read(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("read %d bytes, %v; want silence", n, err)
	}
}

func expectError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(patient))
	if n, err := c.Read(make([]byte, 10)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("read %d bytes, %v; want %v", n, err, want)
	}
}

// expectRefused: a new connection is reset, during the dial or when it reads.
func (b bench) expectRefused(t *testing.T, to net.Addr) {
	t.Helper()
	c, err := network.Dialer(b.client).DialContext(t.Context(), "tcp", to.String())
	if err == nil {
		defer c.Close()
		expectError(t, c, syscall.ECONNRESET)
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatal(err)
	}
}

func TestCutHoldsAndHealResumesTheSameStream(t *testing.T) {
	for _, tc := range []struct {
		name              string
		cuts              [][2]int
		toServer, toPeers bool
	}{
		{"to the server", [][2]int{{outside, prod}}, false, true},
		{"from the server", [][2]int{{prod, outside}}, true, false},
		{"both", [][2]int{{outside, prod}, {prod, outside}}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			client, server := b.pair(t)
			send(t, client, "one")
			expect(t, server, "one")
			for _, c := range tc.cuts {
				b.Cut(c[0], c[1])
			}
			send(t, client, "two")
			send(t, server, "two")
			for _, way := range []struct {
				to   net.Conn
				open bool
			}{{server, tc.toServer}, {client, tc.toPeers}} {
				if way.open {
					expect(t, way.to, "two")
				} else {
					expectSilence(t, way.to)
				}
			}
			for _, c := range tc.cuts {
				b.Heal(c[0], c[1])
			}
			if !tc.toServer {
				expect(t, server, "two")
			}
			if !tc.toPeers {
				expect(t, client, "two")
			}
			send(t, client, "three")
			expect(t, server, "three")
		})
	}
}

func TestEndIsHeldToo(t *testing.T) {
	b := newBench(t)
	client, server := b.pair(t)
	b.Cut(prod, outside)
	send(t, server, "bye")
	server.Close()
	expectSilence(t, client)
	b.Heal(prod, outside)
	expect(t, client, "bye")
	expectError(t, client, io.EOF)
}

func TestNewConnectionWaitsForThePath(t *testing.T) {
	breaks := map[string]struct{ cut, mend func(bench) }{
		"cut there": {func(b bench) { b.Cut(outside, prod) }, func(b bench) { b.Heal(outside, prod) }},
		"cut back":  {func(b bench) { b.Cut(prod, outside) }, func(b bench) { b.Heal(prod, outside) }},
		"no power":  {func(b bench) { b.SetPower(b.server, false) }, func(b bench) { b.SetPower(b.server, true) }},
	}
	for name, br := range breaks {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			l := b.listen(t)
			br.cut(b)
			gaveUp := b.dial(t, l.Addr())
			send(t, gaveUp, "do it")
			waits := b.dial(t, l.Addr())
			send(t, waits, "hello")
			expectSilence(t, waits)
			gaveUp.Close()
			expectSilence(t, waits) // long enough for the end of the other to be seen
			br.mend(b)
			server, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			expect(t, server, "hello")
			if server.RemoteAddr().String() != waits.LocalAddr().String() {
				t.Errorf("served %v; %v gave up and must not be seen", server.RemoteAddr(), gaveUp.LocalAddr())
			}
		})
	}
}

func TestPowerLossKillsConnections(t *testing.T) {
	b := newBench(t)
	client, server := b.pair(t)
	send(t, server, "hello")
	expect(t, client, "hello")
	b.SetPower(b.server, false)
	expectError(t, server, syscall.ECONNRESET)
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("write of a dead server: %v", err)
	}
	server.Close()
	send(t, client, "anyone?")
	expectSilence(t, client)
	b.Cut(prod, outside)
	b.SetPower(b.server, true)
	expectSilence(t, client)
	b.Heal(prod, outside)
	expectError(t, client, syscall.ECONNRESET)
}

func TestClientsPowerLoss(t *testing.T) {
	b := newBench(t)
	_, server := b.pair(t)
	b.SetPower(b.client, false)
	expectSilence(t, server)
	send(t, server, "into the void")
	b.SetPower(b.client, true)
	expectError(t, server, syscall.ECONNRESET)
}

func TestServiceThatIsDeadOnALivingHostResets(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	client := b.dial(t, l.Addr())
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	b.SetService(at, false)
	expectError(t, server, syscall.ECONNRESET)
	expectError(t, client, syscall.ECONNRESET)
	b.expectRefused(t, l.Addr())
	b.SetPower(b.server, false)
	silent := b.dial(t, l.Addr())
	expectSilence(t, silent)
	b.SetPower(b.server, true)
	expectError(t, silent, syscall.ECONNRESET)
	b.SetService(at, true)
	again := b.dial(t, l.Addr())
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	send(t, server, "hello")
	expect(t, again, "hello")
}

func TestDeadlines(t *testing.T) {
	b := newBench(t)
	client, server := b.pair(t)
	b.Cut(outside, prod)
	b.Cut(prod, outside)
	send(t, client, "held")
	expectSilence(t, server) // a deadline while the path is cut
	server.SetReadDeadline(time.Time{})
	done := make(chan error)
	go func() {
		_, err := server.Read(make([]byte, 10))
		done <- err
	}()
	server.SetReadDeadline(time.Unix(1, 0)) // wakes a reader that waits, as net/http does
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read: %v", err)
	}
	server.SetWriteDeadline(time.Now().Add(quiet))
	n, err := server.Write(make([]byte, 1<<20))
	if n == 1<<20 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wrote %d bytes over a cut, %v; want the window and a timeout", n, err)
	}
	server.SetDeadline(time.Time{})
	b.Heal(outside, prod)
	expect(t, server, "held")
}

func TestHalfClose(t *testing.T) {
	b := newBench(t)
	client, server := b.pair(t)
	send(t, client, "question")
	client.(*net.TCPConn).CloseWrite()
	all, err := io.ReadAll(server)
	if err != nil || string(all) != "question" {
		t.Fatalf("server read %q, %v", all, err)
	}
	send(t, server, "answer")
	if err := server.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	all, err = io.ReadAll(client)
	if err != nil || string(all) != "answer" {
		t.Fatalf("client read %q, %v", all, err)
	}
}

func TestPlace(t *testing.T) {
	f := network.New(77, []string{"outside", "Prod", "DR"})
	for _, tc := range []struct {
		addr  string
		place int
		ok    bool
	}{
		{"127.77.0.9", 0, true}, {"127.77.2.13", 2, true}, {"::ffff:127.77.1.1", 1, true},
		{"127.77.3.1", 0, false}, {"127.78.1.1", 0, false}, {"127.0.0.1", 0, false}, {"::1", 0, false},
	} {
		place, ok := f.Place(netip.MustParseAddr(tc.addr))
		if place != tc.place || ok != tc.ok {
			t.Errorf("Place(%s) = %d, %v; want %d, %v", tc.addr, place, ok, tc.place, tc.ok)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	_, err := b.Listen(netip.MustParseAddrPort(l.Addr().String()))
	if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "lsof") {
		t.Errorf("port taken: %v", err)
	}
	_, err = b.Listen(netip.MustParseAddrPort("198.51.100.7:0"))
	if !errors.Is(err, network.ErrNotAssigned) || !strings.Contains(err.Error(), "198.51.100.7") {
		t.Errorf("not assigned: %v", err)
	}
	err = network.CheckAssigned([]netip.Addr{b.server, netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("198.51.100.8")})
	if !errors.Is(err, network.ErrNotAssigned) || !strings.Contains(err.Error(), "198.51.100.8") || strings.Contains(err.Error(), b.server.String()) {
		t.Errorf("check: %v", err)
	}
	if err := network.CheckAssigned([]netip.Addr{b.server}); err != nil {
		t.Errorf("check of what is assigned: %v", err)
	}
}

func TestTwoDrillsTakeTwoBases(t *testing.T) {
	one, release1, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release1()
	two, release2, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release2()
	if one == two {
		t.Errorf("both took %d", one)
	}
}

func TestManyConnections(t *testing.T) {
	b := newBench(t)
	l := b.listen(t)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	errs := make(chan error)
	const n, lines = 60, 30
	for i := range n {
		go func() { errs <- echo(t.Context(), b, l.Addr(), fmt.Sprintf("client %d", i), lines) }()
	}
	for range 20 {
		b.Cut(outside, prod)
		runtime.Gosched()
		b.Heal(outside, prod)
		b.Cut(prod, outside)
		b.Heal(prod, outside)
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func echo(ctx context.Context, b bench, to net.Addr, name string, lines int) error {
	c, err := network.Dialer(b.client).DialContext(ctx, "tcp", to.String())
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * patient))
	r := bufio.NewReader(c)
	for i := range lines {
		want := fmt.Sprintf("%s %d %s\n", name, i, strings.Repeat("x", 2000))
		if _, err := io.WriteString(c, want); err != nil {
			return err
		}
		if got, err := r.ReadString('\n'); err != nil || got != want {
			return fmt.Errorf("%s got %d bytes, %v", name, len(got), err)
		}
	}
	return nil
}
