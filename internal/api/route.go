package api

import (
	"context"
	"errors"
	"net/http"
	"sync"
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
