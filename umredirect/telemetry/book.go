package telemetry

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"siteswap/umredirect"
	"siteswap/umredirect/hep"
)

// Options are what a book needs.
type Options struct {
	Logger    *slog.Logger
	PerSecond int             // lines; 50. Calls above that rate are counted only
	Keep      int             // calls that can be read again; 1000
	Together  func(do func()) // writes the lines of do at once: Lines.Together; nil: each as it comes
	Mirror    *hep.Sink
	// Local is where a redirector listens for a transport, for the copies.
	Local func(transport string) netip.AddrPort
}

// Entry is a call as it is read again. Numbers go up by one.
type Entry struct {
	Number    uint64    `json:"number"`
	At        time.Time `json:"at"`
	CallID    string    `json:"call_id"`
	Source    string    `json:"source"`
	Transport string    `json:"transport"`
	Called    string    `json:"called"`
	By        string    `json:"by"` // what named the called one: diversion, history-info, request-uri
	Status    int       `json:"status"`
	Target    string    `json:"target,omitempty"`
	Why       string    `json:"why"`
	Micros    int64     `json:"us"`
}

// Book takes note of calls.
type Book struct {
	o       Options
	left    atomic.Int64 // lines until the next refill
	skipped atomic.Uint64

	mu      sync.Mutex
	waiting []umredirect.Call // for their lines
	entries []Entry           // the oldest first
	last    uint64
	changed chan struct{}
	counts  map[outcome]uint64
	seconds [len(bounds) + 1]uint64
	sum     time.Duration
}

// outcome is what calls are counted by.
type outcome struct {
	status int
	target string
}

// maxOutcomes bounds the counters: targets come from the table, and tables change.
const maxOutcomes = 1000

// New makes a book; Run keeps its rate.
func New(o Options) *Book {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.PerSecond <= 0 {
		o.PerSecond = 50
	}
	if o.Keep <= 0 {
		o.Keep = 1000
	}
	if o.Together == nil {
		o.Together = func(do func()) { do() }
	}
	b := &Book{o: o, changed: make(chan struct{}), counts: map[outcome]uint64{}}
	b.left.Store(int64(o.PerSecond))
	return b
}

const (
	// linesEvery is how often lines are written: some at once cost calls less than each alone.
	linesEvery = 100 * time.Millisecond
	// heldEvery is how often while there are more calls than lines, and more lines than few: what writes them has to be fetched into
	// the processor's cache each time, what answers calls afterwards too, and one to three calls in a thousand waited for that.
	heldEvery = time.Second
	few       = 10 // lines a second
)

// Run writes lines, grants more as time passes, and says every second how many calls had none, until the context ends. They are
// granted a few at a time and not all at the beginning of a second, so that they show the whole of it; after a quiet time there are
// as many as a second has.
func (b *Book) Run(ctx context.Context) {
	rate := time.Duration(b.o.PerSecond)
	every := max(linesEvery, (time.Second+rate-1)/rate) // rounded up, so that a tick is a whole line at the least
	lines, told := time.NewTicker(every), time.NewTicker(time.Second)
	defer lines.Stop()
	defer told.Stop()
	var wrote time.Time
	var due time.Duration // in lines times seconds: what is no whole line yet is granted later
	for {
		select {
		case <-ctx.Done():
			b.write()
			b.tell()
			return
		case now := <-lines.C:
			if b.left.Load() > 0 || b.o.PerSecond <= few || now.Sub(wrote) >= heldEvery {
				b.write()
				wrote = now
			}
			due += rate * every
			b.grant(int64(due / time.Second))
			due %= time.Second
		case <-told.C:
			b.tell()
		}
	}
}

// grant allows n more lines, and never more than a second has. Calls beyond the rate took none away.
func (b *Book) grant(n int64) {
	for {
		now := b.left.Load()
		if b.left.CompareAndSwap(now, min(max(now, 0)+n, int64(b.o.PerSecond))) {
			return
		}
	}
}

// tell says how many calls had no line.
func (b *Book) tell() {
	if n := b.skipped.Swap(0); n > 0 {
		b.o.Logger.Info("calls without a line", "count", n, "limit_per_second", b.o.PerSecond)
	}
}

// Wanted says whether a plain call would get a line, and counts it when it gets none. The redirector asks for every one, so it costs
// next to nothing.
func (b *Book) Wanted() bool {
	if b.left.Load() > 0 {
		return true
	}
	b.skipped.Add(1)
	return false
}

// Note takes note of a call that was looked at. Its line is written by Run: no call waits for a disk.
func (b *Book) Note(c umredirect.Call) {
	b.count(c)
	b.mirror(c)
	if b.left.Add(-1) < 0 {
		b.skipped.Add(1)
		return
	}
	c.Request, c.Answer = nil, nil // which the redirector uses again
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = append(b.waiting, c) // at most as many as two seconds have lines
}

// write writes the lines of the calls that wait for theirs.
func (b *Book) write() {
	b.mu.Lock()
	calls := b.waiting
	b.waiting = nil
	b.mu.Unlock()
	if len(calls) == 0 {
		return
	}
	entries := make([]Entry, 0, len(calls))
	b.o.Together(func() {
		for i := range calls {
			entries = append(entries, b.line(&calls[i]))
			runtime.Gosched() // with one processor for all, calls wait for one line and not for all of them
		}
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range entries {
		b.last++
		e.Number = b.last
		b.entries = append(b.entries, e)
	}
	if over := len(b.entries) - b.o.Keep; over > 0 {
		b.entries = slices.Delete(b.entries, 0, max(over, b.o.Keep/10)) // now and then, not at each call
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// line writes the line of a call.
func (b *Book) line(c *umredirect.Call) Entry {
	e := Entry{At: c.At.UTC(), CallID: c.CallID, Source: c.Source.String(), Transport: c.Transport, Called: c.Called, By: c.By,
		Status: c.Status, Target: c.Target, Why: c.Why, Micros: c.Took.Microseconds()}
	b.o.Logger.Info("call", "call_id", e.CallID, "source", e.Source, "transport", e.Transport, "called", e.Called, "by", e.By,
		"status", e.Status, "target", e.Target, "why", e.Why, "us", e.Micros)
	return e
}

// mirror copies the request and its answer to Homer.
func (b *Book) mirror(c umredirect.Call) {
	m := b.o.Mirror
	if m == nil || b.o.Local == nil || !m.Chosen() {
		return
	}
	in := hep.Packet{At: c.At, From: c.Source, To: b.o.Local(c.Transport), Protocol: hep.TCP, CallID: c.CallID, Payload: bytes.Clone(c.Request)}
	if c.Transport == "udp" {
		in.Protocol = hep.UDP
	}
	out := in
	out.At, out.From, out.To, out.Payload = c.At.Add(c.Took), in.To, in.From, bytes.Clone(c.Answer)
	m.Send(in, out)
}

func (b *Book) count(c umredirect.Call) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k := (outcome{c.Status, c.Target}); !c.Fast {
		if _, known := b.counts[k]; !known && len(b.counts) >= maxOutcomes {
			k.target = "other"
		}
		b.counts[k]++
	}
	i := 0
	for i < len(bounds) && c.Took.Seconds() > bounds[i] {
		i++
	}
	b.seconds[i]++
	b.sum += c.Took
}

// After are the calls with a higher number, the oldest first. Without any it waits for one until the context ends.
func (b *Book) After(ctx context.Context, number uint64) []Entry {
	for {
		b.mu.Lock()
		if number > b.last {
			number = 0 // of an earlier life of the redirector
		}
		i, _ := slices.BinarySearchFunc(b.entries, number+1, func(e Entry, n uint64) int {
			switch {
			case e.Number < n:
				return -1
			case e.Number > n:
				return 1
			}
			return 0
		})
		out := slices.Clone(b.entries[i:])
		changed := b.changed
		b.mu.Unlock()
		if len(out) > 0 {
			return out
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return []Entry{}
		}
	}
}
