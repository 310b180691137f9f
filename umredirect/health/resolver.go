package health

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Resolver looks names up at the servers that the PBX asks: what another one answers says nothing about its calls. Nothing is
// kept between lookups.
type Resolver struct {
	Servers []string // host:port; one that does not answer is followed by the next
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Timeout time.Duration // of one question to one server; 2 s
}

// errNoName is an answer that there is nothing, as distinct from no answer.
var errNoName = errors.New("no such name")

// Lookup finds the addresses of a target: with a port, or where no SRV records are, those of its host (RFC 3263, section 4.2).
func (r Resolver) Lookup(ctx context.Context, t Target) Lookup {
	if a, err := netip.ParseAddr(strings.Trim(t.Host, "[]")); err == nil {
		return Lookup{Addresses: []netip.AddrPort{netip.AddrPortFrom(a, portOr(t.Port, t.Transport))}}
	}
	type place struct {
		host string
		port uint16
	}
	places := []place{{t.Host, portOr(t.Port, t.Transport)}}
	if t.Port == 0 {
		records, err := r.ask(ctx, service(t), dns.TypeSRV)
		if err != nil && !errors.Is(err, errNoName) {
			return Lookup{Why: err.Error()}
		}
		var found []place
		for _, rr := range records {
			if srv, ok := rr.(*dns.SRV); ok {
				found = append(found, place{cleanHost(srv.Target), srv.Port})
			}
		}
		if len(found) > 0 {
			places = found
		}
	}
	var l Lookup
	missing := 0
	for _, p := range places {
		addrs, err := r.addresses(ctx, p.host)
		if err != nil {
			l.Why = err.Error()
			if errors.Is(err, errNoName) {
				missing++
			}
			continue
		}
		for _, a := range addrs {
			if at := netip.AddrPortFrom(a, p.port); !slices.Contains(l.Addresses, at) {
				l.Addresses = append(l.Addresses, at)
			}
		}
	}
	if len(l.Addresses) > 0 {
		l.Why = ""
		slices.SortFunc(l.Addresses, netip.AddrPort.Compare)
	}
	l.NoSuchName = missing == len(places)
	return l
}

// service is the name of a target's SRV records (RFC 3263, section 4.1).
func service(t Target) string {
	switch t.Transport {
	case "tls":
		return "_sips._tcp." + t.Host
	case "udp":
		return "_sip._udp." + t.Host
	}
	return "_sip._tcp." + t.Host
}

func portOr(port int, transport string) uint16 {
	if port > 0 && port < 1<<16 {
		return uint16(port)
	}
	return standardPort(transport)
}

// addresses are those of either family. A host that has one family only is whole.
func (r Resolver) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	var out []netip.Addr
	var failed error
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		records, err := r.ask(ctx, host, kind)
		if err != nil {
			if failed == nil || !errors.Is(err, errNoName) {
				failed = err
			}
			continue
		}
		for _, rr := range records {
			switch rr := rr.(type) {
			case *dns.A:
				if a, ok := netip.AddrFromSlice(rr.A.To4()); ok {
					out = append(out, a)
				}
			case *dns.AAAA:
				if a, ok := netip.AddrFromSlice(rr.AAAA.To16()); ok {
					out = append(out, a)
				}
			}
		}
	}
	if len(out) == 0 {
		return nil, failed
	}
	return out, nil
}

// ask puts one question, over TCP where the answer is too long for a datagram. An answer without records is errNoName; a server
// that refuses, fails or is silent is not believed, and the next one is asked.
func (r Resolver) ask(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if len(r.Servers) == 0 {
		return nil, errors.New("there is no name server to ask")
	}
	var last error
	for _, server := range r.Servers {
		m := new(dns.Msg)
		m.SetQuestion(dns.Fqdn(name), kind)
		m.SetEdns0(dns.DefaultMsgSize, false)
		answer, err := r.exchange(ctx, "udp", server, m)
		if err == nil && answer.Truncated {
			answer, err = r.exchange(ctx, "tcp", server, m)
		}
		switch {
		case err != nil:
			last = fmt.Errorf("name server %s: %w", server, err)
		case answer.Rcode == dns.RcodeNameError:
			return nil, fmt.Errorf("%w as %s, says %s", errNoName, cleanHost(name), server)
		case answer.Rcode != dns.RcodeSuccess:
			last = fmt.Errorf("name server %s answers %s", server, dns.RcodeToString[answer.Rcode])
		case !slices.ContainsFunc(answer.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == kind }):
			return nil, fmt.Errorf("%w with %s records as %s, says %s", errNoName, dns.TypeToString[kind], cleanHost(name), server)
		default:
			return answer.Answer, nil
		}
	}
	return nil, last
}

func (r Resolver) exchange(ctx context.Context, network, server string, m *dns.Msg) (*dns.Msg, error) {
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c, err := r.dial(ctx, network, server)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	deadline, _ := ctx.Deadline()
	c.SetDeadline(deadline)
	conn := &dns.Conn{Conn: c, UDPSize: dns.DefaultMsgSize}
	if err := conn.WriteMsg(m); err != nil {
		return nil, err
	}
	for {
		answer, err := conn.ReadMsg()
		if err != nil {
			return nil, err
		}
		if answer.Id == m.Id && answer.Response {
			return answer, nil
		}
	}
}

func (r Resolver) dial(ctx context.Context, network, server string) (net.Conn, error) {
	if r.Dial != nil {
		return r.Dial(ctx, network, server)
	}
	return new(net.Dialer).DialContext(ctx, network, server)
}
