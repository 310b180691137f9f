package names

import (
	"slices"

	"github.com/miekg/dns"
)

// updatable refuses what section 3.1 of RFC 2136 refuses: anything but one zone section of type SOA, for a zone that is
// held here.
func (s *Server) updatable(m *dns.Msg) (*zone, int) {
	if len(m.Question) != 1 || m.Question[0].Qtype != dns.TypeSOA || m.Question[0].Qclass != dns.ClassINET {
		return nil, dns.RcodeFormatError
	}
	z := s.zones[dns.CanonicalName(m.Question[0].Name)]
	if z == nil {
		return nil, dns.RcodeNotAuth
	}
	return z, dns.RcodeSuccess
}

// update carries out an UPDATE (RFC 2136, section 3): all prerequisites and the form of the whole update section are
// checked before anything is changed, so that it is done entirely or not at all.
func (z *zone) update(m *dns.Msg) int {
	if rc := z.prerequisites(m.Answer); rc != dns.RcodeSuccess {
		return rc
	}
	for _, rr := range m.Ns {
		if rc := z.wellFormed(rr); rc != dns.RcodeSuccess {
			return rc
		}
	}
	for _, rr := range m.Ns {
		z.change(canonical(rr))
	}
	return dns.RcodeSuccess
}

// prerequisites checks the five forms of section 2.4 as section 3.2 says.
func (z *zone) prerequisites(list []dns.RR) int {
	type key struct {
		name string
		kind uint16
	}
	wanted := make(map[key][]dns.RR) // value dependent: collected, then compared as whole sets (3.2.3)
	for _, rr := range list {
		h := rr.Header()
		name := dns.CanonicalName(h.Name)
		if h.Ttl != 0 {
			return dns.RcodeFormatError
		}
		if !dns.IsSubDomain(z.name, name) {
			return dns.RcodeNotZone
		}
		switch h.Class {
		case dns.ClassANY, dns.ClassNONE:
			if rc := z.exists(name, h, h.Class == dns.ClassANY); rc != dns.RcodeSuccess {
				return rc
			}
		case dns.ClassINET:
			k := key{name, h.Rrtype}
			wanted[k] = append(wanted[k], rr)
		default:
			return dns.RcodeFormatError
		}
	}
	for k, want := range wanted {
		if !sameSet(want, z.lookup(k.name, k.kind)) {
			return dns.RcodeNXRrset
		}
	}
	return dns.RcodeSuccess
}

// exists checks the forms without values: 2.4.1, 2.4.4 (must exist), 2.4.3 and 2.4.5 (must not).
func (z *zone) exists(name string, h *dns.RR_Header, must bool) int {
	if h.Rdlength != 0 {
		return dns.RcodeFormatError
	}
	if h.Rrtype == dns.TypeANY {
		there := name == z.name || z.nodes[name].inUse()
		switch {
		case must && !there:
			return dns.RcodeNameError
		case !must && there:
			return dns.RcodeYXDomain
		}
		return dns.RcodeSuccess
	}
	there := len(z.lookup(name, h.Rrtype)) > 0
	switch {
	case must && !there:
		return dns.RcodeNXRrset
	case !must && there:
		return dns.RcodeYXRrset
	}
	return dns.RcodeSuccess
}

// lookup is a record set, the SOA included.
func (z *zone) lookup(name string, kind uint16) []dns.RR {
	if kind == dns.TypeSOA && name == z.name {
		return []dns.RR{z.soa}
	}
	return z.nodes[name].set(kind)
}

// sameSet compares values, not TTLs (3.2.3).
func sameSet(a, b []dns.RR) bool {
	in := func(list []dns.RR, rr dns.RR) bool {
		return slices.ContainsFunc(list, func(o dns.RR) bool { return dns.IsDuplicate(o, sameClass(rr)) })
	}
	for _, rr := range a {
		if !in(b, rr) {
			return false
		}
	}
	for _, rr := range b {
		if !in(a, rr) {
			return false
		}
	}
	return true
}

func sameClass(rr dns.RR) dns.RR {
	c := canonical(rr)
	c.Header().Class = dns.ClassINET
	return c
}

// wellFormed is the prescan of section 3.4.1.
func (z *zone) wellFormed(rr dns.RR) int {
	h := rr.Header()
	if !dns.IsSubDomain(z.name, dns.CanonicalName(h.Name)) {
		return dns.RcodeNotZone
	}
	ok := false
	switch h.Class {
	case dns.ClassINET:
		ok = !meta(h.Rrtype) && h.Rdlength != 0
	case dns.ClassANY:
		ok = h.Ttl == 0 && h.Rdlength == 0 && (h.Rrtype == dns.TypeANY || !meta(h.Rrtype))
	case dns.ClassNONE:
		ok = h.Ttl == 0 && !meta(h.Rrtype)
	}
	if !ok {
		return dns.RcodeFormatError
	}
	return dns.RcodeSuccess
}

func meta(kind uint16) bool {
	return kind == 0 || kind == dns.TypeOPT || kind >= 128 && kind <= 255
}

// change is section 3.4.2. What it calls "silently ignored" is.
func (z *zone) change(rr dns.RR) {
	h := rr.Header()
	apex := h.Name == z.name
	switch {
	case h.Class == dns.ClassINET && h.Rrtype == dns.TypeSOA:
		if soa, ok := rr.(*dns.SOA); ok && apex && newerSerial(soa.Serial, z.soa.Serial) {
			z.soa = soa
		}
	case h.Class == dns.ClassINET:
		z.add(rr)
	case h.Class == dns.ClassANY && h.Rrtype == dns.TypeANY:
		if n := z.nodes[h.Name]; n != nil {
			for kind := range n.sets {
				if !apex || kind != dns.TypeNS {
					delete(n.sets, kind)
				}
			}
		}
	case h.Class == dns.ClassANY:
		if n := z.nodes[h.Name]; n != nil && (!apex || h.Rrtype != dns.TypeNS) {
			delete(n.sets, h.Rrtype)
		}
	case h.Class == dns.ClassNONE:
		z.remove(sameClass(rr), apex)
	}
}

// add adds one record. An alias stands alone: it is not added beside other data, nor other data beside it (3.4.2.2). A set
// has one TTL, the one of the record that came last (RFC 2181, 5.2).
func (z *zone) add(rr dns.RR) {
	h := rr.Header()
	n := z.at(h.Name)
	alias := n.set(dns.TypeCNAME)
	switch {
	case h.Rrtype == dns.TypeCNAME && n.inUse() && len(alias) == 0:
		return
	case h.Rrtype == dns.TypeCNAME:
		n.sets[dns.TypeCNAME] = []dns.RR{rr}
		return
	case len(alias) > 0:
		return
	}
	var set []dns.RR
	for _, old := range n.sets[h.Rrtype] {
		if !dns.IsDuplicate(old, rr) {
			c := dns.Copy(old)
			c.Header().Ttl = h.Ttl
			set = append(set, c)
		}
	}
	n.sets[h.Rrtype] = append(set, rr)
}

// remove deletes one record; the last NS of the zone stays (3.4.2.4).
func (z *zone) remove(rr dns.RR, apex bool) {
	n := z.nodes[rr.Header().Name]
	if n == nil {
		return
	}
	kind := rr.Header().Rrtype
	left := slices.DeleteFunc(slices.Clone(n.sets[kind]), func(o dns.RR) bool { return dns.IsDuplicate(o, rr) })
	switch {
	case len(left) > 0:
		n.sets[kind] = left
	case !apex || kind != dns.TypeNS:
		delete(n.sets, kind)
	}
}

// newerSerial compares in the circle of 32 bits (RFC 1982).
func newerSerial(a, b uint32) bool { return a != b && a-b < 1<<31 }
