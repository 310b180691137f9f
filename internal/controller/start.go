package controller

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"siteswap/internal/api"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

func (n *Node) postStart(w http.ResponseWriter, r *http.Request) {
	s := n.session()
	if s == nil {
		n.problem(w, errNotLeading)
		return
	}
	var req api.StartRequest
	if err := readBody(w, r, maxPlan, &req); err != nil {
		n.problem(w, err)
		return
	}
	if err := n.checkStart(&req); err != nil {
		n.problem(w, err)
		return
	}
	now, err := s.propose(func(now ledger) (*run.Entry, error) {
		if now.starts[req.RequestID] != "" {
			return nil, nil // the same request again
		}
		return &run.Entry{Type: run.EntryStart, Critical: true, ID: req.RequestID, Actor: req.By, Run: runID(now.cluster, req.RequestID),
			Start: &run.Start{Plan: req.Plan, HoldRefusals: req.HoldRefusals}}, nil
	})
	if err != nil {
		n.problem(w, err)
		return
	}
	started := now.cluster.Find(now.starts[req.RequestID])
	n.o.Logger.Info("run started", "run", started.ID, "title", started.Plan.Title, "by", started.StartedBy)
	n.answer(w, http.StatusOK, runView(started, n.o.Now()))
}

// checkStart: the plan was compiled elsewhere, so it is checked here against this node's own topology and program.
func (n *Node) checkStart(req *api.StartRequest) error {
	p := &req.Plan
	switch {
	case req.RequestID == "" || len(req.RequestID) > 128:
		return badRequest("request_id is missing or too long: it makes asking twice safe")
	case req.By == "":
		return badRequest("by is missing: who starts the run?")
	case p.DAG != n.o.Topology.Name:
		return badRequest("the plan is for %s, and this controller serves %s", p.DAG, n.o.Topology.Name)
	case p.Topology != runbooks.HashTopology(n.o.Topology):
		return badRequest("the plan was compiled for another site file than the one of controller %s: give both the same, and plan again", n.o.ID)
	case len(p.Steps) == 0:
		return badRequest("the plan has no steps")
	}
	seen := map[string]bool{}
	for i := range p.Steps {
		st := &p.Steps[i]
		if _, ok := runbooks.KindOf(st.Kind); !ok {
			return badRequest("step %s is of kind %q, which this controller does not know: update it", st.ID, st.Kind)
		}
		if st.ID == "" || seen[st.ID] {
			return badRequest("step id %q stands twice in the plan", st.ID)
		}
		if st.Timeout < 0 || st.Lands < 0 || run.Acts(st.Kind) && (st.Timeout == 0 || st.Lands == 0) {
			return badRequest("step %s: timeout and lands must be positive", st.ID)
		}
		seen[st.ID] = true
	}
	for _, st := range p.Steps {
		for _, need := range st.Needs {
			if !seen[need] {
				return badRequest("step %s needs %q, which the plan does not have", st.ID, need)
			}
		}
	}
	return nil
}

// runID is short, and made from the request, so that it needs no luck: r-7f3a, longer where that is taken.
func runID(c run.Cluster, request string) string {
	sum := sha256.Sum256([]byte(request))
	digits := hex.EncodeToString(sum[:])
	for l := 4; l < len(digits); l++ {
		if id := "r-" + digits[:l]; c.Find(id) == nil {
			return id
		}
	}
	return "r-" + digits
}
