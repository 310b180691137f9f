package controller_test

import (
	"net/http"
	"testing"
	"time"

	"siteswap/internal/api"
)

// A redirector waits at a controller for the next um.reroute: it hears of it at once, and without one when the wait is over.
func TestRouteWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l := c.leader()
		ask := func(query string) (api.Route, time.Duration) {
			t.Helper()
			began := time.Now()
			var r api.Route
			if code := l.get(t, api.PathRoute+query, &r); code != http.StatusOK {
				t.Errorf("%s: status %d", query, code)
			}
			return r, time.Since(began)
		}
		if r, took := ask(""); r.Generation != 0 || took != 0 {
			t.Errorf("without a wait: %+v after %v", r, took)
		}
		if r, took := ask("?after=1&wait=5"); r.Generation != 0 || took != 5*time.Second {
			t.Errorf("nothing happens: %+v after %v", r, took)
		}
		if code := l.get(t, api.PathRoute+"?after=x", &api.Problem{}); code != http.StatusBadRequest {
			t.Errorf("no number: status %d", code)
		}
		heard := make(chan api.Route)
		go func() {
			r, _ := ask("?after=1&wait=30")
			heard <- r
		}()
		_, run := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		r := <-heard
		if r.Site != "DR" || r.Generation == 0 {
			t.Errorf("%+v", r)
		}
		if got := c.ended(run.ID); got.Outcome != "done" {
			t.Errorf("the run ended %s", got.Outcome)
		}
		if again, took := ask("?after=1&wait=30"); again != r || took != 0 {
			t.Errorf("what is newer already: %+v after %v", again, took)
		}
	})
}
