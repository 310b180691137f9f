package dag_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
	"siteswap/dag"
)

func TestDebugRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := drawTopology(t)
		s := dag.New(topo)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			s.Step(topo, drawEvent(t, topo, &s))
		}
		x := script{t: topo, s: s}
		log := ""
		n := 0
		for ; n < 3000; n++ {
			var next *dag.Event
			for _, e := range dag.Pending(topo, &x.s) {
				if e.Kind != dag.EvHome && (next == nil || e.Span.Typical < next.Span.Typical) {
					next = &e
				}
			}
			if next == nil {
				return
			}
			x.s.Step(topo, *next)
			if n > 2990 {
				x.out.Reset()
				x.show()
				log += next.Key() + "\n" + x.out.String()
			}
		}
		t.Fatalf("no rest %s", fmt.Sprint(topo.Mode, topo.Windows, topo.Witness, topo.Alternate, log))
	})
}
