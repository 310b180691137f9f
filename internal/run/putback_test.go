package run_test

import (
	"slices"
	"testing"
	"time"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// What is changed for the run's own sake and stays changed makes it degraded; what a step puts back is what was there.
func TestPutBack(t *testing.T) {
	freeze, thaw := step("freeze", "policy.freeze", runbooks.Args{Site: "Prod"}), step("thaw", "policy.restore", runbooks.Args{Server: "EX2010-1"}, "freeze")
	s := begin(t, freeze, thaw)
	r := s.finish()
	want(t, r, run.OutcomeDegraded)
	if r.Why != "not put back: policy/EX2010-2" {
		t.Error(r.Why)
	}
	for _, key := range []string{"policy/EX2010-1", "policy/EX2010-2"} {
		if !slices.ContainsFunc(r.Memory, func(m run.Remembered) bool { return m.Key == key && m.Value == string(dag.Unrestricted) }) {
			t.Errorf("%s is not remembered: %v", key, r.Memory)
		}
	}
	ttl := step("down", "dns.ttl", runbooks.Args{TTL: time.Minute, Names: []string{"internal.test.local"}})
	s = begin(t, ttl)
	want(t, s.finish(), run.OutcomeDegraded)
	back := step("back", "dns.ttl", runbooks.Args{Restore: true, Names: []string{"internal.test.local"}}, "down")
	s = begin(t, ttl, back)
	want(t, s.finish(), run.OutcomeDone)
}

// A server whose policy was another than the site file's gets that one back.
func TestPutBackWhatWasThere(t *testing.T) {
	s := begin(t, step("freeze", "policy.freeze", runbooks.Args{Site: "Prod"}), step("thaw", "policy.restore", runbooks.Args{Site: "Prod"}, "freeze"))
	s.state.Nodes[0].Policy = dag.IntrasiteOnly
	s.round()
	s.take()
	before := s.facts()
	s.state.Nodes[0].Policy, s.state.Nodes[1].Policy = dag.IntrasiteOnly, dag.Unrestricted // as act does it, from memory
	res := run.Judge(s.run(), "thaw", before, run.Effect{State: run.Done}, s.input(), s.x)
	if res.State != run.Done {
		t.Errorf("%+v", res)
	}
	s.state.Nodes[0].Policy = dag.Unrestricted // the site file's
	in := s.input()
	in.Final = true
	if res := run.Judge(s.run(), "thaw", before, run.Effect{State: run.Done}, in, s.x); res.State != run.Failed {
		t.Errorf("%+v", res)
	}
}
