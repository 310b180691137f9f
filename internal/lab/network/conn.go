package network

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// window is how much each direction of a connection holds before the sender has to wait, as a socket buffer would.
const window = 256 << 10

// conn is the server's end of a TCP connection, with the network between the socket and the server: bytes are taken from
// the socket into in, and given to the reader while the path from the peer is whole; what is written waits in out until
// the path to the peer is. Both have their goroutine (pump.go).
type conn struct {
	f     *Fabric
	l     *listener
	inner *net.TCPConn
	host  netip.Addr // this end
	peer  netip.Addr

	mu   sync.Mutex
	cond *sync.Cond
	in   []byte
	rerr error // why in will not grow
	out  []byte
	werr error

	pending  bool // not yet given to the server: the handshake waits for the path
	closed   bool // by the server
	wclosed  bool // CloseWrite by the server
	reset    bool // the process is dead, or the server asked for it: the peer gets a reset as soon as the path allows
	killed   bool // this host lost power: a reset when power and path are back
	peerGone bool // the peer's host lost power: a reset for the server when power and path are back
	done     bool // the socket is closed

	rdl, wdl deadline
}

func newConn(f *Fabric, l *listener, inner *net.TCPConn) *conn {
	c := &conn{f: f, l: l, inner: inner, host: l.addr.Addr(), peer: addrOf(inner.RemoteAddr()), pending: true}
	c.cond = sync.NewCond(&c.mu)
	return c
}

func addrOf(a net.Addr) netip.Addr {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap()
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func (c *conn) openIn() bool   { return c.f.Open(c.peer, c.host) }
func (c *conn) openOut() bool  { return c.f.Open(c.host, c.peer) }
func (c *conn) openBoth() bool { return c.openIn() && c.openOut() }

// broken is the error of an end that nothing can pass any more, or nil; c.mu is held.
func (c *conn) broken(op string) error {
	switch {
	case c.closed:
		return c.opError(op, net.ErrClosed)
	case c.reset, c.killed, c.peerGone && c.openBoth():
		return c.opError(op, os.NewSyscallError(op, syscall.ECONNRESET))
	}
	return nil
}

func (c *conn) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if err := c.broken("read"); err != nil {
			return 0, err
		}
		if c.rdl.expired {
			return 0, c.opError("read", os.ErrDeadlineExceeded)
		}
		if len(b) == 0 {
			return 0, nil
		}
		if (len(c.in) > 0 || c.rerr != nil) && !c.peerGone && c.openIn() {
			break
		}
		c.cond.Wait()
	}
	if len(c.in) == 0 {
		return 0, c.rerr
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	if len(c.in) == 0 {
		c.in = nil
	}
	c.cond.Broadcast()
	return n, nil
}

// Write implements net.Conn. Like the kernel, it takes bytes while the path is cut, up to the window.
func (c *conn) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for {
		if err := c.broken("write"); err != nil {
			return total, err
		}
		switch {
		case c.werr != nil:
			return total, c.werr
		case c.wclosed:
			return total, c.opError("write", syscall.EPIPE)
		case c.wdl.expired:
			return total, c.opError("write", os.ErrDeadlineExceeded)
		}
		if n := min(window-len(c.out), len(b)); n > 0 {
			c.out = append(c.out, b[:n]...)
			b, total = b[n:], total+n
			c.cond.Broadcast()
		}
		if len(b) == 0 {
			return total, nil
		}
		c.cond.Wait()
	}
}

// Close implements net.Conn. What was written is still sent, and the peer hears of the end when the path allows.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("close", net.ErrClosed)
	}
	c.closed = true
	c.rdl.stop()
	c.wdl.stop()
	if c.done {
		c.f.forget(c)
	}
	c.cond.Broadcast()
	return nil
}

// CloseWrite ends this direction; the other goes on.
func (c *conn) CloseWrite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.broken("close"); err != nil {
		return err
	}
	c.wclosed = true
	c.cond.Broadcast()
	return nil
}

// Reset ends the connection as a dead process does.
func (c *conn) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.abort(&c.reset)
}

// LocalAddr implements net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.inner.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *conn) RemoteAddr() net.Addr { return c.inner.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline implements net.Conn; it holds while the path is cut.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.rdl, t) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.wdl, t) }

func (c *conn) setDeadline(d *deadline, t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return c.opError("set", net.ErrClosed)
	}
	d.set(c.cond, t)
	return nil
}
