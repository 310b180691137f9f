package names

import (
	"maps"
	"slices"

	"github.com/miekg/dns"
)

// reply works a request out: the answer, and the TSIG record to sign it with (nil: unsigned).
func (s *Server) reply(status error, m *dns.Msg, fault Fault) (*dns.Msg, *dns.TSIG) {
	r := new(dns.Msg)
	r.SetReply(m)
	r.RecursionAvailable = false
	sig, ok := s.checkSignature(status, m)
	if !ok {
		r.Rcode = dns.RcodeNotAuth
		return r, sig
	}
	if m.Opcode == dns.OpcodeUpdate {
		r.Rcode = s.updated(m, sig, fault)
	} else {
		s.answer(r, m.Question[0])
	}
	if fault == ServFail || fault == ServFailAfter {
		r.Rcode, r.Answer, r.Ns = dns.RcodeServerFailure, nil, nil
	}
	if fault == UnsignedAnswer || fault == UnsignedRefuse {
		sig = nil
	}
	if o := m.IsEdns0(); o != nil {
		r.SetEdns0(dns.DefaultMsgSize, false)
	}
	return r, sig
}

// updated carries out an update and tells who listens.
func (s *Server) updated(m *dns.Msg, sig *dns.TSIG, fault Fault) int {
	if sig == nil || fault == UnsignedRefuse {
		return dns.RcodeRefused
	}
	if !fault.applies() {
		return dns.RcodeSuccess
	}
	s.mu.Lock()
	z, rc := s.updatable(m)
	if rc != dns.RcodeSuccess {
		s.mu.Unlock()
		return rc
	}
	var touched []string
	for _, rr := range m.Ns {
		if name := dns.CanonicalName(rr.Header().Name); dns.IsSubDomain(z.name, name) {
			touched = append(touched, name)
		}
	}
	serial, before := z.soa.Serial, z.snapshot(touched)
	rc = z.update(m)
	changed := s.commit(z, before, serial, "update")
	s.mu.Unlock()
	s.tell(z.name, changed)
	return rc
}

// answer fills in what the zones hold (RFC 1034, 4.3.2, without wildcards). Nothing is looked up elsewhere.
func (s *Server) answer(r *dns.Msg, q dns.Question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := dns.CanonicalName(q.Name)
	for range 8 { // links of a chain of aliases
		z := s.zoneOf(name)
		if z == nil {
			if len(r.Answer) == 0 {
				r.Rcode = dns.RcodeRefused
			}
			return
		}
		if ns := z.delegation(name); ns != nil {
			r.Authoritative = len(r.Answer) > 0
			r.Ns = copies(ns)
			return
		}
		r.Authoritative = true
		alias := z.nodes[name].set(dns.TypeCNAME)
		if len(alias) == 0 || q.Qtype == dns.TypeCNAME || q.Qtype == dns.TypeANY {
			s.end(r, z, name, q.Qtype)
			return
		}
		r.Answer = append(r.Answer, copies(alias)...)
		name = dns.CanonicalName(alias[0].(*dns.CNAME).Target)
	}
}

// end answers for the name that a chain ends in.
func (s *Server) end(r *dns.Msg, z *zone, name string, kind uint16) {
	found := z.lookup(name, kind)
	if n := z.nodes[name]; kind == dns.TypeANY && n != nil {
		for _, k := range slices.Sorted(maps.Keys(n.sets)) {
			found = append(found, n.sets[k]...)
		}
	}
	r.Answer = append(r.Answer, copies(found)...)
	if len(found) > 0 {
		return
	}
	if !z.covers(name) {
		r.Rcode = dns.RcodeNameError
	}
	r.Ns = append(r.Ns, z.negative())
}

func copies(set []dns.RR) []dns.RR {
	out := make([]dns.RR, 0, len(set))
	for _, rr := range set {
		out = append(out, dns.Copy(rr))
	}
	return out
}
