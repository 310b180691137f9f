package names

import (
	"context"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// watch reads the names again and again: what replicates between real servers is seen nowhere else.
func (r *Relay) watch(ctx context.Context) {
	tick := time.NewTicker(r.o.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.look(byReplication)
		}
	}
}

// look asks the server for every name and notes what changed. A question without an answer changes nothing.
func (r *Relay) look(by string) {
	c := &dns.Client{Timeout: 2 * time.Second}
	for _, name := range r.o.Names {
		for _, kind := range []uint16{dns.TypeA, dns.TypeAAAA} {
			m := new(dns.Msg)
			m.SetQuestion(dns.Fqdn(name), kind)
			in, _, err := c.Exchange(m, r.o.Server.String())
			if err != nil || in.Rcode != dns.RcodeSuccess && in.Rcode != dns.RcodeNameError {
				continue
			}
			var set []dns.RR
			for _, rr := range in.Answer {
				if rr.Header().Rrtype == kind {
					set = append(set, rr)
				}
			}
			r.note(name, kind, set, by)
		}
	}
}

func (r *Relay) note(name string, kind uint16, set []dns.RR, by string) {
	ch := Change{At: r.o.Now(), Name: plain(name), Type: dns.TypeToString[kind], By: by}
	ch.Values, ch.TTL = texts(set)
	r.mu.Lock()
	defer r.mu.Unlock()
	key := ch.Name + " " + ch.Type
	was := r.have[key]
	if slices.Equal(was.Values, ch.Values) && was.TTL == ch.TTL {
		return
	}
	r.have[key] = ch
	r.history = append(r.history, ch)
}
