package names

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Record is a record set in the form of a zone file.
type Record struct {
	Name   string
	Type   string // A, AAAA, CNAME, NS, MX, TXT ...
	TTL    time.Duration
	Values []string
}

// Zone is what a zone holds at the start. All servers of a multi-master zone are given the same one.
type Zone struct {
	Name     string
	Serial   uint32
	Negative time.Duration // how long "there is no such name" may be cached (SOA minimum, RFC 2308)
	NS       []string      // names of the zone's servers
	Records  []Record
}

// Stamp orders writes to one name between servers: version first, then time, then origin ([MS-DRSR] AttributeStamp). The
// records of a name are one attribute of one object in Active Directory, therefore a name has one stamp for all its types.
type Stamp struct {
	Version uint64
	Time    time.Time
	Origin  string
}

// After says whether a wins over b.
func (a Stamp) After(b Stamp) bool {
	return cmp.Or(cmp.Compare(a.Version, b.Version), a.Time.Compare(b.Time), cmp.Compare(a.Origin, b.Origin)) > 0
}

// node is all records of a name. Without records it is a tombstone, which keeps its stamp and replicates.
type node struct {
	sets  map[uint16][]dns.RR // never an empty slice; the records are never changed in place
	stamp Stamp
}

func (n *node) inUse() bool { return n != nil && len(n.sets) > 0 }

func (n *node) set(kind uint16) []dns.RR {
	if n == nil {
		return nil
	}
	return n.sets[kind]
}

func (n *node) clone() *node {
	c := &node{sets: make(map[uint16][]dns.RR, len(n.sets)), stamp: n.stamp}
	for k, v := range n.sets {
		c.sets[k] = slices.Clone(v)
	}
	return c
}

// zone is a zone in memory. Names are canonical, with the final dot.
type zone struct {
	name  string
	soa   *dns.SOA
	nodes map[string]*node
}

func newZone(z Zone, primary string) (*zone, error) {
	name := dns.CanonicalName(z.Name)
	negative := uint32(max(z.Negative, time.Second).Seconds())
	out := &zone{name: name, nodes: make(map[string]*node), soa: &dns.SOA{
		Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: negative},
		Ns:  dns.CanonicalName(primary), Mbox: "hostmaster." + name,
		Serial: max(z.Serial, 1), Refresh: 900, Retry: 600, Expire: 86400, Minttl: negative,
	}}
	ns := Record{Name: z.Name, Type: "NS", TTL: time.Hour, Values: z.NS}
	if len(z.NS) == 0 {
		ns.Values = []string{primary}
	}
	for _, r := range append([]Record{ns}, z.Records...) {
		rrs, err := r.parse()
		if err != nil {
			return nil, fmt.Errorf("zone %s: %w", z.Name, err)
		}
		if !dns.IsSubDomain(name, dns.CanonicalName(r.Name)) {
			return nil, fmt.Errorf("zone %s: %s is not in it", z.Name, r.Name)
		}
		for _, rr := range rrs {
			out.add(rr)
		}
	}
	for _, n := range out.nodes {
		n.stamp = Stamp{Version: 1} // equal everywhere: nothing to replicate
	}
	return out, nil
}

func (r Record) parse() ([]dns.RR, error) {
	var out []dns.RR
	for _, v := range r.Values {
		if r.Type == "CNAME" || r.Type == "NS" {
			v = dns.Fqdn(v)
		}
		rr, err := dns.NewRR(fmt.Sprintf("%s %d IN %s %s", dns.Fqdn(r.Name), int64(r.TTL.Seconds()), r.Type, v))
		if err != nil || rr == nil {
			return nil, fmt.Errorf("%s %s %q is no record: %v", r.Name, r.Type, v, err)
		}
		out = append(out, canonical(rr))
	}
	return out, nil
}

// canonical is a copy of the record with its owner's name in lower case.
func canonical(rr dns.RR) dns.RR {
	c := dns.Copy(rr)
	c.Header().Name = dns.CanonicalName(c.Header().Name)
	return c
}

func (z *zone) at(name string) *node {
	n := z.nodes[name]
	if n == nil {
		n = &node{sets: make(map[uint16][]dns.RR)}
		z.nodes[name] = n
	}
	return n
}

// covers says whether a name exists: it has records, or a name below it has (RFC 8020).
func (z *zone) covers(name string) bool {
	if name == z.name || z.nodes[name].inUse() {
		return true
	}
	for other, n := range z.nodes {
		if n.inUse() && strings.HasSuffix(other, "."+name) {
			return true
		}
	}
	return false
}

// delegation is the NS set of a zone cut at or above the name, if there is one below the apex.
func (z *zone) delegation(name string) []dns.RR {
	for at := name; at != z.name && at != "."; {
		if ns := z.nodes[at].set(dns.TypeNS); len(ns) > 0 {
			return ns
		}
		_, rest, _ := strings.Cut(at, ".")
		at = dns.Fqdn(rest)
	}
	return nil
}

// negative is the SOA as it stands in an answer that says "there is none": its TTL is how long that may be kept
// (RFC 2308, section 3).
func (z *zone) negative() dns.RR {
	soa := dns.Copy(z.soa).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	return soa
}
