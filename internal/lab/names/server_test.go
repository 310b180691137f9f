package names_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"
	"pgregory.net/rapid"

	"siteswap/internal/lab/names"
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func mail(address string) names.Record {
	return names.Record{Name: "mail.test.local", Type: "A", TTL: time.Minute, Values: []string{address}}
}

func put(t *testing.T, s *names.Server, r names.Record) {
	t.Helper()
	if err := s.Put(r); err != nil {
		t.Fatal(err)
	}
}

func values(s *names.Server) string {
	v, _ := s.Values("mail.test.local", "A")
	return strings.Join(v, " ")
}

func TestHistory(t *testing.T) {
	c := newClock()
	var told []string
	s := newServer(t, names.Options{Now: c.now, OnUpdate: func(zone string, list []string) { told = append(told, zone+":"+strings.Join(list, ",")) }})
	address, _ := start(t, s)
	begun := len(s.Changes())
	c.add(time.Second)
	m := new(dns.Msg)
	m.SetUpdate("test.local.")
	m.RemoveRRset([]dns.RR{rr(t, "mail.test.local. A", dns.ClassANY)})
	m.Insert([]dns.RR{rr(t, "mail.test.local. A 10.0.2.13", dns.ClassINET)})
	exchange(t, address, m, true)
	c.add(time.Second)
	put(t, s, mail("10.0.1.50"))
	put(t, s, mail("10.0.1.50")) // changes nothing
	at := c.now()
	want := []names.Change{
		{At: at.Add(-time.Second), Zone: "test.local", Name: "mail.test.local", Type: "A", Values: []string{"10.0.2.13"}, By: "update"},
		{At: at, Zone: "test.local", Name: "mail.test.local", Type: "A", Values: []string{"10.0.1.50"}, TTL: time.Minute, By: "hand"},
	}
	if d := cmp.Diff(want, s.Changes()[begun:]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"test.local:mail.test.local", "test.local:mail.test.local"}, told); d != "" {
		t.Error(d)
	}
	first := s.Changes()[0]
	if first.By != "start" || first.Name != "deep.below.test.local" {
		t.Errorf("the history begins with %+v", first)
	}
}

func TestReplicate(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, c *clock, dr, prod *names.Server)
		want string
	}{
		{"nothing changed", func(*testing.T, *clock, *names.Server, *names.Server) {}, "10.0.1.10"},
		{"one wrote", func(t *testing.T, _ *clock, dr, _ *names.Server) { put(t, dr, mail("10.0.2.13")) }, "10.0.2.13"},
		{"both wrote once: the later wins", func(t *testing.T, c *clock, dr, prod *names.Server) {
			put(t, dr, mail("10.0.2.13"))
			c.add(time.Second)
			put(t, prod, mail("10.0.1.50"))
		}, "10.0.1.50"},
		{"two writes beat a later single one", func(t *testing.T, c *clock, dr, prod *names.Server) {
			put(t, prod, mail("10.0.1.50"))
			put(t, prod, mail("10.0.1.10"))
			c.add(time.Hour)
			put(t, dr, mail("10.0.2.13"))
		}, "10.0.1.10"},
		{"a tie goes to the greater origin", func(t *testing.T, _ *clock, dr, prod *names.Server) {
			put(t, dr, mail("10.0.2.13"))
			put(t, prod, mail("10.0.1.50"))
		}, "10.0.1.50"}, // dc.test.local is after dc-dr.test.local
		{"a deletion travels", func(t *testing.T, _ *clock, dr, _ *names.Server) {
			put(t, dr, names.Record{Name: "mail.test.local", Type: "A"})
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ck := newClock()
			dr := newServer(t, names.Options{Origin: "dc-dr.test.local", Now: ck.now})
			prod := newServer(t, names.Options{Origin: "dc.test.local", Now: ck.now})
			c.run(t, ck, dr, prod)
			names.Replicate(dr, prod)
			names.Replicate(prod, dr)
			if a, b := values(dr), values(prod); a != c.want || b != c.want {
				t.Errorf("dr %q, prod %q, want %q", a, b, c.want)
			}
			if again := append(names.Replicate(dr, prod), names.Replicate(prod, dr)...); len(again) != 0 {
				t.Errorf("a second round changed %v", again)
			}
			if dr.Stamp("mail.test.local") != prod.Stamp("mail.test.local") {
				t.Error("the stamps differ after convergence")
			}
		})
	}
}

// TestConvergence: whatever was written where and in whatever order servers pull, they agree once everything has travelled.
func TestConvergence(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		ck := newClock()
		var all []*names.Server
		for _, origin := range []string{"a.test.local", "b.test.local", "c.test.local"} {
			s, err := names.New(names.Options{Origin: origin, Zones: []names.Zone{testZone()}, Now: ck.now})
			if err != nil {
				rt.Fatal(err)
			}
			all = append(all, s)
		}
		one := rapid.IntRange(0, 2)
		for range rapid.IntRange(0, 20).Draw(rt, "steps") {
			switch s := all[one.Draw(rt, "server")]; rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				names.Replicate(all[one.Draw(rt, "from")], s)
			case 1:
				ck.add(time.Second)
			default:
				if err := s.Put(mail(rapid.SampledFrom([]string{"10.0.1.1", "10.0.1.2", "10.0.1.3"}).Draw(rt, "value"))); err != nil {
					rt.Fatal(err)
				}
			}
		}
		for range 2 {
			for i := range all {
				names.Replicate(all[i], all[(i+1)%3])
			}
		}
		if a, b, c := values(all[0]), values(all[1]), values(all[2]); a != b || b != c {
			rt.Fatalf("%q %q %q", a, b, c)
		}
	})
}

func TestReplicateBothWaysAtOnce(t *testing.T) {
	a, b := newServer(t, names.Options{Origin: "a"}), newServer(t, names.Options{Origin: "b"})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() { names.Replicate(a, b) })
		all.Go(func() { names.Replicate(b, a) })
		all.Go(func() { put(t, a, mail("10.0.1.1")); put(t, a, mail("10.0.1.2")) })
		all.Go(func() { values(b); b.Changes(); b.Serial("test.local") })
	}
	all.Wait()
	names.Replicate(a, b)
	if values(a) != values(b) {
		t.Errorf("%q %q", values(a), values(b))
	}
}

// TestHold: a held request has no effect until it is let go, and a stopped server drops it.
func TestHold(t *testing.T) {
	for name, release := range map[string]bool{"let go": true, "stopped": false} {
		t.Run(name, func(t *testing.T) {
			hold, seen := make(chan struct{}), make(chan names.Request, 1)
			s := newServer(t, names.Options{Gate: func(r names.Request) names.Action { seen <- r; return names.Action{Hold: hold} }})
			address, stop := start(t, s)
			answered := sendUpdate(t, address)
			r := <-seen
			r.From = nil
			want := names.Request{Network: "tcp", Update: true, Zone: "test.local", Names: []string{"mail.test.local"}}
			if d := cmp.Diff(want, r); d != "" {
				t.Error(d)
			}
			if got := values(s); got != "10.0.1.10" {
				t.Errorf("held, but it holds %q", got)
			}
			if release {
				close(hold)
			} else {
				stop()
			}
			if got := <-answered; got != release {
				t.Errorf("answered %v, want %v", got, release)
			}
			if got := values(s); (got == "10.0.2.13") != release {
				t.Errorf("it holds %q afterwards", got)
			}
		})
	}
}

// TestHoldAnswer: the effect is there while the answer is held, which is where a crash of the caller hurts most.
func TestHoldAnswer(t *testing.T) {
	hold, applied := make(chan struct{}), make(chan struct{})
	s := newServer(t, names.Options{OnUpdate: func(string, []string) { close(applied) }})
	s.SetGate(func(names.Request) names.Action { return names.Action{HoldAnswer: hold} })
	address, _ := start(t, s)
	answered := sendUpdate(t, address)
	<-applied
	if got := values(s); got != "10.0.2.13" {
		t.Errorf("it holds %q", got)
	}
	close(hold)
	if !<-answered {
		t.Error("no answer after the hold")
	}
}

func sendUpdate(t *testing.T, address string) <-chan bool {
	m := new(dns.Msg)
	m.SetUpdate("test.local.")
	m.RemoveRRset([]dns.RR{rr(t, "mail.test.local. A", dns.ClassANY)})
	m.Insert([]dns.RR{rr(t, "mail.test.local. A 10.0.2.13", dns.ClassINET)})
	m.SetTsig("siteswap.", dns.HmacSHA256, 300, time.Now().Unix())
	answered := make(chan bool, 1)
	go func() {
		c := &dns.Client{Net: "tcp", Timeout: 5 * time.Second, TsigSecret: map[string]string{"siteswap.": keyBase64}}
		_, _, err := c.Exchange(m, address)
		answered <- err == nil
	}()
	return answered
}

// TestStopAndStart: the data outlives the process, as a domain controller's does.
func TestStopAndStart(t *testing.T) {
	s := newServer(t, names.Options{})
	address, stop := start(t, s)
	put(t, s, mail("10.0.2.13"))
	stop()
	stop()
	if c, err := net.DialTimeout("tcp", address, time.Second); err == nil {
		_ = c.Close()
		t.Error("it still listens")
	}
	restart(t, s, address)
	res := names.NewResolver(names.ResolverOptions{Upstreams: []string{address}})
	got, _, err := res.Lookup(context.Background(), "mail.test.local")
	if err != nil || !slices.Equal(got, []string{"10.0.2.13"}) {
		t.Errorf("%v %v", got, err)
	}
}

func TestBadOptions(t *testing.T) {
	for name, o := range map[string]names.Options{
		"weak algorithm": {Keys: []names.Key{{Name: "k", Algorithm: "hmac-sha1", Secret: []byte("x")}}},
		"no secret":      {Keys: []names.Key{{Name: "k", Algorithm: "hmac-sha256"}}},
		"bad record":     {Zones: []names.Zone{{Name: "a.test", Records: []names.Record{{Name: "x.a.test", Type: "A", Values: []string{"no"}}}}}},
		"out of zone":    {Zones: []names.Zone{{Name: "a.test", Records: []names.Record{{Name: "x.b.test", Type: "A", Values: []string{"10.0.0.1"}}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Origin = "dc.test.local"
			if _, err := names.New(o); err == nil {
				t.Error("accepted")
			}
		})
	}
	s := newServer(t, names.Options{})
	if s.Put(names.Record{Name: "x.elsewhere.example", Type: "A"}) == nil || s.Put(names.Record{Name: "x.test.local", Type: "BOGUS"}) == nil {
		t.Error("a hand edit outside the zones, or of no type, was accepted")
	}
	if s.Serial("none.example") != 0 || !cmp.Equal(s.Stamp("none.example"), names.Stamp{}, cmpopts.EquateEmpty()) {
		t.Error("a zone that is not held has no serial and no stamp")
	}
}
