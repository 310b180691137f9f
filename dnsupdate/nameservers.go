package dnsupdate

import (
	"context"
	"net"
	"slices"
	"sync"

	"github.com/miekg/dns"
)

// named are the servers that the zones' NS records name and that are not listed: whoever resolves the name may ask them, so
// what they answer counts, but they are never written. Their addresses come from the server that named them.
func (c *Client) named(ctx context.Context, set Set) []reader {
	found := make([][]string, len(set.Zones))
	var all sync.WaitGroup
	for i, z := range set.Zones {
		all.Go(func() { found[i] = c.nameServers(ctx, z) })
	}
	all.Wait()
	var out []reader
	for i, z := range set.Zones {
		for _, ip := range found[i] {
			if c.lists(ip) {
				continue
			}
			at := slices.IndexFunc(out, func(r reader) bool { return hostOf(r.Address) == ip })
			if at < 0 {
				out = append(out, reader{Server: Server{Address: net.JoinHostPort(ip, c.namePort)}, via: z.Name})
				at = len(out) - 1
			}
			out[at].Zones = append(out[at].Zones, z.Name)
		}
	}
	return out
}

// lists says whether a listed server has that address, at any port.
func (c *Client) lists(ip string) bool {
	return slices.ContainsFunc(c.servers, func(s Server) bool { return hostOf(s.Address) == ip })
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.String()
	}
	return host
}

// nameServers asks the first listed server that answers who else serves the zone. A name that it does not hold the address
// of is left to that name's own zone: it cannot be read from here.
func (c *Client) nameServers(ctx context.Context, z Zone) []string {
	for _, s := range c.servers {
		if !s.takes(z) {
			continue
		}
		m, err := c.ask(ctx, s.Address, z.Name, dns.TypeNS)
		if err != nil || m.Rcode != dns.RcodeSuccess {
			continue
		}
		var asked []question
		for _, rr := range m.Answer {
			if ns, ok := rr.(*dns.NS); ok {
				asked = append(asked, question{canonical(ns.Ns), dns.TypeA}, question{canonical(ns.Ns), dns.TypeAAAA})
			}
		}
		answers, err := c.askMany(ctx, s.Address, asked)
		if err != nil {
			continue
		}
		var out []string
		for i, a := range answers {
			for _, rr := range a.Answer {
				if v, ok := valueOf(rr, asked[i].kind); ok {
					out = append(out, v)
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	return nil
}
