package dag_test

import (
	"slices"
	"testing"

	"siteswap/dag"
)

// TestSecondWrite: Stop writes the directory of the members' site too, on top of what that holds (DECK). Only where both then hold the
// same lists in the same version it is one value.
func TestSecondWrite(t *testing.T) {
	conf := func(kind dag.OpKind, from int, members dag.Set) func(*dag.Topology, *dag.State) {
		return func(t *dag.Topology, s *dag.State) {
			*s, _ = dag.Do(t, *s, dag.Op{Kind: kind, From: from, Members: members, ConfigurationOnly: true})
		}
	}
	directory := func(on bool) func(*dag.Topology, *dag.State) {
		return func(t *dag.Topology, s *dag.State) { s.Step(t, dag.Event{Kind: dag.EvDirectory, On: on}) }
	}
	link := func(on bool) func(*dag.Topology, *dag.State) {
		return func(t *dag.Topology, s *dag.State) { wan(t, s, on) }
	}
	for _, c := range []struct {
		name    string
		before  []func(*dag.Topology, *dag.State)
		started [2]dag.Set // in Prod's directory and in DR's
		pending []string
	}{
		{"alike", nil, [2]dag.Set{4, 4}, nil},
		{"each had written the same", []func(*dag.Topology, *dag.State){link(false), conf(dag.OpStop, 0, 3), conf(dag.OpStop, 1, 3), link(true)}, [2]dag.Set{4, 4}, nil},
		{"DR had written before", []func(*dag.Topology, *dag.State){directory(false), conf(dag.OpStop, 1, 4), conf(dag.OpStart, 1, 4), directory(true)},
			[2]dag.Set{4, 4}, []string{"replicate/1>0"}},
		{"each had written", []func(*dag.Topology, *dag.State){link(false), conf(dag.OpStop, 1, 2), conf(dag.OpStop, 0, 4), link(true)},
			[2]dag.Set{0, 4}, []string{"replicate/0>1"}},
	} {
		topo := reference()
		s := dag.New(topo)
		for _, f := range c.before {
			f(topo, &s)
		}
		conf(dag.OpStop, 1, 3)(topo, &s)
		got := slices.DeleteFunc(pending(topo, &s), func(k string) bool { return k[:3] != "rep" })
		if s.Sites[0].Started != c.started[0] || s.Sites[1].Started != c.started[1] || !slices.Equal(got, c.pending) {
			t.Errorf("%s: Prod %03b, DR %03b, pending %v", c.name, s.Sites[0].Started, s.Sites[1].Started, got)
		}
		if c.pending == nil && (s.Sites[0].Wrote != 0 || s.Sites[1].Wrote != 0) {
			t.Errorf("%s: one value, and ranks %d and %d", c.name, s.Sites[0].Wrote, s.Sites[1].Wrote)
		}
	}
}

// TestStopIsInterrupted: a member that falls silent between the lists and the hosts is on the Stopped list and is not cleaned; the
// caller is warned.
func TestStopIsInterrupted(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	stop := s.Step(topo, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpStop, From: 1, Members: 3}}).Begun
	s.Step(topo, dag.Event{Kind: dag.EvStep, N: int64(stop)})
	s.Step(topo, dag.Event{Kind: dag.EvHang, Member: 1, On: true})
	var out dag.Outcome
	for !out.Ended {
		out = s.Step(topo, dag.Event{Kind: dag.EvStep, N: int64(stop)})
	}
	want := []dag.Warning{{Code: dag.WarnMemberOffline, Subject: "EX2"}}
	if out.Answer.Code != dag.OK || !slices.Equal(out.Answer.Warnings, want) || s.Sites[1].Stopped != 3 || !s.Nodes[0].Learnt || s.Nodes[1].Learnt {
		t.Errorf("%+v: %+v", out, s.Nodes)
	}
}

// TestStartIsInterrupted: the cluster that was to take a member back loses quorum before it does.
func TestStartIsInterrupted(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpStop, From: 1, Members: 2})
	start := s.Step(topo, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpStart, Members: 2}}).Begun
	s.Step(topo, dag.Event{Kind: dag.EvStep, N: int64(start)})
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2})
	out := s.Step(topo, dag.Event{Kind: dag.EvStep, N: int64(start)})
	if !out.Ended || out.Answer.Code != dag.ErrNoQuorum || s.Nodes[1].Cluster != dag.Stopped {
		t.Errorf("%+v: %+v", out, s.Nodes[1])
	}
}

// TestSetWithoutWord: a bare Set takes the primary witness, whatever a caller says who names none.
func TestSetWithoutWord(t *testing.T) {
	for _, use := range []dag.WitnessUse{"", dag.WitnessNone, dag.WitnessPrimary} {
		topo := topologies["even"]()
		s := dag.New(topo)
		s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpSet, Witness: use})
		if c := &s.Nodes[0].Conf; a.Code != dag.OK || c.Witness != dag.WitnessPrimary || c.Model != dag.NodeFileShareMajority {
			t.Errorf("%q: %+v, %+v", use, a, c)
		}
	}
}
