package network

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// udpIdle is how long a UDP forwarder keeps a client's upstream socket without traffic.
const udpIdle = 2 * time.Minute

// datagram is the largest UDP payload.
const datagram = 64 << 10

// ListenPacket listens for UDP on an address of this network. What a cut, a host without power or a stopped service
// swallows is dropped.
func (f *Fabric) ListenPacket(addr netip.AddrPort) (net.PacketConn, error) {
	inner, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(addr))
	if err != nil {
		return nil, explain(addr, "udp", err)
	}
	p := &packetConn{PacketConn: inner, f: f, addr: inner.LocalAddr().(*net.UDPAddr).AddrPort()}
	if !f.start(1, func() { f.closers[p] = struct{}{} }) {
		inner.Close()
		return nil, net.ErrClosed
	}
	return p, nil
}

// packetConn is a UDP socket behind the network.
type packetConn struct {
	net.PacketConn
	f    *Fabric
	addr netip.AddrPort
	once sync.Once
}

// ReadFrom implements net.PacketConn.
func (p *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := p.PacketConn.ReadFrom(b)
		if err != nil || p.f.Open(addrOf(from), p.addr.Addr()) && p.f.serviceUp(p.addr) {
			return n, from, err
		}
	}
}

// WriteTo implements net.PacketConn. What is dropped counts as sent.
func (p *packetConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if !p.f.Open(p.addr.Addr(), addrOf(to)) || !p.f.serviceUp(p.addr) {
		return len(b), nil
	}
	return p.PacketConn.WriteTo(b, to)
}

// Close implements net.PacketConn.
func (p *packetConn) Close() error {
	err := net.ErrClosed
	p.once.Do(func() {
		p.f.forgetCloser(p)
		err = p.PacketConn.Close()
		p.f.tasks.Done()
	})
	return err
}

// ForwardPacket is Forward for UDP. Every client gets an upstream socket bound to its own IP address; its port is another.
func (f *Fabric) ForwardPacket(adv, backend netip.AddrPort) error {
	p, err := f.ListenPacket(adv)
	if err != nil {
		return err
	}
	w := &packetForward{f: f, front: p, backend: backend, up: map[netip.AddrPort]net.Conn{}}
	if !f.start(1, nil) {
		return net.ErrClosed
	}
	go w.run()
	return nil
}

// packetForward carries datagrams between clients and one backend.
type packetForward struct {
	f       *Fabric
	front   net.PacketConn
	backend netip.AddrPort

	mu     sync.Mutex
	up     map[netip.AddrPort]net.Conn // by client
	closed bool
}

func (w *packetForward) run() {
	defer w.f.tasks.Done()
	defer w.closeAll()
	buf := make([]byte, datagram)
	for {
		n, from, err := w.front.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an earlier reply found nobody
		}
		if up := w.upstream(from.(*net.UDPAddr)); up != nil {
			up.SetReadDeadline(time.Now().Add(udpIdle))
			up.Write(buf[:n]) // no backend: dropped, as the rest of UDP
		}
	}
}

// upstream is the client's socket towards the backend.
func (w *packetForward) upstream(client *net.UDPAddr) net.Conn {
	key := client.AddrPort()
	w.mu.Lock()
	defer w.mu.Unlock()
	if up := w.up[key]; up != nil || w.closed {
		return up
	}
	up, err := PacketDialer(key.Addr().Unmap()).DialContext(w.f.ctx, "udp", w.backend.String())
	if err != nil {
		return nil
	}
	if !w.f.start(1, nil) {
		up.Close()
		return nil
	}
	w.up[key] = up
	go func() {
		defer w.f.tasks.Done()
		w.replies(up, client)
		w.mu.Lock()
		delete(w.up, key)
		w.mu.Unlock()
		up.Close()
	}()
	return up
}

func (w *packetForward) replies(up net.Conn, client net.Addr) {
	buf := make([]byte, datagram)
	for {
		n, err := up.Read(buf)
		var timeout net.Error
		switch {
		case err == nil:
			w.front.WriteTo(buf[:n], client)
		case errors.Is(err, net.ErrClosed), errors.As(err, &timeout) && timeout.Timeout():
			return
		}
		// Anything else says that the backend does not listen now; it may later.
	}
}

func (w *packetForward) closeAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, up := range w.up {
		up.Close()
	}
}
