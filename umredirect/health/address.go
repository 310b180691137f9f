package health

import (
	"net/netip"
	"time"
)

// address is one address of a target. up tells the last state that was certain; in between it is probing.
type address struct {
	at      netip.AddrPort
	state   State
	up      bool // before the doubt
	sure    bool // there was a state before the doubt
	good    int  // in a row
	bad     int
	due     time.Duration
	asked   bool // a probe is under way
	why     string
	latency time.Duration
	since   time.Duration
}

// told takes the outcome of a probe: DownAfter failures in a row make it down, UpAfter answers in a row make it up. The first
// answer of all is enough, as nothing speaks against it.
func (a *address) told(now time.Duration, o Options, latency time.Duration, why string) {
	a.asked = false
	before := a.state
	if why == "" {
		a.good, a.bad, a.latency, a.why = a.good+1, 0, latency, ""
	} else {
		a.good, a.bad, a.why = 0, a.bad+1, why
	}
	switch {
	case a.good > 0 && (a.good >= o.UpAfter || !a.sure || a.up):
		a.state, a.up, a.sure = Up, true, true
	case a.bad >= o.DownAfter:
		a.state, a.up, a.sure = Down, false, true
	case a.sure && !a.up && a.bad > 0:
		a.state = Down // one answer in between proves nothing
	default:
		a.state = Probing
	}
	if a.state != before {
		a.since = now
	}
	a.due = now + o.Every
	if a.state == Probing {
		a.due = now + o.Hurry
	}
}
