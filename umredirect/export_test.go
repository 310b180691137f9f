package umredirect

import "net/netip"

// Handle is handle, for tests that need no socket.
func Handle(s *Server, raw []byte, from netip.AddrPort, transport string) ([]byte, netip.AddrPort) {
	return s.handle(arrival{raw: raw, from: from, transport: transport})
}

// HandleSending is Handle with what is sent later.
func HandleSending(s *Server, raw []byte, from netip.AddrPort, transport string, send func([]byte, netip.AddrPort)) []byte {
	answer, _ := s.handle(arrival{raw: raw, from: from, transport: transport, send: send})
	return answer
}

// Remembered is how many transactions a stateful server remembers.
func Remembered(s *Server) int { return s.memory.size() }

// Fast gives a function that answers on the fast path only; false is what it leaves to the slow one.
func Fast(s *Server) func(b, raw []byte, from netip.AddrPort) (answer []byte, to netip.AddrPort, ok bool) {
	w := s.newWorker("udp", nil)
	return func(b, raw []byte, from netip.AddrPort) ([]byte, netip.AddrPort, bool) {
		answer, ok := w.fast(b, raw, from)
		w.tell()
		return answer, netip.AddrPortFrom(from.Addr(), w.invite.Port(from.Port())), ok
	}
}
