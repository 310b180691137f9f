package network_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

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
