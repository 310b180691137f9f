package act_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/lab/labtest"
)

// Keep looks again and again until it is told to end, so that what is silent is known before a run needs it.
func TestKeep(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var dialed atomic.Int64
	r.dialed = func(string) { dialed.Add(1) }
	w := r.world(labtest.DR)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); w.Keep(ctx) }()
	seen := int64(0)
	for looks, until := 0, time.Now().Add(2*busy); looks < 2; {
		if time.Now().After(until) {
			t.Fatal("it does not look again")
		}
		if n := dialed.Load(); n > seen {
			w.Observe(context.Background(), labtest.DR) // its own questions are counted too: wait until they are over
			seen, looks = dialed.Load(), looks+1
		}
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(busy):
		t.Fatal("it does not end")
	}
}
