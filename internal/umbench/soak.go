package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"siteswap/internal/umload"
)

// soakMailboxes is how many mailboxes the soaked redirector has.
const soakMailboxes = 100_000

// soak calls the redirector for a long time at most of its peak, with everything that disturbs: no answer may be wrong and no
// call lost, its memory must not grow, a SIGTERM must not lose a call that has begun, and after a SIGKILL, with no controller
// anywhere, it must answer as before within a second.
func soak(ctx context.Context, o options, r *rig) error {
	s, err := r.redirector(ctx, soakMailboxes)
	if err != nil {
		return err
	}
	defer func() { s.stop() }() // s is another one after the kill
	peak := o.peak
	if peak == 0 {
		if peak, err = s.peak(ctx, o); err != nil {
			return err
		}
	}
	rate := 0.7 * peak
	fmt.Printf("um soak: %.0f calls/s, of a peak of %.0f, for %v; garbage beside 1 %%, 5 %% of INVITEs twice, 1 %% unusual, strangers beside 0.2 %%\n", rate, peak, o.duration)
	disturbed := umload.Options{Target: s.udp, Mailboxes: soakMailboxes, Rate: rate, Duration: o.duration, Garbage: 0.01, Again: 0.05, Odd: 0.01, Strangers: 0.002}
	var sizes []float64
	seconds, every := 0, max(1, int(o.duration.Seconds())/10)
	disturbed.Every = func(rep umload.Report) {
		if seconds++; seconds%every == 0 {
			rss, _ := memory(s.cmd.Process.Pid)
			sizes = append(sizes, rss)
			fmt.Printf("  after %4d s: %9d calls, %d lost, %d wrong, RSS %.1f MiB, %s\n", seconds, rep.Placed, rep.Lost, rep.Wrong, rss, drops(s))
		}
	}
	rep, err := umload.Run(ctx, disturbed)
	if err != nil {
		return fmt.Errorf("soak: %w; %s", err, tail(s.log))
	}
	fmt.Printf("  %v; %d of garbage, %d answered again, %d strangers; server: %s\n", rep, rep.Garbage, rep.Again, rep.Strangers, drops(s))
	var errs []error
	if rep.Lost > 0 || rep.Wrong > 0 {
		errs = append(errs, fmt.Errorf("soak: %d lost, %d wrong, the first %q", rep.Lost, rep.Wrong, rep.First))
	}
	if n := len(sizes); n > 2 {
		// The first part fills buffers, and the garbage collector finds its pace.
		if warm := sizes[n*3/10]; sizes[n-1]-warm > max(4, warm/10) {
			errs = append(errs, fmt.Errorf("soak: the memory grew from %.1f MiB to %.1f", warm, sizes[n-1]))
		}
	}
	errs = append(errs, s.drains(ctx))
	s, err = r.killed(ctx)
	return errors.Join(append(errs, err)...)
}

// peak is the highest rate without a loss in two seconds.
func (s *server) peak(ctx context.Context, o options) (float64, error) {
	m, err := s.call(ctx, umload.Options{Duration: o.round})
	if err != nil {
		return 0, err
	}
	for rate := m.report.Rate() * 1.05; rate > 1000; rate *= 0.93 {
		m, err := s.call(ctx, umload.Options{Rate: rate, Duration: 2 * time.Second})
		if err != nil {
			return 0, err
		}
		if m.report.Lost == 0 && m.report.Rate() > 0.97*rate {
			return rate, nil
		}
	}
	return 0, errors.New("no rate without a loss was found")
}

// drains sends SIGTERM while calls come in: for its drain time OPTIONS is answered 503, upon which a PBX goes elsewhere, and
// calls are still answered. The program must end by itself with exit code 0.
func (s *server) drains(ctx context.Context) error {
	loaded := make(chan umload.Report, 1)
	told := make(chan struct{}, 1)
	go func() {
		o := umload.Options{Target: s.udp, Mailboxes: s.mailboxes, Rate: 1000, Duration: 2 * time.Second, Every: func(umload.Report) {
			select {
			case told <- struct{}{}:
			default:
			}
		}}
		rep, _ := umload.Run(ctx, o) // what went wrong is counted as lost
		loaded <- rep
	}()
	<-told
	began := time.Now()
	err := s.stop()
	rep := <-loaded
	fmt.Printf("  SIGTERM in the middle of %d calls: %d lost, %d wrong; it ended after %.2f s\n", rep.Placed, rep.Lost, rep.Wrong, time.Since(began).Seconds())
	if err == nil && (rep.Lost+rep.Wrong > 0 || rep.Placed == 0) {
		err = fmt.Errorf("SIGTERM: %d of %d calls lost, %d wrong", rep.Lost, rep.Placed, rep.Wrong)
	}
	return err
}

// killed starts the redirector, kills it, spoils its mailbox file, and starts it again.
func (r *rig) killed(ctx context.Context) (*server, error) {
	s, err := r.redirector(ctx, soakMailboxes)
	if err != nil {
		return s, err
	}
	return s, s.killed(ctx, r)
}

func (s *server) killed(ctx context.Context, r *rig) error {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
	if err := os.WriteFile(s.boxes, []byte("a line that is no mailbox\n"), 0o600); err != nil {
		return err
	}
	if err := r.start(ctx, s, s.command[0], s.command[1:]...); err != nil {
		return fmt.Errorf("after SIGKILL: %w", err)
	}
	rep, err := umload.Run(ctx, umload.Options{Target: s.udp, Mailboxes: s.mailboxes, Rate: 2000, Duration: time.Second})
	if err != nil {
		return err
	}
	fmt.Printf("  SIGKILL, its mailbox file spoiled, no controller: the first right answer after %.2f s, then %v\n", s.ready.Seconds(), rep)
	if s.ready > time.Second || rep.Lost+rep.Wrong > 0 {
		return fmt.Errorf("after SIGKILL: %.2f s, %d lost, %d wrong", s.ready.Seconds(), rep.Lost, rep.Wrong)
	}
	return nil
}
