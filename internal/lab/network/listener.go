package network

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// retryAccept is how long to wait after the kernel could not give a connection.
const retryAccept = 5 * time.Millisecond

// Listen listens on an address of this network, for a server in this process. Port 0 takes a free one.
func (f *Fabric) Listen(addr netip.AddrPort) (net.Listener, error) {
	inner, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
	if err != nil {
		return nil, explain(addr, "tcp", err)
	}
	l := &listener{f: f, inner: inner, addr: inner.Addr().(*net.TCPAddr).AddrPort()}
	l.cond = sync.NewCond(&l.mu)
	if !f.start(2, func() { f.closers[l] = struct{}{} }) { // the loop, and the socket until Close is through with it
		inner.Close()
		return nil, net.ErrClosed
	}
	go l.acceptLoop()
	return l, nil
}

// listener gives the server the connections whose handshake the network lets through.
type listener struct {
	f     *Fabric
	inner *net.TCPListener
	addr  netip.AddrPort

	mu     sync.Mutex // taken after a conn's lock, never before
	cond   *sync.Cond
	ready  []*conn
	closed bool
}

func (l *listener) acceptLoop() {
	defer l.f.tasks.Done()
	for {
		inner, err := l.inner.AcceptTCP()
		if err != nil {
			l.mu.Lock()
			closed := l.closed
			l.mu.Unlock()
			if closed {
				return
			}
			select { // the client was gone again, or the process is short of descriptors for a moment
			case <-l.f.ctx.Done():
			case <-time.After(retryAccept):
			}
			continue
		}
		c := newConn(l.f, l, inner)
		if !l.f.start(2, func() { l.f.conns[c] = struct{}{} }) {
			inner.Close()
			continue
		}
		c.wake()
		go c.readPump()
		go c.writePump()
	}
}

// deliver puts a connection where Accept finds it; false when the listener is closed.
func (l *listener) deliver(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.ready = append(l.ready, c)
	l.cond.Signal()
	return true
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.ready) == 0 && !l.closed {
		l.cond.Wait()
	}
	if l.closed {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.Addr(), Err: net.ErrClosed}
	}
	c := l.ready[0]
	l.ready = l.ready[1:]
	return c, nil
}

// Close implements net.Listener. Connections that were not accepted are reset, when the path allows.
func (l *listener) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return net.ErrClosed
	}
	l.closed = true
	left := l.ready
	l.ready = nil
	l.cond.Broadcast()
	l.mu.Unlock()
	l.f.forgetCloser(l)
	err := l.inner.Close()
	l.f.tasks.Done()
	for _, c := range left {
		c.Reset()
		c.Close()
	}
	return err
}

// Addr implements net.Listener.
func (l *listener) Addr() net.Addr { return l.inner.Addr() }
