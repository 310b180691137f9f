package umredirect

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"siteswap/umredirect/guard"
)

// datagram is the largest UDP payload, and the longest message that is read from a stream.
const datagram = 64 << 10

// maxReadErrors is how many reads in a row may fail before a socket is given up.
const maxReadErrors = 100

// writeTimeout is how long a peer may leave an answer in its TCP window.
const writeTimeout = 5 * time.Second

// handshakeTimeout is how long a peer may take to agree on TLS.
const handshakeTimeout = 10 * time.Second

// acceptPause is how long a listener waits after it could not accept.
const acceptPause = 10 * time.Millisecond

// How long, and for how many bytes, a connection is read after its last answer.
const (
	lingerTimeout = time.Second
	lingerBytes   = 1 << 20
)

// ServeUDP answers on a socket until it or the server is closed, and closes it.
func (s *Server) ServeUDP(p net.PacketConn) error {
	if !s.track(p) {
		p.Close()
		return net.ErrClosed
	}
	defer s.untrack(p)
	defer p.Close()
	if u, is := p.(*net.UDPConn); is {
		return s.serveBatch(u)
	}
	return s.serveEach(p)
}

// ServeTCP answers on the connections of a listener until it or the server is closed, and closes it.
func (s *Server) ServeTCP(l net.Listener) error { return s.serveStream(l, "tcp") }

// ServeTLS is ServeTCP with the certificates that are in force when a connection begins.
func (s *Server) ServeTLS(l net.Listener, c *Certificates) error {
	return s.serveStream(tls.NewListener(l, c.Config()), "tls")
}

func (s *Server) serveStream(l net.Listener, transport string) error {
	if !s.track(l) {
		l.Close()
		return net.ErrClosed
	}
	defer s.untrack(l)
	defer l.Close()
	for failed := 0; ; {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// Out of file descriptors, or the caller went away: that passes.
			if failed++; failed > maxReadErrors {
				return fmt.Errorf("accept on %s: %w", l.Addr(), err)
			}
			time.Sleep(acceptPause)
			continue
		}
		failed = 0
		if s.guard.Look(addrPort(c.RemoteAddr()).Addr(), s.o.Now()) != guard.Answer {
			c.Close()
			continue
		}
		if !s.admit(c) {
			c.Close()
			continue
		}
		go s.serveConn(c, transport)
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
func (s *Server) serveConn(c net.Conn, transport string) {
	defer s.untrack(c)
	defer s.release()
	defer c.Close()
	if secure, is := c.(*tls.Conn); is {
		c.SetDeadline(time.Now().Add(handshakeTimeout))
		if err := secure.Handshake(); err != nil {
			s.o.Logger.Debug("no TLS", "from", c.RemoteAddr(), "error", err)
			return
		}
		c.SetDeadline(time.Time{})
	}
	st := &stream{worker: s.newWorker(transport, nil), conn: c, in: bufio.NewReaderSize(c, streamBuffer), from: addrPort(c.RemoteAddr()), transport: transport}
	for st.await() == nil {
		if st.read = s.o.Now(); s.guard.Look(st.from.Addr(), st.read) != guard.Answer {
			return
		}
		if st.plain() {
			continue
		}
		if st.flush() != nil {
			return
		}
		c.SetReadDeadline(time.Now().Add(s.o.IdleTimeout))
		raw, whole, err := readMessage(st.in) // which may wait
		tooLong := errors.Is(err, errTooLong)
		if err != nil && !tooLong {
			return
		}
		answer, _ := s.handle(arrival{raw: raw, from: st.from, transport: transport, tooLong: tooLong})
		st.out = append(st.out, answer...)
		if !whole {
			if st.flush() == nil {
				linger(c, st.in)
			}
			return // where the next message begins cannot be known
		}
	}
}

// linger lets the last answer arrive: a connection that is closed while bytes of the peer are unread is reset, and a reset
// takes the answer away.
func linger(c net.Conn, r io.Reader) {
	if half, can := c.(interface{ CloseWrite() error }); can {
		half.CloseWrite()
	}
	c.SetReadDeadline(time.Now().Add(lingerTimeout))
	io.CopyN(io.Discard, r, lingerBytes)
}
