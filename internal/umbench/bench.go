package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"siteswap/internal/umload"
)

// sample is one measurement of one server.
type sample struct {
	report umload.Report
	cpu    float64 // microseconds per call
}

// row is what was measured of a server.
type row struct {
	*server
	closed, paced []sample          // a new call for each that is answered; steadyRate calls per second
	arrived       *umload.Histogram // of paced, up to when the caller's system had the answer
	tcp, tls      []sample
	highest       float64 // calls per second without a loss
	rss, pss      float64
}

// steadyRate is the rate at which latencies are compared.
const steadyRate = 10_000

// turns is how often the servers take turns at the steady rate in a round: short and many, so that the good and the bad moments of
// the machine fall to all of them.
const turns = 6

// compared is the number of mailboxes with which rates and latencies are compared.
const compared = 100_000

// call measures a server once.
func (s *server) call(ctx context.Context, o umload.Options) (sample, error) {
	o.Target, o.Mailboxes, o.Echo, o.First = s.udp, s.mailboxes, s.echo, rand.Uint64N(1e9)
	switch o.Network {
	case "tls":
		o.Target = s.tls
	case "tcp":
		o.Target = s.udp
	}
	before := cpu(s.cmd.Process.Pid)
	r, err := umload.Run(ctx, o)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w; %s", s.name, err, tail(s.log))
	}
	used := cpu(s.cmd.Process.Pid) - before
	return sample{r, float64(used.Microseconds()) / float64(max(1, r.Answered))}, nil
}

// start starts all servers of the bench.
func startAll(ctx context.Context, o options, r *rig) (rows []*row, err error) {
	add := func(s *server, err error) error {
		if err == nil {
			rows = append(rows, &row{server: s, arrived: new(umload.Histogram)})
			fmt.Fprintf(os.Stderr, "umbench: %s with %d mailboxes answers after %.2f s\n", s.name, s.mailboxes, s.ready.Seconds())
		}
		return err
	}
	for field := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return rows, fmt.Errorf("-sizes: %w", err)
		}
		if err := add(r.redirector(ctx, n)); err != nil {
			return rows, err
		}
		if o.kamailio == "" {
			continue
		}
		if err := add(r.kamailioServer(ctx, n)); err != nil {
			return rows, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return rows, err
	}
	if err := add(r.floor(ctx, "echo, Go", self, "echo")); err != nil {
		return rows, err
	}
	if o.gcc == "" {
		return rows, nil
	}
	program, err := r.echoC(o.gcc)
	if err != nil {
		return rows, err
	}
	return rows, add(r.floor(ctx, "echo, C", program))
}

func bench(ctx context.Context, o options, r *rig) error {
	rows, err := startAll(ctx, o, r)
	defer func() {
		for _, r := range rows {
			r.stop()
		}
	}()
	if err != nil {
		return err
	}
	for i := range o.rounds {
		for _, w := range ways {
			if err := w.measure(ctx, o, rows); err != nil {
				return err
			}
		}
		if err := steady(ctx, o, rows); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "umbench: round %d of %d\n", i+1, o.rounds)
	}
	for _, r := range rows {
		r.rss, r.pss = memory(r.cmd.Process.Pid)
	}
	if err := peaks(ctx, o, rows); err != nil {
		return err
	}
	failed := print(rows)
	for _, s := range rows {
		if s.name == "siteswap" && s.mailboxes > compared {
			failed = errors.Join(failed, s.swap(ctx))
		}
	}
	return failed
}

// way is one way to measure: what is called how, and where the samples go.
type way struct {
	o       umload.Options
	applies func(*row) bool
	to      func(*row) *[]sample
}

// ways are those with a new call for each that is answered.
var ways = []way{
	{umload.Options{}, func(*row) bool { return true }, func(r *row) *[]sample { return &r.closed }},
	{umload.Options{Network: "tcp"}, func(r *row) bool { return !r.echo && r.mailboxes == compared }, func(r *row) *[]sample { return &r.tcp }},
	{umload.Options{Network: "tls"}, func(r *row) bool { return r.server.tls.IsValid() && r.mailboxes == compared }, func(r *row) *[]sample { return &r.tls }},
}

// measure measures each server once, in an order that is drawn.
func (w way) measure(ctx context.Context, o options, rows []*row) error {
	if w.o.Duration == 0 {
		w.o.Duration = o.round
	}
	for _, at := range rand.Perm(len(rows)) {
		r, l := rows[at], w.o
		if !w.applies(r) {
			continue
		}
		if l.Rate > 0 {
			l.Arrivals = r.arrived
		}
		s, err := r.call(ctx, l)
		if err != nil {
			return err
		}
		*w.to(r) = append(*w.to(r), s)
	}
	return nil
}

// steady measures at the steady rate those who are compared at it. The others stand still meanwhile: each has threads that wake up
// many times a second, on the processor of the one that is measured.
func steady(ctx context.Context, o options, rows []*row) error {
	in := func(r *row) bool { return r.echo || r.mailboxes == compared }
	for _, r := range rows {
		if !in(r) {
			r.signal(syscall.SIGSTOP)
			defer r.signal(syscall.SIGCONT)
		}
	}
	for range turns {
		w := way{umload.Options{Rate: steadyRate, Duration: o.round / 3}, in, func(r *row) *[]sample { return &r.paced }}
		if err := w.measure(ctx, o, rows); err != nil {
			return err
		}
	}
	return nil
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

func (s sample) rate() float64 { return s.report.Rate() }
func (s sample) used() float64 { return s.cpu }
func (s sample) p50() float64  { return float64(s.report.P50 / time.Microsecond) }
func (s sample) p99() float64  { return float64(s.report.P99 / time.Microsecond) }

func median(samples []sample, f func(sample) float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	var all []float64
	for _, s := range samples {
		all = append(all, f(s))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// ratio is the median of what one server had of what the other had in the same round: a machine that changes its pace between
// rounds, as virtual ones do, does not change it.
func ratio(one, other []sample, f func(sample) float64) float64 {
	var all []float64
	for i := range min(len(one), len(other)) {
		if of := f(other[i]); of > 0 {
			all = append(all, f(one[i])/of)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func least(samples []sample, f func(sample) float64) float64 {
	out := 0.0
	for i, s := range samples {
		if v := f(s); i == 0 || v < out {
			out = v
		}
	}
	return out
}

func lost(samples ...[]sample) (lost, wrong int) {
	for _, list := range samples {
		for _, s := range list {
			lost, wrong = lost+s.report.Lost, wrong+s.report.Wrong
		}
	}
	return lost, wrong
}
