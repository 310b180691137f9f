package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"regexp"
	"time"

	"siteswap/internal/umload"
)

// loaded is what the redirector logs when a table is in force.
const loaded = `mailboxes loaded" count=(\d+) took=(\S+)`

// loads are how long the redirector's table loads took so far, by its own log.
func (s *server) loads() (out []time.Duration, err error) {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return nil, err
	}
	for _, m := range regexp.MustCompile(loaded).FindAllSubmatch(b, -1) {
		d, err := time.ParseDuration(string(m[2]))
		if err != nil {
			return nil, fmt.Errorf("%s logs a load of %q", s.name, m[2])
		}
		out = append(out, d)
	}
	return out, nil
}

// swap touches the mailbox file under load and waits until the new table is in force.
func (s *server) swap(ctx context.Context) error {
	before, err := s.loads()
	if err != nil {
		return err
	}
	now := time.Now().Add(time.Second)
	var touched error
	again := func(rep umload.Report) {
		if rep.Placed < 2*steadyRate && touched == nil { // in the first second
			touched = os.Chtimes(s.boxes, now, now)
		}
	}
	m, err := s.call(ctx, umload.Options{Rate: steadyRate, Duration: 8 * time.Second, Every: again})
	if err != nil || touched != nil {
		return fmt.Errorf("swap: %w", cmp.Or(err, touched))
	}
	after, err := s.loads()
	if err != nil {
		return err
	}
	if len(after) <= len(before) {
		return fmt.Errorf("%s did not load its mailbox file again; %s", s.name, tail(s.log))
	}
	rss, _ := memory(s.cmd.Process.Pid)
	fmt.Printf("  %s with %d mailboxes: loaded in %v at the start; swapped at %d calls/s in %v: %d lost, %d wrong, p99 %v, then %.0f MiB\n",
		s.name, s.mailboxes, before[0], steadyRate, after[len(after)-1], m.report.Lost, m.report.Wrong, m.report.P99, rss)
	if m.report.Lost+m.report.Wrong > 0 {
		return fmt.Errorf("swap: %d calls lost, %d wrong", m.report.Lost, m.report.Wrong)
	}
	return nil
}
