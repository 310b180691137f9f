package controller

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/run"
	"siteswap/internal/standdown"
)

// overrideHolds is how long an override counts after it was given, real speed.
const overrideHolds = 30 * time.Minute

func (n *Node) postStep(verb run.EntryType) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req api.StepRequest
		if err := readBody(w, r, maxBody, &req); err != nil {
			n.problem(w, err)
			return
		}
		if req.By == "" {
			n.problem(w, badRequest("by is missing: who says so?"))
			return
		}
		id := r.PathValue("step")
		n.change(w, r.PathValue("id"), func(r *run.Run) (*run.Entry, error) {
			if err := n.unverified(verb); err != nil {
				return nil, err
			}
			st := r.Step(id)
			if st == nil {
				return nil, notFound("run %s has no step %q", r.ID, id)
			}
			switch verb {
			case run.EntryApprove:
				return n.approve(r, st, &req)
			case run.EntryDeny:
				return deny(r, st, &req)
			case run.EntryRetry, run.EntryForgo, run.EntryAttest:
				if req.Code != "" {
					return n.stoodDown(r, st, &req)
				}
				return operate(verb, st, &req)
			}
			return n.override(r, st, &req)
		})
	}
}

// unverified: nobody checks yet who a caller is, so a yes counts only where nothing real depends on it.
func (n *Node) unverified(verb run.EntryType) error {
	if n.ledgerNow().cluster.Lab {
		return nil
	}
	why := "who says so cannot be verified: this cluster was not created as a lab"
	return &problem{http.StatusForbidden, api.Problem{Code: api.CodeRefused, Error: fmt.Sprintf("%s refused: %s", verb, why),
		Refusal: &api.Refusal{Rule: "verified-people", Why: why, Evidence: "genesis of cluster " + n.o.ClusterID,
			Unblock: "abort the run and go on by hand: `siteswap plan ... --paper`"}}}
}

func (n *Node) approve(r *run.Run, st *run.Step, req *api.StepRequest) (*run.Entry, error) {
	for db, logs := range req.Ceiling {
		if n.o.Topology.DatabaseIndex(db) < 0 || logs < 0 {
			return nil, badRequest("ceiling of %q: it is no database of %s, or the number is negative", db, n.o.Topology.Name)
		}
	}
	a := run.Approval{Step: st.ID, By: req.By, At: n.o.Now().Round(0).UTC(), Ceiling: req.Ceiling, Unknown: req.Unknown, Reason: req.Reason}
	if slices.ContainsFunc(r.Approvals, func(b run.Approval) bool { return sameApproval(a, b) }) {
		return nil, nil
	}
	return &run.Entry{Type: run.EntryApprove, Actor: req.By, Step: st.ID, Approval: &a}, nil
}

func sameApproval(a, b run.Approval) bool {
	if a.Step != b.Step || a.By != b.By || a.Unknown != b.Unknown || len(a.Ceiling) != len(b.Ceiling) {
		return false
	}
	for db, logs := range a.Ceiling {
		if have, ok := b.Ceiling[db]; !ok || have != logs {
			return false
		}
	}
	return true
}

func deny(r *run.Run, st *run.Step, req *api.StepRequest) (*run.Entry, error) {
	text := "denied by " + req.By
	if st.State == run.Failed && st.Result != nil && strings.HasPrefix(st.Result.Text, text) {
		return nil, nil
	}
	if st.State == run.Acting && run.Acts(r.Plan.Step(st.ID).Kind) {
		return nil, badRequest("%s is being carried out and cannot be denied any more: `siteswap run abort %s` begins no further step", st.ID, r.ID)
	}
	return &run.Entry{Type: run.EntryDeny, Actor: req.By, Step: st.ID, Text: req.Reason}, nil
}

// stoodDown checks the code of a site that stood down. It counts for the site of the fence that it is brought to.
func (n *Node) stoodDown(r *run.Run, st *run.Step, req *api.StepRequest) (*run.Entry, error) {
	p, t := r.Plan.Step(st.ID), n.o.Topology
	if p == nil || p.Kind != "fence" || t.SiteIndex(p.With.Site) < 0 {
		return nil, badRequest("%s is no fence of a site: a code is brought to the step that shows that a site can do no harm", st.ID)
	}
	e := standdown.Evidence{DAG: t.Name, Site: p.With.Site, Servers: t.MemberNames(t.MembersOf(t.SiteIndex(p.With.Site)))}
	now := n.o.Now()
	if _, err := standdown.Check(n.o.StandDownKey, req.Code, e, now); err != nil {
		return nil, badRequest("%v", err)
	}
	a := run.Approval{Step: st.ID, By: req.By, At: now.Round(0).UTC(), Reason: req.Reason, StandDown: e.Servers}
	return &run.Entry{Type: run.EntryApprove, Actor: req.By, Step: st.ID, Approval: &a}, nil
}

// operate is a person's word about what becomes of a step. Without a reason it is none.
func operate(verb run.EntryType, st *run.Step, req *api.StepRequest) (*run.Entry, error) {
	if req.Reason == "" {
		return nil, badRequest("a reason is missing: it stands in the report")
	}
	return &run.Entry{Type: verb, Actor: req.By, Step: st.ID, Text: req.Reason}, nil
}

// override is bound to the refusal that its giver was shown.
func (n *Node) override(r *run.Run, st *run.Step, req *api.StepRequest) (*run.Entry, error) {
	if req.Rule == "" || req.Reason == "" {
		return nil, badRequest("an override names its rule and gives a reason")
	}
	hash := req.FactHash
	if hash == "" {
		for i := range r.Refusals {
			if r.Refusals[i].Rule == req.Rule && r.Refusals[i].Step == st.ID {
				hash = r.Refusals[i].FactHash
			}
		}
	}
	if hash == "" {
		return nil, badRequest("%s has refused nothing of step %s: there is nothing to override", req.Rule, st.ID)
	}
	now := n.o.Now().Round(0).UTC()
	o := run.Override{Rule: req.Rule, Step: st.ID, Attempt: st.Attempt, PlanHash: r.PlanHash, FactHash: hash, By: []string{req.By}, Reason: req.Reason,
		At: now, Expires: now.Add(max(n.o.scaled(overrideHolds), 30*time.Second))}
	if slices.ContainsFunc(r.Overrides, func(have run.Override) bool { return sameOverride(o, have) }) {
		return nil, nil
	}
	return &run.Entry{Type: run.EntryOverride, Actor: req.By, Step: st.ID, Override: &o}, nil
}

func sameOverride(a, b run.Override) bool {
	return a.Rule == b.Rule && a.Step == b.Step && a.Attempt == b.Attempt && a.FactHash == b.FactHash && slices.Equal(a.By, b.By) && a.At.Before(b.Expires)
}
