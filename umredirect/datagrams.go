package umredirect

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"siteswap/umredirect/batch"
	"siteswap/umredirect/guard"
)

// Limits keep sources that ask too much silent; see [guard.Options] for what is left open.
type Limits struct {
	Allow     []netip.Prefix // peers without a limit
	PerSource int            // datagrams and connections per second
	Block     time.Duration
}

func newGuard(o Options) *guard.Guard {
	return guard.New(guard.Options{Peers: o.Peers, Allow: o.Limits.Allow, Rate: o.Limits.PerSource, Block: o.Limits.Block})
}

// fastCounts are what the sockets count.
type fastCounts struct {
	acks, unsent atomic.Uint64
	conns        []*batch.Conn // by mu
}

// Traffic is what went over the sockets.
type Traffic struct {
	Fast    map[string]uint64 `json:"fast"` // plain calls, by the first target of their 302
	ACKs    uint64            `json:"acks"`
	Unsent  uint64            `json:"unsent"` // answers that the system refused to send
	Silent  guard.Counts      `json:"silent"`
	Buffers []batch.Buffers   `json:"buffers"` // of each UDP socket
}

// Traffic says what went over the sockets so far.
func (s *Server) Traffic() Traffic {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := Traffic{Fast: map[string]uint64{}, ACKs: s.fast.acks.Load(), Unsent: s.fast.unsent.Load(), Silent: s.guard.Counts()}
	for target, n := range s.answered {
		t.Fast[target] = n.Load()
	}
	for _, c := range s.fast.conns {
		t.Buffers = append(t.Buffers, c.Buffers())
	}
	return t
}

// Ignored is how many datagrams and connections of strangers got silence.
func (s *Server) Ignored() uint64 { return s.guard.Counts().Strangers }

// counter is the counter of a target; the caller holds mu. It outlives tables.
func (s *Server) counter(target string) *atomic.Uint64 {
	n, ok := s.answered[target]
	if !ok {
		n = new(atomic.Uint64)
		s.answered[target] = n
	}
	return n
}

// serveBatch answers many datagrams with each system call.
func (s *Server) serveBatch(u *net.UDPConn) error {
	c, err := batch.New(u, batch.Options{Look: s.o.Look})
	if err != nil {
		return fmt.Errorf("serve %s: %w", u.LocalAddr(), err)
	}
	s.watchBuffers(c)
	defer s.forgetBuffers(c)
	if b := c.Buffers(); b.Short() {
		s.o.Logger.Warn("receive buffer is short: raise net.core.rmem_max", "listen", u.LocalAddr(), "buffer", b)
	} else {
		s.o.Logger.Info("serving", "listen", u.LocalAddr(), "buffer", b)
	}
	w := s.newWorker("udp", s.sender(u))
	for failed := 0; ; {
		n, err := c.Read()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			if failed++; failed > maxReadErrors {
				return fmt.Errorf("read from %s: %w", u.LocalAddr(), err)
			}
			continue // an earlier answer found nobody, or the system was short of memory
		}
		failed = 0
		w.batch(c, n, s.o.Now())
	}
}

// batch answers what one read gave.
func (w *worker) batch(c *batch.Conn, n int, now time.Time) {
	w.read = now
	for i := range n {
		raw, from, whole := c.Message(i)
		if w.s.guard.Look(from.Addr(), now) != guard.Answer || !whole {
			continue
		}
		if answer, port, ok := w.answer(c.Answer(), raw, from); ok {
			c.Reply(i, port, answer)
		}
	}
	if refused, reason := c.Flush(); refused > 0 {
		w.s.fast.unsent.Add(uint64(refused))
		w.s.o.Logger.Debug("answers not sent", "count", refused, "error", reason)
	}
	w.tell()
}

func (s *Server) watchBuffers(c *batch.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fast.conns = append(s.fast.conns, c)
}

func (s *Server) forgetBuffers(c *batch.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fast.conns = slices.DeleteFunc(s.fast.conns, func(other *batch.Conn) bool { return other == c })
}

// serveEach answers one datagram at a time, on sockets that are none of the system's.
func (s *Server) serveEach(p net.PacketConn) error {
	send := s.sender(p)
	w, buf, out := s.newWorker("udp", send), make([]byte, datagram), []byte(nil)
	for failed := 0; ; {
		n, addr, err := p.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			if failed++; failed > maxReadErrors {
				return fmt.Errorf("read from %s: %w", p.LocalAddr(), err)
			}
			continue
		}
		failed = 0
		from := addrPort(addr)
		if w.read = s.o.Now(); s.guard.Look(from.Addr(), w.read) != guard.Answer {
			continue
		}
		answer, port, ok := w.answer(out[:0], buf[:n], from)
		if !ok {
			continue
		}
		out = answer
		send(answer, netip.AddrPortFrom(from.Addr(), port))
		w.tell()
	}
}

// sender sends a single answer.
func (s *Server) sender(p net.PacketConn) sender {
	return func(answer []byte, to netip.AddrPort) {
		if _, err := p.WriteTo(answer, net.UDPAddrFromAddrPort(to)); err != nil {
			s.fast.unsent.Add(1)
			s.o.Logger.Debug("answer not sent", "to", to, "error", err)
		}
	}
}
