package controller_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"siteswap/internal/api"
)

// TestTakeover cuts the leader off in the middle of a step, before or after its effect. The run ends the same, no attempt is
// applied twice, and a step that was seen to be done is not done again.
func TestTakeover(t *testing.T) {
	for _, tc := range []struct {
		name   string
		step   string
		before bool
	}{
		{"before the effect, first step", "calls", true},
		{"after the effect, first step", "calls", false},
		{"before the effect, middle step", "pool-out", true},
		{"after the effect, middle step", "pool-out", false},
		{"before the effect, last step", "names", true},
		{"after the effect, last step", "names", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) { takeover(t, tc.step, tc.before) })
		})
	}
}

func takeover(t *testing.T, step string, before bool) {
	c := newCluster(t, 3)
	defer c.close()
	hit := make(chan struct{}, 1)
	cutOff := func(ctx context.Context, a attempt) bool {
		if a.step != step || a.number != 1 {
			return true
		}
		hit <- struct{}{}
		<-ctx.Done() // as a call that is never answered
		return false
	}
	if before {
		c.w.meddle = cutOff
	} else {
		c.w.answer = cutOff
	}
	old, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
	<-hit
	c.cut(old)
	got := c.ended(r.ID, old)
	if got.Outcome != "done" {
		t.Fatalf("the run ended %s: %s", got.Outcome, got.Why)
	}
	for _, id := range []string{"calls", "pool-out", "names"} {
		if n, twice := c.w.count(id); n != 1 || twice {
			t.Errorf("%s was applied %d times", id, n)
		}
	}
	if len(c.w.late) > 0 {
		t.Errorf("begun without a valid permit: %v", c.w.late)
	}
	var s api.Status
	old.get(t, api.PathStatus, &s)
	if s.CanAct || s.Why == "" {
		t.Errorf("a controller that is cut off says that it can act: %+v", s)
	}
	c.join(old)
	c.until("the old leader learns the end", func() bool { return old.run(t, r.ID).Outcome == "done" })
}

// TestDrain: a new leader does not begin the next attempt while an effect of the last may still appear.
func TestDrain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		hit := make(chan time.Time, 1)
		var again time.Time
		c.w.meddle = func(ctx context.Context, a attempt) bool {
			if a.step == "calls" && a.number == 1 {
				hit <- time.Now()
				<-ctx.Done()
				return false
			}
			if a.step == "calls" {
				again = time.Now()
			}
			return true
		}
		old, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		at := <-hit
		c.cut(old)
		if got := c.ended(r.ID, old); got.Outcome != "done" || got.Steps[0].Attempts != 2 {
			t.Fatalf("the run ended %s with %d attempts", got.Outcome, got.Steps[0].Attempts)
		}
		if lands := time.Minute / 60; again.Sub(at) < lands {
			t.Errorf("attempt 2 began %s after attempt 1, and its effect may land for %s", again.Sub(at), lands)
		}
	})
}

// TestAllCrash: all controllers crash in the middle of a step and come back on their stores.
func TestAllCrash(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		hit := make(chan struct{}, 1)
		c.w.answer = func(ctx context.Context, a attempt) bool {
			if a.step != "pool-out" || a.number != 1 {
				return true
			}
			hit <- struct{}{}
			<-ctx.Done()
			return false
		}
		_, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		<-hit
		for _, m := range c.nodes {
			c.cut(m)
		}
		for _, m := range c.nodes {
			m.cancel()
			if err := <-m.done; err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range c.nodes {
			c.boot(m)
		}
		if got := c.ended(r.ID); got.Outcome != "done" {
			t.Fatalf("the run ended %s: %s", got.Outcome, got.Why)
		}
		if n, twice := c.w.count("pool-out"); n != 1 || twice {
			t.Errorf("pool-out was applied %d times", n)
		}
	})
}

// TestCuts cuts controllers off at random and lets every effect come late, even after its caller has given up, but within
// lands. Each step is applied exactly once.
func TestCuts(t *testing.T) {
	for seed := range uint64(12) {
		bubble(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			pause := func(most time.Duration) {
				mu.Lock()
				d := time.Duration(rnd.Int64N(int64(most)))
				mu.Unlock()
				time.Sleep(d)
			}
			c := newCluster(t, 3)
			c.w.meddle = func(context.Context, attempt) bool { pause(900 * time.Millisecond); return true }
			c.w.answer = func(_ context.Context, a attempt) bool {
				pause(900 * time.Millisecond)
				return (a.number+int(seed))%3 > 0
			}
			_, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
			for range 6 {
				pause(time.Second)
				m := c.nodes[seed%3]
				for _, n := range c.nodes {
					var s api.Status
					if n.get(t, api.PathStatus, &s); s.CanAct {
						m = n
					}
				}
				c.cut(m)
				pause(3 * time.Second)
				c.join(m)
			}
			if got := c.ended(r.ID); got.Outcome != "done" {
				t.Errorf("seed %d: the run ended %s: %s", seed, got.Outcome, got.Why)
			}
			for _, id := range []string{"calls", "pool-out", "names"} {
				if n, twice := c.w.count(id); n != 1 || twice {
					t.Errorf("seed %d: %s was applied %d times", seed, id, n)
				}
			}
			c.close()
		})
	}
}
