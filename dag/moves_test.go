package dag_test

import (
	"slices"
	"testing"
	"time"

	"siteswap/dag"
)

// TestMoveTakesWhatItsSourceHolds: a move that dismounted its source copies what is left from it, also when the source is the first
// member and the cluster of the target names another one active.
func TestMoveTakesWhatItsSourceHolds(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 9})
	active(&s, 2)
	s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1, Dial: dag.Lossless})
	if c := s.Copy(0, 1); a.Code != dag.OK || !c.Mounted || c.Logs != 9 || s.Copy(0, 0).Mounted {
		t.Errorf("%+v: %+v", a, c)
	}
}

// TestHomeWaits: what keeps a database from moving to its preferred copy, the first, by itself (PS:Set).
func TestHomeWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		want   bool
	}{
		{"nothing", func(*dag.Topology, *dag.State) {}, true},
		{"somebody moves it", func(t *dag.Topology, s *dag.State) {
			s.Step(t, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpActivate, Member: 2}})
		}, false},
		{"it is there", func(t *dag.Topology, s *dag.State) { *s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpActivate}) }, false},
		{"the preferred copy holds other logs", func(_ *dag.Topology, s *dag.State) { part(s, 0, 1) }, false},
		{"the preferred copy initialises", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 0).Status = dag.CopyInitializing }, false},
		{"nobody has it mounted", func(t *dag.Topology, s *dag.State) { *s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpDismount}) }, false},
		{"the disk there is full", func(_ *dag.Topology, s *dag.State) { s.Nodes[0].DiskFull = true }, false},
	} {
		topo := topologies["cu2"]()
		s := dag.New(topo)
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1})
		c.change(topo, &s)
		if got := slices.Contains(pending(topo, &s), "home/0"); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestVacateToTheFirst: a member that is to hold no database gives it up to the first of the others, which is the first of all here.
func TestVacateToTheFirst(t *testing.T) {
	topo := topologies["cu2"]()
	s := dag.New(topo)
	s.PreferenceMoves = false
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpMoveNow, Members: 2, On: true})
	if s, _ = dag.Settle(topo, s); !s.Copy(0, 0).Mounted || s.Copy(0, 1).Mounted {
		t.Errorf("%+v", s.Copies)
	}
}

// TestVacateWaits: what keeps a database on a member that is to hold none, and what it is not moved to.
func TestVacateWaits(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		want   int // the member that has it in the end
	}{
		{"nothing", func(*dag.Topology, *dag.State) {}, 1},
		{"somebody moves it", func(t *dag.Topology, s *dag.State) {
			s.Step(t, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpActivate, Member: 2}})
		}, 0},
		{"its replication service has started again, and has no DACP bit yet", func(t *dag.Topology, s *dag.State) {
			s.Step(t, dag.Event{Kind: dag.EvService, On: true})
		}, 0},
		{"the next copy holds other logs", func(_ *dag.Topology, s *dag.State) { part(s, 0, 1) }, 2},
		{"the one that remains was forced behind a cut link", func(t *dag.Topology, s *dag.State) {
			s.Nodes[1].Policy, s.Nodes[2].Policy = dag.Blocked, dag.Blocked
			wan(t, s, false)
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, From: 1, Members: 8, Force: true})
		}, 0},
	} {
		topo := members("DAG5", []int{3, 2}, "2012 R2", 0)
		s := dag.New(topo)
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpMoveNow, Members: 1, On: true})
		c.change(topo, &s)
		if s.Step(topo, dag.Event{Kind: dag.EvVacate}); !s.Copy(0, c.want).Mounted {
			t.Errorf("%s: %+v", c.name, s.Copies[:5])
		}
	}
}

// TestSettleWaitsForNoIndex: a crawl goes on over night beside everything else; what Settle takes is as long as the longest thing
// that it waited for.
func TestSettleWaitsForNoIndex(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Copy(0, 1).Index = dag.IndexCrawling
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2})
	s.Step(topo, dag.Event{Kind: dag.EvRegroup})
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2, On: true})
	s, span := dag.Settle(topo, s)
	if s.Copy(0, 1).Index != dag.IndexCrawling || !s.HasQuorum(topo, 2) || span.Typical != 150*time.Second || span.Max != 10*time.Minute {
		t.Errorf("index %s, %+v", s.Copy(0, 1).Index, span)
	}
}
