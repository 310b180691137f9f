package phone_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"siteswap/internal/lab/network"
	"siteswap/internal/lab/phone"
	"siteswap/umredirect"
	"siteswap/umredirect/umredirecttest"
)

// On the lab's network: the redirectors stand behind forwarders, the PBX outside, and a whole site goes dark.
func TestSiteGoesDark(t *testing.T) {
	base, release, err := network.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	f := network.New(base, []string{"outside", "Prod", "DR"})
	t.Cleanup(func() { f.Close() })
	pbx := f.Addr(0, 200)
	names := map[string]netip.Addr{"um-prod.test": f.Addr(1, 11), "um-dr.test": f.Addr(2, 13)}
	for name, host := range names {
		l, err := f.Listen(netip.AddrPortFrom(host, 5060))
		if err != nil {
			t.Fatal(err)
		}
		s := phone.NewServer(phone.ServerOptions{Name: name})
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
	}
	table, err := umredirect.NewTable(umredirect.TableOptions{DialPlans: []umredirect.DialPlan{{Name: "HQ", ExtensionDigits: 4, Current: map[string][]umredirect.Target{
		"Prod": {{Host: "um-prod.test", Port: 5060, Q: 1}}, "DR": {{Host: "um-dr.test", Port: 5060, Q: 1}},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t}
	for place, name := range []string{"first", "second"} {
		r := umredirecttest.Start(t, umredirect.Options{Table: table, Peers: []netip.Prefix{netip.PrefixFrom(pbx, 32)}, First: umredirect.Setting{Site: "Prod", Generation: 1}})
		adv := netip.AddrPortFrom(f.Addr(place+1, 30), 5060)
		if err := f.Forward(adv, r.TCP); err != nil {
			t.Fatal(err)
		}
		if err := f.ForwardPacket(adv, r.UDP); err != nil {
			t.Fatal(err)
		}
		b.redirectors = append(b.redirectors, r)
		b.options.Redirectors = append(b.options.Redirectors, phone.Redirector{Name: name, UDP: adv, TCP: adv})
	}
	b.options.Extensions = extensions[1:]
	b.options.Timeout, b.options.LegTimeout, b.options.PingEvery, b.options.PingTimeout = 10*time.Second, 800*time.Millisecond, 50*time.Millisecond, 3*time.Second
	b.options.Dial = func(ctx context.Context, kind, address string) (net.Conn, error) {
		if kind == "udp" {
			return network.PacketDialer(pbx).DialContext(ctx, kind, address)
		}
		return network.Dialer(pbx).DialContext(ctx, kind, address)
	}
	b.options.Resolve = func(_ context.Context, host string) ([]netip.Addr, error) { return []netip.Addr{names[host]}, nil }
	p := b.dial()
	for _, kind := range []string{"udp", "tcp"} {
		check(t, p.Place(t.Context(), extensions[1], kind), phone.Answered, "um-prod.test:", "first")
	}
	for _, host := range []byte{11, 30} {
		f.SetPower(f.Addr(1, host), false)
	}
	if c := p.Place(t.Context(), extensions[1], "tcp"); c.Outcome != phone.Lost || c.Redirector != "second" || !strings.HasPrefix(c.Why, "um-prod.test:") {
		t.Errorf("before the switchover: %+v", c)
	}
	if got, why := b.redirectors[1].Remote.SetState(t.Context(), umredirect.Setting{Site: "DR", Generation: 2}); got != umredirect.Done {
		t.Fatal(got, why)
	}
	for _, kind := range []string{"udp", "tcp"} {
		check(t, p.Place(t.Context(), extensions[1], kind), phone.Answered, "um-dr.test:", "second")
	}
}
