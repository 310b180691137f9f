package names_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/lab/names"
)

// site is a server, a clock and a resolver of its own for one test.
type site struct {
	*names.Server
	clock   *clock
	address string
	stop    func()
	asked   atomic.Int32
	fault   atomic.Uint32
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{clock: newClock()}
	s.Server = newServer(t, names.Options{Gate: func(names.Request) names.Action {
		s.asked.Add(1)
		return names.Action{Fault: names.Fault(s.fault.Load())}
	}})
	s.address, s.stop = start(t, s.Server)
	return s
}

func (s *site) resolver(more ...string) *names.Resolver {
	return names.NewResolver(names.ResolverOptions{Upstreams: append(more, s.address), Now: s.clock.now, Timeout: 2 * time.Second})
}

func lookup(t *testing.T, r *names.Resolver, name string, want ...string) time.Duration {
	t.Helper()
	got, ttl, err := r.Lookup(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%s is %v, want %v", name, got, want)
	}
	return ttl
}

func TestResolverKeepsForTheTTL(t *testing.T) {
	s := newSite(t)
	r := s.resolver()
	if ttl := lookup(t, r, "mail.test.local", "10.0.1.10"); ttl != 5*time.Minute {
		t.Errorf("TTL %s, want 5m", ttl)
	}
	if at, ok := r.Expires("MAIL.test.local"); !ok || !at.Equal(s.clock.now().Add(5*time.Minute)) {
		t.Errorf("expires %s, %v", at, ok)
	}
	put(t, s.Server, mail("10.0.2.13"))
	s.clock.add(5*time.Minute - time.Second)
	if ttl := lookup(t, r, "mail.test.local", "10.0.1.10"); ttl != time.Second || s.asked.Load() != 1 {
		t.Errorf("TTL %s after %d questions", ttl, s.asked.Load())
	}
	s.clock.add(time.Second)
	if _, ok := r.Expires("mail.test.local"); ok {
		t.Error("the entry has run out, but Expires shows it")
	}
	lookup(t, r, "mail.test.local", "10.0.2.13")
}

func TestResolverServesNothingStale(t *testing.T) {
	s := newSite(t)
	r := s.resolver()
	lookup(t, r, "mail.test.local", "10.0.1.10")
	s.stop()
	lookup(t, r, "mail.test.local", "10.0.1.10")
	s.clock.add(5 * time.Minute)
	if got, _, err := r.Lookup(context.Background(), "mail.test.local"); !errors.Is(err, names.ErrNoServer) {
		t.Errorf("got %v, %v; want ErrNoServer", got, err)
	}
}

func TestResolverNegative(t *testing.T) {
	s := newSite(t)
	r := s.resolver()
	for _, name := range []string{"new.test.local", "below.test.local"} {
		if _, ttl, err := r.Lookup(context.Background(), name); !errors.Is(err, names.ErrNotFound) || ttl != 5*time.Second {
			t.Errorf("%s: %s, %v; want not found for 5s", name, ttl, err)
		}
	}
	put(t, s.Server, names.Record{Name: "new.test.local", Type: "A", TTL: time.Minute, Values: []string{"10.0.1.7"}})
	s.clock.add(4 * time.Second)
	if _, _, err := r.Lookup(context.Background(), "new.test.local"); !errors.Is(err, names.ErrNotFound) {
		t.Errorf("the negative answer was not kept: %v", err)
	}
	s.clock.add(time.Second)
	lookup(t, r, "new.test.local", "10.0.1.7")
}

func TestResolverAliasAndIPv6(t *testing.T) {
	s := newSite(t)
	r := s.resolver()
	if ttl := lookup(t, r, "www.test.local", "10.0.1.10"); ttl != time.Minute {
		t.Errorf("TTL %s, want the alias's 1m", ttl)
	}
	lookup(t, r, "six.test.local", "2001:db8::1")
	put(t, s.Server, names.Record{Name: "loop.test.local", Type: "CNAME", TTL: time.Minute, Values: []string{"loop.test.local"}})
	if got, _, err := r.Lookup(context.Background(), "loop.test.local"); err == nil {
		t.Errorf("a loop of aliases gives %v", got)
	}
	r.Flush()
	if _, ok := r.Expires("six.test.local"); ok {
		t.Error("the flushed cache holds something")
	}
}

func TestResolverUpstreams(t *testing.T) {
	s, silent := newSite(t), newSite(t)
	silent.fault.Store(uint32(names.DropRequest))
	limit := 50 * time.Millisecond
	r := names.NewResolver(names.ResolverOptions{Upstreams: []string{silent.address, s.address}, Now: s.clock.now, Timeout: limit})
	lookup(t, r, "mail.test.local", "10.0.1.10")
	silent.fault.Store(uint32(names.ServFail))
	r.Flush()
	lookup(t, r, "mail.test.local", "10.0.1.10")
	silent.stop()
	r.Flush()
	lookup(t, r, "mail.test.local", "10.0.1.10")
	if _, _, err := r.Lookup(context.Background(), "a.elsewhere.example"); !errors.Is(err, names.ErrNoServer) {
		t.Errorf("every server refuses: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := r.Lookup(ctx, "six.test.local"); err == nil {
		t.Error("a cancelled lookup gave an answer")
	}
}

func TestResolverTruncated(t *testing.T) {
	s := newSite(t)
	s.fault.Store(uint32(names.Truncate))
	var networks []string
	r := names.NewResolver(names.ResolverOptions{Upstreams: []string{s.address}, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		networks = append(networks, network)
		return new(net.Dialer).DialContext(ctx, network, address)
	}})
	lookup(t, r, "mail.test.local", "10.0.1.10")
	if !slices.Equal(networks, []string{"udp", "tcp"}) {
		t.Errorf("asked over %v", networks)
	}
}
