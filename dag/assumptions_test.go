package dag_test

import (
	"testing"

	"siteswap/dag"
)

// TestAssumptions: the readings that can decide for a DAG are shown, and no others.
func TestAssumptions(t *testing.T) {
	old := reference() // 2010 on 2008 R2: neither dynamic quorum nor moves by preference
	if got := old.Assumptions(); len(got) != 2 || got[0].Name != "sole_member_needs_no_witness" || got[1].Name != "unread_boot_time_allows" {
		t.Errorf("%+v", got)
	}
	now := reference()
	now.Exchange, now.Windows = dag.Version{Release: 2025}, "2025"
	now.Assume = dag.Assumptions{SoleMemberNeedsNoWitness: true, LastManStanding: true, TieSparesLast: true, UnreadBootTimeAllows: true, MovesOnlyInSync: true}
	pessimistic := reference()
	pessimistic.Exchange, pessimistic.Windows = now.Exchange, now.Windows
	on, off := now.Assumptions(), pessimistic.Assumptions()
	if len(on) != 5 || len(off) != 5 {
		t.Fatalf("%+v %+v", on, off)
	}
	for i := range on {
		if !on[i].On || off[i].On || on[i].Reading == off[i].Reading || on[i].Name != off[i].Name {
			t.Errorf("%+v %+v", on[i], off[i])
		}
	}
}

// TestMovesByPreference: how short the copy queue must be for a move home (PS:Set, [INF]).
func TestMovesByPreference(t *testing.T) {
	for _, c := range []struct {
		inSync  bool
		missing int64
		moves   bool
	}{{false, 0, true}, {false, 100, true}, {true, 6, true}, {true, 7, false}} {
		topo := topologies["cu2"]()
		topo.Assume.MovesOnlyInSync = c.inSync
		s := dag.New(topo)
		s, _ = dag.Do(topo, s, dag.Op{Kind: dag.OpActivate, Member: 1, Dial: dag.Lossless})
		s.Step(topo, dag.Event{Kind: dag.EvWrite, Member: 1, N: c.missing})
		moves := false
		for _, e := range dag.Pending(topo, &s) {
			moves = moves || e.Kind == dag.EvHome
		}
		if moves != c.moves {
			t.Errorf("%+v: moves %v", c, moves)
		}
	}
}

// TestListsStaySmall: however often one directory is written while another is cut off, its version stays small, and ahead.
func TestListsStaySmall(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Step(topo, dag.Event{Kind: dag.EvLink, Site: 1, Other: 0})
	for i := range 40 {
		kind := dag.OpStop
		if i%2 == 1 {
			kind = dag.OpStart
		}
		s, _ = dag.Do(topo, s, dag.Op{Kind: kind, From: 1, Members: 3, ConfigurationOnly: true})
	}
	if s.Sites[1].Version != 15 || s.Sites[0].Version != 0 {
		t.Errorf("versions %d and %d", s.Sites[1].Version, s.Sites[0].Version)
	}
}

// TestHungServerDoesNothing: a server that hangs replays nothing, and crawls no index.
func TestHungServerDoesNothing(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	s.Copy(0, 1).Logs, s.Copy(0, 1).Replay, s.Copy(0, 1).Index = 9, 9, dag.IndexCrawling
	count := func() (n int) {
		for _, e := range dag.Pending(topo, &s) {
			if e.Kind == dag.EvReplay || e.Kind == dag.EvIndexed {
				n++
			}
		}
		return n
	}
	if count() != 2 {
		t.Errorf("%d", count())
	}
	s.Step(topo, dag.Event{Kind: dag.EvHang, Member: 1, On: true})
	if count() != 0 {
		t.Errorf("%d while it hangs", count())
	}
}

// TestConcludedFromFacts: a witness server that the site file does not know cannot be counted on; a copy that was found diverged
// holds other logs than the rest.
func TestConcludedFromFacts(t *testing.T) {
	topo := topologies["spare"]()
	s := dag.New(topo)
	f := dag.Observe(topo, &s, 0)
	f.Cluster.WitnessServer.Value = "elsewhere.test.local"
	f.Databases[0].Copies[1].Diverged.Value = true
	got := dag.FromFacts(topo, &f, 0)
	if at, found := topo.WitnessAt(dag.WitnessPrimary, got.Spare[0]); found {
		t.Errorf("an unknown server is taken for %s", at.Server)
	}
	if got.Copy(0, 1).Forks != 5 || got.Copy(0, 0).Forks != 2 {
		t.Errorf("forks %b %b", got.Copy(0, 1).Forks, got.Copy(0, 0).Forks)
	}
	f.Cluster.WitnessServer.Value = "cas1.test.local"
	if got = dag.FromFacts(topo, &f, 0); got.Spare[0] != 1 || got.Spare[1] != 0 {
		t.Errorf("%v", got.Spare)
	}
}

// TestContradictoryFacts: facts are read one after the other. A service that stopped after its cluster was read is not taken
// for one that was forced; a site of which the witness server alone answers has power.
func TestContradictoryFacts(t *testing.T) {
	topo := reference()
	s := dag.New(topo)
	f := dag.Observe(topo, &s, 1)
	f.Members[2].Cluster.Value = dag.Stopped
	f.Sites[0].Directory.Value, f.Sites[0].VIP.Value = false, false
	for _, m := range []int{0, 1} {
		f.Members[m].Answers.Value = false
	}
	got := dag.FromFacts(topo, &f, 1)
	if got.Nodes[2].Forced || got.HasQuorum(topo, 2) {
		t.Error("a stopped service holds quorum by force")
	}
	if !got.Sites[0].Power || !got.Sites[0].Witness {
		t.Error("the witness server answers, and its site has no power")
	}
	f.Sites[0].Witness.Value = false
	if got = dag.FromFacts(topo, &f, 1); got.Sites[0].Power {
		t.Error("nothing answers, and the site has power")
	}
}

// TestServerHolds: a server takes changes of the names of its zones and of its view; one without a list takes all.
func TestServerHolds(t *testing.T) {
	name := dag.Name{Name: "mail.test.local", Zone: "test.local."}
	for _, c := range []struct {
		zones, servers []string
		want           bool
	}{
		{nil, nil, true},
		{[]string{"other.local", "Test.Local"}, nil, true},
		{[]string{"other.local"}, nil, false},
		{[]string{"mail.test.local"}, nil, false},
		{nil, []string{"10.0.1.5:53"}, true},
		{nil, []string{"10.0.2.5:53"}, false},
		{[]string{"other.local"}, []string{"10.0.1.5:53"}, false},
	} {
		name.Servers = c.servers
		server := dag.DNSServer{Address: "10.0.1.5:53", Zones: c.zones}
		if got := server.Holds(&name); got != c.want {
			t.Errorf("zones %q, servers %q: %v", c.zones, c.servers, got)
		}
	}
}
