package dnsupdate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Cached is what a resolver that clients ask says of a change: it may still hold the old answer.
type Cached struct {
	Resolver string        `json:"resolver"`
	Name     string        `json:"name"`
	Type     string        `json:"type"`
	New      bool          `json:"new"`
	Present  []string      `json:"present"`
	Left     time.Duration `json:"left"` // until its cache has run out
	Why      string        `json:"why,omitempty"`
}

// Probe asks resolvers for the names of a set, as a client would, and says which still answer the old values and for how
// long. A resolver sees one view only; names of another view than view ("": all) are not asked.
func (c *Client) Probe(ctx context.Context, resolvers []string, set Set, view string) []Cached {
	var changes []Change
	for _, ch := range set.Changes() {
		if len(ch.New) > 0 && (view == "" || ch.View == "" || ch.View == view) {
			changes = append(changes, ch)
		}
	}
	out := make([]Cached, len(resolvers)*len(changes))
	var all sync.WaitGroup
	for i, r := range resolvers {
		all.Go(func() {
			for j, ch := range changes {
				out[i*len(changes)+j] = c.cachedAt(ctx, r, ch)
			}
		})
	}
	all.Wait()
	return out
}

// Cache asks one resolver for the record sets of a name that have these types, as a client would: all their values, sorted, and
// how long it will still give them out. No values: it says that there are none.
func (c *Client) Cache(ctx context.Context, resolver, name string, kinds []string) (values []string, left time.Duration, err error) {
	none := time.Duration(0) // how long it remembers that there is none: it counts where there is nothing else (RFC 2308)
	for _, k := range kinds {
		got := c.cacheOf(ctx, resolver, Change{Name: canonical(name), Type: k})
		if got.Why != "" {
			return nil, 0, fmt.Errorf("%s: %s", resolver, got.Why)
		}
		if len(got.Present) == 0 {
			none = max(none, got.Left)
			continue
		}
		values, left = append(values, got.Present...), max(left, got.Left)
	}
	if len(values) == 0 {
		return nil, none, nil
	}
	slices.Sort(values)
	return slices.Compact(values), left, nil
}

func (c *Client) cachedAt(ctx context.Context, resolver string, ch Change) Cached {
	out := c.cacheOf(ctx, resolver, ch)
	out.New = out.Why == "" && slices.Equal(out.Present, ch.New)
	if out.New {
		out.Left = 0
	}
	return out
}

// cacheOf is what a resolver has of one record set.
func (c *Client) cacheOf(ctx context.Context, resolver string, ch Change) Cached {
	out := Cached{Resolver: resolver, Name: ch.Name, Type: ch.Type}
	q := question{ch.Name, dns.StringToType[ch.Type]}.message()
	q.RecursionDesired = true
	m, err := c.resolve(ctx, resolver, q)
	if err != nil {
		out.Why = err.Error()
		return out
	}
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		out.Why = "answers " + rcodeWord(m.Rcode)
		return out
	}
	r := recordIn(m, ch)
	out.Present, out.Left = r.Values, r.TTL
	if len(r.Values) == 0 && ch.Type != "CNAME" {
		var a Answer
		ttl := ttlMin{}
		a.take(m, ch.Name, q.Question[0].Qtype, &ttl)
		slices.Sort(a.Addresses)
		out.Present, out.Left = a.Addresses, ttl.d
	}
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok && len(out.Present) == 0 {
			out.Left = time.Duration(soa.Hdr.Ttl) * time.Second
		}
	}
	return out
}

func (c *Client) resolve(ctx context.Context, resolver string, q *dns.Msg) (*dns.Msg, error) {
	raw, err := q.Pack()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	m, err := c.askOnce(ctx, "udp", resolver, raw, q, c.timeout)
	if err == nil && m.Truncated {
		m, err = c.askOnce(ctx, "tcp", resolver, raw, q, c.timeout)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", resolver, ErrUnreachable, c.plain(err))
	}
	return m, nil
}

// Settled says whether every resolver that answers gives the new values, and if not how long the longest cache still lasts.
func Settled(list []Cached) (bool, time.Duration) {
	done, left := true, time.Duration(0)
	for _, r := range list {
		if !r.New && r.Why == "" {
			done, left = false, max(left, r.Left)
		}
	}
	return done, left
}
