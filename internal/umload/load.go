package umload

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"time"
)

// Options are what to call and how.
type Options struct {
	Target    netip.AddrPort
	Network   string     // udp unless set; tcp, or tls without a look at the certificate
	Local     netip.Addr // where the calls come from; any unless set
	Mailboxes int        // 0 to this many are called, in no order; 100
	Rate      float64    // calls per second, whatever becomes of them; 0: a new one for each that is answered
	InFlight  int        // at rate 0; 64
	Duration  time.Duration
	Patience  time.Duration // after which a call is lost; a second
	First     uint64        // number of the first call, so that the calls of several runs differ
	Seed      uint64        // of what is drawn

	Echo bool // the other side only sends datagrams back: any with the number of a call is right

	// Shares of the calls, from 0 to 1.
	Again     float64 // whose INVITE is sent twice
	Odd       float64 // whose INVITE is written in an unusual way
	Garbage   float64 // beside which garbage is sent
	Strangers float64 // beside which somebody calls who is nobody's peer

	// Arrivals, if set, gets the latencies up to when the system had the answers, beside those of before; UDP only. What is in the
	// Report ends when this program reads an answer: a moment in which its own processor stands still is counted as the server's.
	Arrivals *Histogram

	// Busy looks for answers all the time, UDP only: between two looks the caller's processor does not fall asleep, which takes some
	// ten microseconds to be left and would be counted as the server's.
	Busy bool

	Every func(Report) // what is known after each second; nil: nobody is told
}

func (o Options) settled() Options {
	if o.Network == "" {
		o.Network = "udp"
	}
	if o.Mailboxes == 0 {
		o.Mailboxes = 100
	}
	if o.InFlight == 0 {
		o.InFlight = 64
	}
	if o.Patience == 0 {
		o.Patience = time.Second
	}
	return o
}

// Run calls until the duration is over or the context ends, and waits for the last answers.
func Run(ctx context.Context, o Options) (Report, error) {
	if o = o.settled(); o.Network != "udp" && o.Arrivals != nil {
		return Report{}, fmt.Errorf("call %s over %s: when answers arrive is known of UDP only", o.Target, o.Network)
	} else if o.Network != "udp" {
		return runStreams(ctx, o)
	}
	return runUDP(ctx, o)
}

// ring is how many calls are remembered.
const ring = 1 << 18

// flight is one call.
type flight struct {
	id       uint64
	sent     time.Duration // since the beginning
	mailbox  int32
	sum      uint32 // of the first answer
	answered bool
	twice    bool
	lost     bool
}

// book knows the calls that are under way.
type book struct {
	o       Options
	rand    *rand.Rand
	start   time.Time
	calls   []flight
	next    uint64 // number of the next call
	oldest  uint64 // the oldest that is neither answered nor lost
	pending int
	report  Report
	hist    Histogram
}

func newBook(o Options) *book {
	return &book{o: o, rand: rand.New(rand.NewPCG(o.Seed, o.First)), start: time.Now(), calls: make([]flight, ring), next: o.First, oldest: o.First}
}

// begin starts the clock, with what a first touch of the memory and a collection of garbage cost paid before: otherwise a run
// begins with a pause of ten milliseconds, and a hundred calls at once.
func (b *book) begin() {
	const page = 64 // elements: fewer than a page of 4 KiB has
	for i := 0; i < len(b.calls); i += page {
		b.calls[i] = flight{}
	}
	for i := 0; i < len(b.hist.counts); i += page {
		b.hist.counts[i] = 0
	}
	runtime.GC()
	b.start = time.Now()
}

func (b *book) since() time.Duration { return time.Since(b.start) }

// place begins a call.
func (b *book) place(now time.Duration) *flight {
	f := &b.calls[b.next%ring]
	*f = flight{id: b.next, sent: now, mailbox: int32(b.rand.IntN(b.o.Mailboxes))}
	b.next++
	b.pending++
	b.report.Placed++
	return f
}

// due is how many calls are to be placed now.
func (b *book) due(now time.Duration) int {
	if b.o.Rate > 0 {
		return min(int(b.o.Rate*min(now, b.o.Duration).Seconds())-b.report.Placed, ring/2-b.pending)
	}
	if now >= b.o.Duration {
		return 0
	}
	return b.o.InFlight - b.pending
}

// wait is how long until the next call is due, or something must be looked at.
func (b *book) wait(now time.Duration) time.Duration {
	if b.o.Rate == 0 || now >= b.o.Duration {
		return 10 * time.Millisecond
	}
	at := time.Duration(float64(b.report.Placed+1) / b.o.Rate * float64(time.Second))
	return max(0, min(at-now, 10*time.Millisecond))
}

// take looks at an answer that came at one time and is read at another; nil for one that belongs to no call of ours or that was
// there before.
func (b *book) take(answer []byte, came, now time.Duration) *flight {
	id, ok := callOf(answer)
	if !ok {
		if right(answer, 0, 0) || len(answer) > 11 && string(answer[8:11]) == "302" {
			b.wrong(answer)
		}
		return nil
	}
	f := &b.calls[id%ring]
	switch {
	case f.id != id:
		return nil // from long ago
	case f.answered:
		b.report.Again++
		if f.sum != sum(answer) {
			b.wrong(answer)
		}
		return nil
	case !b.o.Echo && !right(answer, id, int(f.mailbox)):
		b.wrong(answer)
	}
	f.answered, f.sum = true, sum(answer)
	if !f.lost {
		b.pending--
		b.report.Answered++
		b.hist.Add(now - f.sent)
		if b.o.Arrivals != nil {
			b.o.Arrivals.Add(max(0, came-f.sent))
		}
	}
	return f
}

func (b *book) wrong(answer []byte) {
	if b.report.Wrong++; b.report.First == "" {
		b.report.First = string(answer)
	}
}

// expire counts the calls that nobody answered in time.
func (b *book) expire(now time.Duration) {
	for ; b.oldest < b.next; b.oldest++ {
		f := &b.calls[b.oldest%ring]
		if f.answered || f.lost {
			continue
		}
		if now-f.sent < b.o.Patience {
			return
		}
		f.lost = true
		b.pending--
		b.report.Lost++
	}
}

// done fills in what is known at the end.
func (b *book) done(now time.Duration) Report {
	b.report.Took = min(now, b.o.Duration)
	b.report.P50, b.report.P99, b.report.Max = b.hist.Quantile(0.5), b.hist.Quantile(0.99), b.hist.max
	return b.report
}

// sum is FNV-1a.
func sum(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return h
}
