package network_test

import (
	"net"
	"net/netip"
	"testing"

	"siteswap/internal/lab/network"
)

// TestAddressesAreFreeAfterClose: when Close returns, no socket of the network is left, also if others closed theirs at the same
// moment; the next network takes the same addresses.
func TestAddressesAreFreeAfterClose(t *testing.T) {
	base, release, err := network.Acquire()
	if err != nil {
		t.Skip(err)
	}
	defer release()
	for range 500 {
		f := network.New(base, []string{"outside", "Prod"})
		var open []interface{ Close() error }
		for host := byte(1); host < 5; host++ {
			at := netip.AddrPortFrom(f.Addr(1, host), 4750)
			l, err := f.Listen(at)
			if err != nil {
				t.Fatal(err)
			}
			p, err := f.ListenPacket(at)
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, l, p)
			go func() {
				b := make([]byte, 1)
				p.ReadFrom(b)
			}()
			go func() {
				if c, err := l.Accept(); err == nil {
					c.Close()
				}
			}()
		}
		for _, c := range open {
			go c.Close()
		}
		f.Close()
		for host := byte(1); host < 5; host++ {
			at := netip.AddrPortFrom(f.Addr(1, host), 4750)
			l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(at))
			if err != nil {
				t.Fatal(err)
			}
			p, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			p.Close()
		}
	}
}
