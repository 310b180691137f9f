package network_test

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
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
