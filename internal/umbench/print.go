package main

import (
	"errors"
	"fmt"
	"time"
)

// print writes the tables and holds the redirector to its targets.
func print(rows []*row) error {
	fmt.Printf("\num: one processor for the server, 64 calls in flight, a call is INVITE, 302, ACK (medians of interleaved rounds; the targets: of the ratios in each)\n")
	fmt.Printf("  %-10s %9s %9s %9s %9s %7s %7s %8s %8s %6s %6s\n", "server", "mailboxes", "calls/s", "us/call", "least", "p50 us", "p99 us", "RSS MiB", "PSS MiB", "ready", "lost")
	for _, r := range rows {
		l, w := lost(r.closed)
		fmt.Printf("  %-10s %9d %9.0f %9.2f %9.2f %7.0f %7.0f %8.0f %8.0f %5.2fs %6d\n", r.name, r.mailboxes, median(r.closed, sample.rate), median(r.closed, sample.used),
			least(r.closed, sample.used), median(r.closed, sample.p50), median(r.closed, sample.p99), r.rss, r.pss, r.ready.Seconds(), l+w)
	}
	fmt.Printf("  at %d calls/s, all calls, from sending until the answer is there, and (median) until the caller reads it; the highest rate without a loss\n", steadyRate)
	for _, r := range rows {
		if len(r.paced) > 0 {
			fmt.Printf("  %-10s %9d  p50 %6.0f us (%4.0f)  p99 %6.0f us (%5.0f)  of %d calls  %6.2f us/call  highest %8.0f calls/s\n", r.name, r.mailboxes, r.there(0.5), median(r.paced, sample.p50), r.there(0.99),
				median(r.paced, sample.p99), r.arrived.Len(), median(r.paced, sample.used), r.highest)
		}
	}
	for _, r := range rows {
		for _, t := range []struct {
			name    string
			samples []sample
		}{{"tcp", r.tcp}, {"tls", r.tls}} {
			if len(t.samples) > 0 {
				fmt.Printf("  %-10s %9d  %s %8.0f calls/s %6.2f us/call  p99 %6.0f us\n", r.name, r.mailboxes, t.name, median(t.samples, sample.rate), median(t.samples, sample.used), median(t.samples, sample.p99))
			}
		}
	}
	return targets(rows)
}

// there is the latency in microseconds, until the answer is there, that the share q of the calls at the steady rate does not reach.
func (r *row) there(q float64) float64 { return float64(r.arrived.Quantile(q) / time.Microsecond) }

func find(rows []*row, name string, mailboxes int) *row {
	for _, r := range rows {
		if r.name == name && (mailboxes == 0 || r.mailboxes == mailboxes) {
			return r
		}
	}
	return nil
}

// targets says which were met. Only what depends on no other's noise is an error: an answer that was wrong.
func targets(rows []*row) error {
	say := func(what string, got, most float64) {
		verdict := "met"
		if got > most {
			verdict = "MISSED"
		}
		fmt.Printf("  %-62s %6.2f of at most %6.2f: %s\n", what, got, most, verdict)
	}
	fmt.Println("  targets")
	ours, kamailio, floor := find(rows, "siteswap", compared), find(rows, "kamailio", compared), find(rows, "echo, Go", 0)
	if ours != nil && kamailio != nil {
		say("CPU per call, of Kamailio's", ratio(ours.closed, kamailio.closed, sample.used), 0.65)
		say("Kamailio's highest rate without a loss, of ours (1/1.3)", kamailio.highest/max(1, ours.highest), 1/1.3)
		say(fmt.Sprintf("p99 at %d calls/s, of Kamailio's", steadyRate), ours.there(0.99)/max(1, kamailio.there(0.99)), 0.5)
		say("the same until the caller reads the answer, medians of turns", median(ours.paced, sample.p99)/max(1, median(kamailio.paced, sample.p99)), 0.5)
	}
	if ours != nil && floor != nil {
		say("CPU per call, of a batched echo in Go", ratio(ours.closed, floor.closed, sample.used), 1.3)
	}
	if kamailio != nil && floor != nil {
		fmt.Printf("  the batched echo in Go, which does nothing else, has %.2f of Kamailio's p99\n", floor.there(0.99)/max(1, kamailio.there(0.99)))
	}
	if small, large := find(rows, "siteswap", 100), find(rows, "siteswap", 1_000_000); small != nil && large != nil {
		say("CPU per call with a million mailboxes, of that with 100", ratio(large.closed, small.closed, sample.used), 1.25)
		say("MiB with a million mailboxes", large.rss, 150)
		if took, err := large.loads(); err == nil && len(took) > 0 {
			say("seconds to load a million mailboxes", took[0].Seconds(), 2)
		}
	}
	var errs []error
	for _, r := range rows {
		if _, wrong := lost(r.closed, r.paced, r.tcp, r.tls); wrong > 0 {
			errs = append(errs, fmt.Errorf("%s with %d mailboxes: %d wrong answers, the first %q", r.name, r.mailboxes, wrong, r.firstWrong()))
		}
	}
	return errors.Join(errs...)
}

func (r *row) firstWrong() string {
	for _, list := range [][]sample{r.closed, r.paced, r.tcp, r.tls} {
		for _, s := range list {
			if s.report.First != "" {
				return s.report.First
			}
		}
	}
	return ""
}
