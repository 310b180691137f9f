package dag_test

import (
	"slices"
	"strings"
	"testing"

	"siteswap/dag"
)

// TestObserveServices: what a DNS server or a redirector says that is none of what was set up.
func TestObserveServices(t *testing.T) {
	topo := reference()
	topo.DNSServers[1].Zones = []string{"other.local"}
	s := dag.New(topo)
	s.Points[0], s.Routes[0] = 0, -1
	f := dag.Observe(topo, &s, 0)
	if d := &f.DNS[0]; !d.Sites.Known || len(d.Sites.Value) != 0 || d.Answers.Known {
		t.Errorf("another answer than that of a site: %+v", d)
	}
	if d := &f.DNS[1]; d.Sites.Known || d.Sites.Why == "" || d.Sites.From != topo.DNSServers[1].Address || d.Answers.Known || d.Answers.Why == "" {
		t.Errorf("a server that does not hold the name: %+v", d)
	}
	if r := &f.Redirector[0]; !r.Answers.Value || r.Site.Known {
		t.Errorf("a redirector that sends calls to no site: %+v", r)
	}
}

// TestResolversAreFlattened: what a resolver has for a name is a line like any other fact, but not how long it will have it.
func TestResolversAreFlattened(t *testing.T) {
	topo := reference()
	topo.Resolvers = []string{"10.0.9.9:53"}
	s := dag.New(topo)
	f := dag.Observe(topo, &s, 0)
	f.Resolvers[0].Answers = dag.Know([]string{"10.0.1.10"}, "10.0.9.9:53")
	var lines []string
	for _, v := range dag.Flatten(topo, &f) {
		if strings.HasPrefix(v.Path, "resolvers/") {
			lines = append(lines, v.Path+" "+v.Text)
		}
	}
	if want := []string{"resolvers/10.0.9.9:53/mail.test.local/answers 10.0.1.10"}; !slices.Equal(lines, want) {
		t.Errorf("%v", lines)
	}
}

// TestObserveMountedTwice: of two mounted copies the more preferred is named.
func TestObserveMountedTwice(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Copy(0, 2).Mounted = true
	if f := dag.Observe(topo, &s, 0); f.Databases[0].MountedOn.Value != "EX1" {
		t.Errorf("%+v", f.Databases[0].MountedOn)
	}
}

// TestObservedNamesAreSorted: lists of names are in the order of the alphabet, whatever that of the site file, so that they compare.
func TestObservedNamesAreSorted(t *testing.T) {
	topo := reference()
	for m, name := range []string{"EX3", "EX2", "EX1"} {
		topo.Members[m].Name = name
	}
	s := dag.New(topo)
	f := dag.Observe(topo, &s, 0)
	for what, names := range map[string][]string{"nodes": f.Members[0].Nodes.Value, "up": f.Members[0].Up.Value, "started": f.Sites[0].Started.Value} {
		if len(names) != 3 || !slices.IsSorted(names) {
			t.Errorf("%s: %v", what, names)
		}
	}
}

// TestStateFromOddFacts: facts are read one after the other from several places, so that they may be incomplete or differ from one
// another; what a state is made of them all the same.
func TestStateFromOddFacts(t *testing.T) {
	silent := func(f *dag.Facts) {
		for m := range f.Members {
			f.Members[m].Answers = dag.Know(false, "x")
		}
	}
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.Facts)
		right  func(*dag.Topology, *dag.State) bool
	}{
		{"only a domain controller answers: the site has power", func(_ *dag.Topology, f *dag.Facts) {
			silent(f)
			f.Sites[1].Witness, f.Sites[1].VIP = dag.Unknown[bool]("x", "y"), dag.Unknown[bool]("x", "y")
		}, func(_ *dag.Topology, s *dag.State) bool { return s.Sites[1].Power && !s.Sites[1].Witness }},
		{"nothing answers there: it has none", func(_ *dag.Topology, f *dag.Facts) {
			silent(f)
			f.Sites[1].Witness, f.Sites[1].VIP, f.Sites[1].Directory = dag.Unknown[bool]("x", "y"), dag.Unknown[bool]("x", "y"), dag.Unknown[bool]("x", "y")
		}, func(_ *dag.Topology, s *dag.State) bool { return !s.Sites[1].Power }},
		{"the status alone says that it is mounted", func(_ *dag.Topology, f *dag.Facts) { f.Databases[0].MountedOn = dag.Unknown[string]("x", "y") },
			func(_ *dag.Topology, s *dag.State) bool { return s.Copy(0, 0).Mounted }},
		{"the store alone says that it is mounted", func(_ *dag.Topology, f *dag.Facts) {
			f.Databases[0].Copies[0].Status = dag.Unknown[dag.CopyStatus]("x", "y")
		}, func(_ *dag.Topology, s *dag.State) bool { return s.Copy(0, 0).Mounted && !s.Copy(0, 1).Mounted }},
		{"a copy that was resynchronizing when it lost the active one", func(_ *dag.Topology, f *dag.Facts) {
			f.Databases[0].Copies[1].Status.Value = dag.CopyDisconnectedResync
		}, func(_ *dag.Topology, s *dag.State) bool { return s.Copy(0, 1).Status == dag.CopyResynchronizing }},
		{"dismounted at its active copy", dismounted, func(_ *dag.Topology, s *dag.State) bool { return !s.DBs[0].Want }},
		{"dismounted there, and mounted by another cluster", func(t *dag.Topology, f *dag.Facts) {
			dismounted(t, f)
			f.Databases[0].MountedOn.Value = "EX3"
		}, func(_ *dag.Topology, s *dag.State) bool { return s.DBs[0].Want && s.Copy(0, 2).Mounted }},
		{"active on a member without a copy in the site file", func(t *dag.Topology, f *dag.Facts) {
			dismounted(t, f)
			f.Databases[0].Active.Value = "EX3"
			t.Databases[0].Copies = t.Databases[0].Copies[:2]
		}, func(_ *dag.Topology, s *dag.State) bool { return s.DBs[0].Want }},
		{"the nodes of a cluster with quorum cannot be read", func(t *dag.Topology, f *dag.Facts) {
			t.Windows = "2012 R2"
			for m := range f.Members {
				f.Members[m].Nodes, f.Members[m].Up = dag.Unknown[[]string]("x", "y"), dag.Unknown[[]string]("x", "y")
			}
		}, func(_ *dag.Topology, s *dag.State) bool { return s.Nodes[0].Conf.Weights == 0 }},
		{"a passive copy was read later, and holds more", func(_ *dag.Topology, f *dag.Facts) {
			f.Databases[0].Copies[1].LastInspected.Value, f.Databases[0].Copies[1].LastGenerated.Value = 7, 7
		}, func(t *dag.Topology, s *dag.State) bool {
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpDismount})
			*s, _ = dag.Do(t, *s, dag.Op{Kind: dag.OpActivate, Member: 1})
			return s.Copy(0, 1).Mounted && s.Copy(0, 1).Logs == 7
		}},
	} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 5})
		f := dag.Observe(topo, &s, 0)
		c.change(topo, &f)
		s = dag.FromFacts(topo, &f, 0)
		if !c.right(topo, &s) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
}

func dismounted(_ *dag.Topology, f *dag.Facts) {
	f.Databases[0].MountedOn.Value, f.Databases[0].Copies[0].Status.Value = "", dag.CopyDismounted
}
