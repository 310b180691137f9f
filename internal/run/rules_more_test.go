package run_test

import (
	"slices"
	"testing"

	"siteswap/dag"
	"siteswap/internal/run"
	"siteswap/runbooks"
)

// moreGuards: what was read of the wrong place, or was read once and is not known any more, is no evidence.
func moreGuards() []guarded {
	start := step("x", "dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"})
	clean := step("x", "cluster.cleanup", runbooks.Args{Server: "EX2010-1", RunFrom: "DR"})
	drain := func(server string) runbooks.Step {
		return step("x", "server.drain", runbooks.Args{Server: server})
	}
	ready, lost, back := scene{world: all(returned, newNames, newCalls)}, scene{world: all(prodLost, stopProd)}, scene{world: returned}
	refused := func(sc scene, facts func(f *dag.Facts)) scene { return scene{sc.world, sc.people, facts} }
	fencedWhole := scene{nothing, nil, func(f *dag.Facts) {
		for m := range 2 {
			f.Members[m].Power = dag.Know(dag.HeldOff, "power control")
		}
	}}
	return []guarded{
		{"a node of its own cluster only", run.RuleEvictedBeforeStart, start, refused(ready, func(f *dag.Facts) {
			mf := &f.Members[0]
			mf.Evicted.Value, mf.Quorum, mf.Nodes = false, dag.Know(true, "x"), dag.Know([]string{"EX2010-1", "EX2010-2"}, "x")
		}), ready, "EX2010-1 is not shown to have learnt"},
		{"a node of a cluster without quorum", run.RuleEvictedBeforeStart, start, refused(ready, func(f *dag.Facts) {
			f.Members[0].Evicted.Value, f.Members[2].Quorum, f.Members[2].Nodes = false, dag.Know(false, "x"), dag.Know([]string{"EX2010-1", "EX2010-2", "EX2010-3"}, "x")
		}), ready, "EX2010-1 is not shown to have learnt"},
		{"clean, the list is not known any more", run.RuleCleanupTarget, clean, refused(back, func(f *dag.Facts) { f.Sites[1].Stopped.Known = false }), back, "or the list cannot be read"},
		{"clean, quorum unread", run.RuleCleanupTarget, clean, refused(back, func(f *dag.Facts) { unreadable(&f.Members[0].Quorum) }), back, "or that cannot be read"},
		{"clean, the service is not known any more", run.RuleCleanupTarget, clean, refused(back, func(f *dag.Facts) { f.Members[0].Cluster.Known = false }), back, "not stopped, or cannot be read"},
		{"clean what is started, mode unread", run.RuleCleanupTarget, clean, refused(back, func(f *dag.Facts) {
			unreadable(&f.Mode)
			f.Sites[1].Stopped.Value = nil
		}), back, "Stopped list"},
		{"the mode is not known any more", run.RuleDACRequired, step("x", "dag.stop", runbooks.Args{Site: "Prod", RunFrom: "DR"}), refused(lost, func(f *dag.Facts) { f.Mode.Known = false }), lost, "cannot be read"},
		{"force with quorum", run.RuleNoForceWithQuorum, step("x", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true}), fencedWhole, lost, "DR holds quorum"},
		{"on neither list", run.RuleListsAgree, step("x", "dag.restore", runbooks.Args{Site: "DR", RunFrom: "DR"}), refused(lost, func(f *dag.Facts) { f.Sites[1].Stopped.Value = []string{"EX2010-1"} }), lost, "EX2010-2 is on the wrong list"},
		{"drain of the last", run.RuleNoCoReboot, drain("EX2010-3"), refused(scene{world: nothing}, func(f *dag.Facts) { f.Members[2].Up.Value = []string{"EX2010-3"} }), scene{world: nothing}, "EX2010-3 is the last member that is up"},
		{"drain in the dark", run.RuleNoCoReboot, drain("EX2010-1"), refused(scene{world: nothing}, func(f *dag.Facts) { unreadable(&f.Members[0].Up) }), scene{world: nothing}, "which members are up cannot be read from EX2010-1"},
		{"drain of nobody", run.RuleNoCoReboot, drain("EX9"), scene{world: nothing}, scene{}, "EX9 is no member"},
	}
}

// TestEvidenceOfEviction: that events are not there is other evidence than that they could not be read.
func TestEvidenceOfEviction(t *testing.T) {
	start := behindCheck(step("x", "dag.start", runbooks.Args{Site: "Prod", RunFrom: "DR"}))
	for want, facts := range map[string]func(f *dag.Facts){
		"events 7040 and 4621 on EX2010-1: not there":              func(f *dag.Facts) { f.Members[0].Evicted.Value = false },
		"events 7040 and 4621 on EX2010-1: i/o timeout after 3.1s": func(f *dag.Facts) { unreadable(&f.Members[0].Evicted) },
	} {
		if ref := judged(t, "Prod", "DR", asked{steps: start, scene: scene{all(returned, newNames, newCalls), nil, facts}}); ref == nil || ref.Evidence != want {
			t.Errorf("%+v, want %s", ref, want)
		}
	}
}

// TestRuleNames: a readiness check that looks ahead to no safety rule can be overridden by its own name, and one that does by the rule's.
func TestRuleNames(t *testing.T) {
	names := run.RuleNames()
	for name, want := range map[string]bool{run.RuleNoCoReboot: true, "check-target-directory": true, "check-dac-mode": false} {
		if slices.Contains(names, name) != want {
			t.Errorf("%s: %v, in %v", name, !want, names)
		}
	}
}

// TestRecheckOfNothing: a step that is none, or that nobody has an intent for, holds no Permit.
func TestRecheckOfNothing(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(step("x", "dag.stop", runbooks.Args{Site: "Prod", RunFrom: "DR"})), true)
	for _, id := range []string{"x", "y"} {
		if ref := run.Recheck(s.run(), id, s.input()); ref != nil {
			t.Errorf("%s: %+v", id, ref)
		}
	}
	s.begun("x")
	in := s.input()
	in.Facts = &dag.Facts{}
	if ref := run.Recheck(s.run(), "x", in); ref == nil {
		t.Error("nothing was observed, and it passes")
	}
}

// TestOnlyForceIsForce: that a run has acted on something else does not make the quorum of the recovery site its own.
func TestOnlyForceIsForce(t *testing.T) {
	s := newSim(t, reference())
	s.start("r-1", plan(step("ready", "check", runbooks.Args{}), calls("a"), step("x", "cluster.start", runbooks.Args{Server: "EX2010-3", ForceQuorum: true})), true)
	s.begun("a")
	s.must(retryOf("a", 1))
	s.begun("x")
	s.blind = func(f *dag.Facts) {
		for m := range 2 {
			f.Members[m].Power = dag.Know(dag.HeldOff, "power control")
		}
	}
	if ref := run.Recheck(s.run(), "x", s.input()); ref == nil || ref.Rule != run.RuleNoForceWithQuorum {
		t.Errorf("%+v", ref)
	}
}

// TestForcedIsWhatWasForced: a node counts as forced if its step forces it and has acted, under the name that the step gives.
func TestForcedIsWhatWasForced(t *testing.T) {
	topo := reference()
	topo.Members = append(topo.Members, dag.Member{Name: "EX2010-4", FQDN: "ex2010-4.test.local", Site: 1, Dial: dag.GoodAvailability})
	start := func(id, server string, force bool) runbooks.Step {
		return step(id, "cluster.start", runbooks.Args{Server: server, ForceQuorum: force})
	}
	for _, c := range []struct {
		name   string
		before runbooks.Step
		refuse bool
	}{
		{"another was started without force", start("a", "EX2010-4", false), false},
		{"another was forced, by its name", start("a", "EX2010-4", true), true}, // though a choice of the copy in EX2010-3 stands beside it
		{"one is to be forced, and has no name yet", step("b", "cluster.start", runbooks.Args{Site: "DR", ForceQuorum: true}), false},
	} {
		s := newSim(t, topo)
		s.site(0, false)
		s.start("r-1", plan(step("ready", "check", runbooks.Args{}), c.before, start("x", "EX2010-3", true)), true)
		if c.before.ID == "a" {
			s.begun("a")
			s.must(retryOf("a", 1))
		}
		s.begun("x")
		if ref := run.Recheck(s.run(), "x", s.input()); c.refuse != (ref != nil) || ref != nil && ref.Rule != run.RuleOneForcedNode {
			t.Errorf("%s: %+v", c.name, ref)
		}
	}
}
