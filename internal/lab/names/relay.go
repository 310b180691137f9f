package names

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// RelayOptions are what a Relay needs.
type RelayOptions struct {
	Server netip.AddrPort // the real server
	Names  []string       // whose history is kept
	Every  time.Duration  // how often they are read
	Now    func() time.Time
	Gate   func(Request) Action
}

// Relay stands in the emulated network for a real DNS server: it passes whole messages on, unread but for the gate, so that
// signatures hold, and keeps a history of what the server answers, as a [Server] does of itself. Of the faults it can do
// those that lose something; the others need the server's key.
type Relay struct {
	o RelayOptions

	mu      sync.Mutex
	history []Change
	have    map[string]Change // by name and type
}

// upstreamTime is how long the real server may take for one message.
const upstreamTime = 10 * time.Second

// NewRelay begins the history with what the server answers now.
func NewRelay(o RelayOptions) *Relay {
	r := &Relay{o: o, have: map[string]Change{}}
	if r.o.Now == nil {
		r.o.Now = time.Now
	}
	if r.o.Every <= 0 {
		r.o.Every = 100 * time.Millisecond
	}
	r.look("start")
	return r
}

// Changes is the history so far, oldest first.
func (r *Relay) Changes() []Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.history)
}

// Start serves on the sockets until stop is called; stop closes them.
func (r *Relay) Start(l net.Listener, pc net.PacketConn) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { r.watch(ctx) })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.stream(ctx, c) })
		}
	})
	all.Go(func() {
		b := make([]byte, dns.MaxMsgSize)
		for {
			n, from, err := pc.ReadFrom(b)
			if err != nil {
				if ctx.Err() != nil {
					return
				}
				continue // an earlier answer found nobody
			}
			raw := slices.Clone(b[:n])
			all.Go(func() {
				if answer := r.pass(ctx, "udp", from, raw); answer != nil {
					_, _ = pc.WriteTo(answer, from)
				}
			})
		}
	})
	return func() { cancel(); l.Close(); pc.Close(); all.Wait() }
}

// stream carries the messages of one connection, in order, over one connection to the server.
func (r *Relay) stream(ctx context.Context, c net.Conn) {
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	up, err := (&net.Dialer{Timeout: upstreamTime}).DialContext(ctx, "tcp", r.o.Server.String())
	if err != nil {
		return
	}
	defer up.Close()
	defer context.AfterFunc(ctx, func() { up.Close() })()
	for {
		raw, err := readFrame(c)
		if err != nil {
			return
		}
		answer := r.gated("tcp", c.RemoteAddr(), raw, func() []byte {
			if up.SetDeadline(time.Now().Add(upstreamTime)) != nil {
				return nil
			}
			if _, err := up.Write(frame(raw)); err != nil {
				return nil
			}
			b, err := readFrame(up)
			if err != nil {
				return nil
			}
			return b
		})
		if answer == nil {
			return
		}
		if _, err := c.Write(frame(answer)); err != nil {
			return
		}
	}
}

// pass asks the server by UDP.
func (r *Relay) pass(ctx context.Context, network string, from net.Addr, raw []byte) []byte {
	return r.gated(network, from, raw, func() []byte {
		up, err := (&net.Dialer{Timeout: upstreamTime}).DialContext(ctx, network, r.o.Server.String())
		if err != nil {
			return nil
		}
		defer up.Close()
		if up.SetDeadline(time.Now().Add(upstreamTime)) != nil {
			return nil
		}
		if _, err := up.Write(raw); err != nil {
			return nil
		}
		b := make([]byte, dns.MaxMsgSize)
		n, err := up.Read(b)
		if err != nil {
			return nil
		}
		return b[:n]
	})
}

// gated does what the gate says about a message. A fault that a relay cannot do loses the message at the same point.
func (r *Relay) gated(network string, from net.Addr, raw []byte, ask func() []byte) []byte {
	var m dns.Msg
	if r.o.Gate == nil || m.Unpack(raw) != nil || m.Opcode != dns.OpcodeUpdate {
		return ask()
	}
	q := Request{From: from, Network: network, Update: true}
	for _, z := range m.Question {
		q.Zone = plain(dns.CanonicalName(z.Name))
	}
	for _, rr := range m.Ns {
		if name := plain(dns.CanonicalName(rr.Header().Name)); !slices.Contains(q.Names, name) {
			q.Names = append(q.Names, name)
		}
	}
	act := r.o.Gate(q)
	if !act.Fault.applies() {
		return nil
	}
	answer := ask()
	r.look("update")
	if act.Fault != None {
		return nil
	}
	return answer
}
