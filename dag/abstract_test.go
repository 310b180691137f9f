package dag_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
	"siteswap/dag"
)

// drawLogs puts any logs on the copies of a state, near the limits of the dials.
func drawLogs(t *rapid.T, topo *dag.Topology, s *dag.State) {
	for d := range topo.Databases {
		for i := range topo.Databases[d].Copies {
			c := s.Copy(d, i)
			c.Logs = rapid.Int64Range(0, 30).Draw(t, "logs")
			c.Known = c.Logs
			if !c.Mounted {
				c.Known += rapid.SampledFrom([]int64{0, 1, 5, 6, 7, 11, 12, 13, 40, dag.UnknownQueue - 1, dag.UnknownQueue}).Draw(t, "missing")
			}
		}
	}
}

// TestAbstractCommutes: what is decided on the abstract state is what is decided on the exact one: by best copy selection,
// by a move with any dial, by a mount, by whatever the world does by itself or faults do to it.
func TestAbstractCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := drawTopology(t)
		for m := range topo.Members {
			topo.Members[m].LogSpace = 0
		}
		s := dag.New(topo)
		for range rapid.IntRange(0, 30).Draw(t, "events") {
			s.Step(topo, drawEvent(t, topo, &s))
		}
		s.Progs = nil
		drawLogs(t, topo, &s)
		a := dag.Abstract(topo, s)
		if twice := dag.Abstract(topo, a); twice.Hash() != a.Hash() {
			t.Fatalf("not idempotent:\n%s", cmp.Diff(a, twice, equal...))
		}
		if diff := cmp.Diff(dag.Pending(topo, &s), dag.Pending(topo, &a)); diff != "" {
			t.Fatalf("other events are pending (-exact +abstract):\n%s", diff)
		}
		for _, e := range append(dag.Pending(topo, &s), drawFault(t, topo), drawStale(t, topo)) {
			// How far a write brings a copy up to one that is beyond every dial ahead is not kept, nor how much there is to replay.
			if e.Kind == dag.EvWrite || e.Kind == dag.EvLag {
				continue
			}
			exact, _ := dag.Apply(topo, s, e)
			abstract, _ := dag.Apply(topo, a, e)
			agree(t, topo, e.Name(), exact, abstract)
		}
		for d := range topo.Databases {
			decisions(t, topo, d, s, a)
		}
	})
}

func decisions(t *rapid.T, topo *dag.Topology, d int, s, a dag.State) {
	ops := []dag.Op{{Kind: dag.OpMount, Database: d}, {Kind: dag.OpDismount, Database: d}}
	for m := range topo.Members {
		for _, dial := range []dag.Dial{"", dag.Lossless, dag.GoodAvailability, dag.BestAvailability, dag.BestEffort} {
			ops = append(ops, dag.Op{Kind: dag.OpActivate, From: topo.Members[m].Site, Database: d, Member: m, Dial: dial, SkipHealth: dial == dag.BestEffort})
		}
	}
	for _, op := range ops {
		exact, told := dag.Do(topo, s, op)
		abstract, alike := dag.Do(topo, a, op)
		if diff := cmp.Diff(told, alike); diff != "" {
			t.Fatalf("operation %d %s on %d: answers (-exact +abstract):\n%s", op.Kind, op.Dial, op.Member, diff)
		}
		agree(t, topo, "an operation", exact, abstract)
	}
}

func agree(t *rapid.T, topo *dag.Topology, what string, exact, abstract dag.State) {
	exact, abstract = dag.Abstract(topo, exact), dag.Abstract(topo, abstract)
	if exact.Hash() != abstract.Hash() {
		t.Fatalf("%s (-exact +abstract):\n%s", what, cmp.Diff(exact, abstract, equal...))
	}
}

// TestAbstractIsFinite: logs without end come to few classes.
func TestAbstractIsFinite(t *testing.T) {
	topo := reference()
	seen := map[[16]byte]bool{}
	s := dag.New(topo)
	for range 500 {
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 3})
		a := dag.Abstract(topo, s)
		seen[a.Hash()] = true
	}
	if len(seen) > 8 {
		t.Errorf("%d states", len(seen))
	}
}
