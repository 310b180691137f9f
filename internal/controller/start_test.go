package controller_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"siteswap/internal/api"
	"siteswap/runbooks"
)

// TestOneRunPerDAG: the second is refused and names the first; the same request again is the same run, at any leader.
func TestOneRunPerDAG(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
		if len(r.ID) != 6 {
			t.Errorf("the run is called %s", r.ID)
		}
		var p api.Problem
		if code := l.post(t, api.PathRuns, api.StartRequest{Plan: asks(), RequestID: "2", By: "bert"}, &p); code != http.StatusConflict ||
			p.Code != api.CodeBusy || !strings.Contains(p.Error, r.ID) {
			t.Errorf("a second run: %d %+v", code, p)
		}
		c.until("it is replicated", func() bool {
			for _, m := range c.nodes {
				var rs []api.Run
				if m.get(t, api.PathRuns, &rs); len(rs) != 1 {
					return false
				}
			}
			return true
		})
		for _, m := range c.nodes {
			if m == l {
				continue
			}
			if code := m.post(t, api.PathRuns, api.StartRequest{Plan: asks(), RequestID: "1", By: "anna"}, &p); code != http.StatusMisdirectedRequest ||
				p.Code != api.CodeNotLeader || p.Leader != l.id+":7000" {
				t.Errorf("a follower answers %d %+v", code, p)
			}
		}
		c.cut(l)
		if _, again := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"}); again.ID != r.ID {
			t.Errorf("the same request is run %s, and was %s", again.ID, r.ID)
		}
		c.join(l)
		c.leader().post(t, api.PathRuns+"/"+r.ID+"/abort", api.RunRequest{By: "anna"}, &api.Run{})
	})
}

func TestNoQuorum(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l := c.leader()
		for _, m := range c.nodes {
			c.cut(m)
		}
		var s api.Status
		c.until("it steps down", func() bool { l.get(t, api.PathStatus, &s); return s.Leader == "" && !s.CanAct })
		if !strings.Contains(s.Why, "2 of 3") {
			t.Errorf("why: %s", s.Why)
		}
		var p api.Problem
		if code := l.post(t, api.PathRuns, api.StartRequest{Plan: asks(), RequestID: "1", By: "anna"}, &p); code != http.StatusServiceUnavailable || p.Code != api.CodeNoQuorum {
			t.Errorf("start without quorum: %d %+v", code, p)
		}
		for _, m := range c.nodes {
			c.join(m)
		}
		c.leader()
	})
}

func TestStartChecksThePlan(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l := c.leader()
		with := func(f func(*api.StartRequest)) api.StartRequest {
			r := api.StartRequest{Plan: moveAway(), RequestID: "1", By: "anna"}
			f(&r)
			return r
		}
		for name, req := range map[string]api.StartRequest{
			"no request id":  with(func(r *api.StartRequest) { r.RequestID = "" }),
			"no name":        with(func(r *api.StartRequest) { r.By = "" }),
			"other DAG":      with(func(r *api.StartRequest) { r.Plan.DAG = "DAG2" }),
			"other topology": with(func(r *api.StartRequest) { r.Plan.Topology = "sha256:00" }),
			"no steps":       with(func(r *api.StartRequest) { r.Plan.Steps = nil }),
			"unknown kind":   with(func(r *api.StartRequest) { r.Plan.Steps[0].Kind = "dag.delete" }),
			"same id twice":  with(func(r *api.StartRequest) { r.Plan.Steps[1].ID = "calls" }),
			"unknown need":   with(func(r *api.StartRequest) { r.Plan.Steps[1].Needs = []string{"x"} }),
			"no lands":       with(func(r *api.StartRequest) { r.Plan.Steps[0].Lands = 0 }),
		} {
			var p api.Problem
			if code := l.post(t, api.PathRuns, req, &p); code != http.StatusBadRequest || p.Code != api.CodeBadRequest || p.Error == "" {
				t.Errorf("%s: %d %+v", name, code, p)
			}
		}
		for name, body := range map[string]string{"no JSON": "x", "unknown field": `{"rum": 1}`, "two documents": `{}{}`, "nothing": ""} {
			w := httptest.NewRecorder()
			l.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, api.PathRuns, strings.NewReader(body)))
			if w.Code != http.StatusBadRequest {
				t.Errorf("%s: %d", name, w.Code)
			}
		}
		w := httptest.NewRecorder()
		l.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, api.PathRuns+"/r-1/abort", strings.NewReader(`{"by": "`+strings.Repeat("a", 1<<20)+`"}`)))
		if w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a large body: %d", w.Code)
		}
		req := httptest.NewRequest(http.MethodPost, api.PathRuns, strings.NewReader("{}"))
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		w = httptest.NewRecorder()
		l.Handler().ServeHTTP(w, req)
		if w.Code != http.StatusForbidden {
			t.Errorf("a page of another origin: %d", w.Code)
		}
	})
}

// TestStepIDs: an expanded step has a slash in its id, which is escaped in the path.
func TestStepIDs(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		p := plan(step("accept/DB1", "approve", runbooks.Args{Role: "operator"}))
		l, r := c.begin(api.StartRequest{Plan: p, RequestID: "1"})
		c.until("it asks", func() bool { return c.state(l, r.ID, "accept/DB1") == "waiting" })
		if code := l.post(t, api.PathRuns+"/"+r.ID+"/steps/accept%2FDB1/approve", api.StepRequest{By: "anna"}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("approve: %d", code)
		}
		if got := c.ended(r.ID); got.Outcome != "done" {
			t.Errorf("outcome %s", got.Outcome)
		}
	})
}

// TestEvents: every entry is one event, in order, and a long poll ends with the next one.
func TestEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		c.ended(r.ID)
		var all []api.Event
		l.get(t, api.PathEvents, &all)
		var types []string
		for i, e := range all {
			types = append(types, e.Type)
			if e.Text == "" || e.Leader != l.id || i > 0 && (e.Index <= all[i-1].Index || e.Time.Before(all[i-1].Time)) {
				t.Errorf("event %d: %+v", i, e)
			}
		}
		want := "genesis start intent result intent result intent result end"
		if got := strings.Join(types, " "); got != want {
			t.Errorf("events: %s, want %s", got, want)
		}
		last := all[len(all)-1].Index
		answer := make(chan []api.Event)
		go func() {
			var next []api.Event
			l.get(t, api.PathEvents+"?wait=20&after="+itoa(last), &next)
			answer <- next
		}()
		c.begin(api.StartRequest{Plan: asks(), RequestID: "2"})
		if next := <-answer; len(next) == 0 || next[0].Type != "start" || next[0].Index <= last {
			t.Errorf("long poll: %+v", next)
		}
		var p api.Problem
		if code := l.get(t, api.PathEvents+"?after=x", &p); code != http.StatusBadRequest {
			t.Errorf("after=x: %d", code)
		}
	})
}

// TestStatus says who is served from what was observed.
func TestStatus(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: moveAway(), RequestID: "1"})
		c.ended(r.ID)
		var s api.Status
		c.until("it has seen the change", func() bool { l.get(t, api.PathStatus, &s); return strings.Contains(s.Served, "to DR") })
		if s.State != "HEALTHY" || s.Served != "DB1 on EX1; mail.test.local to DR" || s.Leader != l.id || len(s.Voters) != 3 || s.Run == nil || s.Run.ID != r.ID || !s.Lab {
			t.Errorf("status: %+v", s)
		}
		var f api.FactsAnswer
		if l.get(t, api.PathFacts, &f); len(f.Facts.Members) != 3 || f.Node != l.id {
			t.Errorf("facts: %+v", f)
		}
	})
}
