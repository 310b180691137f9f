package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestLateEvents: what was pending and is not any more changes nothing when it comes all the same.
func TestLateEvents(t *testing.T) {
	for _, c := range []struct {
		name   string
		design string
		change func(*dag.Topology, *dag.State)
		late   dag.Event
	}{
		{"a copy is ready where its disk has filled up", "reference", func(_ *dag.Topology, s *dag.State) {
			s.Copy(0, 1).Status, s.Nodes[1].DiskFull = dag.CopyInitializing, true
		}, dag.Event{Kind: dag.EvReady, Member: 1}},
		{"a database fails over before all have noticed who is gone", "reference", func(t *dag.Topology, s *dag.State) {
			s.Step(t, dag.Event{Kind: dag.EvServer, Member: 0})
		}, dag.Event{Kind: dag.EvFailover}},
		{"logs come to a copy that holds others", "reference", func(_ *dag.Topology, s *dag.State) {
			part(s, 0, 1)
			s.Copy(0, 0).Logs, s.Copy(0, 0).Known, s.Copy(0, 1).Logs = 9, 9, 7
		}, dag.Event{Kind: dag.EvShip, Member: 1}},
		{"a member joins a cluster that has lost its majority", "reference", func(t *dag.Topology, s *dag.State) {
			down(0)(t, s)
			s.Step(t, dag.Event{Kind: dag.EvServer, Member: 0, On: true})
			s.Step(t, dag.Event{Kind: dag.EvBoot, Member: 0})
			s.Step(t, dag.Event{Kind: dag.EvServer, Member: 2})
		}, dag.Event{Kind: dag.EvJoin, Member: 0}},
		{"nodes form a cluster that may join one", "triangle", func(t *dag.Topology, s *dag.State) {
			forceFirst(t, s)
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, Members: 6})
		}, dag.Event{Kind: dag.EvForm, Member: 1}},
		{"lists come from a directory that is down", "reference", func(t *dag.Topology, s *dag.State) {
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpStop, Members: 4, ConfigurationOnly: true})
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpStart, Members: 4, ConfigurationOnly: true})
			s.Step(t, dag.Event{Kind: dag.EvDirectory})
		}, dag.Event{Kind: dag.EvReplicate, Site: 1}},
		{"a server boots that nobody was to start", "reference", func(t *dag.Topology, s *dag.State) {
			s.Step(t, dag.Event{Kind: dag.EvServer, Member: 2})
		}, dag.Event{Kind: dag.EvBoot, Member: 2}},
	} {
		topo := topologies[c.design]()
		s := dag.New(topo)
		c.change(topo, &s)
		for _, e := range dag.Pending(topo, &s) {
			if e.Key() == c.late.Key() {
				t.Errorf("%s: %s is pending", c.name, e.Key())
			}
		}
		if after, _ := dag.Apply(topo, s, c.late); after.Hash() != s.Hash() {
			t.Errorf("%s: something has changed", c.name)
		}
	}
}

// part lets two copies of the first database hold other logs in the same generations.
func part(s *dag.State, a, b int) {
	s.Copy(0, a).Forks, s.Copy(0, b).Forks = s.Copy(0, a).Forks.Add(b), s.Copy(0, b).Forks.Add(a)
}

// forceFirst stops every cluster service and forces quorum on the first member (DCS 1.3).
func forceFirst(t *dag.Topology, s *dag.State) {
	*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStop, Members: t.AllMembers()})
	*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, Members: 1, Force: true})
}

// TestThoseThatMayJoinFormNothing: of two nodes that reach each other, one may join the cluster that was forced. The other, which
// does not reach it, finds nobody to form a second one with.
func TestThoseThatMayJoinFormNothing(t *testing.T) {
	topo := topologies["triangle"]()
	s := dag.New(topo)
	forceFirst(topo, &s)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpClusterStart, Members: 6})
	s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
	var keys []string
	for _, e := range dag.Pending(topo, &s) {
		if e.Kind == dag.EvForm || e.Kind == dag.EvJoin {
			keys = append(keys, e.Key())
		}
	}
	if len(keys) != 1 || keys[0] != "join/2" {
		t.Errorf("%v", keys)
	}
}

// TestListsThatWereWrittenTwice: the version decides before the time: of two directories that were cut off, the one that wrote twice
// wins over the single write that came after ([MS-DRSR] AttributeStamp, section 7).
func TestListsThatWereWrittenTwice(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1})
	for _, op := range []dag.Op{{Kind: dag.OpStop, Members: 4, ConfigurationOnly: true}, {Kind: dag.OpStart, Members: 4, ConfigurationOnly: true}, {Kind: dag.OpStop, From: 1, Members: 1, ConfigurationOnly: true}} {
		s, _ = dag.Do(topo, s, op)
	}
	s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1, On: true})
	var keys []string
	for _, e := range dag.Pending(topo, &s) {
		if e.Kind == dag.EvReplicate {
			keys = append(keys, e.Key())
		}
	}
	if len(keys) != 1 || keys[0] != "replicate/0>1" {
		t.Errorf("%v", keys)
	}
}
