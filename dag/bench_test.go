package dag_test

import (
	"fmt"
	"testing"

	"siteswap/dag"
)

// large is the largest DAG: 16 members over two sites, 100 databases with four copies each.
func large() *dag.Topology {
	t := members("DAG16", []int{8, 8}, "2025", 0)
	t.Databases = nil
	for d := range 100 {
		db := dag.Database{Name: fmt.Sprintf("DB%03d", d)}
		for i, m := range []int{d % 8, (d + 3) % 8, 8 + d%8, 8 + (d+5)%8} {
			db.Copies = append(db.Copies, dag.Copy{Member: m, Preference: i + 1})
		}
		t.Databases = append(t.Databases, db)
	}
	return t
}

var sizes = []struct {
	name string
	make func() *dag.Topology
}{{"reference", reference}, {"16x100x4", large}}

// story is a site loss, a write, its shipping, and the operations of a switchover, as events.
func story(topo *dag.Topology) []dag.Event {
	lost := topo.MembersOf(0)
	events := []dag.Event{{Kind: dag.EvWrite, N: 3}, {Kind: dag.EvShip, Member: topo.Databases[0].Copies[1].Member}, {Kind: dag.EvSite}, {Kind: dag.EvRegroup}}
	for _, op := range []dag.Op{{Kind: dag.OpStop, From: 1, Members: lost, ConfigurationOnly: true}, {Kind: dag.OpRestore, From: 1, Site: 1}} {
		events = append(events, dag.Event{Kind: dag.EvBegin, Op: op})
		for range 6 {
			events = append(events, dag.Event{Kind: dag.EvStep})
		}
	}
	for d := range min(10, len(topo.Databases)) {
		events = append(events, dag.Event{Kind: dag.EvFailover, Database: d})
	}
	return events
}

func BenchmarkApply(b *testing.B) {
	for _, size := range sizes {
		topo := size.make()
		events := story(topo)
		b.Run(size.name+"/clone", func(b *testing.B) {
			b.ReportAllocs()
			s := dag.New(topo)
			i := 0
			for b.Loop() {
				if i == len(events) {
					s, i = dag.New(topo), 0
				}
				s, _ = dag.Apply(topo, s, events[i])
				i++
			}
		})
		b.Run(size.name+"/step", func(b *testing.B) {
			b.ReportAllocs()
			fresh := dag.New(topo)
			s := fresh.Clone()
			i := 0
			for b.Loop() {
				if i == len(events) {
					s.Take(&fresh)
					i = 0
				}
				s.Step(topo, events[i])
				i++
			}
		})
	}
}

// TestStepTakesNoStorage: in place, nothing is allocated but the warnings of an answer.
func TestStepTakesNoStorage(t *testing.T) {
	for _, size := range sizes {
		topo := size.make()
		events, fresh := story(topo), dag.New(topo)
		s := fresh.Clone()
		warnings := 0
		run := func() {
			s.Take(&fresh)
			warnings = 0
			for _, e := range events {
				warnings += len(s.Step(topo, e).Answer.Warnings)
			}
		}
		if took := testing.AllocsPerRun(20, run); int(took) > warnings || warnings == 0 {
			t.Errorf("%s: %v allocations, %d warnings", size.name, took, warnings)
		}
	}
}

func BenchmarkCanonicalHash(b *testing.B) {
	for _, size := range sizes {
		topo := size.make()
		s := dag.New(topo)
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Hash()
			}
		})
	}
}

// BenchmarkPending: at rest, and in the middle of a switchover, when every database may fail over.
func BenchmarkPending(b *testing.B) {
	for _, size := range sizes {
		topo := size.make()
		rest := dag.New(topo)
		busy := dag.New(topo)
		for _, e := range story(topo) {
			if e.Kind != dag.EvFailover {
				busy.Step(topo, e)
			}
		}
		for name, s := range map[string]*dag.State{"rest": &rest, "busy": &busy} {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					dag.Pending(topo, s)
				}
			})
		}
	}
}
