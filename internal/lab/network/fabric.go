package network

import (
	"context"
	"net"
	"net/netip"
	"sync"
)

// Fabric is one emulated network.
type Fabric struct {
	base   byte
	places []string

	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.RWMutex // never held while a conn's lock is taken
	cut     map[[2]int]bool
	dark    map[netip.Addr]bool     // hosts without power
	stopped map[netip.AddrPort]bool // services whose process is dead
	conns   map[*conn]struct{}
	closers map[interface{ Close() error }]struct{} // listeners and packet sockets
	closed  bool
}

// New makes a network whose places are 127.base.0 (places[0], by custom "outside"), 127.base.1 (places[1]) and so on, with
// everything powered and nothing cut.
func New(base byte, places []string) *Fabric {
	ctx, cancel := context.WithCancel(context.Background())
	return &Fabric{
		base: base, places: append([]string(nil), places...), ctx: ctx, cancel: cancel,
		cut: map[[2]int]bool{}, dark: map[netip.Addr]bool{}, stopped: map[netip.AddrPort]bool{},
		conns: map[*conn]struct{}{}, closers: map[interface{ Close() error }]struct{}{},
	}
}

// Base is the second byte of every address.
func (f *Fabric) Base() byte { return f.base }

// Addr is the address of a host in a place.
func (f *Fabric) Addr(place int, host byte) netip.Addr {
	return netip.AddrFrom4([4]byte{127, f.base, byte(place), host})
}

// Place is the index of the place that the address lies in; not ok when it is none of this network's.
func (f *Fabric) Place(addr netip.Addr) (place int, ok bool) {
	addr = addr.Unmap()
	if !addr.Is4() {
		return 0, false
	}
	b := addr.As4()
	if b[0] != 127 || b[1] != f.base || int(b[2]) >= len(f.places) {
		return 0, false
	}
	return int(b[2]), true
}

// Cut swallows what goes from one place to another, in this direction only, until Heal.
func (f *Fabric) Cut(from, to int) { f.setCut(from, to, true) }

// Heal undoes Cut.
func (f *Fabric) Heal(from, to int) { f.setCut(from, to, false) }

func (f *Fabric) setCut(from, to int, cut bool) {
	f.mu.Lock()
	if cut {
		f.cut[[2]int{from, to}] = true
	} else {
		delete(f.cut, [2]int{from, to})
	}
	f.mu.Unlock()
	f.wakeAll()
}

// SetPower takes power from a host or gives it back. When it returns after taking, every connection of the host is dead for good.
func (f *Fabric) SetPower(host netip.Addr, on bool) {
	host = host.Unmap()
	f.mu.Lock()
	was := !f.dark[host]
	if on {
		delete(f.dark, host)
	} else {
		f.dark[host] = true
	}
	f.mu.Unlock()
	if was && !on {
		for _, c := range f.snapshot() {
			c.lostPower(host)
		}
	}
	f.wakeAll()
}

// Powered says whether the host has power.
func (f *Fabric) Powered(host netip.Addr) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return !f.dark[host.Unmap()]
}

// SetService stops or starts the process behind an address that this network listens on (Listen, ListenPacket, Forward),
// without closing the socket: a stopped one resets its connections and every new one while its host has power, and is as
// silent as the rest while it has none. Closing the listener instead would refuse even on a host without power.
func (f *Fabric) SetService(addr netip.AddrPort, up bool) {
	f.mu.Lock()
	was := !f.stopped[addr]
	if up {
		delete(f.stopped, addr)
	} else {
		f.stopped[addr] = true
	}
	f.mu.Unlock()
	if was && !up {
		for _, c := range f.snapshot() {
			c.lostProcess(addr)
		}
	}
}

// Open says whether bytes pass from one host to the other at this moment. An address outside this network counts as
// standing outside, with power.
func (f *Fabric) Open(from, to netip.Addr) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.open(from.Unmap(), to.Unmap())
}

func (f *Fabric) open(from, to netip.Addr) bool {
	if f.dark[from] || f.dark[to] {
		return false
	}
	a, _ := f.Place(from)
	b, _ := f.Place(to)
	return !f.cut[[2]int{a, b}]
}

func (f *Fabric) serviceUp(addr netip.AddrPort) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return !f.stopped[addr]
}

// Close ends every listener, connection and forwarder, and returns when their goroutines have ended and their sockets are closed:
// the next network may take the same addresses at once.
func (f *Fabric) Close() error {
	f.mu.Lock()
	f.closed = true
	closers := make([]interface{ Close() error }, 0, len(f.closers))
	for c := range f.closers {
		closers = append(closers, c)
	}
	f.mu.Unlock()
	f.cancel()
	for _, c := range closers {
		c.Close()
	}
	for _, c := range f.snapshot() {
		c.force()
	}
	f.tasks.Wait()
	return nil
}

func (f *Fabric) snapshot() []*conn {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]*conn, 0, len(f.conns))
	for c := range f.conns {
		out = append(out, c)
	}
	return out
}

func (f *Fabric) wakeAll() {
	for _, c := range f.snapshot() {
		c.wake()
	}
}

// start counts n goroutines that Close must wait for; false when the network is already closed.
func (f *Fabric) start(n int, register func()) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.tasks.Add(n)
	if register != nil {
		register()
	}
	return true
}

func (f *Fabric) forget(c *conn) {
	f.mu.Lock()
	delete(f.conns, c)
	f.mu.Unlock()
}

func (f *Fabric) forgetCloser(c interface{ Close() error }) {
	f.mu.Lock()
	delete(f.closers, c)
	f.mu.Unlock()
}

// Dialer dials TCP from a local address, so that the far end knows where the caller stands. The zero address leaves the
// choice to the system.
func Dialer(local netip.Addr) *net.Dialer {
	d := &net.Dialer{KeepAlive: -1}
	if local.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: local.AsSlice()}
	}
	return d
}

// PacketDialer is Dialer for UDP: net.Dialer wants another type of local address there.
func PacketDialer(local netip.Addr) *net.Dialer {
	d := &net.Dialer{}
	if local.IsValid() {
		d.LocalAddr = &net.UDPAddr{IP: local.AsSlice()}
	}
	return d
}
