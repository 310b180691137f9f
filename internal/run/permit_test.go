package run_test

import (
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

func TestPermitExpires(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	ref := run.IntentRef{Index: 7, Term: 2, Run: "r-1", Step: "stop", Attempt: 1}
	p := run.NewPermit(ref, now, 30*time.Second)
	if p.Ref() != ref || p.NotAfter(now) != 30*time.Second || p.NotAfter(now.Add(time.Minute)) > 0 {
		t.Errorf("%+v", p)
	}
	if (run.Permit{}).NotAfter(now) > 0 {
		t.Error("a permit of nobody holds")
	}
}

// The sentences that people read in the log.
func TestDescribe(t *testing.T) {
	r := &run.Run{Plan: plan(step("stop", "dag.stop", runbooks.Args{}))}
	r.Plan.Steps[0].Title = "Mark them as stopped"
	two := run.Override{Rule: "x", Step: "stop", By: []string{"anna", "bert"}, Reason: "r"}
	for want, e := range map[string]run.Entry{
		"Mark them as stopped on EX3 (attempt 2)": {Type: run.EntryIntent, Intent: &run.Intent{Step: "stop", Attempt: 2, Choice: run.Choice{Server: "EX3"}}},
		"anna and bert override x for stop: r":    {Type: run.EntryOverride, Override: &two},
		"bert denies stop: no":                    denyOf("stop"),
		"degraded: set aside: a":                  {Type: run.EntryEnd, Outcome: run.OutcomeDegraded, Text: "set aside: a"},
		"gossip":                                  {Type: "gossip"},
	} {
		if got := run.Describe(e, r); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if run.ShortHash("sha256:abcdef") != "abcd" || run.ShortHash("ab") != "ab" {
		t.Error("short hash")
	}
}

// Calls go where the last reroute that was done sent them, with the place in the log that its settings carried.
func TestRoute(t *testing.T) {
	s := newSim(t, reference())
	if site, n := s.c.Route(); site != "" || n != 0 {
		t.Errorf("%s %d", site, n)
	}
	there(t, s)
	site, first := s.c.Route()
	back(t, s)
	home, last := s.c.Route()
	if site != "DR" || home != "Prod" || last <= first || first == 0 {
		t.Errorf("%s %d, then %s %d", site, first, home, last)
	}
}

// On 2013 before CU7 the mount dials are set instead of blocking copies, and remembered instead.
func TestDialIsRemembered(t *testing.T) {
	topo := reference()
	topo.Exchange = dag.Version{Release: 2013, CU: 5}
	s := newSim(t, topo)
	s.start("r-1", plan(step("hold", "db.block", runbooks.Args{Site: "DR"}), step("release", "db.unblock", runbooks.Args{Site: "DR"}, "hold")), false)
	s.round()
	if back := run.NotPutBack(s.run()); len(back) != 1 || back[0] != "dial/EX2010-3" {
		t.Errorf("%v", back)
	}
	want(t, s.finish(), run.OutcomeDone)
}
