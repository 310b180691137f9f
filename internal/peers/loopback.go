package peers

import (
	"fmt"
	"net"
	"net/netip"
	"os"
)

// Ports gives n addresses 127.0.0.1:PORT that are free, UDP and TCP, below the range from which the system takes ports. Nothing
// is reserved: start the servers at once.
func Ports(n int) ([]netip.AddrPort, error) {
	const low, count = 15000, 17000
	var out []netip.AddrPort
	for i := 0; i < count && len(out) < n; i++ {
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(low+(os.Getpid()*97+i)%count))
		if free(a) {
			out = append(out, a)
		}
	}
	if len(out) < n {
		return nil, fmt.Errorf("no %d free ports on 127.0.0.1 from %d on", n, low)
	}
	return out, nil
}

// Loopback gives n addresses of 127.0.0.0/8 on which the port is free, UDP and TCP, starting at a place that depends on this
// process. Nothing is reserved: start the servers at once.
func Loopback(n int, port uint16) ([]netip.AddrPort, error) {
	var out []netip.AddrPort
	pid := os.Getpid()
	for i := 0; i < 4000 && len(out) < n; i++ {
		k := pid*37 + i
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(130 + k/250%100), byte(k % 250), byte(1 + i/250)}), port)
		if free(a) {
			out = append(out, a)
		}
	}
	if len(out) < n {
		return nil, fmt.Errorf("no %d loopback addresses with port %d free; is something listening there on all addresses?", n, port)
	}
	return out, nil
}

func free(a netip.AddrPort) bool {
	l, err := net.Listen("tcp", a.String())
	if err != nil {
		return false
	}
	l.Close()
	p, err := net.ListenPacket("udp", a.String())
	if err != nil {
		return false
	}
	p.Close()
	return true
}
