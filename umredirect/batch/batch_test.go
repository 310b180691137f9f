package batch_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"siteswap/umredirect/batch"
)

const patience = 5 * time.Second

func open(t testing.TB, network, address string, o batch.Options) (*batch.Conn, *net.UDPConn) {
	t.Helper()
	a, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenUDP(network, a)
	if err != nil {
		t.Skipf("no socket on %s: %v", address, err)
	}
	t.Cleanup(func() { p.Close() })
	c, err := batch.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, p
}

func dial(t testing.TB, p *net.UDPConn) *net.UDPConn {
	t.Helper()
	c, err := net.DialUDP("udp", nil, p.LocalAddr().(*net.UDPAddr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// echo answers the datagrams of one Read as reply says: a port, or none.
func echo(t testing.TB, c *batch.Conn, port func(i int, from uint16) uint16) (n, refused int, reason error) {
	t.Helper()
	n, err := c.Read()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		data, from, whole := c.Message(i)
		if !whole {
			t.Errorf("a datagram of %d bytes is cut off", len(data))
		}
		c.Reply(i, port(i, from.Port()), append(c.Answer(), data...))
	}
	refused, reason = c.Flush()
	return n, refused, reason
}

func same(_ int, from uint16) uint16 { return from }

func TestEcho(t *testing.T) {
	for _, at := range []struct{ network, address string }{{"udp4", "127.0.0.1:0"}, {"udp6", "[::1]:0"}, {"udp", ":0"}} {
		c, p := open(t, at.network, at.address, batch.Options{Size: 4})
		a, b := dial(t, p), dial(t, p)
		for i, long := range [][]byte{{}, []byte("x"), bytes.Repeat([]byte("y"), 3000), bytes.Repeat([]byte("z"), 65000)} {
			for _, client := range []*net.UDPConn{a, b} {
				want := fmt.Appendf(long, "%d %s", i, client.LocalAddr())
				client.Write(want)
				echo(t, c, same)
				got := make([]byte, batch.Datagram)
				n, err := client.Read(got)
				if err != nil || !bytes.Equal(got[:n], want) {
					t.Errorf("%s: %d bytes, %v; want %d", at.address, n, err, len(want))
				}
			}
		}
	}
}

// A datagram that cannot be sent does not take those behind it along.
func TestFlushSkipsWhatIsRefused(t *testing.T) {
	c, p := open(t, "udp4", "127.0.0.1:0", batch.Options{})
	client := dial(t, p)
	for i := range 3 {
		fmt.Fprintf(client, "%d", i)
	}
	left := 3
	for at, refused := 0, 0; left > 0; {
		n, no, reason := echo(t, c, func(i int, from uint16) uint16 {
			if at+i == 1 {
				return 0 // no such port
			}
			return from
		})
		at, left, refused = at+n, left-n, refused+no
		if left == 0 && refused != 1 || no > 0 && reason == nil {
			t.Errorf("%d refused, %v; want one and a reason", refused, reason)
		}
	}
	for _, want := range []string{"0", "2"} {
		buf := make([]byte, 8)
		if n, err := client.Read(buf); err != nil || string(buf[:n]) != want {
			t.Errorf("read %q, %v; want %s", buf[:n], err, want)
		}
	}
}

// When a datagram came does not depend on when it is read: loopback has it there when the call that sends it returns.
func TestCame(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the system does not say")
	}
	c, p := open(t, "udp4", "127.0.0.1:0", batch.Options{Stamps: true})
	client := dial(t, p)
	good := 0
	for end := time.Now().Add(patience); good < 100; { // the first ones have the time of the Read
		before := time.Now().Round(0)
		client.Write([]byte("x"))
		after := time.Now().Round(0)
		if n, err := c.Read(); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		at := c.Came(0)
		if at.Before(before) {
			t.Fatalf("came at %v, sent at %v", at, before)
		}
		if good++; at.After(after) {
			good = 0
		}
		if time.Now().After(end) {
			t.Fatalf("came at %v, was there at %v", at, after)
		}
	}
	plain, p := open(t, "udp4", "127.0.0.1:0", batch.Options{})
	dial(t, p).Write([]byte("x"))
	if _, err := plain.Read(); err != nil || !plain.Came(0).IsZero() {
		t.Errorf("%v, %v; nobody asked", plain.Came(0), err)
	}
}

// A client polls and sends on a connected socket.
func TestPollAndSend(t *testing.T) {
	server, p := open(t, "udp4", "127.0.0.1:0", batch.Options{})
	client, err := batch.New(dial(t, p), batch.Options{Size: 2})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := client.Poll(); n != 0 || err != nil {
		t.Errorf("polled %d, %v; want nothing", n, err)
	}
	if more := client.Send(append(client.Answer(), "one"...)); more {
		if client.Send(append(client.Answer(), "two"...)) {
			t.Error("a queue of two has room for more")
		}
	}
	if refused, err := client.Flush(); refused != 0 {
		t.Fatal(err)
	}
	echo(t, server, same)
	got := 0
	for got == 0 { // loopback delivers within the call that sends
		if got, err = client.Poll(); err != nil {
			t.Fatal(err)
		}
	}
	if data, _, _ := client.Message(0); string(data) != "one" {
		t.Errorf("polled %q", data)
	}
}

func TestCloseEndsRead(t *testing.T) {
	c, p := open(t, "udp4", "127.0.0.1:0", batch.Options{})
	ended := make(chan error)
	go func() {
		_, err := c.Read()
		ended <- err
	}()
	p.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, want %v", err, net.ErrClosed)
	}
	if got := c.Buffers(); got.Drops != 0 {
		t.Errorf("a closed socket says %v", got)
	}
}

// What finds no room in the receive buffer is counted, not hidden.
func TestBuffersCountDrops(t *testing.T) {
	c, p := open(t, "udp4", "127.0.0.1:0", batch.Options{Receive: 8 << 10})
	b := c.Buffers()
	if b.Granted == 0 {
		t.Skip("this system does not say what it granted")
	}
	if b.Asked != 8<<10 || b.Granted != b.Asked || b.Short() || b.Drops != 0 {
		t.Errorf("%+v", b)
	}
	client := dial(t, p)
	for range 100 {
		client.Write(make([]byte, 1000))
	}
	if b = c.Buffers(); b.Drops == 0 || !strings.Contains(b.String(), fmt.Sprintf("%d datagrams dropped", b.Drops)) {
		t.Errorf("100 kB in a buffer of 8: %v", b)
	}
}

func TestNoAllocations(t *testing.T) {
	c, p := open(t, "udp4", "127.0.0.1:0", batch.Options{})
	client := dial(t, p)
	want, got := []byte("hello"), make([]byte, 8)
	if n := testing.AllocsPerRun(100, func() {
		client.Write(want)
		echo(t, c, same)
		client.Read(got)
	}); n != 0 {
		t.Errorf("%v allocations for a datagram and its answer", n)
	}
}
