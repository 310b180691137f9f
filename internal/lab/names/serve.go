package names

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// stopLimit bounds how long stopping waits for sockets that ignore their deadlines.
const stopLimit = time.Second

// Start serves on the sockets, either of which may be nil, until stop is called; stop closes them and drops every held
// request. The server may be started again, on other sockets too, and keeps its data.
func (s *Server) Start(l net.Listener, pc net.PacketConn) (stop func()) {
	stopped := make(chan struct{})
	var list []*dns.Server
	var up sync.WaitGroup
	add := func(srv *dns.Server, network string) {
		srv.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) { s.handle(w, m, network, stopped) })
		srv.TsigProvider = s
		srv.UDPSize = dns.DefaultMsgSize
		srv.MsgAcceptFunc = accept
		up.Add(1)
		srv.NotifyStartedFunc = up.Done
		list = append(list, srv)
		go func() { _ = srv.ActivateAndServe() }()
	}
	if l != nil {
		add(&dns.Server{Listener: l}, "tcp")
	}
	if pc != nil {
		add(&dns.Server{PacketConn: pc}, "udp")
	}
	up.Wait()
	var once sync.Once
	return func() { once.Do(func() { close(stopped); shutdown(list) }) }
}

func shutdown(list []*dns.Server) {
	var all sync.WaitGroup
	for _, srv := range list {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
			defer cancel()
			_ = srv.ShutdownContext(ctx)
			if srv.Listener != nil {
				_ = srv.Listener.Close()
			}
			if srv.PacketConn != nil {
				_ = srv.PacketConn.Close()
			}
		})
	}
	all.Wait()
}

// accept lets queries and updates in; miekg/dns refuses updates unless told otherwise.
func accept(h dns.Header) dns.MsgAcceptAction {
	const response = 1 << 15
	switch opcode := int(h.Bits>>11) & 0xF; {
	case h.Bits&response != 0:
		return dns.MsgIgnore
	case opcode == dns.OpcodeUpdate:
		return dns.MsgAccept
	case opcode != dns.OpcodeQuery:
		return dns.MsgRejectNotImplemented
	case h.Qdcount != 1:
		return dns.MsgReject
	}
	return dns.MsgAccept
}

// handle carries one request through the gate.
func (s *Server) handle(w dns.ResponseWriter, m *dns.Msg, network string, stopped <-chan struct{}) {
	act := s.ask(w, m, network)
	if !held(act.Hold, stopped) || act.Fault == DropRequest {
		return
	}
	reply, sig := s.reply(w.TsigStatus(), m, act.Fault)
	if !held(act.HoldAnswer, stopped) || act.Fault == DropAnswer {
		return
	}
	if network == "udp" {
		size := dns.MinMsgSize
		if o := m.IsEdns0(); o != nil {
			size = max(size, int(o.UDPSize()))
		}
		if act.Fault == Truncate {
			reply.Answer, reply.Ns, reply.Truncated = nil, nil, true
		}
		reply.Truncate(size)
	}
	if raw := s.pack(reply, sig, m, act.Fault); raw != nil {
		_, _ = w.Write(raw)
	}
}

func (s *Server) ask(w dns.ResponseWriter, m *dns.Msg, network string) Action {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	if gate == nil {
		return Action{}
	}
	r := Request{From: w.RemoteAddr(), Network: network, Update: m.Opcode == dns.OpcodeUpdate}
	for _, q := range m.Question {
		if r.Update {
			r.Zone = plain(dns.CanonicalName(q.Name))
		} else {
			r.Names = append(r.Names, plain(dns.CanonicalName(q.Name)))
		}
	}
	if r.Update {
		r.Idle = idle(m)
		seen := make(map[string]bool)
		for _, rr := range m.Ns {
			if name := plain(dns.CanonicalName(rr.Header().Name)); !seen[name] {
				seen[name] = true
				r.Names = append(r.Names, name)
			}
		}
	}
	return gate(r)
}

// idle: an update that asks about rights and changes nothing.
func idle(m *dns.Msg) bool {
	changes := func(rr dns.RR) bool {
		required := func(p dns.RR) bool {
			h, u := p.Header(), rr.Header()
			if u.Class == dns.ClassINET {
				return h.Class == dns.ClassINET && dns.IsDuplicate(p, rr)
			}
			return u.Class == dns.ClassANY && h.Class == dns.ClassNONE && h.Rrtype == u.Rrtype && dns.CanonicalName(h.Name) == dns.CanonicalName(u.Name)
		}
		return !slices.ContainsFunc(m.Answer, required)
	}
	return !slices.ContainsFunc(m.Ns, changes)
}

// held waits for a hold to end; false: the server was stopped meanwhile.
func held(hold, stopped <-chan struct{}) bool {
	if hold == nil {
		return true
	}
	select {
	case <-hold:
		return true
	case <-stopped:
		return false
	}
}
