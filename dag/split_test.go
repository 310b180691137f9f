package dag_test

import (
	"testing"

	"pgregory.net/rapid"
	"siteswap/dag"
)

// TestNobodyMountsTwiceByThemselves: faults and repairs in any order, with whatever the world does by itself in any order,
// never mount a database twice on living servers, with DAC or without. It takes an operator: one who restores, forces,
// evicts, cleans, changes the quorum model or activates. Assumed besides what the model assumes: heartbeats are lost on both
// sides of a cut before either side acts on it (Pending lists nothing that joins, forms or fails over before EvRegroup).
func TestNobodyMountsTwiceByThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := drawTopology(t)
		s := dag.New(topo)
		for range rapid.IntRange(1, 80).Draw(t, "events") {
			e := drawPending(t, topo, &s)
			if rapid.IntRange(0, 3).Draw(t, "fault") == 0 {
				e = drawFault(t, topo)
			}
			s.Step(topo, e)
			if twice := dag.MountedTwice(topo, &s); len(twice) > 0 {
				t.Fatalf("%s mounts %v twice", e.Key(), twice)
			}
			if sites := quorums(topo, &s); sites > 1 && !stale(topo, &s) {
				t.Fatalf("%s: %d clusters with quorum", e.Key(), sites)
			}
		}
	})
}

// TestRestoreAfterFencing: with DagOnly, an operator who shows Prod to be off, stops, restores and activates in DR
// causes no database to be mounted twice, whatever fails and comes back in any order, so long as links that heal stay healed
// until the clusters have met. It is the promise of fence-before-force: power that was read back off is enough.
func TestRestoreAfterFencing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := reference()
		topo.Windows = dag.Windows(rapid.SampledFrom(dag.WindowsReleases[:3]).Draw(t, "windows"))
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: rapid.Int64Range(0, 9).Draw(t, "logs")})
		s.Step(topo, dag.Event{Kind: dag.EvSite})
		s, _ = dag.Settle(topo, s)
		for _, op := range []dag.Op{{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}, {Kind: dag.OpClusterStop, From: 1, Members: 4},
			{Kind: dag.OpRestore, From: 1, Site: 1}, {Kind: dag.OpActivate, From: 1, Member: 2, Dial: dag.BestEffort}} {
			var a dag.Answer
			if s, a = dag.Do(topo, s, op); a.Code != dag.OK {
				t.Fatalf("%v: %v", op.Kind, a)
			}
		}
		cut := rapid.Bool().Draw(t, "link cut")
		s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 0, Other: 1, On: !cut})
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			e := drawPending(t, topo, &s)
			if rapid.IntRange(0, 3).Draw(t, "fault") == 0 {
				e = drawFault(t, topo)
				if e.Kind == dag.EvLink {
					continue
				}
			}
			s.Step(topo, e)
			if twice := dag.MountedTwice(topo, &s); len(twice) > 0 {
				t.Fatalf("%s mounts %v twice", e.Key(), twice)
			}
		}
	})
}

// quorums is the number of clusters that hold quorum, as the first of their nodes.
func quorums(topo *dag.Topology, s *dag.State) int {
	var seen dag.Set
	n := 0
	for m := range s.Nodes {
		if s.HasQuorum(topo, m) && !s.Nodes[m].Hung && !seen.Has(m) {
			n++
			seen |= s.Nodes[m].View
		}
	}
	return n
}

// stale says whether clusters have yet to notice what was lost.
func stale(topo *dag.Topology, s *dag.State) bool {
	for _, e := range dag.Pending(topo, s) {
		if e.Kind == dag.EvRegroup {
			return true
		}
	}
	return false
}
