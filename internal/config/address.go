package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Address is an IP address.
type Address struct{ netip.Addr }

// UnmarshalText reads an address; names are not taken, because DNS is among the things that fail over.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := netip.ParseAddr(string(text))
	if err != nil || parsed.Zone() != "" {
		return fmt.Errorf("%q is no IP address; write it as in 10.0.1.11", text)
	}
	a.Addr = parsed
	return nil
}

// HostPort is an IP address and a port.
type HostPort struct{ netip.AddrPort }

// UnmarshalText reads an address and a port.
func (h *HostPort) UnmarshalText(text []byte) error {
	parsed, err := netip.ParseAddrPort(string(text))
	if err != nil || parsed.Port() == 0 || parsed.Addr().Zone() != "" {
		return fmt.Errorf("%q is no IP address with a port; write it as in 10.0.1.5:53", text)
	}
	h.AddrPort = parsed
	return nil
}

// Listener is where a redirector listens: udp://10.0.1.30:5060.
type Listener struct {
	Network string // udp, tcp or tls
	netip.AddrPort
}

// UnmarshalText reads a listener.
func (l *Listener) UnmarshalText(text []byte) error {
	network, rest, _ := strings.Cut(string(text), "://")
	var at HostPort
	if err := at.UnmarshalText([]byte(rest)); err != nil || !transport(network) {
		return fmt.Errorf("%q is no listener; write transport, address and port, as in udp://10.0.1.30:5060", text)
	}
	l.Network, l.AddrPort = network, at.AddrPort
	return nil
}

// MarshalText is the form that UnmarshalText reads.
func (l Listener) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// String is the form that UnmarshalText reads.
func (l Listener) String() string { return l.Network + "://" + l.AddrPort.String() }

// Target is where a call is redirected to: ex2010-1.test.local:5060;transport=tcp.
type Target struct {
	Host      string // FQDN or address
	Port      int
	Transport string // udp, tcp or tls; Exchange UM speaks SIP over TCP or TLS only
}

// UnmarshalText reads a target; the port is 5060 (5061 with tls) and the transport tcp unless given.
func (t *Target) UnmarshalText(text []byte) error {
	bad := fmt.Errorf("%q is no SIP target; write host, port and transport, as in ex1.test.local:5060;transport=tcp", text)
	at, parameters, more := strings.Cut(string(text), ";")
	parsed := Target{Transport: "tcp"}
	if more {
		name, value, _ := strings.Cut(parameters, "=")
		if name != "transport" || !transport(value) {
			return bad
		}
		parsed.Transport = value
	}
	parsed.Port = 5060
	if parsed.Transport == "tls" {
		parsed.Port = 5061
	}
	parsed.Host = at
	if cut := strings.LastIndex(at, ":"); cut >= 0 && !strings.HasSuffix(at, "]") {
		port, err := strconv.ParseUint(at[cut+1:], 10, 16)
		if err != nil || port == 0 {
			return bad
		}
		parsed.Host, parsed.Port = at[:cut], int(port)
	}
	parsed.Host = strings.Trim(parsed.Host, "[]")
	if _, err := netip.ParseAddr(parsed.Host); err != nil && !hostname(parsed.Host) {
		return bad
	}
	*t = parsed
	return nil
}

// MarshalText is the form that UnmarshalText reads.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// String is the form that UnmarshalText reads.
func (t Target) String() string {
	host := t.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s:%d;transport=%s", host, t.Port, t.Transport)
}

func transport(name string) bool { return name == "udp" || name == "tcp" || name == "tls" }

// hostname tells whether text is a name that DNS can hold (RFC 1123 2.1, and the underscore that Windows allows).
func hostname(text string) bool {
	text = strings.TrimSuffix(text, ".")
	if text == "" || len(text) > 253 {
		return false
	}
	for label := range strings.SplitSeq(text, ".") {
		if label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
		if strings.ContainsFunc(label, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
		}) {
			return false
		}
	}
	return true
}
