package phone

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// way is a Contact of a 302.
type way struct {
	uri     sip.Uri
	q       float64
	network string
}

// follow tries the Contacts of a 302 until one answers. Once a call is sent on, the redirector has done its part: a way
// that leads nowhere is a lost call, whatever another redirector would have said.
func (c *call) follow(ctx context.Context, h hop, res *sip.Response, redirects int) ending {
	ways, why := waysOf(res)
	end := ending{why: h.name + ": " + why}
	for _, w := range ways {
		end = c.take(ctx, w, redirects)
		if end.answered || end.status >= 600 || ctx.Err() != nil {
			break
		}
	}
	end.final = true
	return end
}

// take looks a Contact's name up and tries its addresses.
func (c *call) take(ctx context.Context, w way, redirects int) ending {
	name := net.JoinHostPort(strings.Trim(w.uri.Host, "[]"), portOf(w.uri))
	key := name + "/" + w.network + "/" + w.uri.User
	if c.been[key] {
		return ending{why: name + ": redirected there twice"}
	}
	c.been[key] = true
	addrs, err := c.resolve(ctx, w.uri.Host)
	if err != nil {
		return ending{why: fmt.Sprintf("%s does not resolve: %v", w.uri.Host, err)}
	}
	port, err := strconv.ParseUint(portOf(w.uri), 10, 16)
	if err != nil {
		return ending{why: name + ": no port"}
	}
	end := ending{why: w.uri.Host + " has no address"}
	for _, a := range addrs {
		end = c.try(ctx, hop{w.network, netip.AddrPortFrom(a, uint16(port)), w.uri.String(), name}, redirects)
		if end.answered || end.status != 0 || ctx.Err() != nil {
			return end
		}
	}
	return end
}

// resolve looks a name up as the PBX does; an address stands for itself.
func (c *call) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{a}, nil
	}
	return c.p.o.Resolve(ctx, host)
}

// waysOf are the Contacts in order of q, and why there are none.
func waysOf(res *sip.Response) ([]way, string) {
	var ways []way
	why := "a 302 without a Contact"
	for _, h := range res.GetHeaders("Contact") {
		contact, ok := h.(*sip.ContactHeader)
		if !ok {
			continue
		}
		w := way{uri: *contact.Address.Clone(), q: 1, network: "udp"}
		if q, ok := contact.Params.Get("q"); ok {
			if v, err := strconv.ParseFloat(q, 64); err == nil {
				w.q = v
			}
		}
		switch transport, _ := w.uri.UriParams.Get("transport"); strings.ToLower(transport) {
		case "tcp":
			w.network = "tcp"
		case "", "udp":
		default:
			why = "a Contact with transport " + transport + ", which the lab's PBX does not speak"
			continue
		}
		ways = append(ways, w)
	}
	slices.SortStableFunc(ways, func(a, b way) int {
		switch {
		case a.q > b.q:
			return -1
		case a.q < b.q:
			return 1
		}
		return 0
	})
	return ways, why
}
