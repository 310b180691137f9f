package world_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/world"
)

func topology() *dag.Topology {
	return &dag.Topology{
		Name: "DAG1", Exchange: dag.Version{Release: 2010, SP: 1}, Windows: "2008 R2", Mode: dag.DagOnly,
		Sites:   []dag.Site{{Name: "Prod", DomainControllers: []string{"dc"}}, {Name: "DR", DomainControllers: []string{"dc-dr"}}},
		Members: []dag.Member{{Name: "EX1", Dial: dag.GoodAvailability}, {Name: "EX2", Dial: dag.GoodAvailability}, {Name: "EX3", Site: 1, Dial: dag.GoodAvailability}},
		Witness: dag.Witness{Server: "dc"}, Alternate: dag.Witness{Server: "dc-dr", Site: 1},
		Databases: []dag.Database{{Name: "DB1", Copies: []dag.Copy{{Member: 0, Preference: 1}, {Member: 1, Preference: 2}, {Member: 2, Preference: 3}}}},
	}
}

func TestOperationTakesItsTimeDividedBySpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Topology: topology(), Speed: 60})
		defer w.Close()
		began := time.Now()
		op := dag.Op{Kind: dag.OpStop, From: 1, Members: 3, ConfigurationOnly: true}
		a, err := w.Do(t.Context(), op)
		if err != nil || a.Code != dag.OK {
			t.Fatalf("Do = %v, %v", a, err)
		}
		want := op.Span().Typical / 60
		if took := time.Since(began); took < want-time.Millisecond || took > want+10*time.Millisecond {
			t.Errorf("took %v, want %v", took, want)
		}
	})
}

func TestServerDeathIsHealedByActiveManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topo := topology()
		w := world.New(world.Options{Topology: topo, Speed: 60})
		defer w.Close()
		var mounts []string
		w.Watch(func(c world.Change) {
			for m := range topo.Members {
				if c.After.Copies[m].Mounted && !c.Before.Copies[m].Mounted {
					mounts = append(mounts, topo.Members[m].Name)
				}
			}
		})
		w.Apply(dag.Event{Kind: dag.EvServer, Member: 0})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(mounts) != 1 || mounts[0] != "EX2" {
			t.Errorf("mounted on %v, want EX2 once", mounts)
		}
	})
}

func TestAnswerIsApartFromEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Topology: topology(), Speed: 60})
		defer w.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := w.Do(ctx, dag.Op{Kind: dag.OpDismount, From: 0, Database: 0}); err == nil {
			t.Fatal("answered before its time")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if s := w.Snapshot(); s.Copies[0].Mounted {
			t.Error("the effect did not land after the caller had gone")
		}
	})
}

func TestHeldEventsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Topology: topology(), Speed: 60})
		defer w.Close()
		w.Hold(func(e dag.Event) bool { return e.Kind == dag.EvFailover })
		w.Apply(dag.Event{Kind: dag.EvServer, Member: 0})
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := w.Snapshot(); s.Copies[1].Mounted {
			t.Error("a held event happened")
		}
		w.Hold(nil)
		time.Sleep(time.Second)
		synctest.Wait()
		if s := w.Snapshot(); !s.Copies[1].Mounted {
			t.Error("a released event did not happen")
		}
	})
}
