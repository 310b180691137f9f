package dnsupdate

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Answer is what one server says of one name.
type Answer struct {
	Exists    bool          `json:"exists"`          // false: the server says that there is no such name
	Addresses []string      `json:"addresses"`       // A and AAAA, sorted
	Alias     []string      `json:"alias,omitempty"` // the chain of CNAMEs that led to them, in order
	TTL       time.Duration `json:"ttl"`             // the smallest of the records
	Serial    uint32        `json:"serial"`          // of the zone; 0: not told. Some servers do not move it with an update
}

// Own is what the name's own records hold: the name that it is an alias of, else its addresses.
func (a Answer) Own() []string {
	if len(a.Alias) > 0 {
		return a.Alias[:1]
	}
	return a.Addresses
}

// Query asks one server for the addresses of a name. The answer must be authoritative: what a cache says is not what the
// server holds.
func (c *Client) Query(ctx context.Context, server Server, name string) (Answer, error) {
	n, err := domain(name)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Addresses: []string{}}
	ttl := ttlMin{}
	for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
		m, err := c.authoritative(ctx, server.Address, n, kind)
		if err != nil {
			return Answer{}, err
		}
		a.Exists = a.Exists || m.Rcode == dns.RcodeSuccess
		a.take(m, n, kind, &ttl)
	}
	if a.Serial == 0 && a.Exists {
		m, err := c.ask(ctx, server.Address, n, dns.TypeSOA)
		if err != nil {
			return Answer{}, err
		}
		a.Serial = serialOf(m)
	}
	slices.Sort(a.Addresses)
	a.Addresses = slices.Compact(a.Addresses)
	a.TTL = ttl.d
	return a, nil
}

// take follows the chain in one message and adds what it ends in.
func (a *Answer) take(m *dns.Msg, name string, kind uint16, ttl *ttlMin) {
	a.Alias = nil
	at := name
	for range len(m.Answer) + 1 {
		next := ""
		for _, rr := range m.Answer {
			if canonical(rr.Header().Name) != at {
				continue
			}
			if v, ok := valueOf(rr, kind); ok {
				a.Addresses = append(a.Addresses, v)
				ttl.add(rr)
			} else if cn, ok := rr.(*dns.CNAME); ok {
				next = canonical(cn.Target)
				ttl.add(rr)
			}
		}
		if next == "" || slices.Contains(a.Alias, next) {
			break
		}
		a.Alias = append(a.Alias, next)
		at = next
	}
	if s := serialOf(m); s != 0 {
		a.Serial = s
	}
}

// ttlMin is the smallest TTL seen; zero TTLs count.
type ttlMin struct {
	d    time.Duration
	some bool
}

func (t *ttlMin) add(rr dns.RR) {
	d := time.Duration(rr.Header().Ttl) * time.Second
	if !t.some || d < t.d {
		t.d, t.some = d, true
	}
}

func serialOf(m *dns.Msg) uint32 {
	for _, rr := range append(slices.Clone(m.Answer), m.Ns...) {
		if soa, ok := rr.(*dns.SOA); ok {
			return soa.Serial
		}
	}
	return 0
}

func canonical(name string) string { return strings.TrimSuffix(dns.CanonicalName(name), ".") }

// valueOf is the record's value in the form that Plan gives it, if it is of the kind.
func valueOf(rr dns.RR, kind uint16) (string, bool) {
	if rr.Header().Rrtype != kind {
		return "", false
	}
	switch v := rr.(type) {
	case *dns.A:
		a, ok := netip.AddrFromSlice(v.A.To4())
		return a.String(), ok
	case *dns.AAAA:
		a, ok := netip.AddrFromSlice(v.AAAA.To16())
		return a.String(), ok
	case *dns.CNAME:
		return canonical(v.Target), true
	}
	return "", false
}

// authoritative asks and refuses what is no authoritative answer.
func (c *Client) authoritative(ctx context.Context, server, name string, kind uint16) (*dns.Msg, error) {
	m, err := c.ask(ctx, server, name, kind)
	if err != nil {
		return nil, err
	}
	return m, isAuthoritative(m, server, name)
}

// isAuthoritative refuses what does not say what the server itself holds. A referral says who does.
func isAuthoritative(m *dns.Msg, server, name string) error {
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return fmt.Errorf("%s answers %s for %s", server, rcodeWord(m.Rcode), name)
	}
	if m.Authoritative {
		return nil
	}
	if cut, to := delegation(m, name); cut != "" {
		return fmt.Errorf("%s is not authoritative for %s: %s is delegated to %s; list that server, with the zone %s", server, name, cut, strings.Join(to, ", "), cut)
	}
	return fmt.Errorf("%s is not authoritative for %s; is the zone there, or delegated away?", server, name)
}

// delegation reads a referral (RFC 1034, 4.3.2): the zone that is held elsewhere, and by whom.
func delegation(m *dns.Msg, name string) (cut string, to []string) {
	for _, rr := range m.Ns {
		if ns, ok := rr.(*dns.NS); ok && dns.IsSubDomain(ns.Hdr.Name, dns.Fqdn(name)) {
			cut = canonical(ns.Hdr.Name)
			to = append(to, canonical(ns.Ns))
		}
	}
	slices.Sort(to)
	return cut, to
}

func recordIn(m *dns.Msg, ch Change) Record {
	r := Record{Name: ch.Name, Zone: ch.Zone, Type: ch.Type, View: ch.View, Values: []string{}}
	ttl := ttlMin{}
	for _, rr := range m.Answer {
		if canonical(rr.Header().Name) != ch.Name {
			continue
		}
		if v, ok := valueOf(rr, dns.StringToType[ch.Type]); ok {
			r.Values = append(r.Values, v)
			ttl.add(rr)
		} else if cn, ok := rr.(*dns.CNAME); ok {
			r.Alias = canonical(cn.Target)
		}
	}
	slices.Sort(r.Values)
	r.Values = slices.Compact(r.Values)
	r.TTL = ttl.d
	return r
}

// read reads every record set of the zone's changes, many at once.
func (c *Client) read(ctx context.Context, server string, z Zone) ([]Record, error) {
	asked := make([]question, len(z.Changes))
	for i, ch := range z.Changes {
		asked[i] = question{ch.Name, dns.StringToType[ch.Type]}
	}
	answers, err := c.askMany(ctx, server, asked)
	if err != nil {
		return nil, err
	}
	aliases := z.aliasChanges()
	out := make([]Record, 0, len(z.Changes))
	for i, ch := range z.Changes {
		if err := isAuthoritative(answers[i], server, ch.Name); err != nil {
			return nil, err
		}
		r := recordIn(answers[i], ch)
		if aliases[ch.Name] {
			r.Alias = "" // the change of the CNAME itself judges it
		}
		out = append(out, r)
	}
	return out, nil
}

// aliasChanges are the names whose CNAME is changed.
func (z Zone) aliasChanges() map[string]bool {
	out := make(map[string]bool)
	for _, c := range z.Changes {
		if c.Type == "CNAME" {
			out[c.Name] = true
		}
	}
	return out
}
