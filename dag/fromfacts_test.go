package dag_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"siteswap/dag"
)

// mend gives power back to everything, heals every link and lets the world come to rest: all can be seen.
func mend(topo *dag.Topology, s *dag.State) {
	for m := range topo.Members {
		s.Step(topo, dag.Event{Kind: dag.EvServer, Member: m, On: true})
		s.Step(topo, dag.Event{Kind: dag.EvHang, Member: m})
		s.Step(topo, dag.Event{Kind: dag.EvSlowStart, Member: m, On: true})
	}
	for i := range topo.Sites {
		s.Step(topo, dag.Event{Kind: dag.EvSite, Site: i, On: true})
		s.Step(topo, dag.Event{Kind: dag.EvDirectory, Site: i, On: true})
		s.Step(topo, dag.Event{Kind: dag.EvWitness, Site: i, On: true})
		s.Step(topo, dag.Event{Kind: dag.EvShare, Site: i, On: true})
		for j := range topo.Sites {
			s.Step(topo, dag.Event{Kind: dag.EvLink, Site: i, Other: j, On: true})
		}
	}
	*s, _ = dag.Settle(topo, *s)
	for m := range topo.Members {
		if n := &s.Nodes[m]; !n.Repl {
			s.Step(topo, dag.Event{Kind: dag.EvService, Member: m, On: true})
		}
	}
	*s, _ = dag.Settle(topo, *s)
}

// visible says whether all that decides can be seen: the configuration of a node that is in no cluster with quorum cannot,
// nor boot times, nor which server a cluster uses whose witness the DAG names no more, nor what divides copies before it is found, nor that somebody dismounted what could not be mounted anyway.
func visible(topo *dag.Topology, s *dag.State) bool {
	for i := range s.Nodes {
		if c := &s.Nodes[i].Conf; c.Witness == dag.WitnessPrimary && c.Spare != s.Spare[0] || c.Witness == dag.WitnessAlternate && c.Spare != s.Spare[1] {
			return false
		}
	}
	for m := range s.Nodes {
		if n := &s.Nodes[m]; !s.HasQuorum(topo, m) && n.Conf.Present || n.Start == dag.Disabled && !n.Learnt || n.Bit != n.WitnessSame {
			return false
		}
	}
	for d := range s.DBs {
		if !s.DBs[d].Want {
			return false
		}
	}
	for i := range s.Copies {
		if c := &s.Copies[i]; c.Forks != 0 && !c.Mounted && !c.Diverged {
			return false
		}
	}
	return true
}

// TestFromFactsPredicts: where everything can be seen, what is predicted from the facts is what happens: the answer of every
// operation, and all that can be seen afterwards.
func TestFromFactsPredicts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := drawTopology(t)
		s := dag.New(topo)
		for range rapid.IntRange(0, 40).Draw(t, "events") {
			s.Step(topo, drawEvent(t, topo, &s))
		}
		mend(topo, &s)
		if !visible(topo, &s) {
			return
		}
		vantage := rapid.IntRange(0, len(topo.Sites)-1).Draw(t, "vantage")
		facts := dag.Observe(topo, &s, vantage)
		p := dag.FromFacts(topo, &facts, vantage)
		if diff := cmp.Diff(seen(topo, &s, vantage), seen(topo, &p, vantage)); diff != "" {
			t.Fatalf("what is seen now (-state +from facts):\n%s", diff)
		}
		for m := range s.Nodes {
			if a, b := s.Nodes[m], p.Nodes[m]; a.Conf.Weights != b.Conf.Weights || a.Forced != b.Forced { // inferred, no fact tells
				t.Fatalf("votes of %s: %+v, from facts %+v", topo.Members[m].Name, a, b)
			}
		}
		for range 5 {
			op := drawOp(t, topo)
			after, told := dag.Do(topo, s, op)
			predicted, expected := dag.Do(topo, p, op)
			if diff := cmp.Diff(told, expected); diff != "" {
				t.Fatalf("operation %d: answer (-state +from facts):\n%s", op.Kind, diff)
			}
			if diff := cmp.Diff(seen(topo, &after, vantage), seen(topo, &predicted, vantage)); diff != "" {
				t.Fatalf("operation %d (-state +from facts):\n%s", op.Kind, diff)
			}
			after, _ = dag.Settle(topo, after)
			predicted, _ = dag.Settle(topo, predicted)
			if diff := cmp.Diff(seen(topo, &after, vantage), seen(topo, &predicted, vantage)); diff != "" {
				t.Fatalf("operation %d, settled (-state +from facts):\n%s", op.Kind, diff)
			}
		}
	})
}

// seen is what is known from a vantage, by path.
func seen(topo *dag.Topology, s *dag.State, vantage int) map[string]string {
	f := dag.Observe(topo, s, vantage)
	known := map[string]string{}
	for _, v := range dag.Flatten(topo, &f) {
		if v.Known {
			known[v.Path] = v.Text
		}
	}
	return known
}
