package dag_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
	"siteswap/dag"
)

// equal are the options of a comparison of states: whether an empty slice was ever filled makes no difference.
var equal = cmp.Options{cmpopts.EquateEmpty()}

// TestApplyIsPure: whatever happens to whatever topology, Apply leaves its input alone, Step in place comes to the same, and
// the state stays one that can be.
func TestApplyIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topo := drawTopology(t)
		s := dag.New(topo)
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			e := drawEvent(t, topo, &s)
			before, kept := s.Canonical(nil), s.Clone()
			next, told := dag.Apply(topo, s, e)
			if !bytes.Equal(before, s.Canonical(nil)) { // that every field shows in these bytes is tested apart
				t.Fatalf("Apply of %s changed its input:\n%s", e.Name(), cmp.Diff(kept, s, equal...))
			}
			inPlace := s.Step(topo, e)
			if !bytes.Equal(next.Canonical(nil), s.Canonical(nil)) || !reflect.DeepEqual(told, inPlace) {
				t.Fatalf("Step of %s differs from Apply:\n%s", e.Name(), cmp.Diff(next, s, equal...)+cmp.Diff(told, inPlace))
			}
			possible(t, topo, &s, e)
		}
		comesToRest(t, topo, s)
	})
}

// possible are the properties that every state has.
func possible(t *rapid.T, topo *dag.Topology, s *dag.State, e dag.Event) {
	for m := range s.Nodes {
		n, name := &s.Nodes[m], topo.Members[m].Name
		if n.Cluster != dag.Stopped && (!n.Up || !n.Conf.Present) {
			t.Fatalf("after %s %s runs a cluster service without power or configuration: %+v", e.Name(), name, n)
		}
		if n.Cluster == dag.Running != n.View.Has(m) {
			t.Fatalf("after %s %s is %s and sees %b", e.Name(), name, n.Cluster, n.View)
		}
		if n.Forced && n.Cluster != dag.Running || n.Bit && !n.Repl || n.Conf.Weights&^n.Conf.Nodes != 0 {
			t.Fatalf("after %s %s cannot be: %+v", e.Name(), name, n)
		}
		if int(n.Conf.Tag) > len(topo.Members)+2 {
			t.Fatalf("after %s the tag of %s is %d", e.Name(), name, n.Conf.Tag)
		}
	}
	for i := range s.Sites {
		if s.Sites[i].Version > 15 || s.Sites[i].Started&s.Sites[i].Stopped != 0 || s.Sites[i].Started|s.Sites[i].Stopped != topo.AllMembers() {
			t.Fatalf("after %s the lists of %s: %+v", e.Name(), topo.Sites[i].Name, s.Sites[i])
		}
		if !s.Sites[i].Power && (s.Sites[i].Directory || s.Sites[i].Witness) {
			t.Fatalf("after %s %s has no power, and serves: %+v", e.Name(), topo.Sites[i].Name, s.Sites[i])
		}
	}
	for d := range s.DBs {
		possibleCopies(t, topo, s, d, e)
	}
	keys := map[string]bool{}
	events := dag.Pending(topo, s)
	for _, p := range events {
		if keys[p.Key()] || !p.Autonomous() || p.Span.Min > p.Span.Typical || p.Span.Typical > p.Span.Max {
			t.Fatalf("after %s a pending event is listed twice, or its span is none: %+v", e.Name(), p)
		}
		keys[p.Key()] = true
	}
	other := s.Clone()
	if again := dag.Pending(topo, &other); !slices.Equal(events, again) {
		t.Fatalf("after %s Pending is not stable:\n%s", e.Name(), cmp.Diff(events, again))
	}
}

func possibleCopies(t *rapid.T, topo *dag.Topology, s *dag.State, d int, e dag.Event) {
	for i := range topo.Databases[d].Copies {
		c, m := s.Copy(d, i), topo.Databases[d].Copies[i].Member
		if c.Mounted && (s.Nodes[m].Cluster != dag.Running || !s.Nodes[m].Repl || c.Diverged) {
			t.Fatalf("after %s %s is mounted on %s: %+v %+v", e.Name(), topo.Databases[d].Name, topo.Members[m].Name, c, s.Nodes[m])
		}
		if c.Logs < 0 || c.Known < 0 || c.Forks.Has(i) {
			t.Fatalf("after %s a copy of %s cannot be: %+v", e.Name(), topo.Databases[d].Name, c)
		}
		for k := range topo.Databases[d].Copies {
			if c.Forks.Has(k) != s.Copy(d, k).Forks.Has(i) {
				t.Fatalf("after %s forks are one-sided: %d and %d of %s", e.Name(), i, k, topo.Databases[d].Name)
			}
		}
	}
}

// comesToRest: Settle ends, and leaves nothing but moves home and copies that cannot be shipped to happen.
func comesToRest(t *rapid.T, topo *dag.Topology, s dag.State) {
	end, _ := dag.Settle(topo, s)
	for _, e := range dag.Pending(topo, &end) {
		if !e.Background() {
			t.Fatalf("%s is still pending when all has settled", e.Key())
		}
	}
}
