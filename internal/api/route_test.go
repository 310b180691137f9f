package api_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"siteswap/internal/api"
)

// Every controller is asked beside the others: a dead one and one that is behind keep nobody waiting, and no word is taken twice.
func TestFollowRoute(t *testing.T) {
	var now atomic.Uint64
	now.Store(7)
	changed := make(chan struct{}, 1)
	waits := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") != "0" && r.URL.Query().Get("wait") == "" {
			t.Errorf("it asks without waiting: %s", r.URL)
		}
		if r.URL.Query().Get("after") == "7" {
			select {
			case <-changed:
			case <-r.Context().Done():
				return
			}
		}
		answer(w, http.StatusOK, api.Route{Site: "DR", Generation: now.Load()})
	})
	behind := server(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, api.Route{Site: "Prod", Generation: 3})
	})
	c := &api.Client{Endpoints: []string{"127.0.0.1:1", behind, waits}}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var latest atomic.Uint64
	latest.Store(5)
	var got []api.Route
	c.FollowRoute(ctx, 20*time.Second, latest.Load, func(r api.Route) {
		latest.Store(r.Generation)
		if got = append(got, r); len(got) == 2 {
			cancel()
			return
		}
		now.Store(9)
		changed <- struct{}{}
	})
	if diff := cmp.Diff([]api.Route{{Site: "DR", Generation: 7}, {Site: "DR", Generation: 9}}, got); diff != "" {
		t.Error(diff)
	}
}
