package batch

import "time"

const (
	window = time.Millisecond      // over which the pace is taken
	sample = 4                     // datagrams of which it is taken to begin with, twice: the first calls of a stream should not all wait
	most   = 3                     // fits that count, so that one window with too few is forgiven: a sender stands still for a moment now and then
	ended  = 20 * time.Millisecond // between datagrams: the stream is no more
)

// pace says whether the next datagram comes so soon that to look for it takes less time than to sleep and be woken. A processor
// that has gone to sleep takes 20 us to come back, on virtual machines 50: most of what an answer takes at a few thousand calls
// per second (docs/um-load.md). Where datagrams come so close that they wait for each other, sleep costs them nothing, and it
// lets more of them come together, which is less work for each.
//
// What counts is how many came in how much time, and not how long each was waited for: when the machine stands still for a
// moment many come at once, at the same pace as before.
type pace struct {
	limit time.Duration // how long to look; 0: never
	fits  int           // how many times it was such a pace, up to most
	since time.Time
	n     int // datagrams since then
}

// look says whether to look for the next datagram before sleeping.
func (p *pace) look() bool { return p.fits > 1 }

// came takes note of the datagrams that one Read got, and when.
func (p *pace) came(n int, now time.Time) {
	took := now.Sub(p.since)
	if p.n += n; took < window && (p.look() || p.n < sample) {
		return
	}
	switch apart := took / time.Duration(max(1, p.n)); {
	case apart < p.limit/16 || apart > ended:
		p.fits = 0
	case apart < p.limit/2:
		p.fits = min(p.fits+1, most)
	default:
		p.fits = max(p.fits-1, 0)
	}
	p.since, p.n = now, 0
}
