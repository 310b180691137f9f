package guard

import (
	"net/netip"
	"strings"
	"time"
)

// Marks are what the User-Agents of the widespread scanners hold, in lower case. They rarely hide it, and no PBX says so of
// itself.
func Marks() []string {
	return []string{"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipscan", "sundayddr", "pplsip", "vaxsipuseragent", "iwar", "smap", "svmap", "svwar", "svcrack", "sipptk", "warvox", "sip-bruteforce"}
}

// Scans says whether a User-Agent is a scanner's. Its source gets silence from then on, unless it has no limit.
func (g *Guard) Scans(agent string, addr netip.Addr, now time.Time) bool {
	if !g.Marked(agent) {
		return false
	}
	g.scanners.Add(1)
	if !contains(g.o.Allow, addr.WithZone("")) {
		s := g.set(addr)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.find(addr, now.UnixNano(), float64(g.o.Burst)).until = now.Add(g.o.Jail).UnixNano()
		g.blocks.Add(1)
	}
	return true
}

// Marked says whether a User-Agent is a scanner's.
func (g *Guard) Marked(agent string) bool {
	agent = strings.ToLower(agent)
	for _, mark := range g.o.Marks {
		if strings.Contains(agent, mark) {
			return true
		}
	}
	return false
}
