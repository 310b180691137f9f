package umload

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"time"

	"siteswap/umredirect/batch"
)

// caller calls over one UDP socket.
type caller struct {
	*book
	conn      *batch.Conn
	texts     templates
	strangers *strangers
}

func dial(local netip.Addr, to netip.AddrPort, o batch.Options) (*net.UDPConn, *batch.Conn, error) {
	var from *net.UDPAddr
	if local.IsValid() {
		from = net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	p, err := net.DialUDP("udp", from, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return nil, nil, err
	}
	c, err := batch.New(p, o)
	if err != nil {
		p.Close()
		return nil, nil, err
	}
	return p, c, nil
}

func runUDP(ctx context.Context, o Options) (Report, error) {
	if !o.Busy {
		runtime.LockOSThread() // which sleeps in the kernel, with its fine timers
		defer runtime.UnlockOSThread()
	}
	p, conn, err := dial(o.Local, o.Target, batch.Options{Stamps: o.Arrivals != nil, Apart: true})
	if err != nil {
		return Report{}, fmt.Errorf("call %s: %w", o.Target, err)
	}
	defer p.Close()
	c := &caller{book: newBook(o), conn: conn, texts: newTemplates("UDP", p.LocalAddr().String(), o.Target.String()), strangers: &strangers{target: o.Target}}
	defer c.strangers.close()
	c.begin()
	for told := time.Second; ; {
		now := c.since()
		if ctx.Err() != nil {
			c.o.Duration = min(c.o.Duration, now)
		}
		sent := c.send(now)
		got, err := c.receive()
		if err != nil {
			return c.report, fmt.Errorf("answers of %s: %w", o.Target, err)
		}
		c.expire(now)
		if now >= c.o.Duration && c.pending == 0 && c.due(now) <= 0 {
			break
		}
		if o.Every != nil && now >= told {
			told += time.Second
			o.Every(c.report)
		}
		switch {
		case sent+got > 0:
		case o.Busy:
			runtime.Gosched() // by itself, before the runtime makes it: which would look after this processor every 70 us then
		default:
			conn.Wait(c.wait(now))
		}
	}
	c.report.Wrong += c.strangers.answers()
	c.report.Strangers = c.strangers.calls
	return c.done(c.since()), nil
}

// send places the calls that are due, as many as go out with one call of the system.
func (c *caller) send(now time.Duration) (n int) {
	for room := true; room && c.due(now) > 0; n++ {
		f := c.place(now)
		text := &c.texts.invite
		if c.o.Odd > 0 && c.rand.Float64() < c.o.Odd {
			text = &c.texts.odd
		}
		room = c.conn.Send(text.write(c.conn.Answer(), f.id, int(f.mailbox)))
		if room && c.o.Again > 0 && c.rand.Float64() < c.o.Again {
			room = c.conn.Send(text.write(c.conn.Answer(), f.id, int(f.mailbox)))
		}
		if room && c.o.Garbage > 0 && c.rand.Float64() < c.o.Garbage {
			c.report.Garbage++
			room = c.conn.Send(append(c.conn.Answer(), c.texts.garbage[c.rand.IntN(len(c.texts.garbage))]...))
		}
		if c.o.Strangers > 0 && c.rand.Float64() < c.o.Strangers {
			c.strangers.call(c.texts.invite.write(nil, f.id, int(f.mailbox)), c.rand.Uint32())
		}
	}
	c.flush()
	return n
}

// receive takes what has come, and sends the ACKs.
func (c *caller) receive() (int, error) {
	n, err := c.conn.Poll()
	now := c.since()
	for i := range n {
		answer, _, _ := c.conn.Message(i)
		came := now
		if at := c.conn.Came(i); !at.IsZero() {
			came = min(now, at.Sub(c.start))
		}
		if f := c.take(answer, came, now); f != nil {
			if to := header(answer, "\r\nTo: "); !c.conn.Send(c.texts.writeACK(c.conn.Answer(), f.id, int(f.mailbox), to)) {
				c.flush()
			}
		}
	}
	c.flush()
	return n, err
}

func (c *caller) flush() {
	refused, _ := c.conn.Flush() // nobody listens, or the system has no room: that call is lost
	c.report.Unsent += refused
}

// strangers call from addresses that are nobody's peer, and hope for an answer.
type strangers struct {
	target netip.AddrPort
	open   [64]*net.UDPConn
	conns  [64]*batch.Conn
	calls  int
	heard  int
}

func (s *strangers) call(invite []byte, draw uint32) {
	i := s.calls % len(s.open)
	s.calls++
	s.hear(i)
	if s.open[i] != nil {
		s.open[i].Close()
	}
	local := netip.AddrFrom4([4]byte{127, byte(64 + draw>>24%64), byte(draw >> 8), byte(1 + draw%254)})
	p, c, err := dial(local, s.target, batch.Options{Size: 1, Receive: 4096})
	if err != nil {
		s.open[i], s.conns[i] = nil, nil
		return
	}
	s.open[i], s.conns[i] = p, c
	p.Write(invite) // into the dark
}

// hear counts an answer that has come.
func (s *strangers) hear(i int) {
	if s.open[i] == nil {
		return
	}
	if n, err := s.conns[i].Poll(); err == nil {
		s.heard += n
	}
}

func (s *strangers) answers() int {
	for i := range s.open {
		s.hear(i)
	}
	return s.heard
}

func (s *strangers) close() {
	for _, p := range s.open {
		if p != nil {
			p.Close()
		}
	}
}
