package peers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// relay makes a host's services reachable under a loopback address of this machine, at the same ports: clients that cannot
// be told of namespaces (Kerberos libraries) need it. A host that is unplugged answers nothing through it either.
func relay(h *Host, at, to netip.Addr) (func() error, error) {
	r := &relays{host: h, open: map[io.Closer]bool{}}
	for _, port := range []uint16{53, 88, 389, 445, 636} {
		if err := r.tcp(netip.AddrPortFrom(at, port), netip.AddrPortFrom(to, port)); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	for _, port := range []uint16{53, 88} {
		if err := r.udp(netip.AddrPortFrom(at, port), netip.AddrPortFrom(to, port)); err != nil {
			return nil, errors.Join(err, r.close())
		}
	}
	return r.close, nil
}

type relays struct {
	host *Host
	wait sync.WaitGroup

	mu     sync.Mutex
	open   map[io.Closer]bool
	closed bool
}

// hold keeps what must be closed at the end; it closes it at once when the end has come.
func (r *relays) hold(c io.Closer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		c.Close()
		return false
	}
	r.open[c] = true
	return true
}

func (r *relays) drop(c io.Closer) {
	c.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
}

func (r *relays) close() error {
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.wait.Wait()
	return nil
}

func (r *relays) dial(network string, to netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return r.host.fromSwitch(ctx, network, to.String())
}

func (r *relays) tcp(at, to netip.AddrPort) error {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	r.hold(l)
	r.wait.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if r.hold(c) {
				r.wait.Go(func() { r.carry(c, to) })
			}
		}
	})
	return nil
}

// carry joins two connections. When the far one cannot be made the near one stays silent until its client gives up: a
// machine that is gone does not refuse.
func (r *relays) carry(near net.Conn, to netip.AddrPort) {
	defer r.drop(near)
	far, err := r.dial("tcp", to)
	if err != nil {
		if !refused(err) {
			_, _ = io.Copy(io.Discard, near)
		}
		return
	}
	if !r.hold(far) {
		return
	}
	defer r.drop(far)
	done := make(chan struct{})
	r.wait.Go(func() {
		defer close(done)
		_, _ = io.Copy(near, far)
		_ = near.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(far, near)
	if c, ok := far.(*net.TCPConn); ok {
		_ = c.CloseWrite()
	}
	select {
	case <-done:
	case <-time.After(10 * time.Second):
	}
}

// udp relays datagrams; each client gets a socket of its own for as long as it talks.
func (r *relays) udp(at, to netip.AddrPort) error {
	p, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	r.hold(p)
	r.wait.Go(func() {
		b := make([]byte, 64<<10)
		for {
			n, from, err := p.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			packet := append([]byte(nil), b[:n]...)
			r.wait.Go(func() { r.ask(p, from, to, packet) })
		}
	})
	return nil
}

// ask carries one question there and its answer back.
func (r *relays) ask(p *net.UDPConn, from, to netip.AddrPort, packet []byte) {
	far, err := r.dial("udp", to)
	if err != nil || !r.hold(far) {
		return
	}
	defer r.drop(far)
	if err := far.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return
	}
	if _, err := far.Write(packet); err != nil {
		return
	}
	b := make([]byte, 64<<10)
	n, err := far.Read(b)
	if err != nil {
		return
	}
	_, _ = p.WriteToUDPAddrPort(b[:n], from) // lost, as a datagram may be
}
