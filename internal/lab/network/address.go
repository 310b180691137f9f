package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// The bases that Acquire tries, and the port that holds one.
const (
	FirstBase = 77
	LastBase  = 99
	lockPort  = 7700
)

// ErrNotAssigned: an address of 127/8 is not assigned to the loopback interface. Linux answers for all of 127/8; macOS and
// the BSDs only for 127.0.0.1. The drill ends with exit code 2 (architecture.md, "The lab on one machine").
var ErrNotAssigned = errors.New("address is not assigned to the loopback interface")

// Acquire takes the first base that no other drill on this machine holds, by a socket that is open until release.
func Acquire() (base byte, release func(), err error) {
	var last error
	for b := FirstBase; b <= LastBase; b++ {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, byte(b), 0, 1}), lockPort)
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(addr))
		if err == nil {
			return byte(b), sync.OnceFunc(func() { l.Close() }), nil
		}
		if last = explain(addr, "tcp", err); errors.Is(last, ErrNotAssigned) {
			return 0, nil, last
		}
	}
	return 0, nil, fmt.Errorf("no free range among 127.%d.0.0 to 127.%d.0.0: each is held by a drill or by another program on port %d; end one: %w",
		FirstBase, LastBase, lockPort, last)
}

// CheckAssigned tries every address and returns one error, an ErrNotAssigned, that names all commands to add those that
// are missing.
func CheckAssigned(addrs []netip.Addr) error {
	var missing []netip.Addr
	for _, a := range addrs {
		l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
		if err == nil {
			l.Close()
		} else if errors.Is(err, syscall.EADDRNOTAVAIL) {
			missing = append(missing, a)
		} else {
			return explain(netip.AddrPortFrom(a, 0), "tcp", err)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return notAssigned(missing)
}

func notAssigned(missing []netip.Addr) error {
	lines := make([]string, len(missing))
	for i, a := range missing {
		lines[i] = assignCommand(runtime.GOOS, a)
	}
	return fmt.Errorf("%w; add what is missing and try again:\n  %s", ErrNotAssigned, strings.Join(lines, "\n  "))
}

// assignCommand is how an administrator adds a loopback address (ifconfig(8) of macOS and the BSDs; ip-address(8) of Linux).
func assignCommand(goos string, a netip.Addr) string {
	switch goos {
	case "linux":
		return fmt.Sprintf("sudo ip address add %s/32 dev lo", a)
	case "windows":
		return fmt.Sprintf(`netsh interface ipv4 add address "Loopback Pseudo-Interface 1" %s 255.255.255.255`, a)
	default:
		return fmt.Sprintf("sudo ifconfig lo0 alias %s up", a)
	}
}

// explain turns an error of listening into what to do about it.
func explain(addr netip.AddrPort, proto string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen on %s: %w", addr, notAssigned([]netip.Addr{addr.Addr()}))
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: another program has %s port %d of this address; find it (lsof -nP -i%s@%s) and end it, or use another port: %w",
			addr, proto, addr.Port(), strings.ToUpper(proto), addr, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen on %s: this user may not take port %d; use a port above 1023: %w", addr, addr.Port(), err)
	}
	return fmt.Errorf("listen on %s: %w", addr, err)
}
