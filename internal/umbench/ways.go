package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"time"

	"siteswap/internal/umload"
)

// way is one way to measure: what is called how, and where the samples go.
type way struct {
	o       umload.Options
	turns   int  // in a round; of more than one each is a third as long. Bad moments of the machine then fall to all servers
	alone   bool // the other servers stand still
	applies func(*row) bool
	to      func(*row) *[]sample
}

var (
	// plain is with a new call for each that is answered; so are tcp and tls.
	plain = way{umload.Options{}, 1, false, func(*row) bool { return true }, func(r *row) *[]sample { return &r.closed }}
	tcp   = way{umload.Options{Network: "tcp"}, 1, false, func(r *row) bool { return !r.echo }, func(r *row) *[]sample { return &r.tcp }}
	tls   = way{umload.Options{Network: "tls"}, 1, false, func(r *row) bool { return r.server.tls.IsValid() }, func(r *row) *[]sample { return &r.tls }}
	// steady is the way in which latencies are compared. It comes after plain, which has touched the servers' memory. The caller's
	// processor stays awake: how long it takes to wake up is not the server's. The other servers stand still meanwhile.
	steady = way{umload.Options{Rate: steadyRate, Busy: true}, 20, true, func(*row) bool { return true }, func(r *row) *[]sample { return &r.paced }}
)

// rounds measures in these ways by turns.
func rounds(ctx context.Context, o options, rows []*row, ways []way) error {
	for i := range o.rounds {
		for _, w := range ways {
			for range w.turns {
				if err := w.measure(ctx, o, rows); err != nil {
					return err
				}
			}
		}
		fmt.Fprintf(os.Stderr, "umbench: round %d of %d with %d servers\n", i+1, o.rounds, len(rows))
	}
	return nil
}

// measure measures each server once, in an order that is drawn.
func (w way) measure(ctx context.Context, o options, rows []*row) error {
	if w.o.Duration = o.round; w.turns > 1 {
		w.o.Duration /= 3
	}
	for _, at := range rand.Perm(len(rows)) {
		r, l := rows[at], w.o
		if !w.applies(r) {
			continue
		}
		if l.Rate > 0 {
			l.Arrivals = r.arrived
		}
		var others []*row
		if w.alone {
			others = rows
		}
		s, err := r.aside(ctx, others, l)
		if err != nil {
			return err
		}
		*w.to(r) = append(*w.to(r), s)
	}
	return nil
}

// aside measures a server while the others stand still (SIGSTOP). Asleep as they are, they wake up for timers of their own, on the one
// processor that all have: Kamailio's processes 17 times a second, ours 38 times. That made 0.6 % of the calls wait for 25 to 80 us.
func (r *row) aside(ctx context.Context, others []*row, o umload.Options) (sample, error) {
	for _, other := range others {
		if other != r {
			other.signal(syscall.SIGSTOP)
			defer other.signal(syscall.SIGCONT)
		}
	}
	if len(others) > 0 { // what it has missed while it stood still itself is made up for before
		if _, err := r.call(ctx, umload.Options{InFlight: 1, Duration: 20 * time.Millisecond}); err != nil {
			return sample{}, err
		}
	}
	return r.call(ctx, o)
}

// peaks looks for the highest rate without a loss: downwards from more than a server can do, in interleaved steps of a
// twentieth, and the rate must hold twice.
func peaks(ctx context.Context, o options, rows []*row) error {
	type search struct {
		*row
		rate float64
	}
	var left []search
	for _, r := range rows {
		if r.echo || r.mailboxes == compared {
			left = append(left, search{r, median(r.closed, sample.rate) * 1.1})
		}
	}
	for len(left) > 0 {
		for i := range left {
			s := &left[i]
			s.rate *= 0.95
			good := true
			for range 2 {
				m, err := s.call(ctx, umload.Options{Rate: s.rate, Duration: o.round})
				if err != nil {
					return err
				}
				if good = good && m.report.Lost == 0 && m.report.Unsent == 0 && m.report.Rate() > 0.97*s.rate; !good {
					break
				}
			}
			if good {
				s.highest = s.rate
			}
		}
		left = slices.DeleteFunc(left, func(s search) bool { return s.highest > 0 || s.rate < 1000 })
	}
	return nil
}
