//go:build !linux

package batch

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

// Conn is a UDP socket. Use it from one goroutine; Buffers may be asked for from any.
type Conn struct {
	p      *net.UDPConn
	asked  int
	data   []byte
	n      int
	from   netip.AddrPort
	answer []byte
	to     netip.AddrPort
	queued bool
}

func open(p *net.UDPConn, o Options) (*Conn, error) {
	p.SetReadBuffer(o.Receive) // the system gives what it gives
	return &Conn{p: p, asked: o.Receive, data: make([]byte, Datagram), answer: make([]byte, 0, answerSize)}, nil
}

// Buffers says what was asked for: what was granted cannot be read here.
func (c *Conn) Buffers() Buffers { return Buffers{Asked: c.asked} }

// Read waits for a datagram and says how many there are; it is there until the next Read.
func (c *Conn) Read() (int, error) {
	n, from, err := c.p.ReadFromUDPAddrPort(c.data)
	if errors.Is(err, net.ErrClosed) {
		return 0, net.ErrClosed
	}
	if err != nil {
		return 0, err
	}
	c.n, c.from = n, from
	return 1, nil
}

// Poll is Read that does not wait: none is no error.
func (c *Conn) Poll() (int, error) {
	c.p.SetReadDeadline(time.Now())
	defer c.p.SetReadDeadline(time.Time{})
	n, err := c.Read()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, nil
	}
	return n, err
}

// Wait waits that long at most before the next Poll.
func (c *Conn) Wait(d time.Duration) { time.Sleep(min(d, 100*time.Microsecond)) }

// Message is the datagram of the last Read, who sent it, and whether it is whole.
func (c *Conn) Message(int) (data []byte, from netip.AddrPort, whole bool) {
	return c.data[:c.n], netip.AddrPortFrom(c.from.Addr().Unmap(), c.from.Port()), true
}

// Came is when the system had the datagram; here it does not say.
func (c *Conn) Came(int) time.Time { return time.Time{} }

// Answer is an empty buffer to append an answer to, for Reply.
func (c *Conn) Answer() []byte { return c.answer[:0] }

// Reply queues an answer to the sender of the datagram, or to another port of its address.
func (c *Conn) Reply(_ int, port uint16, answer []byte) {
	c.answer, c.to, c.queued = answer, netip.AddrPortFrom(c.from.Addr(), port), true
}

// Send queues a datagram of a connected socket; false when the queue is full.
func (c *Conn) Send(data []byte) (more bool) {
	c.answer, c.to, c.queued = data, netip.AddrPort{}, true
	return false
}

// Flush sends what is queued, and says how many the system refused, and why.
func (c *Conn) Flush() (refused int, reason error) {
	if !c.queued {
		return 0, nil
	}
	c.queued = false
	write := func() (int, error) { return c.p.WriteToUDPAddrPort(c.answer, c.to) }
	if !c.to.IsValid() {
		write = func() (int, error) { return c.p.Write(c.answer) }
	}
	if _, err := write(); err != nil {
		return 1, err
	}
	return 0, nil
}
