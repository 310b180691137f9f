package names_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"siteswap/internal/lab/names"
	"siteswap/internal/lab/network"
)

// TestOnTheEmulatedNetwork: the server on gated sockets, cut off and back, stopped and started.
func TestOnTheEmulatedNetwork(t *testing.T) {
	base, release, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release()
	f := network.New(base, []string{"outside", "Prod", "DR"})
	defer f.Close()
	at := netip.AddrPortFrom(f.Addr(2, 5), 5353)
	s := newServer(t, names.Options{})
	open := func() (stop func()) {
		l, err := f.Listen(at)
		if err != nil {
			t.Fatal(err)
		}
		pc, err := f.ListenPacket(at)
		if err != nil {
			t.Fatal(err)
		}
		return s.Start(l, pc)
	}
	stop := open()
	local := f.Addr(1, 200)
	dial := func(ctx context.Context, proto, address string) (net.Conn, error) {
		if proto == "udp" {
			return network.PacketDialer(local).DialContext(ctx, proto, address)
		}
		return network.Dialer(local).DialContext(ctx, proto, address)
	}
	c := newClock()
	r := names.NewResolver(names.ResolverOptions{Dial: dial, Upstreams: []string{at.String()}, Now: c.now, Timeout: 200 * time.Millisecond})
	lookup(t, r, "mail.test.local", "10.0.1.10")
	c.add(time.Hour)
	f.Cut(2, 1)
	if _, _, err := r.Lookup(context.Background(), "mail.test.local"); !errors.Is(err, names.ErrNoServer) {
		t.Errorf("cut off: %v", err)
	}
	f.Heal(2, 1)
	lookup(t, r, "mail.test.local", "10.0.1.10")
	begin := time.Now()
	stop()
	if took := time.Since(begin); took > 500*time.Millisecond {
		t.Errorf("stopping took %s", took)
	}
	put(t, s, mail("10.0.2.13"))
	c.add(time.Hour)
	stop = open()
	defer stop()
	lookup(t, r, "mail.test.local", "10.0.2.13")
}
