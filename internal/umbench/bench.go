package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

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

// bench measures those who are compared first, and with them what grows with the table: servers with a million mailboxes disturb all,
// asleep as they are (with them beside, p99s at the steady rate were 1.5 to 3.3 times as long, for every server).
func bench(ctx context.Context, o options, r *rig) error {
	sizes, err := numbers(o.sizes)
	if err != nil {
		return err
	}
	var b running
	defer b.stop()
	if slices.Contains(sizes, compared) {
		if err := b.start(ctx, o, r, compared); err != nil {
			return err
		}
	}
	if err := b.floors(ctx, o, r); err != nil {
		return err
	}
	for _, w := range [][]way{{plain, steady}, {tcp, tls}} { // streams leave garbage behind, which is collected in the turns that follow
		if err := rounds(ctx, o, b.rows, w); err != nil {
			return err
		}
	}
	for _, n := range sizes {
		if n == compared {
			continue
		}
		if err := b.start(ctx, o, r, n); err != nil {
			return err
		}
	}
	if err := rounds(ctx, o, b.rows, []way{plain}); err != nil {
		return err
	}
	for _, r := range b.rows {
		r.rss, r.pss = memory(r.cmd.Process.Pid)
	}
	if err := peaks(ctx, o, b.rows); err != nil {
		return err
	}
	failed := print(b.rows)
	for _, s := range b.rows {
		if s.name == "siteswap" && s.mailboxes > compared {
			failed = errors.Join(failed, s.swap(ctx))
		}
	}
	return failed
}
