package umredirect

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"time"
)

// datagram is the largest UDP payload, and the longest message that is read from a stream.
const datagram = 64 << 10

// maxReadErrors is how many reads in a row may fail before a socket is given up.
const maxReadErrors = 100

// writeTimeout is how long a peer may leave an answer in its TCP window.
const writeTimeout = 5 * time.Second

// ServeUDP answers on a socket until it or the server is closed, and closes it.
func (s *Server) ServeUDP(p net.PacketConn) error {
	if !s.track(p) {
		p.Close()
		return net.ErrClosed
	}
	defer s.untrack(p)
	defer p.Close()
	buf := make([]byte, datagram)
	for failed := 0; ; {
		n, addr, err := p.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			if failed++; failed > maxReadErrors {
				return fmt.Errorf("read from %s: %w", p.LocalAddr(), err)
			}
			continue // an earlier answer found nobody, or the system was short of memory
		}
		failed = 0
		from := addrPort(addr)
		if !s.peer(from.Addr()) {
			s.ignored.Add(1)
			continue
		}
		answer, to := s.handle(buf[:n], from, "udp")
		if answer == nil {
			continue
		}
		if _, err := p.WriteTo(answer, net.UDPAddrFromAddrPort(to)); err != nil {
			s.o.Logger.Debug("answer not sent", "to", to, "error", err)
		}
	}
}

// ServeTCP answers on the connections of a listener until it or the server is closed, and closes it.
func (s *Server) ServeTCP(l net.Listener) error {
	if !s.track(l) {
		l.Close()
		return net.ErrClosed
	}
	defer s.untrack(l)
	defer l.Close()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !s.peer(addrPort(c.RemoteAddr()).Addr()) {
			s.ignored.Add(1)
			c.Close()
			continue
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		go s.serveConn(c)
	}
}

// admit counts a connection, up to the greatest number.
func (s *Server) admit(c net.Conn) bool {
	s.mu.Lock()
	full := s.conns >= s.o.MaxConns
	if !full {
		s.conns++
	}
	s.mu.Unlock()
	if full {
		s.o.Logger.Warn("too many connections", "limit", s.o.MaxConns)
		return false
	}
	if s.track(c) {
		return true
	}
	s.release()
	return false
}

func (s *Server) release() {
	s.mu.Lock()
	s.conns--
	s.mu.Unlock()
}

// serveConn answers the requests of one connection, each on that connection (RFC 3261, section 18.2.2).
func (s *Server) serveConn(c net.Conn) {
	defer s.untrack(c)
	defer s.release()
	defer c.Close()
	from := addrPort(c.RemoteAddr())
	r := bufio.NewReader(c)
	for {
		c.SetReadDeadline(time.Now().Add(s.o.IdleTimeout))
		raw, whole, err := readMessage(r)
		if err != nil {
			return
		}
		answer, _ := s.handle(raw, from, "tcp")
		if answer != nil {
			c.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := c.Write(answer); err != nil {
				return
			}
		}
		if !whole {
			return // where the next message begins cannot be known
		}
	}
}
