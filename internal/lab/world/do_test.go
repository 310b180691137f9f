package world_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"siteswap/dag"
	"siteswap/internal/lab/world"
)

// TestDoHalf: half of a move takes the source down, mounts nothing, and answers that all is done; nothing of it is left under way.
func TestDoHalf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		topo := topology()
		w := world.New(world.Options{Topology: topo, Speed: 60})
		defer w.Close()
		w.Hold(func(e dag.Event) bool { return e.Name() == "failover" })
		a, err := w.DoHalf(t.Context(), dag.Op{Kind: dag.OpActivate, From: 0, Database: 0, Member: 1})
		if err != nil || a.Code != dag.OK {
			t.Fatalf("%v, %v", a, err)
		}
		time.Sleep(10 * time.Second)
		s := w.Snapshot()
		if s.Copy(0, 1).Mounted || len(s.Progs) > 0 {
			t.Errorf("half of a move has mounted the target, or goes on: %+v", s.Progs)
		}
		a, err = w.DoHalf(t.Context(), dag.Op{Kind: dag.OpStop, From: 1, Members: dag.Set(0).Add(0).Add(1), ConfigurationOnly: true})
		if err != nil || a.Code != dag.OK {
			t.Fatalf("%v, %v", a, err)
		}
		if s = w.Snapshot(); s.Sites[1].Stopped != dag.Set(0).Add(0) {
			t.Errorf("half of a stop of two members: stopped %v", s.Sites[1].Stopped)
		}
		began := time.Now()
		if a, err = w.DoHalf(t.Context(), dag.Op{Kind: dag.OpBlock, Database: 0, Member: 1}); err != nil || a.Code != dag.OK || time.Since(began) > 0 {
			t.Errorf("%v, %v: what cannot be halved is nothing", a, err)
		}
	})
}

// TestSlow: what is slowed takes so many times as long, and the rest does not.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world.New(world.Options{Topology: topology(), Speed: 60})
		defer w.Close()
		var after atomic.Int64 // of a timer's goroutine
		began := time.Now()
		w.Watch(func(c world.Change) {
			if c.Event.Kind == dag.EvFailover {
				after.CompareAndSwap(0, int64(time.Since(began)))
			}
		})
		w.Slow(func(e dag.Event) float64 {
			if e.Name() == "failover" {
				return 100
			}
			return 1
		})
		w.Apply(dag.Event{Kind: dag.EvServer, Member: 0})
		time.Sleep(5 * time.Second)
		if d := time.Duration(after.Load()); d != 0 {
			t.Fatalf("it failed over after %v", d)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if d := time.Duration(after.Load()); d < 20*time.Second {
			t.Errorf("it failed over after %v; 15 s at 60x, a hundred times slower, are 25 s", d)
		}
	})
}
