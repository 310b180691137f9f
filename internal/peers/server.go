package peers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// starting bounds how long a server may take until it answers.
const starting = 45 * time.Second

// Start starts the server again, with the data that it has, and waits until it answers. One that runs is left alone.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p.running() {
		return nil
	}
	p, err := launch(s.spec)
	if err != nil {
		return err
	}
	s.p = p
	ctx, cancel := context.WithTimeout(ctx, starting)
	defer cancel()
	for {
		if err = s.ready(ctx); err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended while it started: %s", s.name, tail(s.Log()))
		case <-ctx.Done():
			p.end(0)
			return fmt.Errorf("%s did not answer within %s: %w; its log: %s", s.name, starting, err, tail(s.Log()))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Kill ends the server at once, as a crash does. Its data stay for [Server.Start].
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p != nil {
		s.p.end(0)
	}
}

// Stop ends the server as an administrator does.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.p != nil {
		s.p.end(patience)
	}
}

// Pause stops the server where it is: its sockets stay open, and nothing answers.
func (s *Server) Pause() error {
	if err := s.send(signalPause); err != nil {
		return err
	}
	for began := time.Now(); !stopped(s.PID()); time.Sleep(time.Millisecond) {
		if time.Since(began) > patience {
			return fmt.Errorf("%s cannot be paused", s.name)
		}
	}
	return nil
}

// Resume lets a paused server go on, with all that it was sent meanwhile.
func (s *Server) Resume() error { return s.send(signalResume) }

func (s *Server) send(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.p.running() {
		return fmt.Errorf("%s does not run", s.name)
	}
	if err := s.p.signal(sig); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// Running says whether the server's process lives.
func (s *Server) Running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.p.running()
}

// PID is the id of the server's first process; 0: it does not run.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.p.running() {
		return 0
	}
	return s.p.cmd.Process.Pid
}

// Log is what the server has written so far.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.spec.log)
	if err != nil {
		return ""
	}
	return string(b)
}

// Close ends the server and what was set up for it. It may be called again.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.p != nil {
		s.p.end(patience)
		s.p = nil
	}
	if s.after != nil {
		err, s.after = s.after(), nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// closeAll closes in the opposite order of starting.
func closeAll(closers []func() error) error {
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(errs...)
}
