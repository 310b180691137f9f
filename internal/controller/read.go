package controller

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"siteswap/internal/api"
	"siteswap/internal/run"
)

// Bounds of how long a read may take.
const (
	maxWait    = 30 * time.Second       // of a long poll
	statusWait = 300 * time.Millisecond // for a first observation, or for a verified leadership
)

func (n *Node) getStatus(w http.ResponseWriter, r *http.Request) {
	now := n.ledgerNow()
	s := api.Status{Node: n.o.ID, Site: n.o.Site, Term: n.raft.CurrentTerm(), Applied: n.raft.AppliedIndex(), Lab: n.o.Lab,
		TimeScale: n.o.TimeScale, DAG: n.o.Topology.Name, Debts: debtViews(now.cluster.Debts), At: n.o.Now().UTC()}
	if s.Debts == nil {
		s.Debts = []api.Debt{}
	}
	_, leader := n.raft.LeaderWithID()
	for _, p := range n.o.Peers {
		s.Voters = append(s.Voters, api.Voter{ID: p.ID, Site: p.Site, Address: p.Raft})
		if p.ID == string(leader) {
			s.Leader, s.LeaderAPI = p.ID, p.API
		}
	}
	s.CanAct, s.Why = n.canAct(r.Context(), s.Leader)
	if shown := shownRun(&now.cluster, s.DAG); shown != nil {
		s.Run = runView(shown, s.At)
	}
	s.State, s.Served = n.served(r.Context(), &now.cluster)
	n.answer(w, http.StatusOK, s)
}

// getRoute is where calls are sent: at once without wait, else when that is newer than the generation after, or when the wait is
// over. A redirector that was dead during a um.reroute asks for it.
func (n *Node) getRoute(w http.ResponseWriter, r *http.Request) {
	after, seconds, err := polled(r)
	if err != nil {
		n.problem(w, err)
		return
	}
	timer := time.NewTimer(min(time.Duration(min(seconds, 3600))*time.Second, maxWait))
	defer timer.Stop()
	for {
		now, changed := n.watched()
		site, generation := now.cluster.Route()
		if seconds == 0 || generation > after {
			n.answer(w, http.StatusOK, api.Route{Site: site, Generation: generation})
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			seconds = 0
		case <-r.Context().Done():
			return
		case <-n.ctx.Done():
			seconds = 0
		}
	}
}

// canAct is a verified yes, or a no and why.
func (n *Node) canAct(ctx context.Context, leader string) (bool, string) {
	if err := n.failure(); err != nil {
		return false, "stopped: " + err.Error()
	}
	if n.session() == nil {
		switch leader {
		case "":
			return false, n.noLeader()
		case n.o.ID:
			return false, "elected, and catching up with the log"
		}
		return false, leader + " leads"
	}
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	if err := n.await(ctx, n.raft.VerifyLeader()); err != nil {
		return false, fmt.Sprintf("it led, and no majority of the %d controllers confirms it now: %v", len(n.o.Peers), err)
	}
	return true, ""
}

// shownRun is the run that goes on, else the last one.
func shownRun(c *run.Cluster, dag string) *run.Run {
	if r := c.Active(dag); r != nil {
		return r
	}
	if len(c.Runs) == 0 {
		return nil
	}
	return &c.Runs[len(c.Runs)-1]
}

// served tells from the last observation, and has the next one begin when that is getting old.
func (n *Node) served(ctx context.Context, c *run.Cluster) (state, sentence string) {
	vantage := n.o.site()
	if r := c.Active(n.o.Topology.Name); r != nil {
		vantage = run.Vantage(&r.Plan, n.o.Topology)
	}
	ctx, cancel := context.WithTimeout(ctx, statusWait)
	defer cancel()
	seen := n.eyes.latest(vantage)
	if seen == nil {
		var err error
		if seen, err = n.eyes.since(ctx, vantage, 0); err != nil {
			return unknown, "nothing has been observed yet"
		}
	} else {
		n.eyes.book(vantage, n.o.Boot()-time.Second) // no faster than people read, whatever the lab's speed
	}
	return health(n.o.Topology, &seen.facts, len(c.Debts))
}

func (n *Node) getRuns(w http.ResponseWriter, _ *http.Request) {
	now := n.ledgerNow()
	runs := []*api.Run{}
	for i := range now.cluster.Runs {
		runs = append(runs, runView(&now.cluster.Runs[i], n.o.Now()))
	}
	n.answer(w, http.StatusOK, runs)
}

func (n *Node) getRun(w http.ResponseWriter, r *http.Request) {
	now := n.ledgerNow()
	found := now.cluster.Find(r.PathValue("id"))
	if found == nil {
		n.problem(w, notFound("there is no run %q here; `siteswap run list` names them", r.PathValue("id")))
		return
	}
	n.answer(w, http.StatusOK, runView(found, n.o.Now()))
}

// getEvents answers what is newer than after, at once if there is any, else when there is or when the wait is over.
func (n *Node) getEvents(w http.ResponseWriter, r *http.Request) {
	after, seconds, err := polled(r)
	if err != nil {
		n.problem(w, err)
		return
	}
	timer := time.NewTimer(min(time.Duration(min(seconds, 3600))*time.Second, maxWait))
	defer timer.Stop()
	for {
		now, changed := n.watched()
		events := now.eventsAfter(after)
		if len(events) > 0 || seconds == 0 {
			n.answer(w, http.StatusOK, append([]api.Event{}, events...))
			return
		}
		select {
		case <-changed:
		case <-timer.C:
			seconds = 0
		case <-r.Context().Done():
			return
		case <-n.ctx.Done():
			seconds = 0
		}
	}
}

func number(r *http.Request, name string) (uint64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, badRequest("%s is %q: it takes a whole number", name, text)
	}
	return v, nil
}

func (n *Node) getFacts(w http.ResponseWriter, r *http.Request) {
	seen, err := n.eyes.since(r.Context(), n.o.site(), n.o.Boot()-n.o.interval())
	if err != nil {
		n.problem(w, fmt.Errorf("observe: %w", err))
		return
	}
	n.answer(w, http.StatusOK, api.FactsAnswer{Node: n.o.ID, Vantage: n.o.Topology.Sites[n.o.site()].Name, At: n.o.Now().UTC(), Facts: seen.facts})
}

// polled is what a caller who waits for something newer asks: newer than after, within so many seconds.
func polled(r *http.Request) (after, seconds uint64, err error) {
	if after, err = number(r, "after"); err != nil {
		return 0, 0, err
	}
	seconds, err = number(r, "wait")
	return after, seconds, err
}
