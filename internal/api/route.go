package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Route asks every controller at once where calls are sent, and takes the newest generation: one that is cut off may be
// behind. It fails when none answers.
func (c *Client) Route(ctx context.Context) (Route, error) {
	var mu sync.Mutex
	var newest Route
	var errs []error
	answered := false
	var all sync.WaitGroup
	for _, endpoint := range c.Endpoints {
		all.Go(func() {
			var r Route
			_, err := c.try(ctx, endpoint, http.MethodGet, PathRoute, nil, &r, 0)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			answered = true
			if r.Generation > newest.Generation {
				newest = r
			}
		})
	}
	all.Wait()
	if !answered {
		return newest, errors.Join(errs...)
	}
	return newest, nil
}

// Patience of [Client.FollowRoute] with a controller that does not answer.
const (
	routePause    = 200 * time.Millisecond
	routePauseMax = 5 * time.Second
)

// FollowRoute waits at every controller at once for a newer word than latest, and hands it to set, until ctx ends. A controller
// that is cut off or behind can only say what is old, which whoever sets it refuses; one that is silent costs nothing, because the
// others are asked beside it. wait bounds one question: after a cut it is how long a dead connection is believed.
func (c *Client) FollowRoute(ctx context.Context, wait time.Duration, latest func() uint64, set func(Route)) {
	var all sync.WaitGroup
	for _, endpoint := range c.Endpoints {
		all.Go(func() { c.followOne(ctx, endpoint, wait, latest, set) })
	}
	all.Wait()
}

func (c *Client) followOne(ctx context.Context, endpoint string, wait time.Duration, latest func() uint64, set func(Route)) {
	pause := routePause
	for ctx.Err() == nil {
		var r Route
		path := fmt.Sprintf("%s?after=%d&wait=%d", PathRoute, latest(), max(1, int(wait/time.Second)))
		if _, err := c.try(ctx, endpoint, http.MethodGet, path, nil, &r, wait); err == nil {
			if r.Generation > latest() {
				set(r)
				pause = routePause
				continue
			}
			pause = routePause
		} else {
			pause = min(2*pause, routePauseMax)
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
		case <-t.C:
		}
	}
}
