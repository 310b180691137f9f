package health_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/umredirect/health"
)

// scene is a network as the test says.
type scene struct {
	mu     sync.Mutex
	names  map[string]health.Lookup
	silent map[netip.AddrPort]bool
	asked  int
}

func (s *scene) Lookup(_ context.Context, t health.Target) health.Lookup {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[t.Host]
}

func (s *scene) Probe(ctx context.Context, p health.Probe) error {
	s.mu.Lock()
	s.asked++
	silent := s.silent[p.Address]
	s.mu.Unlock()
	if !silent {
		return nil
	}
	select {
	case <-time.After(2 * time.Second):
		return errors.New("no answer in 2s")
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *scene) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// A server falls silent: it is known to be dead within a probe's distance, three timeouts and two short pauses. It comes back:
// two answers. The name goes: at once an alarm, dead after three answers.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{names: map[string]health.Lookup{old.Host: {Addresses: at(one.String())}, current.Host: {Addresses: at(two.String())}}, silent: map[netip.AddrPort]bool{}}
		var reports int
		w := &health.Watcher{Names: s, Prober: s, OnReport: func([]health.Status) { reports++ }}
		w.SetTargets([]health.Target{old, current})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); w.Run(ctx) }()
		expect := func(after time.Duration, state health.State, dead bool, alarms int) {
			t.Helper()
			time.Sleep(after)
			synctest.Wait()
			r := w.Report()
			if len(r) != 2 || r[0].State != state || r[0].Dead != dead || len(health.Alarms(r)) != alarms || r[1].State != health.Up {
				t.Errorf("after %v, want %s %v %d: %s %v %v", after, state, dead, alarms, r[0].State, r[0].Dead, health.Alarms(r))
			}
		}
		expect(time.Second, health.Up, false, 0)
		before := reports
		expect(time.Hour, health.Up, false, 0)
		if reports != before {
			t.Errorf("%d reports in an hour without news", reports-before)
		}
		s.set(func() { s.silent[one] = true })
		expect(13*time.Second, health.Probing, false, 0)
		expect(7*time.Second, health.Down, true, 1)
		s.set(func() { s.silent[one] = false })
		expect(10*time.Second, health.Probing, true, 0)
		expect(3*time.Second, health.Up, false, 0)
		s.set(func() { s.names[old.Host] = health.Lookup{NoSuchName: true, Why: "gone"} })
		expect(30*time.Second, health.Down, true, 1)
		s.set(func() { s.names[old.Host] = health.Lookup{Addresses: at(one.String())} })
		expect(11*time.Second, health.Up, false, 0)
		w.SetTargets([]health.Target{current})
		synctest.Wait()
		if r := w.Report(); len(r) != 1 {
			t.Errorf("another table: %+v", r)
		}
		cancel()
		<-done
	})
}

// Nobody answers at all: every question ends when the watcher does.
func TestWatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &scene{names: map[string]health.Lookup{}, silent: map[netip.AddrPort]bool{one: true}}
		var targets []health.Target
		for i := range 200 {
			h := health.Target{Host: old.Host, Port: 1 + i, Transport: "tcp"}
			targets = append(targets, h)
		}
		s.names[old.Host] = health.Lookup{Addresses: at(one.String())}
		w := &health.Watcher{Names: s, Prober: s}
		w.SetTargets(targets)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Run(ctx)
		if s.asked == 0 || s.asked > 64 {
			t.Errorf("%d probes under way at once", s.asked)
		}
	})
}
