package dag_test

import (
	"slices"
	"testing"

	"siteswap/dag"
)

// TestWitnessLock: the share has one lock (section 6). A cluster that runs keeps it from nodes that would form another; of those that
// try, the lowest gets it; a node that is stopped contends for nothing.
func TestWitnessLock(t *testing.T) {
	third := func() *dag.Topology { return members("DAG4", []int{2, 2, 0}, "2008 R2", 2) }
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		form   []string
		holds  dag.Set
	}{
		{"one side runs", func(t *dag.Topology, s *dag.State) {
			wan(t, s, false)
			s.Step(t, dag.Event{Kind: dag.EvRegroup})
		}, nil, 0b0011},
		{"the other side runs", func(t *dag.Topology, s *dag.State) {
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStop, Members: 3})
			wan(t, s, false)
			s.Step(t, dag.Event{Kind: dag.EvRegroup})
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, Members: 3})
		}, nil, 0b1100},
		{"both sides try", func(t *dag.Topology, s *dag.State) {
			wan(t, s, false)
			restart(t, s, 0b1111)
		}, []string{"form/0"}, 0},
		{"one side tries, the other is stopped", func(t *dag.Topology, s *dag.State) { restart(t, s, 0b1100) }, []string{"form/2"}, 0},
	} {
		topo := third()
		s := dag.New(topo)
		c.change(topo, &s)
		form := slices.DeleteFunc(pending(topo, &s), func(k string) bool { return k[:min(5, len(k))] != "form/" })
		if got := holders(topo, &s); got != c.holds || !slices.Equal(form, c.form) {
			t.Errorf("%s: %04b holds quorum, pending %v", c.name, got, form)
		}
	}
}

// restart stops every cluster service and starts some.
func restart(t *dag.Topology, s *dag.State, members dag.Set) {
	for site, set := range []dag.Set{3, 12} {
		*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStop, From: site, Members: set})
	}
	for site, set := range []dag.Set{3, 12} {
		*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpClusterStart, From: site, Members: members & set})
	}
}

// TestUnusedWitnessRecordsNothing: with a majority of nodes the share is configured and not used (DAGS), so it does not record which
// node has the latest cluster database.
func TestUnusedWitnessRecordsNothing(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	for m := range s.Nodes {
		s.Nodes[m].Conf.Witness = dag.WitnessPrimary
	}
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpPause, Member: 1, On: true})
	if s.Latest != [2]uint8{} || s.Nodes[0].Conf.Tag == 0 {
		t.Errorf("%v, tag %d", s.Latest, s.Nodes[0].Conf.Tag)
	}
}
