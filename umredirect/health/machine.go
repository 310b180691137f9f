package health

import (
	"net/netip"
	"slices"
	"time"
)

// Options are the thresholds.
type Options struct {
	Every     time.Duration // between two probes of an address; 10 s
	Hurry     time.Duration // between two while it is in doubt; a fifth of Every
	Resolve   time.Duration // between two lookups of a name; 3 times Every
	DownAfter int           // failures in a row; 3
	UpAfter   int           // answers in a row; 2
	// Self are the addresses of every redirector. A name that leads to one would send calls round in circles, which is for the
	// caller to notice (RFC 3261, section 8.1.3.4): it counts as dead.
	Self []netip.AddrPort
}

func (o Options) filled() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&o.Every, 10*time.Second)
	set(&o.Hurry, o.Every/5)
	set(&o.Resolve, 3*o.Every)
	if o.DownAfter <= 0 {
		o.DownAfter = 3
	}
	if o.UpAfter <= 0 {
		o.UpAfter = 2
	}
	return o
}

// Machine knows how every target is. All instants are on one clock of the caller's, which only goes forward.
type Machine struct {
	o       Options
	targets []*watched
}

// watched is a target with its addresses.
type watched struct {
	t         Target
	addresses []*address
	due       time.Duration // next lookup
	asked     bool
	missing   int // answers in a row that there is no such name
	unsure    int // lookups in a row that nobody answered
	why       string
	since     time.Duration
	state     State
	dead      bool // as of the last certain state
	circle    bool // an address is a redirector's
}

// Probe is an address that is to be asked.
type Probe struct {
	Target  Target
	Address netip.AddrPort
}

// NewMachine watches nothing yet.
func NewMachine(o Options) *Machine { return &Machine{o: o.filled()} }

// SetTargets says what to watch from now on. What was watched before keeps its state.
func (m *Machine) SetTargets(now time.Duration, targets []Target) {
	var next []*watched
	for _, t := range targets {
		if slices.ContainsFunc(next, func(w *watched) bool { return w.t == t }) {
			continue
		}
		w := m.find(t)
		if w == nil {
			w = &watched{t: t, due: now, since: now, state: Unknown}
		}
		next = append(next, w)
	}
	m.targets = next
}

func (m *Machine) find(t Target) *watched {
	for _, w := range m.targets {
		if w.t == t {
			return w
		}
	}
	return nil
}

// Due is what must be done now, each until its outcome is told, and when something is due next; never when nothing is.
func (m *Machine) Due(now time.Duration) (lookups []Target, probes []Probe, next time.Duration, any bool) {
	later := func(at time.Duration) {
		if !any || at < next {
			next, any = at, true
		}
	}
	for _, w := range m.targets {
		switch {
		case w.asked:
		case w.due <= now:
			w.asked = true
			lookups = append(lookups, w.t)
		default:
			later(w.due)
		}
		for _, a := range w.addresses {
			switch {
			case a.asked:
			case a.due <= now:
				a.asked = true
				probes = append(probes, Probe{w.t, a.at})
			default:
				later(a.due)
			}
		}
	}
	return lookups, probes, next, any
}

// Resolved tells the outcome of a lookup. While nobody answers, the addresses that were known go on being probed: a PBX has
// them in its cache, too.
func (m *Machine) Resolved(now time.Duration, t Target, l Lookup) {
	w := m.find(t)
	if w == nil {
		return
	}
	w.asked, w.due = false, now+m.o.Resolve
	switch {
	case l.good():
		w.missing, w.unsure, w.why, w.circle = 0, 0, "", false
		var next []*address
		for _, at := range l.Addresses {
			if slices.Contains(m.o.Self, at) {
				w.circle, w.why = true, at.String()+" is a redirector"
				continue
			}
			i := slices.IndexFunc(w.addresses, func(a *address) bool { return a.at == at })
			if i < 0 {
				next = append(next, &address{at: at, state: Unknown, due: now, since: now})
				continue
			}
			next = append(next, w.addresses[i])
		}
		w.addresses = next
	case l.NoSuchName:
		w.missing, w.unsure, w.why = w.missing+1, 0, l.Why
		w.due = now + m.o.Hurry
		if w.missing >= m.o.DownAfter {
			w.due = now + m.o.Every
		}
	default:
		w.missing, w.unsure, w.why = 0, w.unsure+1, l.Why
		w.due = now + m.o.Every
	}
	w.settle(now, m.o)
}

// Probed tells the outcome of a probe; why is empty when the server answered.
func (m *Machine) Probed(now time.Duration, p Probe, latency time.Duration, why string) {
	w := m.find(p.Target)
	if w == nil {
		return
	}
	for _, a := range w.addresses {
		if a.at == p.Address {
			a.told(now, m.o, latency, why)
		}
	}
	w.settle(now, m.o)
}

// settle is the target's state from that of its name and its addresses. One address that answers is enough: whoever calls
// tries them all (RFC 3263, section 4.3). A name that is not there is dead whatever its old addresses answer.
func (w *watched) settle(now time.Duration, o Options) {
	next := w.fromAddresses()
	switch {
	case w.missing >= o.DownAfter || w.circle:
		next = Down
	case w.missing > 0 && w.state != Down:
		next = Probing
	case w.missing > 0:
		next = Down
	}
	if next != w.state {
		w.state, w.since = next, now
	}
	if next != Probing {
		w.dead = next == Down
	}
}

func (w *watched) fromAddresses() State {
	count := map[State]int{}
	for _, a := range w.addresses {
		s := a.state
		if s == Probing && a.up {
			return Probing // it still counts as alive
		}
		count[s]++
	}
	switch {
	case count[Up] > 0:
		return Up
	case count[Probing] > 0:
		return Probing
	case count[Unknown] > 0 || len(w.addresses) == 0:
		return Unknown
	}
	return Down
}
