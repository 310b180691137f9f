package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"siteswap/internal/lab/mail"
	"siteswap/internal/lab/network"
	"siteswap/internal/lab/phone"
	"siteswap/internal/lab/world"
)

// Lab is a running pair of sites.
type Lab struct {
	o      Options
	fabric *network.Fabric
	world  *world.World
	ledger *mail.Ledger
	store  *mail.LedgerStore
	dns    []nameServer // by Directory; nil: it serves no DNS
	vips   []*mail.VIP  // by Options.VIPs; nil: a server's own address
	mail   *mail.Clients
	pbx    *phone.PBX
	record *record
	broken broken

	cancel context.CancelFunc
	ctx    context.Context
	tasks  sync.WaitGroup
	closed []func()
}

// Start builds everything and starts it, clients and PBX last. An address that cannot be had is an error that says which.
func Start(ctx context.Context, o Options) (*Lab, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	places := []string{"outside"}
	for _, s := range o.Topology.Sites {
		places = append(places, s.Name)
	}
	l := &Lab{o: o, fabric: network.New(o.Base, places), record: newRecord(o.Topology)}
	l.ctx, l.cancel = context.WithCancel(ctx)
	l.world = world.New(world.Options{Topology: o.Topology, Speed: o.Speed, Now: o.Now})
	for _, step := range []func() error{l.startMail, l.startServers, l.startDirectories, l.startVIPs, l.startPower, l.startForwards, l.startPhones, l.startClients} {
		if err := step(); err != nil {
			l.Close()
			return nil, fmt.Errorf("start the emulated sites: %w", err)
		}
	}
	l.world.Watch(l.changed)
	return l, nil
}

// Close ends everything that the lab started.
func (l *Lab) Close() {
	l.cancel()
	l.world.Close()
	for _, f := range slices.Backward(l.closed) {
		f()
	}
	l.fabric.Close()
	l.tasks.Wait()
}

// World is the model that everything answers from.
func (l *Lab) World() *world.World { return l.world }

// scaled is a real-speed duration in the lab, never shorter than the floor.
func (l *Lab) scaled(d, floor time.Duration) time.Duration {
	return max(floor, time.Duration(float64(d)/l.o.Speed))
}

// serveHTTP serves a handler on a gated address.
func (l *Lab) serveHTTP(addr netip.AddrPort, h http.Handler) error {
	ln, err := l.fabric.Listen(addr)
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute, BaseContext: func(net.Listener) context.Context { return l.ctx }}
	l.tasks.Go(func() {
		if err := srv.Serve(ln); err != nil && !errors.Is(err, http.ErrServerClosed) && l.ctx.Err() == nil {
			l.record.note(l.o.Now(), fmt.Sprintf("server on %s ended: %v", addr, err))
		}
	})
	l.closed = append(l.closed, func() { srv.Close() })
	return nil
}

// dialer dials from an address, TCP and UDP.
func dialer(local netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	tcp, udp := network.Dialer(local), network.PacketDialer(local)
	return func(ctx context.Context, nw, address string) (net.Conn, error) {
		if nw == "udp" {
			return udp.DialContext(ctx, nw, address)
		}
		return tcp.DialContext(ctx, nw, address)
	}
}

// Dialer dials from an address of the network, as everybody in it does.
func Dialer(local netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	return dialer(local)
}

// Outside is an address outside the sites.
func (l *Lab) Outside(host byte) netip.Addr { return l.fabric.Addr(0, host) }
