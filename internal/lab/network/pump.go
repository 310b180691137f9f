package network

import (
	"io"
	"net/netip"
	"time"
)

// chunk is the most that one pump moves at a time.
const chunk = 32 << 10

// readPump takes bytes from the socket. It reads even while the path is cut, because that is how it learns that a client
// gave up before its connection was ever seen.
func (c *conn) readPump() {
	defer c.f.tasks.Done()
	buf := make([]byte, chunk)
	for {
		c.mu.Lock()
		for len(c.in) >= window && !c.discards() {
			c.cond.Wait()
		}
		c.mu.Unlock()
		n, err := c.inner.Read(buf)
		c.mu.Lock()
		if n > 0 && !c.discards() {
			c.in = append(c.in, buf[:n]...)
		}
		if err != nil {
			c.rerr = err
			if c.pending {
				c.pending, c.closed = false, true
				c.hangUp(true)
			}
		}
		c.cond.Broadcast()
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// discards: nobody will read what still arrives; c.mu is held.
func (c *conn) discards() bool { return c.closed || c.reset || c.killed || c.peerGone || c.done }

// writePump sends what the server wrote, and tells the peer of the end of it, when the path allows.
func (c *conn) writePump() {
	defer c.f.tasks.Done()
	c.mu.Lock()
	defer c.mu.Unlock()
	halfClosed := false
	for !c.done {
		switch {
		case c.discards() && c.rerr != nil && c.rerr != io.EOF:
			c.hangUp(true) // the peer has gone already
			continue
		case c.killed:
			if c.openBoth() {
				c.hangUp(true)
				continue
			}
		case c.reset:
			if c.openOut() {
				c.hangUp(true)
				continue
			}
		case c.pending || c.werr == nil && !c.openOut():
		case len(c.out) > 0 && c.werr == nil:
			c.send()
			continue
		case c.closed:
			c.hangUp(false)
			continue
		case c.wclosed && !halfClosed:
			halfClosed = true
			c.inner.CloseWrite()
			continue
		}
		c.cond.Wait()
	}
}

// send writes a chunk to the socket, without the lock meanwhile.
func (c *conn) send() {
	n := min(len(c.out), chunk)
	part := c.out[:n:n]
	c.mu.Unlock()
	sent, err := c.inner.Write(part)
	c.mu.Lock()
	if len(c.out) >= sent { // an abort may have emptied it
		c.out = c.out[sent:]
	}
	if len(c.out) == 0 {
		c.out = nil
	}
	if err != nil {
		c.werr = err
		c.out = nil
	}
	c.cond.Broadcast()
}

// hangUp closes the socket; c.mu is held.
func (c *conn) hangUp(reset bool) {
	if c.done {
		return
	}
	c.done = true
	if reset {
		c.inner.SetLinger(0) // an RST instead of a FIN
	}
	c.inner.Close()
	if c.closed {
		c.f.forget(c)
	}
	c.cond.Broadcast()
}

// abort ends the server's end at once and leaves it to the pumps to tell the peer; c.mu is held.
func (c *conn) abort(why *bool) {
	*why = true
	if c.done {
		return
	}
	c.in, c.out = nil, nil
	c.inner.SetWriteDeadline(time.Unix(1, 0)) // a write that waits for the peer must not go on after this
	c.cond.Broadcast()
}

// lostPower is what happens to the connection when a host loses power.
func (c *conn) lostPower(host netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.peer == host && !c.peerGone {
		// The client's process is gone with its host, so whatever its socket hears now, nobody hears.
		c.peerGone = true
		c.in, c.out = nil, nil
		if c.pending {
			c.pending, c.closed = false, true
		}
		c.hangUp(true)
	}
	if c.host == host && !c.pending {
		c.abort(&c.killed)
	}
	c.cond.Broadcast()
}

// lostProcess is what happens to the connection when the process that listens on addr dies.
func (c *conn) lostProcess(addr netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l.addr == addr && !c.pending {
		c.abort(&c.reset)
	}
}

// wake looks again at the path: the network changed.
func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending && c.openBoth() {
		c.pending = false
		if !c.f.serviceUp(c.l.addr) || !c.l.deliver(c) {
			c.closed = true
			c.abort(&c.reset)
		}
	}
	c.cond.Broadcast()
}

// force ends the connection whatever the path: the network closes.
func (c *conn) force() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed, c.pending = true, false
	c.hangUp(true)
	c.cond.Broadcast()
}
