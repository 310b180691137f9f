package controller_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"siteswap/internal/api"
	"siteswap/runbooks"
)

func asks() runbooks.Plan {
	return plan(
		step("accept", "approve", runbooks.Args{Role: "operator", Count: 1}),
		step("calls", "um.reroute", runbooks.Args{To: "DR"}, "accept"))
}

func (c *cluster) state(m *member, id, step string) string {
	for _, s := range m.run(c.t, id).Steps {
		if s.ID == step {
			return s.State
		}
	}
	return ""
}

func TestApprove(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
		c.until("it asks", func() bool { return len(l.run(t, r.ID).NeedsAPerson) == 1 })
		if got := l.run(t, r.ID).NeedsAPerson[0]; !strings.Contains(got, "siteswap run approve "+r.ID+" accept") {
			t.Errorf("it does not say how to approve: %s", got)
		}
		var p api.Problem
		path := api.PathRuns + "/" + r.ID + "/steps/accept/approve"
		if code := l.post(t, path, api.StepRequest{By: "anna", Ceiling: map[string]int64{"DB9": 3}}, &p); code != http.StatusBadRequest {
			t.Errorf("a ceiling for no database: %d %+v", code, p)
		}
		if code := l.post(t, api.PathRuns+"/"+r.ID+"/steps/nothing/approve", api.StepRequest{By: "anna"}, &p); code != http.StatusNotFound {
			t.Errorf("approval of no step: %d %+v", code, p)
		}
		for range 2 { // asked twice counts once
			if code := l.post(t, path, api.StepRequest{By: "anna", Ceiling: map[string]int64{"DB1": 3}}, &api.Run{}); code != http.StatusOK {
				t.Fatalf("approve: status %d", code)
			}
		}
		got := c.ended(r.ID)
		if got.Outcome != "done" || len(got.Approvals) != 1 {
			t.Errorf("outcome %s, approvals %v", got.Outcome, got.Approvals)
		}
		if got.Overhead > 1 {
			t.Errorf("overhead %.2f s in a run of %s", got.Overhead, got.EndedAt.Sub(got.StartedAt))
		}
	})
}

func TestDeny(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
		c.until("it asks", func() bool { return c.state(l, r.ID, "accept") == "waiting" })
		for range 2 {
			if code := l.post(t, api.PathRuns+"/"+r.ID+"/steps/accept/deny", api.StepRequest{By: "bert", Reason: "too many logs"}, &api.Run{}); code != http.StatusOK {
				t.Fatalf("deny: status %d", code)
			}
			if r := l.run(t, r.ID); r.Outcome != "" {
				break
			}
		}
		if got := c.ended(r.ID); got.Outcome != "failed" || !strings.Contains(got.Why, "denied by bert: too many logs") {
			t.Errorf("outcome %s: %s", got.Outcome, got.Why)
		}
		if n, _ := c.w.count("calls"); n != 0 {
			t.Error("a step after the denied one was done")
		}
	})
}

// TestNotALab: people cannot be verified yet, so outside a lab their word does not count.
func TestNotALab(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1, notLab)
		defer c.close()
		l, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
		for _, verb := range []string{"approve", "deny", "override"} {
			var p api.Problem
			code := l.post(t, api.PathRuns+"/"+r.ID+"/steps/accept/"+verb, api.StepRequest{By: "anna", Rule: "x", Reason: "y"}, &p)
			if code != http.StatusForbidden || p.Code != api.CodeRefused || !strings.Contains(p.Error, "not created as a lab") {
				t.Errorf("%s: %d %+v", verb, code, p)
			}
		}
		l.post(t, api.PathRuns+"/"+r.ID+"/abort", api.RunRequest{By: "anna"}, &api.Run{})
	})
}

func TestPauseResumeAbort(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 3)
		defer c.close()
		l := c.leader()
		_, r := c.begin(api.StartRequest{Plan: asks(), RequestID: "1"})
		c.until("it asks", func() bool { return c.state(l, r.ID, "accept") == "waiting" })
		path := api.PathRuns + "/" + r.ID
		var got api.Run
		if code := l.post(t, path+"/pause", api.RunRequest{By: "anna"}, &got); code != http.StatusOK || !got.Paused {
			t.Fatalf("pause: %d, paused %v", code, got.Paused)
		}
		l.post(t, path+"/steps/accept/approve", api.StepRequest{By: "anna"}, &got)
		c.until("what is open ends", func() bool { return c.state(l, r.ID, "accept") == "done" })
		time.Sleep(time.Minute)
		if state := c.state(l, r.ID, "calls"); state != "todo" {
			t.Fatalf("a paused run began a step: %s", state)
		}
		if code := l.post(t, path+"/resume", api.RunRequest{By: "anna"}, &got); code != http.StatusOK || got.Paused {
			t.Fatalf("resume: %d, paused %v", code, got.Paused)
		}
		if got := c.ended(r.ID); got.Outcome != "done" {
			t.Errorf("outcome %s: %s", got.Outcome, got.Why)
		}
		var p api.Problem
		if code := l.post(t, path+"/abort", api.RunRequest{By: "anna"}, &p); code != http.StatusBadRequest {
			t.Errorf("abort of a run that has ended: %d", code)
		}
		_, r = c.begin(api.StartRequest{Plan: asks(), RequestID: "2"})
		c.until("it asks", func() bool { return c.state(l, r.ID, "accept") == "waiting" })
		if code := l.post(t, api.PathRuns+"/"+r.ID+"/abort", api.RunRequest{By: "anna", Reason: "false alarm"}, &got); code != http.StatusOK {
			t.Fatalf("abort: %d", code)
		}
		// An approve step is open until somebody says something.
		l.post(t, api.PathRuns+"/"+r.ID+"/steps/accept/deny", api.StepRequest{By: "anna"}, &got)
		if got := c.ended(r.ID); got.Outcome != "aborted" || !strings.Contains(got.Why, "false alarm") {
			t.Errorf("outcome %s: %s", got.Outcome, got.Why)
		}
	})
}

// TestOverride: a refused step waits, and goes on when its rule is set aside for just the evidence that was shown.
func TestOverride(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		p := plan(step("ready", "check", runbooks.Args{}), step("calls", "um.reroute", runbooks.Args{To: "DR"}, "ready"))
		p.Parameters[0].Value = "DR" // the site that is left is the target
		l, r := c.begin(api.StartRequest{Plan: p, RequestID: "1", HoldRefusals: true})
		c.until("it is refused", func() bool { return len(l.run(t, r.ID).Refusals) == 1 })
		ref := l.run(t, r.ID).Refusals[0]
		if ref.Rule != "target-differs" || ref.Why == "" || ref.Evidence == "" || ref.Unblock == "" || ref.FactHash == "" {
			t.Fatalf("refusal: %+v", ref)
		}
		path := api.PathRuns + "/" + r.ID + "/steps/ready/override"
		var bad api.Problem
		if code := l.post(t, path, api.StepRequest{By: "anna", Rule: "no-co-reboot", Reason: "x"}, &bad); code != http.StatusBadRequest {
			t.Errorf("override of a rule that refused nothing: %d", code)
		}
		if code := l.post(t, path, api.StepRequest{By: "anna", Rule: ref.Rule, Reason: "a test", FactHash: ref.FactHash}, &api.Run{}); code != http.StatusOK {
			t.Fatalf("override: %d", code)
		}
		if got := c.ended(r.ID); got.Outcome != "done" || len(got.Overrides) != 1 {
			t.Errorf("outcome %s (%s), overrides %v", got.Outcome, got.Why, got.Overrides)
		}
	})
}

func TestRefusedRun(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := newCluster(t, 1)
		defer c.close()
		p := plan(step("ready", "check", runbooks.Args{}), step("calls", "um.reroute", runbooks.Args{To: "DR"}, "ready"))
		p.Parameters[0].Value = "DR"
		_, r := c.begin(api.StartRequest{Plan: p, RequestID: "1"})
		if got := c.ended(r.ID); got.Outcome != "refused" || len(got.Refusals) != 1 {
			t.Errorf("outcome %s (%s), refusals %v", got.Outcome, got.Why, got.Refusals)
		}
	})
}
