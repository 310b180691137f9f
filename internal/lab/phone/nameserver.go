package phone

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// NameServer is the DNS server that the PBX asks. It knows hosts only.
type NameServer struct {
	// Hosts are the addresses of a name, in lower case without the last dot; false: there is no such name.
	Hosts func(name string) ([]netip.Addr, bool)

	mu    sync.Mutex
	asked []string
}

// nameTTL is short, as names of the lab move.
const nameTTL = 1

// Serve answers over UDP and TCP until the sockets are closed.
func (s *NameServer) Serve(p net.PacketConn, l net.Listener) error {
	ended := make(chan error, 2)
	udp, tcp := &dns.Server{PacketConn: p, Handler: s}, &dns.Server{Listener: l, Handler: s}
	go func() { ended <- udp.ActivateAndServe() }()
	go func() { ended <- tcp.ActivateAndServe() }()
	err := <-ended
	p.Close()
	l.Close()
	<-ended
	return err
}

// Asked are the names that somebody asked for, each once.
func (s *NameServer) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeDNS implements dns.Handler.
func (s *NameServer) ServeDNS(w dns.ResponseWriter, q *dns.Msg) {
	r := new(dns.Msg).SetReply(q)
	r.RecursionAvailable = true
	if len(q.Question) != 1 {
		r.Rcode = dns.RcodeFormatError
	} else {
		s.answer(r, q.Question[0])
	}
	w.WriteMsg(r) // whoever asked repeats a lost question
}

func (s *NameServer) answer(r *dns.Msg, q dns.Question) {
	name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
	s.mu.Lock()
	if !slices.Contains(s.asked, name) && len(s.asked) < 1000 {
		s.asked = append(s.asked, name)
	}
	s.mu.Unlock()
	addrs, known := s.Hosts(name)
	if !known {
		r.Rcode = dns.RcodeNameError
		return
	}
	for _, a := range addrs {
		head := dns.RR_Header{Name: q.Name, Class: dns.ClassINET, Ttl: nameTTL}
		switch {
		case q.Qtype == dns.TypeA && a.Is4():
			head.Rrtype = dns.TypeA
			r.Answer = append(r.Answer, &dns.A{Hdr: head, A: a.AsSlice()})
		case q.Qtype == dns.TypeAAAA && a.Is6():
			head.Rrtype = dns.TypeAAAA
			r.Answer = append(r.Answer, &dns.AAAA{Hdr: head, AAAA: a.AsSlice()})
		}
	}
}
