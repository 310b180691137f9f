package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/internal/api"
)

// server answers as f says; its address is an endpoint.
func server(t *testing.T, f http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func answer(w http.ResponseWriter, status int, body any) {
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

func TestClientErrors(t *testing.T) {
	refusal := api.Refusal{Rule: "target-differs", Why: "why", Evidence: "evidence", Unblock: "unblock"}
	for _, tc := range []struct {
		name   string
		status int
		body   api.Problem
		want   error
	}{
		{"busy", http.StatusConflict, api.Problem{Code: api.CodeBusy, Error: "r-1 holds DAG1"}, api.ErrBusy},
		{"refused", http.StatusForbidden, api.Problem{Code: api.CodeRefused, Error: "refused by a rule", Refusal: &refusal}, api.ErrRefused},
		{"not found", http.StatusNotFound, api.Problem{Code: api.CodeNotFound, Error: "no run"}, api.ErrNotFound},
		{"no quorum", http.StatusServiceUnavailable, api.Problem{Code: api.CodeNoQuorum, Error: "nobody leads"}, api.ErrNoQuorum},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &api.Client{Endpoints: []string{server(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, tc.status, tc.body) })}}
			defer c.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := c.Start(ctx, api.StartRequest{})
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.body.Error) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			var r *api.RefusedError
			if errors.As(err, &r) && r.Refusal != refusal {
				t.Errorf("refusal %+v", r.Refusal)
			}
		})
	}
}

// TestClientFinds the leader by a follower's word, though it is no endpoint, and goes to it first from then on.
func TestClientFinds(t *testing.T) {
	var asked atomic.Int64
	leader := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.EscapedPath() != "/v1/runs/r-1/steps/activate%2FDB1/approve" {
			t.Errorf("path %s", r.URL.EscapedPath())
		}
		answer(w, http.StatusOK, api.Run{ID: "r-1"})
	})
	follower := server(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		answer(w, http.StatusMisdirectedRequest, api.Problem{Code: api.CodeNotLeader, Error: "not me", Leader: leader})
	})
	c := &api.Client{Endpoints: []string{"127.0.0.1:1", follower}}
	defer c.Close()
	for range 3 {
		if r, err := c.Approve(t.Context(), "r-1", "activate/DB1", api.StepRequest{By: "anna"}); err != nil || r.ID != "r-1" {
			t.Fatalf("%v, %v", r, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the follower was asked %d times", asked.Load())
	}
}

// TestClientWaits for an election.
func TestClientWaits(t *testing.T) {
	var asked atomic.Int64
	c := &api.Client{Endpoints: []string{server(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 3 {
			answer(w, http.StatusServiceUnavailable, api.Problem{Code: api.CodeNoQuorum, Error: "an election goes on"})
			return
		}
		answer(w, http.StatusOK, api.Run{ID: "r-1"})
	})}}
	defer c.Close()
	if r, err := c.Resume(t.Context(), "r-1", api.RunRequest{By: "anna"}); err != nil || r.ID != "r-1" {
		t.Errorf("%v, %v", r, err)
	}
}

// TestClientReads goes past what does not answer, what is no controller, and what is behind.
func TestClientReads(t *testing.T) {
	stranger := server(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "hello", http.StatusTeapot) })
	behind := server(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusNotFound, api.Problem{Code: api.CodeNotFound, Error: "no run"})
	})
	good := server(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, api.Run{ID: "r-1"}) })
	c := &api.Client{Endpoints: []string{"127.0.0.1:1", stranger, behind, good}}
	defer c.Close()
	if r, err := c.Run(t.Context(), "r-1"); err != nil || r.ID != "r-1" {
		t.Errorf("%v, %v", r, err)
	}
	c2 := &api.Client{Endpoints: []string{stranger}}
	defer c2.Close()
	if _, err := c2.Status(t.Context()); !errors.Is(err, api.ErrNoQuorum) {
		t.Errorf("a stranger: %v", err)
	}
}

// TestClientPrefersALeader: an answer from a controller that follows nobody may be old, so one that knows a leader is preferred to it,
// and it is taken only when there is no other.
func TestClientPrefersALeader(t *testing.T) {
	list := func(leader, id string) string {
		return server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(api.HeaderLeader, leader)
			answer(w, http.StatusOK, []api.Run{{ID: id}})
		})
	}
	stale, fresh := list(api.NoLeader, "r-old"), list("ctl-dr", "r-new")
	for _, tc := range []struct {
		name      string
		endpoints []string
		want      string
	}{{"stale first", []string{stale, fresh}, "r-new"}, {"fresh first", []string{fresh, stale}, "r-new"}, {"only stale", []string{stale}, "r-old"}} {
		t.Run(tc.name, func(t *testing.T) {
			c := &api.Client{Endpoints: tc.endpoints}
			defer c.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			runs, err := c.Runs(ctx)
			if err != nil || len(runs) != 1 || runs[0].ID != tc.want {
				t.Errorf("%v %v", runs, err)
			}
		})
	}
}
