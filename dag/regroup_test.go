package dag_test

import (
	"slices"
	"testing"

	"siteswap/dag"
)

// wan cuts or heals the link between the first two sites.
func wan(t *dag.Topology, s *dag.State, on bool) {
	s.Step(t, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1, On: on})
}

// TestCutThatNobodyNoticed: a link is cut and healed before heartbeats are missed. What the other side changed meanwhile reaches the
// node when clusters regroup, and it goes on; one that was evicted meanwhile does not.
func TestCutThatNobodyNoticed(t *testing.T) {
	for _, c := range []struct {
		op   dag.Op
		want dag.Service
	}{
		{dag.Op{Kind: dag.OpPause, Member: 1, On: true}, dag.Running},
		{dag.Op{Kind: dag.OpEvict, Member: 2}, dag.Joining},
	} {
		topo := reference()
		s := dag.New(topo)
		wan(topo, &s, false)
		s, _ = dag.Do(topo, s, c.op)
		wan(topo, &s, true)
		if !slices.Contains(pending(topo, &s), "regroup") {
			t.Errorf("operation %d: EX3 missed it, and nobody regroups", c.op.Kind)
		}
		s.Step(topo, dag.Event{Kind: dag.EvRegroup})
		n, first := &s.Nodes[2], &s.Nodes[0]
		if n.Cluster != c.want || first.Cluster != dag.Running || !s.Copy(0, 0).Mounted {
			t.Errorf("operation %d: EX3 is %s, EX1 %s", c.op.Kind, n.Cluster, first.Cluster)
		}
		if c.want == dag.Running && (n.Conf.Tag != first.Conf.Tag || n.Conf.Paused != 2 || slices.Contains(pending(topo, &s), "regroup")) {
			t.Errorf("operation %d: %+v, of EX1 %+v", c.op.Kind, n.Conf, first.Conf)
		}
	}
}

// TestNoQuorumNoChange: two clusters meet while the newer one loses a node. Those of the older one leave theirs, and what is left of
// the newer one has no majority: it changes nothing that the cluster stores, its owner neither (PS:Set).
func TestNoQuorumNoChange(t *testing.T) {
	topo := members("DAG5", []int{3, 2}, "2008 R2", 0)
	s := dag.New(topo)
	do := func(op dag.Op) {
		t.Helper()
		var a dag.Answer
		if s, a = dag.Do(topo, s, op); a.Code != dag.OK {
			t.Fatalf("operation %d: %+v", op.Kind, a)
		}
	}
	do(dag.Op{Kind: dag.OpClusterStop, Members: topo.AllMembers()})
	wan(topo, &s, false)
	do(dag.Op{Kind: dag.OpClusterStart, From: 1, Members: dag.Set(0).Add(4), Force: true})
	do(dag.Op{Kind: dag.OpClusterStart, Members: 1, Force: true})
	do(dag.Op{Kind: dag.OpClusterStart, Members: 6})
	s, _ = dag.Settle(topo, s)
	do(dag.Op{Kind: dag.OpMoveGroup, Member: 2})
	if got := holders(topo, &s); got != 0b10111 || s.Nodes[0].Forced {
		t.Fatalf("%05b holds quorum, %+v", got, s.Nodes)
	}
	wan(topo, &s, true)
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2})
	s.Step(topo, dag.Event{Kind: dag.EvRegroup})
	if n := &s.Nodes[0]; holders(topo, &s) != 0 || n.Conf.PAM != 2 || s.Nodes[4].Cluster != dag.Joining {
		t.Errorf("%05b holds quorum, %+v", holders(topo, &s), s.Nodes)
	}
}

// TestStartOfMemberThatMounts: a member that runs a cluster of its own and mounts there is taken in by Start; what is mounted is not
// a copy that initialises (MON).
func TestStartOfMemberThatMounts(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	wan(topo, &s, false)
	s, _ = dag.Settle(topo, s)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStart, From: 1, Members: 4, Force: true})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, From: 1, Member: 2})
	wan(topo, &s, true)
	s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpStart, Members: 4})
	if c := s.Copy(0, 2); a.Code != dag.OK || !c.Mounted || c.Status != dag.CopyHealthy {
		t.Errorf("%+v: %+v", a, c)
	}
}

// TestDisabledIsNotStartedAgain: a cluster service that ends for want of quorum is started again, but not one that is Disabled.
func TestDisabledIsNotStartedAgain(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Nodes[2].Start = dag.Disabled
	wan(topo, &s, false)
	s.Step(topo, dag.Event{Kind: dag.EvRegroup})
	if s.Nodes[2].Cluster != dag.Stopped {
		t.Errorf("%s", s.Nodes[2].Cluster)
	}
}

// TestMinorityHandsOverNoVote: a node that stops in good order leaves its vote to the others (LastManStanding), but not in a part that
// has lost quorum and does not know it yet: the cluster must have quorum to change what it stores (PS:Set).
func TestMinorityHandsOverNoVote(t *testing.T) {
	topo := members("DAG5", []int{3, 2}, "2012 R2", 0)
	topo.Assume.LastManStanding = true
	s := dag.New(topo)
	wan(topo, &s, false)
	s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStop, From: 1, Members: dag.Set(0).Add(3)})
	if s, _ = dag.Settle(topo, s); a.Code != dag.OK || holders(topo, &s) != 0b00111 {
		t.Errorf("%+v: %05b holds quorum", a, holders(topo, &s))
	}
}

// TestForcedElsewhere: a node that was forced holds quorum for those that stand with it and are nodes beside it, for nobody else.
func TestForcedElsewhere(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	wan(topo, &s, false)
	s, _ = dag.Settle(topo, s)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStart, From: 1, Members: 4, Force: true})
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 0})
	if got := holders(topo, &s); got != 0b100 {
		t.Errorf("EX3 is forced behind the cut: %03b holds quorum", got)
	}
	s = dag.New(topo)
	for m := range 2 {
		s.Nodes[m].Conf.Nodes, s.Nodes[m].Conf.Weights, s.Nodes[m].Conf.Tag = 3, 3, 1
	}
	s.Nodes[2].Forced = true
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 1})
	if got := holders(topo, &s); got != 0 {
		t.Errorf("EX3 was forced and is no node of the newer cluster: %03b holds quorum", got)
	}
}

// TestWipedNodeHoldsNothing: a node whose cluster configuration was wiped is in no cluster, whatever its service shows (row 9).
func TestWipedNodeHoldsNothing(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Nodes[2].Conf = dag.Conf{PAM: -1, Active: s.Nodes[2].Conf.Active}
	if got := holders(topo, &s); got != 0b011 {
		t.Errorf("%03b holds quorum", got)
	}
}

// TestSiteReachesItself: there is no link from a site to itself that could be cut.
func TestSiteReachesItself(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvLink})
	_, a := dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStop, Members: 2})
	if got := holders(topo, &s); got != 0b111 || a.Code != dag.OK || slices.Contains(pending(topo, &s), "regroup") {
		t.Errorf("%03b holds quorum, pending %v, answer %+v", got, pending(topo, &s), a)
	}
}
