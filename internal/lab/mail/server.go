package mail

import (
	"context"
	"errors"
	"net"
	"sync"
)

// server accepts on one listener and knows its connections.
type server struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
	tasks  sync.WaitGroup
}

// run accepts until ctx ends, which closes the listener and every connection; it returns when all handlers have.
func (s *server) run(ctx context.Context, l net.Listener, handle func(context.Context, net.Conn)) error {
	defer s.tasks.Wait()
	defer s.shut()
	defer context.AfterFunc(ctx, func() {
		l.Close()
		s.shut()
	})()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		if err != nil {
			continue
		}
		if !s.add(c) {
			c.Close()
			continue
		}
		go func() {
			defer s.tasks.Done()
			defer s.remove(c)
			handle(ctx, c)
		}()
	}
}

func (s *server) add(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.conns == nil {
		s.conns = map[net.Conn]struct{}{}
	}
	s.conns[c] = struct{}{}
	s.tasks.Add(1)
	return true
}

func (s *server) remove(c net.Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	c.Close()
}

// cut ends every connection with a reset, as the end of a process does; new ones are still accepted.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		resetConn(c)
	}
}

func (s *server) shut() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cut()
}

// resetConn closes a connection so that the peer hears a reset.
func resetConn(c net.Conn) {
	switch c := c.(type) {
	case interface{ Reset() }: // of the emulated network
		c.Reset()
	case *net.TCPConn:
		c.SetLinger(0)
	}
	c.Close()
}
