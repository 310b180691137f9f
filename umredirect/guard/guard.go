// Package guard says who is answered: peers, up to a limit for each source.
//
// Peers are listed, as UM IP gateways are in Exchange; everybody else gets silence, which neither confirms that somebody is
// here nor sends traffic to whoever's address was forged. A source that is listed but asks too often is silent for a while:
// its address may be forged too. What is remembered of sources has a fixed size, whoever floods.
package guard

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Options are the rules.
type Options struct {
	Peers  []netip.Prefix // who is answered
	Allow  []netip.Prefix // peers without a limit
	Rate   int            // datagrams per second of one source; 2000, which is more than a PBX of a large company sends; below 0: no limit
	Burst  int            // at once; twice the rate
	Block  time.Duration  // silence for a source that goes beyond; 10 s
	Marks  []string       // in lower case: what the User-Agent of a scanner holds; the known ones unless set
	Jail   time.Duration  // silence for the source of a scanner; an hour
	Memory int            // sources that are remembered; 64 k
}

// Verdict is what a datagram gets.
type Verdict uint8

// The verdicts; all but Answer are silence.
const (
	Answer   Verdict = iota
	Stranger         // no peer
	Blocked          // a peer beyond its limit
	Scanner          // a known scanner
)

// Counts are how many datagrams got silence.
type Counts struct {
	Strangers uint64 `json:"strangers"`
	Blocked   uint64 `json:"blocked"`
	Scanners  uint64 `json:"scanners"`
	Blocks    uint64 `json:"blocks"` // how often a source was blocked
}

// Guard holds the rules and what is remembered of sources.
type Guard struct {
	o     Options
	exact map[netip.Addr]bool // peers that are one address: whether they are without a limit
	seed  maphash.Seed
	sets  []set

	strangers, blocked, scanners, blocks atomic.Uint64
}

// ways is how many sources share a set; the one that was quiet longest gives way.
const ways = 4

type set struct {
	mu      sync.Mutex
	sources [ways]source
}

// source is a bucket of tokens.
type source struct {
	addr   netip.Addr
	tokens float64
	seen   int64 // nanoseconds
	until  int64 // blocked
}

// New makes a guard.
func New(o Options) *Guard {
	if o.Rate == 0 {
		o.Rate = 2000
	}
	if o.Burst == 0 {
		o.Burst = 2 * o.Rate
	}
	if o.Block == 0 {
		o.Block = 10 * time.Second
	}
	if o.Jail == 0 {
		o.Jail = time.Hour
	}
	if o.Memory == 0 {
		o.Memory = 64 << 10
	}
	if o.Marks == nil {
		o.Marks = Marks()
	}
	g := &Guard{o: o, exact: map[netip.Addr]bool{}, seed: maphash.MakeSeed(), sets: make([]set, max(1, o.Memory/ways))}
	for _, p := range o.Peers {
		if p.IsSingleIP() {
			g.exact[p.Addr().Unmap()] = contains(o.Allow, p.Addr())
		}
	}
	return g
}

func contains(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Peer says whether the address is listed, whatever it did.
func (g *Guard) Peer(addr netip.Addr) bool {
	if _, listed := g.exact[addr]; listed {
		return true
	}
	return contains(g.o.Peers, addr.WithZone(""))
}

// Look says what a datagram of the source gets, and counts it.
func (g *Guard) Look(addr netip.Addr, now time.Time) Verdict {
	free, listed := g.exact[addr]
	if !listed {
		plain := addr.WithZone("")
		if !contains(g.o.Peers, plain) {
			g.strangers.Add(1)
			return Stranger
		}
		free = contains(g.o.Allow, plain)
	}
	if free || g.take(addr, now.UnixNano()) {
		return Answer
	}
	g.blocked.Add(1)
	return Blocked
}

// take takes a token of the source; false when it is blocked.
func (g *Guard) take(addr netip.Addr, now int64) bool {
	s := g.set(addr)
	s.mu.Lock()
	defer s.mu.Unlock()
	src := s.find(addr, now, float64(g.o.Burst))
	if now < src.until {
		return false
	}
	if g.o.Rate < 0 {
		return true
	}
	if src.until != 0 { // the block has run out
		src.until, src.tokens = 0, float64(g.o.Burst)
	}
	passed := max(0, now-src.seen)
	src.tokens = min(float64(g.o.Burst), src.tokens+float64(passed)/1e9*float64(g.o.Rate))
	src.seen = now
	if src.tokens < 1 {
		src.until = now + int64(g.o.Block)
		g.blocks.Add(1)
		return false
	}
	src.tokens--
	return true
}

func (g *Guard) set(addr netip.Addr) *set {
	return &g.sets[maphash.Comparable(g.seed, addr)%uint64(len(g.sets))]
}

// find is the place of an address; a new one takes the place of who was quiet longest and is not blocked, if there is one.
func (s *set) find(addr netip.Addr, now int64, tokens float64) *source {
	oldest := &s.sources[0]
	for i := range s.sources {
		src := &s.sources[i]
		if src.addr == addr {
			return src
		}
		blocked, other := now < src.until, now < oldest.until
		if blocked == other && src.seen < oldest.seen || !blocked && other {
			oldest = src
		}
	}
	*oldest = source{addr: addr, tokens: tokens, seen: now}
	return oldest
}

// Counts says how much got silence so far.
func (g *Guard) Counts() Counts {
	return Counts{g.strangers.Load(), g.blocked.Load(), g.scanners.Load(), g.blocks.Load()}
}
