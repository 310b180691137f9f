package names

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Change is what a server answers for a name from an instant on.
type Change struct {
	At     time.Time
	Zone   string
	Name   string // without the final dot
	Type   string
	Values []string // sorted; empty: no longer any
	TTL    time.Duration
	By     string // start, update, replication, hand
}

// shown are the types that a history tells about: those that decide where clients go.
var shown = [...]uint16{dns.TypeA, dns.TypeAAAA, dns.TypeCNAME}

// commit ends a change of a zone under the lock: every touched name that differs from before gets the next stamp, the
// serial moves by one if anything did, and the history grows.
func (s *Server) commit(z *zone, before map[string]*node, serial uint32, by string) []string {
	var changed []string
	now := s.now()
	for name, old := range before {
		n := z.nodes[name]
		if sameNode(old, n) {
			continue
		}
		if by != byReplication {
			n.stamp = Stamp{Version: old.stamp.Version + 1, Time: now, Origin: s.origin}
		}
		changed = append(changed, plain(name))
		s.record(z, name, old, by, now)
	}
	slices.Sort(changed)
	if len(changed) > 0 && z.soa.Serial == serial {
		soa := dns.Copy(z.soa).(*dns.SOA)
		soa.Serial++
		z.soa = soa
	}
	return changed
}

func (s *Server) record(z *zone, name string, old *node, by string, now time.Time) {
	n := z.nodes[name]
	for _, kind := range shown {
		if sameRecords(old.set(kind), n.set(kind)) {
			continue
		}
		c := Change{At: now, Zone: plain(z.name), Name: plain(name), Type: dns.TypeToString[kind], By: by}
		c.Values, c.TTL = texts(n.set(kind))
		s.history = append(s.history, c)
	}
}

// snapshot copies the named nodes before a change.
func (z *zone) snapshot(names []string) map[string]*node {
	out := make(map[string]*node, len(names))
	for _, name := range names {
		if out[name] == nil {
			out[name] = z.at(name).clone()
		}
	}
	return out
}

// sameNode compares the records, TTLs too, not the stamps.
func sameNode(a, b *node) bool {
	if len(a.sets) != len(b.sets) {
		return false
	}
	for kind, set := range a.sets {
		if !sameRecords(set, b.sets[kind]) {
			return false
		}
	}
	return true
}

func sameRecords(a, b []dns.RR) bool {
	if len(a) != len(b) || !sameSet(a, b) {
		return false
	}
	return len(a) == 0 || a[0].Header().Ttl == b[0].Header().Ttl
}

// texts are the values of a set as a zone file has them, sorted, and its TTL.
func texts(set []dns.RR) ([]string, time.Duration) {
	out := make([]string, 0, len(set))
	var ttl time.Duration
	for _, rr := range set {
		ttl = time.Duration(rr.Header().Ttl) * time.Second
		v := strings.TrimPrefix(rr.String(), rr.Header().String())
		if t := rr.Header().Rrtype; t == dns.TypeCNAME || t == dns.TypeNS {
			v = plain(v)
		}
		out = append(out, v)
	}
	slices.SortFunc(out, cmp.Compare)
	return out, ttl
}

func plain(name string) string { return strings.TrimSuffix(name, ".") }

// Changes is the history so far, oldest first. It begins with what the zones held at the start.
func (s *Server) Changes() []Change {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history)
}
