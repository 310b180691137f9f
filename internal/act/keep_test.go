package act_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"siteswap/internal/lab/labtest"
)

// Keep looks again and again until it is told to end, so that what is silent is known before a run needs it.
func TestKeep(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	var mu sync.Mutex
	dialed := map[string]int{}
	again := make(chan struct{}, 1)
	r.dialed = func(address string) {
		mu.Lock()
		dialed[address]++
		mu.Unlock()
		select {
		case again <- struct{}{}:
		default: // one is enough to look
		}
	}
	looks := func() int { // the power control is asked once in every look
		mu.Lock()
		defer mu.Unlock()
		least := 0
		for _, n := range dialed {
			if least == 0 || n < least {
				least = n
			}
		}
		return least
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); r.world(labtest.DR).Keep(ctx) }()
	for late := time.After(2 * busy); looks() < 2; {
		select {
		case <-again:
		case <-late:
			t.Fatal("it does not look again")
		}
	}
	cancel()
	select {
	case <-ended:
	case <-time.After(busy):
		t.Fatal("it does not end")
	}
}
