package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"siteswap/internal/api"
	"siteswap/internal/run"
)

// Bounds of what a caller may send: a plan of 16 members and 100 databases is some 100 kB.
const (
	maxPlan = 8 << 20
	maxBody = 64 << 10
)

// Handler is the HTTP API (package api has its types). Reads may be stale and say the log index that they are of; what
// changes something is answered by the leader alone.
func (n *Node) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+api.PathStatus, n.getStatus)
	mux.HandleFunc("GET "+api.PathRuns, n.getRuns)
	mux.HandleFunc("GET "+api.PathRuns+"/{id}", n.getRun)
	mux.HandleFunc("GET "+api.PathEvents, n.getEvents)
	mux.HandleFunc("GET "+api.PathFacts, n.getFacts)
	mux.HandleFunc("GET "+api.PathRoute, n.getRoute)
	mux.HandleFunc("POST "+api.PathRuns, n.postStart)
	for _, verb := range []run.EntryType{run.EntryPause, run.EntryResume, run.EntryAbort, run.EntryHandover, run.EntryReconcile} {
		mux.HandleFunc("POST "+api.PathRuns+"/{id}/"+string(verb), n.postRun(verb))
	}
	for _, verb := range []run.EntryType{run.EntryApprove, run.EntryDeny, run.EntryOverride, run.EntryRetry, run.EntryAttest} {
		mux.HandleFunc("POST "+api.PathRuns+"/{id}/steps/{step}/"+string(verb), n.postStep(verb))
	}
	mux.HandleFunc("POST "+api.PathRuns+"/{id}/steps/{step}/skip", n.postStep(run.EntryForgo))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n.problem(w, &problem{http.StatusNotFound, api.Problem{Code: api.CodeNotFound, Error: "there is no " + r.Method + " " + r.URL.Path}})
	})
	// A page of another origin must not start a switchover in the operator's browser.
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.problem(w, &problem{http.StatusForbidden, api.Problem{Code: api.CodeBadRequest, Error: "a page of another origin asked for it: use the command line"}})
	}))
	return guard.Handler(mux)
}

// problem is an answer that is no success.
type problem struct {
	status int
	body   api.Problem
}

func (p *problem) Error() string { return p.body.Error }

func badRequest(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, api.Problem{Code: api.CodeBadRequest, Error: fmt.Sprintf(format, args...)}}
}

func notFound(format string, args ...any) *problem {
	return &problem{http.StatusNotFound, api.Problem{Code: api.CodeNotFound, Error: fmt.Sprintf(format, args...)}}
}

func (n *Node) problem(w http.ResponseWriter, err error) {
	var p *problem
	var rejected *rejectedError
	switch {
	case errors.As(err, &p):
	case errors.Is(err, run.ErrBusy):
		p = &problem{http.StatusConflict, api.Problem{Code: api.CodeBusy, Error: err.Error()}}
	case errors.As(err, &rejected):
		p = badRequest("%v", err)
	case errors.Is(err, errNotLeading):
		p = n.notLeading()
	default:
		p = &problem{http.StatusServiceUnavailable, api.Problem{Code: api.CodeNoQuorum, Error: err.Error()}}
	}
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	n.answer(w, p.status, p.body)
}

// notLeading says who does, or that nobody is known to.
func (n *Node) notLeading() *problem {
	_, id := n.raft.LeaderWithID()
	for _, p := range n.o.Peers {
		if p.ID == string(id) && p.ID != n.o.ID {
			return &problem{http.StatusMisdirectedRequest, api.Problem{Code: api.CodeNotLeader, Leader: p.API,
				Error: n.o.ID + " does not lead; " + p.ID + " does: ask " + p.API}}
		}
	}
	return &problem{http.StatusServiceUnavailable, api.Problem{Code: api.CodeNoQuorum, Error: n.noLeader()}}
}

func (n *Node) noLeader() string {
	return fmt.Sprintf("no controller leads that %s knows of: it takes %d of %d; see that they run and reach each other", n.o.ID,
		len(n.o.Peers)/2+1, len(n.o.Peers))
}

func (n *Node) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(api.HeaderIndex, strconv.FormatUint(n.raft.AppliedIndex(), 10))
	w.Header().Set(api.HeaderLeader, n.leaderOrNone())
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		n.o.Logger.Debug("answer not sent", "err", err)
	}
}

func (n *Node) leaderOrNone() string {
	if _, id := n.raft.LeaderWithID(); id != "" {
		return string(id)
	}
	return api.NoLeader
}

// readBody decodes one JSON document of bounded size; an unknown field is an error, since it may have been meant to matter.
func readBody(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		var big *http.MaxBytesError
		if errors.As(err, &big) {
			return &problem{http.StatusRequestEntityTooLarge, api.Problem{Code: api.CodeBadRequest, Error: fmt.Sprintf("the request is larger than %d bytes", limit)}}
		}
		return badRequest("the body is not what is expected here: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return badRequest("something follows the body")
	}
	return nil
}
