package phone

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ServerOptions are what a UM server needs.
type ServerOptions struct {
	Name   string
	Up     func() bool                 // the UM role runs; nil: always
	Serves func(extension string) bool // nil: every extension; others get 404
	Worker string                      // host:port; when set, every call is sent on there, as the listener of a UM server does
	OnCall func(Served)
	Now    func() time.Time
}

// Served is a call that a UM server answered.
type Served struct {
	At        time.Time
	Server    string
	Extension string
	CallID    string
}

// Server is a UM server, of either version. It serves on sockets that it is given.
type Server struct {
	o ServerOptions

	mu       sync.Mutex
	calls    map[string]bool // by Call-ID, answered and not yet hung up
	answered int
	open     map[interface{ Close() error }]struct{}
	closed   bool
	tasks    sync.WaitGroup
}

// maxCalls is how many calls that nobody hung up are remembered, only so that a repeated INVITE counts once.
const maxCalls = 4096

// NewServer makes a UM server.
func NewServer(o ServerOptions) *Server {
	if o.Up == nil {
		o.Up = func() bool { return true }
	}
	if o.Serves == nil {
		o.Serves = func(string) bool { return true }
	}
	if o.OnCall == nil {
		o.OnCall = func(Served) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Server{o: o, calls: map[string]bool{}, open: map[interface{ Close() error }]struct{}{}}
}

// Answered is how many calls were answered 200.
func (s *Server) Answered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answered
}

// Serve answers on a TCP listener until it or the server is closed.
func (s *Server) Serve(l net.Listener) error {
	if !s.track(l) {
		return net.ErrClosed
	}
	defer s.untrack(l)
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !s.o.Up() || !s.track(c) {
			c.Close() // the process is not there
			continue
		}
		go s.serveConn(c)
	}
}

func (s *Server) serveConn(c net.Conn) {
	defer s.untrack(c)
	stream := sip.NewParser().NewSIPStream()
	defer stream.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := c.Read(buf)
		if err != nil || !s.o.Up() {
			return
		}
		var out []byte
		err = stream.ParseSIPStream(buf[:n], func(m sip.Message) { out = append(out, s.answer(m, c.LocalAddr())...) })
		if len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				return
			}
		}
		if err != nil && !errors.Is(err, sip.ErrParseSipPartial) {
			return
		}
	}
}

// ServePacket answers on a UDP socket until it or the server is closed.
func (s *Server) ServePacket(p net.PacketConn) error {
	if !s.track(p) {
		return net.ErrClosed
	}
	defer s.untrack(p)
	parser := sip.NewParser()
	buf := make([]byte, datagram)
	for {
		n, from, err := p.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		var network net.Error
		if err != nil && !errors.As(err, &network) {
			return err
		}
		if err != nil || !s.o.Up() {
			continue
		}
		if m, err := parser.ParseSIP(buf[:n]); err == nil {
			if out := s.answer(m, p.LocalAddr()); out != nil {
				p.WriteTo(out, from) // lost is lost: the caller repeats itself
			}
		}
	}
}

func (s *Server) track(c interface{ Close() error }) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		c.Close()
		return false
	}
	s.open[c] = struct{}{}
	s.tasks.Add(1)
	return true
}

func (s *Server) untrack(c interface{ Close() error }) {
	c.Close()
	s.mu.Lock()
	delete(s.open, c)
	s.mu.Unlock()
	s.tasks.Done()
}

// Close ends every listener and connection, and returns when nothing is answered any more.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.tasks.Wait()
	return nil
}
