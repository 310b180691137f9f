package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestBestCopy is best copy selection, domain-exchange.md 5.4 and 5.5: four members in one site, the database was mounted on
// the first, which is gone.
func TestBestCopy(t *testing.T) {
	type change func(*dag.Topology, *dag.State)
	missing := func(logs ...int64) change { // of the copies on the second to fourth member
		return func(_ *dag.Topology, s *dag.State) {
			s.Copy(0, 0).Logs, s.Copy(0, 0).Known = 100, 100
			for i, n := range logs {
				s.Copy(0, i+1).Logs, s.Copy(0, i+1).Known = 100-n, 100
			}
		}
	}
	dial := func(m int, d dag.Dial) change { return func(_ *dag.Topology, s *dag.State) { s.Nodes[m].Dial = d } }
	status := func(i int, c dag.CopyStatus) change {
		return func(_ *dag.Topology, s *dag.State) { s.Copy(0, i).Status = c }
	}
	for _, c := range []struct {
		name    string
		changes []change
		want    int
	}{
		{"all equal: by activation preference", []change{missing(0, 0, 0)}, 1},
		{"the highest log", []change{missing(3, 1, 2)}, 2},
		{"a tie: by activation preference", []change{missing(3, 1, 1)}, 2},
		{"beyond the dial of the best", []change{missing(9, 9, 6)}, 3},
		{"beyond every dial", []change{missing(7, 8, 9)}, -1},
		{"a wider dial", []change{missing(7, 8, 12), dial(3, dag.BestAvailability)}, 3},
		{"Lossless anywhere: by activation preference", []change{missing(3, 1, 2), dial(3, dag.Lossless)}, 1},
		{"Lossless at one that is not the last", []change{missing(3, 1, 2), dial(2, dag.Lossless)}, 1},
		{"Lossless at one that is gone", []change{missing(3, 1, 2), dial(0, dag.Lossless)}, 2},
		{"IntrasiteOnly, and nobody was active", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { active(s, -1); s.Nodes[1].Policy = dag.IntrasiteOnly }}, 1},
		{"the disk is full", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Nodes[1].DiskFull = true }}, 2},
		{"Lossless refuses for itself", []change{missing(1, 9, 9), dial(1, dag.Lossless)}, -1},
		{"blocked at the server", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Policy = dag.Blocked }}, 2},
		{"blocked at the copy", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Copy(0, 1).Blocked = true }}, 2},
		{"IntrasiteOnly in another site", []change{missing(0, 1, 2), func(topo *dag.Topology, s *dag.State) { topo.Members[1].Site, s.Nodes[1].Policy = 1, dag.IntrasiteOnly }}, 2},
		{"IntrasiteOnly in the same", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Policy = dag.IntrasiteOnly }}, 1},
		{"the hard limit", []change{missing(0, 1, 2), func(topo *dag.Topology, _ *dag.State) { topo.Members[1].MaxActive = 1 }}, 2},
		{"failed and suspended", []change{missing(0, 1, 2), status(1, dag.CopyFailedAndSuspended)}, 2},
		{"seeding", []change{missing(0, 1, 2), status(1, dag.CopySeeding), status(2, dag.CopySuspended)}, 3},
		{"service down", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Repl = false }}, 2},
		{"no bit", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Bit = false }}, 2},
		{"resynchronizing, disconnected", []change{missing(0, 1, 2), status(1, dag.CopyResynchronizing)}, 1},
		{"dismounted by an administrator", []change{missing(0, 1, 2), func(_ *dag.Topology, s *dag.State) { s.DBs[0].Want = false }}, -1},
	} {
		topo := members("DAG", []int{4, 0}, "2008 R2", 0)
		s := dag.New(topo)
		for _, change := range c.changes {
			change(topo, &s)
		}
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 0})
		s.Step(topo, dag.Event{Kind: dag.EvRegroup})
		for _, e := range dag.Pending(topo, &s) {
			if e.Key() == "failover/0" {
				s.Step(topo, e)
			}
		}
		got := -1
		for i := range topo.Databases[0].Copies {
			if s.Copy(0, i).Mounted {
				got = topo.Databases[0].Copies[i].Member
			}
		}
		if got != c.want {
			t.Errorf("%s: mounted on %d, not %d", c.name, got, c.want)
		}
	}
}

// TestLastLogs: attempt copy last logs. The server of the previous active copy lives though its database was dismounted with
// its cluster service: what it holds is copied first, and the dial sees no loss; selection goes by what was inspected.
func TestLastLogs(t *testing.T) {
	topo := members("DAG", []int{4, 0}, "2008 R2", 0)
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 50})
	s.Step(topo, dag.Event{Kind: dag.EvShip, Member: 2})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStop, Members: 1})
	s, _ = dag.Settle(topo, s)
	if c := s.Copy(0, 2); !c.Mounted || c.Logs != 50 || c.Forks != 0 || s.Copy(0, 0).Forks != 0 {
		t.Errorf("%+v, the old one %+v", c, s.Copy(0, 0))
	}
}

// TestActivateTakesDownTheSourceWithinReach: with the database mounted twice, a move takes down the copy that it reaches.
func TestActivateTakesDownTheSourceWithinReach(t *testing.T) {
	topo := topologies["even"]()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
	s, _ = dag.Settle(topo, s)
	for _, op := range []dag.Op{{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}, {Kind: dag.OpRestore, From: 1, Site: 1},
		{Kind: dag.OpActivate, From: 1, Member: 2}, {Kind: dag.OpActivate, From: 1, Member: 3}} {
		var a dag.Answer
		if s, a = dag.Do(topo, s, op); a.Code != dag.OK {
			t.Fatalf("%d: %+v", op.Kind, a)
		}
		s, _ = dag.Settle(topo, s)
	}
	if !s.Copy(0, 0).Mounted || s.Copy(0, 2).Mounted || !s.Copy(0, 3).Mounted {
		t.Errorf("%+v", s.Copies[:4])
	}
	if _, a := dag.Do(topo, s, dag.Op{Kind: dag.OpDismount, From: 1}); a.Code != dag.OK {
		t.Errorf("dismount: %+v", a)
	}
}
