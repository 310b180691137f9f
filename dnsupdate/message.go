package dnsupdate

import (
	"net"
	"slices"

	"github.com/miekg/dns"
)

// Message is the unsigned UPDATE for the zone at a server that shows an update only whole. For each change it carries a
// prerequisite on the old values and, in the update section, the deletion of the record set and its new values. All deletions
// come first, so that an address can become an alias in one message (an alias beside other data is silently ignored: RFC 2136,
// 3.4.2.2).
func (z Zone) Message() *dns.Msg { return z.message(nil, false) }

// message leaves out no prerequisite of z; used says which further names are in use, because records of theirs that need
// no change were left out of z.
//
// A server that keeps its zone in Active Directory answers queries in the middle of an update (seen with BIND and Samba's plug-in:
// 40 of 1,299 questions), and that the name does not exist stays in caches for as long as the zone's SOA says, an hour where
// nobody changed it (RFC 2308, section 5). There (directory) addresses that change are added first, and only then are the old
// ones deleted, one by one. Elsewhere it is not done: Knot does not change the TTL of a record that it is told to add again.
func (z Zone) message(used map[string]bool, directory bool) *dns.Msg {
	m := new(dns.Msg)
	m.SetUpdate(dns.Fqdn(z.Name))
	for _, c := range z.Changes {
		z.require(m, c, used)
	}
	for _, c := range z.Changes {
		if len(c.Old) > 0 && !(directory && c.stays()) {
			m.RemoveRRset([]dns.RR{&dns.ANY{Hdr: header(c, 0)}})
		}
	}
	for _, c := range z.Changes {
		m.Insert(c.records(c.New, wholeSecondsCount(c)))
	}
	for _, c := range z.Changes {
		if directory && c.stays() {
			gone := slices.DeleteFunc(slices.Clone(c.Old), func(v string) bool { return slices.Contains(c.New, v) })
			m.Remove(c.records(gone, 0))
		}
	}
	return m
}

// stays: the record set is there before and after, and may hold old and new values for a moment.
func (c Change) stays() bool { return len(c.Old) > 0 && len(c.New) > 0 && c.Type != "CNAME" }

// require adds the prerequisite of a change: the record set exists with exactly these values (RFC 2136, 2.4.2); or the
// name is not in use (2.4.5); or, where the name is in use for another reason that is known, the record set does not
// exist (2.4.3).
func (z Zone) require(m *dns.Msg, c Change, used map[string]bool) {
	switch {
	case len(c.Old) > 0:
		m.Used(c.records(c.Old, 0))
	case c.Name == z.Name || used[c.Name] || z.heldBefore(c.Name):
		m.RRsetNotUsed([]dns.RR{&dns.ANY{Hdr: header(c, 0)}})
	default:
		unused := &dns.ANY{Hdr: dns.RR_Header{Name: dns.Fqdn(c.Name), Rrtype: dns.TypeANY}}
		named := func(rr dns.RR) bool {
			return rr.Header().Name == unused.Hdr.Name && rr.Header().Rrtype == dns.TypeANY
		}
		if !slices.ContainsFunc(m.Answer, named) {
			m.NameNotUsed([]dns.RR{unused})
		}
	}
}

func (z Zone) heldBefore(name string) bool {
	return slices.ContainsFunc(z.Changes, func(c Change) bool { return c.Name == name && len(c.Old) > 0 })
}

func header(c Change, ttl uint32) dns.RR_Header {
	return dns.RR_Header{Name: dns.Fqdn(c.Name), Rrtype: dns.StringToType[c.Type], Class: dns.ClassINET, Ttl: ttl}
}

func wholeSecondsCount(c Change) uint32 { return uint32(wholeSeconds(c.TTL).Seconds()) }

func (c Change) records(list []string, ttl uint32) []dns.RR {
	out := make([]dns.RR, 0, len(list))
	for _, v := range list {
		h := header(c, ttl)
		switch c.Type {
		case "A":
			out = append(out, &dns.A{Hdr: h, A: net.ParseIP(v).To4()})
		case "AAAA":
			out = append(out, &dns.AAAA{Hdr: h, AAAA: net.ParseIP(v)})
		case "CNAME":
			out = append(out, &dns.CNAME{Hdr: h, Target: dns.Fqdn(v)})
		}
	}
	return out
}
