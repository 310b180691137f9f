package umredirect

import "net/netip"

// Handle is handle, for tests that need no socket.
func Handle(s *Server, raw []byte, from netip.AddrPort, transport string) ([]byte, netip.AddrPort) {
	return s.handle(raw, from, transport)
}
