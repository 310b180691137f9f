package dag_test

import (
	"slices"
	"testing"

	"siteswap/dag"
)

func pending(t *dag.Topology, s *dag.State) []string {
	var keys []string
	for _, e := range dag.Pending(t, s) {
		keys = append(keys, e.Key())
	}
	return keys
}

// TestReplication: a copy takes logs only while both replication services run, in the same cluster (MON: ServiceDown, Disconnected);
// what else it does by itself needs its own service.
func TestReplication(t *testing.T) {
	ship := []string{"ship/0/1", "ship/0/2"}
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		want   []string
	}{
		{"all is well", func(*dag.Topology, *dag.State) {}, ship},
		{"the service of a copy is down", func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Repl = false }, ship[1:]},
		{"the service of the source is down", func(_ *dag.Topology, s *dag.State) { s.Nodes[0].Repl, s.Nodes[0].Bit = false, false }, nil},
		{"the source runs no cluster", func(_ *dag.Topology, s *dag.State) { s.Nodes[0].Cluster = dag.Joining }, nil},
		{"a copy runs no cluster", func(_ *dag.Topology, s *dag.State) { s.Nodes[1].Cluster = dag.Joining }, ship[1:]},
		{"a copy runs another cluster", func(_ *dag.Topology, s *dag.State) { s.Nodes[1].View = 2 }, ship[1:]},
		{"a copy has the logs, and believes in more", func(_ *dag.Topology, s *dag.State) {
			s.Copy(0, 0).Logs, s.Copy(0, 0).Known, s.Copy(0, 2).Known = 0, 0, 0
			s.Copy(0, 1).Known = 9
		}, ship[:1]},
		{"of the mounted copy fewer logs were read as inspected than generated", func(_ *dag.Topology, s *dag.State) { s.Copy(0, 0).Known = 7 }, ship},
		{"to be replayed and indexed", func(_ *dag.Topology, s *dag.State) {
			s.Copy(0, 1).Replay, s.Copy(0, 1).Index = 5, dag.IndexCrawling
		}, []string{"replay/0/1", "indexed/0/1", "ship/0/1", "ship/0/2"}},
		{"to be replayed and indexed, without the service", func(_ *dag.Topology, s *dag.State) {
			s.Copy(0, 1).Replay, s.Copy(0, 1).Index, s.Nodes[1].Repl = 5, dag.IndexCrawling, false
		}, ship[1:]},
	} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 5})
		c.change(topo, &s)
		got := slices.DeleteFunc(pending(topo, &s), func(k string) bool { return k == "regroup" || k == "failover/0" })
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, not %v", c.name, got, c.want)
		}
	}
}

// TestLastLogsAreNotThere: the previous active copy serves its last logs only if its replication service runs and its logs are the
// same; else the move is judged by the copy queue (AM).
func TestLastLogsAreNotThere(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*dag.Topology, *dag.State)
		want   dag.Code
	}{
		{"they are there", func(*dag.Topology, *dag.State) {}, dag.OK},
		{"its service is down", func(t *dag.Topology, s *dag.State) { s.Step(t, dag.Event{Kind: dag.EvService}) }, dag.ErrTooManyLogs},
		{"it holds other logs", func(_ *dag.Topology, s *dag.State) { part(s, 0, 1) }, dag.ErrTooManyLogs},
		{"nobody was active", func(_ *dag.Topology, s *dag.State) { active(s, -1) }, dag.ErrTooManyLogs},
		{"the copy itself was active", func(_ *dag.Topology, s *dag.State) { active(s, 1) }, dag.ErrTooManyLogs},
		{"the active member has no copy in the site file", func(t *dag.Topology, s *dag.State) {
			t.Databases[0].Copies = t.Databases[0].Copies[:2]
			active(s, 2)
		}, dag.ErrTooManyLogs},
	} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 9})
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpDismount})
		c.change(topo, &s)
		after, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1, Dial: dag.Lossless})
		if a.Code != c.want || c.want == dag.OK && after.Copy(0, 1).Logs != 9 {
			t.Errorf("%s: %+v, %+v", c.name, a, after.Copy(0, 1))
		}
	}
}

// active makes a member the active copy of the first database in every cluster database, -1: none.
func active(s *dag.State, m int8) {
	for i := range s.Nodes {
		s.Nodes[i].Conf.Active[0] = m
	}
}

// TestCopiesAheadOfTheMountedOne: a copy by whose logs the new active one does not go on is Resynchronizing as soon as they are in
// touch, whether at the mount or when its service comes back (MON).
func TestCopiesAheadOfTheMountedOne(t *testing.T) {
	for _, service := range []bool{true, false} {
		topo := reference()
		s := dag.New(topo)
		s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 9})
		s.Step(topo, dag.Event{Kind: dag.EvShip, Member: 1})
		s.Step(topo, dag.Event{Kind: dag.EvService, Member: 1, On: service})
		down(0)(topo, &s)
		s, a := dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, From: 1, Member: 2, Dial: dag.BestEffort})
		if a.Code != dag.OK || service != (s.Copy(0, 1).Status == dag.CopyResynchronizing) {
			t.Fatalf("service %v: %+v, %+v", service, a, s.Copy(0, 1))
		}
		s.Step(topo, dag.Event{Kind: dag.EvService, Member: 1, On: true})
		if c := s.Copy(0, 1); c.Status != dag.CopyResynchronizing || c.Diverged {
			t.Errorf("service %v: %+v", service, c)
		}
		s, _ = dag.Settle(topo, s)
		if c := s.Copy(0, 1); c.Status != dag.CopyFailedAndSuspended || !c.Diverged {
			t.Errorf("service %v, settled: %+v", service, c)
		}
	}
}

// TestSeedFromTheFirst: a seed ends whichever member it comes from.
func TestSeedFromTheFirst(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 9})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpReseed, Member: 1})
	s.Step(topo, dag.Event{Kind: dag.EvSeeded, Member: 1})
	if c := s.Copy(0, 1); c.Status != dag.CopyInitializing || c.Logs != 9 {
		t.Errorf("%+v", c)
	}
}

// TestDiskCountsWhatIsMounted: passive copies of a member fill its log volume with nothing that they must keep for others.
func TestDiskCountsWhatIsMounted(t *testing.T) {
	topo := reference()
	topo.Members[0].LogSpace = 40
	topo.Databases = append(topo.Databases, dag.Database{Name: "DB2", Copies: []dag.Copy{{Member: 1, Preference: 1}, {Member: 0, Preference: 2}, {Member: 2, Preference: 3}}})
	s := dag.New(topo)
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpSuspend, Database: 1, Member: 2, From: 1})
	s.Step(topo, dag.Event{Kind: dag.EvWrite, Database: 1, Member: 1, N: 50})
	s, _ = dag.Settle(topo, s)
	s.Step(topo, dag.Event{Kind: dag.EvWrite, N: 1})
	if s.Nodes[0].DiskFull || s.Copy(1, 1).Logs != 50 {
		t.Errorf("%+v", s.Copies)
	}
}
