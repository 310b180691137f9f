package dag_test

import (
	"testing"

	"siteswap/dag"
)

// meeting is a copy that meets one of the ten sets of criteria (AM, domain-exchange.md 5.4) and none before it.
func meeting(set int) dag.CopyState {
	c := dag.CopyState{Status: dag.CopyHealthy, Index: dag.IndexFailed, Logs: 90, Known: 100, Replay: 50}
	switch set {
	case 1, 3, 6, 8:
		c.Index = dag.IndexHealthy
	case 2, 4, 7, 9:
		c.Index = dag.IndexCrawling
	}
	if set <= 2 || set == 6 || set == 7 {
		c.Logs = 91
	}
	if set <= 5 {
		c.Replay = 49
	}
	return c
}

// chosen is where Active Manager mounts DB1 when the log volume of EX1 has filled: EX1 still serves its last logs.
func chosen(topo *dag.Topology, change func(*dag.State)) string {
	s := dag.New(topo)
	s.Copy(0, 0).Logs, s.Copy(0, 0).Known = 100, 100
	s.Step(topo, dag.Event{Kind: dag.EvDisk})
	change(&s)
	s.Step(topo, dag.Event{Kind: dag.EvFailover})
	for i, c := range topo.Databases[0].Copies {
		if s.Copy(0, i).Mounted {
			return topo.Members[c.Member].Name
		}
	}
	return ""
}

// TestCriteria: of two copies the one that meets the earlier set is taken, whatever its preference; of two that meet the same
// set the one with more logs, then the more preferred. With a dial of Lossless anywhere, preference stands in place of logs.
func TestCriteria(t *testing.T) {
	for two := 1; two <= 10; two++ {
		for three := 1; three <= 10; three++ {
			topo := reference()
			want := "EX2"
			if three < two {
				want = "EX3"
			}
			if got := chosen(topo, func(s *dag.State) { *s.Copy(0, 1), *s.Copy(0, 2) = meeting(two), meeting(three) }); got != want {
				t.Errorf("EX2 meets %d, EX3 meets %d: %q is taken", two, three, got)
			}
		}
	}
	for _, dial := range []dag.Dial{dag.GoodAvailability, dag.Lossless} {
		topo := reference()
		want := map[dag.Dial]string{dag.GoodAvailability: "EX3", dag.Lossless: "EX2"}[dial]
		got := chosen(topo, func(s *dag.State) {
			*s.Copy(0, 1), *s.Copy(0, 2), s.Nodes[2].Dial = meeting(1), meeting(1), dial
			s.Copy(0, 2).Logs = 95
		})
		if got != want {
			t.Errorf("EX3 has more logs, its dial is %s: %q is taken", dial, got)
		}
	}
}

// TestServerHealth: since 2013 a server whose front does not serve comes after all others; 2010 does not look. Since 2019 there is
// no content index that could be bad.
func TestServerHealth(t *testing.T) {
	for version, want := range map[dag.Version]string{{Release: 2010, SP: 1}: "EX2", {Release: 2013, CU: 7}: "EX3", {Release: 2025}: "EX3"} {
		topo := reference()
		topo.Exchange = version
		if got := chosen(topo, func(s *dag.State) { s.Nodes[1].Front = false }); got != want {
			t.Errorf("%v: %q is taken", version, got)
		}
	}
	for version, want := range map[dag.Version]string{{Release: 2016, CU: 2}: "EX3", {Release: 2019, CU: 1}: "EX2", {Release: 2025}: "EX2"} {
		topo := reference()
		topo.Exchange = version
		if got := chosen(topo, func(s *dag.State) { s.Step(topo, dag.Event{Kind: dag.EvIndex, Member: 1}) }); got != want {
			t.Errorf("%v, index of EX2 fails: %q is taken", version, got)
		}
	}
}

// TestWhoIsPassedOver: what keeps Active Manager from a copy, one thing at a time; each leaves EX3.
func TestWhoIsPassedOver(t *testing.T) {
	for name, change := range map[string]func(*dag.State){
		"blocked at the copy":    func(s *dag.State) { s.Copy(0, 1).Blocked = true },
		"blocked at the server":  func(s *dag.State) { s.Nodes[1].Policy = dag.Blocked },
		"bit at 0":               func(s *dag.State) { s.Nodes[1].Bit = false },
		"replication service":    func(s *dag.State) { s.Nodes[1].Repl = false },
		"full volume":            func(s *dag.State) { s.Nodes[1].DiskFull = true },
		"to be emptied":          func(s *dag.State) { s.Nodes[1].MoveNow = true },
		"offline":                func(s *dag.State) { s.Nodes[1].Offline = true },
		"suspended":              func(s *dag.State) { s.Copy(0, 1).Status = dag.CopySuspended },
		"failed":                 func(s *dag.State) { s.Copy(0, 1).Status = dag.CopyFailed },
		"forked, and logs short": func(s *dag.State) { c := s.Copy(0, 1); c.Logs, c.Known, c.Forks = 10, 100, 1; s.Copy(0, 0).Forks = 2 },
	} {
		topo := reference()
		if got := chosen(topo, change); got != "EX3" {
			t.Errorf("%s: %q is taken", name, got)
		}
	}
	for name, change := range map[string]func(*dag.Topology){
		"at its limit":      func(t *dag.Topology) { t.Members[1].MaxActive = 1 },
		"at its soft limit": func(t *dag.Topology) { t.Members[1].MaxPreferred = 1 },
	} {
		topo := reference()
		topo.Databases = append(topo.Databases, dag.Database{Name: "DB2", Copies: []dag.Copy{{Member: 1, Preference: 1}}})
		change(topo)
		if got := chosen(topo, func(*dag.State) {}); got != "EX3" {
			t.Errorf("%s: %q is taken", name, got)
		}
	}
}

// TestStartWantsACleanNode: Start of a member that still holds an old configuration is an invalid node (TM10, section 9 row 7);
// cleaned, it is taken.
func TestStartWantsACleanNode(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 1})
	s.Step(topo, dag.Event{Kind: dag.EvRegroup})
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpEvict, Member: 1})
	s.Step(topo, dag.Event{Kind: dag.EvServer, Member: 1, On: true})
	s.Step(topo, dag.Event{Kind: dag.EvBoot, Member: 1})
	start := dag.Op{Kind: dag.OpStart, Members: 2}
	if _, a := dag.Do(topo, s, start); a.Code != dag.ErrInvalidNode || a.Subject != "EX2" {
		t.Errorf("%+v", a)
	}
	s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpCleanup, Member: 1})
	s, a := dag.Do(topo, s, start)
	if a.Code != dag.OK || !s.HasQuorum(topo, 1) || s.Nodes[1].Learnt {
		t.Errorf("%+v %+v", a, s.Nodes[1])
	}
}
