package mail

import (
	"slices"
	"sync"
	"time"
)

// Served counts the clients of a name.
type Served struct {
	Clients int
	Served  int
	Since   time.Time // of the last change of the name; zero before its clients were all served for the first time
}

// Outage is a time in which a name was not served. End is zero while it lasts.
type Outage struct {
	Name       string
	Start, End time.Time
}

// board records who is served. Times may arrive late: a client learns only after its timeout that it was not served since
// it sent.
type board struct {
	onServed func(name, client string, at time.Time, up bool)
	onName   func(name string, at time.Time, up bool)

	mu    sync.Mutex
	names map[string]*nameBoard
	count map[string]int64 // acknowledged, by database
	felt  Sessions
}

// Sessions are what clients felt without being unserved.
type Sessions struct {
	Broken   int // a connection was reset under a client, which then connects anew
	Restarts int // a client was told to quit and start again, because its database had moved
}

func (b *board) broke() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.felt.Broken++
}

func (b *board) restarted() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.felt.Restarts++
}

func (b *board) sessions() Sessions {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.felt
}

type nameBoard struct {
	up      map[string]bool // by client
	all     bool            // every client is served
	began   bool            // and once was
	since   time.Time
	outages []Outage
}

func newBoard(o ClientsOptions) *board {
	b := &board{onServed: o.OnServed, onName: o.OnName, names: map[string]*nameBoard{}, count: map[string]int64{}}
	if b.onServed == nil {
		b.onServed = func(string, string, time.Time, bool) {}
	}
	if b.onName == nil {
		b.onName = func(string, time.Time, bool) {}
	}
	return b
}

func (b *board) enter(name, client string) {
	if b.names[name] == nil {
		b.names[name] = &nameBoard{up: map[string]bool{}}
	}
	b.names[name].up[client] = false
}

// failed: the message that the client sent at a time got no ACK.
func (b *board) failed(name, client string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.names[name]
	if !n.up[client] {
		return
	}
	n.up[client] = false
	b.onServed(name, client, at, false)
	if !n.began {
		return
	}
	last := len(n.outages) - 1
	if !n.all {
		if at.Before(n.outages[last].Start) {
			n.outages[last].Start, n.since = at, at
		}
		return
	}
	n.all = false
	if last >= 0 && !at.After(n.outages[last].End) {
		// This client was already not served when the others were served again: the outage goes on.
		n.outages[last].End = time.Time{}
		if at.Before(n.outages[last].Start) {
			n.outages[last].Start = at
		}
		at = n.outages[last].Start
	} else {
		n.outages = append(n.outages, Outage{Name: name, Start: at})
	}
	n.since = at
	b.onName(name, at, false)
}

// acked: the client has an ACK.
func (b *board) acked(t Target, client string, at time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count[t.Database]++
	n := b.names[t.Name]
	if n.up[client] {
		return
	}
	n.up[client] = true
	b.onServed(t.Name, client, at, true)
	for _, up := range n.up {
		if !up {
			return
		}
	}
	if n.began {
		n.outages[len(n.outages)-1].End = at
	}
	n.all, n.began, n.since = true, true, at
	b.onName(t.Name, at, true)
}

func (b *board) served() map[string]Served {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[string]Served{}
	for name, n := range b.names {
		s := Served{Clients: len(n.up), Since: n.since}
		for _, up := range n.up {
			if up {
				s.Served++
			}
		}
		out[name] = s
	}
	return out
}

func (b *board) list() []Outage {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Outage
	for _, n := range b.names {
		out = append(out, n.outages...)
	}
	slices.SortFunc(out, func(x, y Outage) int {
		if c := x.Start.Compare(y.Start); c != 0 {
			return c
		}
		if x.Name < y.Name {
			return -1
		}
		return 1
	})
	return out
}

func (b *board) acknowledged(db string) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.count[db]
}
