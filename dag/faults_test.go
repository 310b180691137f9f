package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestHang: a server that was without a heartbeat leaves the cluster as soon as it runs again, if others of its cluster went on
// without it, and not if they are those of another cluster or run none.
func TestHang(t *testing.T) {
	hang := func(t *dag.Topology, s *dag.State, on bool) {
		s.Step(t, dag.Event{Kind: dag.EvHang, Member: 0, On: on})
	}
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		want   dag.Service
	}{
		{"nobody noticed", func(t *dag.Topology, s *dag.State) { hang(t, s, true) }, dag.Running},
		{"the others went on", func(t *dag.Topology, s *dag.State) {
			hang(t, s, true)
			s.Step(t, dag.Event{Kind: dag.EvRegroup})
		}, dag.Joining},
		{"another one died meanwhile", func(t *dag.Topology, s *dag.State) {
			hang(t, s, true)
			s.Step(t, dag.Event{Kind: dag.EvServer, Member: 2})
		}, dag.Running},
		{"another cluster was forced before", func(t *dag.Topology, s *dag.State) {
			wan(t, s, false)
			*s, _ = dag.Settle(t, *s)
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, From: 1, Members: 4, Force: true})
			hang(t, s, true)
		}, dag.Running},
	} {
		topo := reference()
		s := dag.New(topo)
		c.change(topo, &s)
		before := s.Hash()
		if hang(topo, &s, true); s.Hash() != before {
			t.Errorf("%s: to hang a second time changes something", c.name)
		}
		hang(topo, &s, false)
		if got := s.Nodes[0].Cluster; got != c.want || s.Copy(0, 0).Mounted != (c.want == dag.Running) {
			t.Errorf("%s: freed, it is %s, mounted %v", c.name, got, s.Copy(0, 0).Mounted)
		}
	}
}

// TestServiceOfHungServer: its replication service ends like any other; it cannot be started while nobody answers.
func TestServiceOfHungServer(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvHang, Member: 0, On: true})
	s.Step(topo, dag.Event{Kind: dag.EvService, Member: 0})
	if s.Nodes[0].Repl || s.Nodes[0].Bit || s.Copy(0, 0).Mounted {
		t.Errorf("ended: %+v", s.Nodes[0])
	}
	s.Step(topo, dag.Event{Kind: dag.EvService, Member: 0, On: true})
	if s.Nodes[0].Repl {
		t.Error("started")
	}
}

// TestBootOfClusterService: it starts with the server if it is Automatic and has a configuration to start with (event 1090).
func TestBootOfClusterService(t *testing.T) {
	for _, c := range []struct {
		start   dag.StartType
		present bool
		want    dag.Service
	}{
		{dag.Automatic, true, dag.Joining},
		{dag.Disabled, true, dag.Stopped},
		{dag.Automatic, false, dag.Stopped},
	} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2})
		s.Nodes[2].Start, s.Nodes[2].Conf.Present = c.start, c.present
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 2, On: true})
		s.Step(topo, dag.Event{Kind: dag.EvBoot, Member: 2})
		if got := s.Nodes[2].Cluster; got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestSpareWitnessBoots: a spare that took the witness's place boots when its site has power again, and arbitrates like the first
// (DAC: both rebooted is a no). The servers beside it are not asked.
func TestSpareWitnessBoots(t *testing.T) {
	topo := topologies["even-spare"]()
	s := dag.New(topo)
	for _, op := range []dag.Op{{Kind: dag.OpSet, Replace: dag.WitnessPrimary, Spare: 1}} {
		var a dag.Answer
		if s, a = dag.Do(topo, s, op); a.Code != dag.OK {
			t.Fatalf("%+v", a)
		}
	}
	s.Step(topo, dag.Event{Kind: dag.EvService, Member: 0})
	s.Step(topo, dag.Event{Kind: dag.EvSite, Site: 2})
	s.Step(topo, dag.Event{Kind: dag.EvSite, Site: 2, On: true})
	if s.Nodes[0].WitnessSame || !s.Nodes[1].WitnessSame {
		t.Errorf("its bit is 0: %v; its bit is 1: %v", s.Nodes[0].WitnessSame, s.Nodes[1].WitnessSame)
	}
}

// TestRestoreIsInterrupted: what a Restore answers, and leaves alone, when something is lost between two of its steps.
func TestRestoreIsInterrupted(t *testing.T) {
	off := func(t *dag.Topology, s *dag.State) { s.Step(t, dag.Event{Kind: dag.EvServer, Member: 2}) }
	for _, c := range []struct {
		name   string
		after  int // steps
		change func(*dag.Topology, *dag.State)
		want   dag.Code
	}{
		{"the node hangs before it is forced", 1, func(t *dag.Topology, s *dag.State) { s.Step(t, dag.Event{Kind: dag.EvHang, Member: 2, On: true}) }, dag.ErrOpenCluster},
		{"it is cleaned before it is forced", 1, func(t *dag.Topology, s *dag.State) {
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpCleanup, From: 1, Member: 2})
		}, dag.ErrOpenCluster},
		{"the directory goes before the evictions", 2, func(t *dag.Topology, s *dag.State) { s.Step(t, dag.Event{Kind: dag.EvDirectory, Site: 1}) }, dag.ErrOpenCluster},
		{"the node dies before the evictions", 2, off, dag.ErrOpenCluster},
		{"the node dies before the quorum model", 3, off, dag.ErrOpenCluster},
		{"the node dies before the others join", 4, off, dag.ErrOpenCluster},
		{"nothing", 4, func(*dag.Topology, *dag.State) {}, dag.OK},
	} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvSite})
		s, _ = dag.Settle(topo, s)
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true})
		restore := s.Step(topo, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpRestore, From: 1, Site: 1}}).Begun
		var out dag.Outcome
		for i := range 6 {
			if i == c.after {
				c.change(topo, &s)
			}
			if out.Ended {
				break
			}
			out = s.Step(topo, dag.Event{Kind: dag.EvStep, N: int64(restore)})
			if i == c.after && c.want != dag.OK && i > 1 && !out.Ended {
				t.Errorf("%s: the next step goes on", c.name)
			}
		}
		if !out.Ended || out.Answer.Code != c.want {
			t.Errorf("%s: %+v", c.name, out)
		}
		if n := &s.Nodes[2]; c.want != dag.OK && c.after == 1 && (n.Forced || n.Cluster == dag.Running) {
			t.Errorf("%s: %+v", c.name, n)
		}
	}
}

// TestRestoreIsForItsSite: Restore sets the DACP bit of its own site's members. One that lives elsewhere behind a cut link, with quorum
// and without the bit, goes on waiting (TM5); a member of the site whose service was Disabled is started with the others.
func TestRestoreIsForItsSite(t *testing.T) {
	topo := members("DAG5", []int{3, 2}, "2008 R2", 0)
	s := dag.New(topo)
	wan(topo, &s, false)
	s, _ = dag.Settle(topo, s)
	for m := range 3 {
		s.Step(topo, dag.Event{Kind: dag.EvService, Member: m})
		s.Step(topo, dag.Event{Kind: dag.EvService, Member: m, On: true})
	}
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpStop, From: 1, Members: 7, ConfigurationOnly: true})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStop, From: 1, Members: 24})
	s.Nodes[4].Start = dag.Disabled
	s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpRestore, From: 1, Site: 1, Witness: dag.WitnessNone})
	if a.Code != dag.OK || holders(topo, &s) != 0b11111 || s.Nodes[0].Bit || s.Nodes[1].Bit || s.Nodes[2].Bit || !s.Nodes[3].Bit || !s.Nodes[4].Bit {
		t.Fatalf("%+v: %+v", a, s.Nodes)
	}
	if n := &s.Nodes[4]; n.Start != dag.Automatic || n.Conf.Witness != dag.WitnessAlternate {
		t.Errorf("%+v", n)
	}
}
