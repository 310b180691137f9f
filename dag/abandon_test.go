package dag_test

import (
	"slices"
	"testing"

	"siteswap/dag"
)

// TestHalf: half of Stop for two members is Stop for one of them; half of a move takes the source down and mounts nothing.
func TestHalf(t *testing.T) {
	stop := dag.Op{Kind: dag.OpStop, Members: dag.Set(0).Add(0).Add(1)}
	if half, steps := stop.Half(); half.Members != dag.Set(0).Add(0) || steps == 0 {
		t.Errorf("half of a stop of two members: %+v, %d steps", half, steps)
	}
	move := dag.Op{Kind: dag.OpActivate, Member: 2}
	if half, steps := move.Half(); half != move || steps == 0 || steps >= 3 {
		t.Errorf("half of a move: %+v, %d steps", half, steps)
	}
	stop.Members = dag.Set(0).Add(1)
	if half, steps := stop.Half(); half.Members != stop.Members || steps != 1 {
		t.Errorf("half of a stop of one member: %+v, %d steps", half, steps)
	}
	if _, steps := (dag.Op{Kind: dag.OpBlock}).Half(); steps != 0 {
		t.Errorf("half of what cannot be halved has %d steps", steps)
	}
}

// TestWorldNames: what a scenario may hold, in the words of the keys.
func TestWorldNames(t *testing.T) {
	names := dag.WorldNames()
	for _, want := range []string{"step", "boot", "join", "ship", "failover", "replicate", "home"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing in %v", want, names)
		}
	}
	if slices.Contains(names, "site") || slices.Contains(names, "begin") {
		t.Errorf("what comes from outside is no deed of the world: %v", names)
	}
}

// TestAbandon ends the program that is named, in the middle, and no other.
func TestAbandon(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	for range 3 {
		s.Step(topo, dag.Event{Kind: dag.EvBegin, Op: dag.Op{Kind: dag.OpSet}})
	}
	s.Abandon(1)
	s.Abandon(7)
	if len(s.Progs) != 2 || s.Progs[0].ID != 0 || s.Progs[1].ID != 2 {
		t.Errorf("%+v", s.Progs)
	}
}
