package controller

import (
	"net/http"
	"strings"

	"siteswap/internal/api"
	"siteswap/internal/run"
)

// change proposes an entry about a run on behalf of a person and answers with the run.
func (n *Node) change(w http.ResponseWriter, id string, build func(*run.Run) (*run.Entry, error)) {
	s := n.session()
	if s == nil {
		n.problem(w, errNotLeading)
		return
	}
	// People speak after they have changed or looked at the world: what was seen before their word does not answer it. Before the
	// commit, because the loop wakes by it.
	s.stale()
	now, err := s.propose(func(now ledger) (*run.Entry, error) {
		r := now.cluster.Find(id)
		if r == nil {
			return nil, notFound("there is no run %q; `siteswap run list` names them", id)
		}
		e, err := build(r)
		if err != nil || e == nil {
			return nil, err
		}
		e.Run, e.Critical = id, true
		return e, nil
	})
	if err != nil {
		n.problem(w, err)
		return
	}
	n.answer(w, http.StatusOK, runView(now.cluster.Find(id), n.o.Now()))
}

func (n *Node) postRun(verb run.EntryType) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req api.RunRequest
		if err := readBody(w, r, maxBody, &req); err != nil {
			n.problem(w, err)
			return
		}
		if req.By == "" {
			n.problem(w, badRequest("by is missing: who asks for it?"))
			return
		}
		n.change(w, r.PathValue("id"), func(r *run.Run) (*run.Entry, error) {
			again := verb == run.EntryPause && r.Paused || verb == run.EntryResume && !r.Paused || verb == run.EntryAbort && r.Aborting
			again = again || verb == run.EntryHandover && r.HandedOver != "" || verb == run.EntryReconcile && r.Reconciling
			if again {
				return nil, nil
			}
			text := req.Reason
			if verb == run.EntryHandover {
				if err := n.unverified(verb); err != nil {
					return nil, err
				}
				text = strings.TrimSuffix(req.By+": "+req.Reason, ": ")
			}
			if verb == run.EntryAbort {
				text = strings.TrimSuffix("aborted by "+req.By+": "+req.Reason, ": ")
			}
			return &run.Entry{Type: verb, Actor: req.By, Text: text}, nil
		})
	}
}
