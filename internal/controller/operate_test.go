package controller_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/api"
	"siteswap/internal/controller"
	"siteswap/internal/run"
	"siteswap/internal/standdown"
	"siteswap/runbooks"
)

// routed is the operation that moves one redirector's calls to DR, as people do by hand.
func routed(redirector int) dag.Op {
	return dag.Op{Kind: dag.OpRoute, From: redirector, Server: redirector, Site: 1}
}

// handedOver is a run that waits for a yes and is then handed over.
func handedOver(t *testing.T, c *cluster) (*member, string, string) {
	t.Helper()
	l, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
	c.until("it asks", func() bool { return c.state(l, r.ID, "accept") == "waiting" })
	path := api.PathRuns + "/" + r.ID
	if code := l.post(t, path+"/handover", api.RunRequest{}, &api.Problem{}); code != http.StatusBadRequest {
		t.Errorf("a handover that nobody asks for: %d", code)
	}
	for range 2 { // asked twice counts once
		if code := l.post(t, path+"/handover", api.RunRequest{By: "anna", Reason: "slow"}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("handover: %d", code)
		}
	}
	l.post(t, path+"/steps/accept/approve", api.StepRequest{By: "anna"}, &api.Run{})
	time.Sleep(2 * time.Minute)
	if n, _ := c.w.count("calls"); n != 0 || l.run(t, r.ID).Outcome != "" {
		t.Fatalf("%d steps began after the handover, outcome %q", n, l.run(t, r.ID).Outcome)
	}
	return l, r.ID, path
}

// TestHandoverAndReconcile: what people did is seen done and not done again.
func TestHandoverAndReconcile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l, id, path := handedOver(t, c)
		c.w.byHand(routed(0))
		c.w.byHand(routed(1))
		if code := l.post(t, path+"/reconcile", api.RunRequest{By: "anna"}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("reconcile: %d", code)
		}
		got := c.ended(id)
		if n, _ := c.w.count("calls"); n != 0 || got.Outcome != "done" {
			t.Errorf("done %d times again, outcome %s: %s", n, got.Outcome, got.Why)
		}
		for _, s := range got.Steps {
			if s.ID == "calls" && (s.State != "done" || !strings.Contains(s.Text, "seen done after the handover")) {
				t.Errorf("calls: %s %s", s.State, s.Text)
			}
		}
	})
}

// TestReconcileInTheDark: what cannot be seen after a handover is Unknown and waits for people; nothing is sent, nothing ends.
func TestReconcileInTheDark(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l, id, path := handedOver(t, c)
		c.w.byHand(routed(0))
		c.w.byHand(routed(1))
		c.w.darken(func(f *dag.Facts) {
			for i := range f.Redirector {
				f.Redirector[i] = dag.RedirectorFacts{Answers: dag.Know(true, "x"), Site: dag.Unknown[string]("x", "dark")}
			}
		})
		if code := l.post(t, path+"/reconcile", api.RunRequest{By: "anna"}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("reconcile: %d", code)
		}
		c.until("it is looked at", func() bool { return c.state(l, id, "calls") == string(run.Unknown) })
		time.Sleep(2 * time.Minute)
		r := l.run(t, id)
		if n, _ := c.w.count("calls"); n != 0 || r.Outcome != "" || c.state(l, id, "calls") != string(run.Unknown) || len(r.NeedsAPerson) == 0 {
			t.Fatalf("sent %d times, outcome %q, calls %s, needs %v", n, r.Outcome, c.state(l, id, "calls"), r.NeedsAPerson)
		}
		var p api.Problem
		if code := l.post(t, path+"/steps/calls/attest", api.StepRequest{By: "anna"}, &p); code != http.StatusBadRequest || !strings.Contains(p.Error, "a reason is missing") {
			t.Errorf("a word without a reason: %d %s", code, p.Error)
		}
		if code := l.post(t, path+"/steps/calls/attest", api.StepRequest{By: "anna", Reason: "heard it ring in DR"}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("attest: %d", code)
		}
		if got := c.ended(id); got.Outcome != "done" {
			t.Errorf("outcome %s: %s", got.Outcome, got.Why)
		}
	})
}

// TestRetryAndSkip: a step that failed and asks is tried again, or left out, on a person's word.
func TestRetryAndSkip(t *testing.T) {
	for verb, want := range map[string]string{"retry": "done", "skip": "skipped"} {
		t.Run(verb, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				c := newCluster(t, 3)
				defer c.close()
				var broken atomic.Bool
				broken.Store(true)
				c.w.meddle = func(context.Context, attempt) bool { return !broken.Load() }
				p := plan(step("calls", "um.reroute", runbooks.Args{To: "DR"}))
				p.Steps[0].OnFailure = runbooks.OnFailureAsk
				l, r := c.begin(api.StartRequest{Plan: p, RequestID: "1"})
				c.until("it asks", func() bool { return len(l.run(t, r.ID).NeedsAPerson) > 0 })
				broken.Store(false)
				path := api.PathRuns + "/" + r.ID + "/steps/calls/" + verb
				if code := l.post(t, path, api.StepRequest{By: "anna"}, &api.Problem{}); code != http.StatusBadRequest {
					t.Errorf("%s without a reason: %d", verb, code)
				}
				if code := l.post(t, path, api.StepRequest{By: "anna", Reason: "mended"}, &api.Run{}); code != http.StatusOK {
					t.Fatalf("%s: %d", verb, code)
				}
				c.ended(r.ID)
				n, twice := c.w.count("calls")
				if state := c.state(l, r.ID, "calls"); state != want || twice || (n == 1) != (verb == "retry") {
					t.Errorf("calls %s, applied %d times", state, n)
				}
			})
		})
	}
}

// TestStandDownCode: the code of a site that stood down fences it, and no other code does.
func TestStandDownCode(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 32)
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3, func(o *controller.Options) { o.StandDownKey = key })
		defer c.close()
		c.w.darken(func(f *dag.Facts) {
			for m := range 2 {
				f.Members[m] = dag.MemberFacts{Power: dag.Unknown[dag.Power]("power", "no answer")}
			}
		})
		l, r := c.begin(api.StartRequest{Plan: plan(step("fence", "fence", runbooks.Args{Site: "Prod", By: []string{"people"}})), RequestID: "1", HoldRefusals: true})
		c.until("it is refused", func() bool { return len(l.run(t, r.ID).Refusals) > 0 })
		path := api.PathRuns + "/" + r.ID + "/steps/fence/attest"
		var p api.Problem
		if code := l.post(t, path, api.StepRequest{By: "anna", Code: "0000-0000-0000-0000"}, &p); code != http.StatusBadRequest {
			t.Errorf("a made-up code: %d", code)
		}
		other, _ := standdown.Code(key, standdown.Evidence{DAG: "DAG1", Site: "DR", Servers: []string{"EX3"}, At: time.Now()})
		if code := l.post(t, path, api.StepRequest{By: "anna", Code: other}, &p); code != http.StatusBadRequest {
			t.Errorf("the code of another site: %d", code)
		}
		code, err := standdown.Code(key, standdown.Evidence{DAG: "DAG1", Site: "Prod", Servers: []string{"EX1", "EX2"}, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if status := l.post(t, path, api.StepRequest{By: "anna", Code: code}, &api.Run{}); status != http.StatusOK {
			t.Fatalf("attest: %d", status)
		}
		got := c.ended(r.ID)
		if got.Outcome != "done" || len(got.Approvals) != 1 {
			t.Errorf("outcome %s: %s; %+v", got.Outcome, got.Why, got.Approvals)
		}
	})
}
